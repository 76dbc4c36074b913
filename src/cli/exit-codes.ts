import type { FailureKind } from '../kit/errors.ts'

/** Exit codes are an API: scripts act on them. `help` prints this table. */
export const exitCodes = {
  done: { code: 0, means: 'done, or nothing to do' },
  failed: { code: 1, means: 'failed: tried and did not succeed' },
  differs: { code: 2, means: 'differs (only with --detailed-exit-code)' },
  'rolled-back': { code: 3, means: 'rolled back: failed its verification and was undone' },
  denied: { code: 4, means: 'denied: token missing, of the wrong kind, or not allowed' },
  refused: { code: 5, means: 'refused: a guard, staged changes, a declined approval' },
  unfinished: { code: 6, means: 'unfinished or inconclusive' },
  usage: { code: 64, means: 'usage: options, config, or a question nobody could answer' },
  unreachable: { code: 69, means: 'the platform could not be reached, or kept refusing' },
  bug: { code: 70, means: 'a bug in fakturino' },
  interrupted: { code: 130, means: 'interrupted' },
} as const satisfies Record<FailureKind | 'done' | 'differs', { code: number; means: string }>

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]['code']

/** The exit code of a kind of failure. */
export function exitCodeOf(kind: FailureKind): ExitCode {
  return exitCodes[kind].code
}
