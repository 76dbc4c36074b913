import { OperatorError } from '../kit/errors.ts'
import type { ProcessEnding } from '../kit/run-process.ts'

/**
 * How Railway's command ended, once it was started; throws where it was not. Whose end it was, the command's own or that of what it
 * carried out, is told from the words of each use.
 * @param needed what goes through it
 */
export function railwayEnding(
  ending: ProcessEnding,
  needed: string,
): Extract<ProcessEnding, { kind: 'exited' | 'killed' }> {
  if (ending.kind === 'not-found') throw cliMissing(needed)
  if (ending.kind === 'not-started') throw cliFailed(`could not be started: ${ending.why}`)
  return ending
}

/** The words of the CLI for a token that may not do this. */
export const deniedWords = /^\W*(?:error: )?(?:unauthorized\b|not authorized\b|invalid railway_(?:api_)?token\b)/im

/** The last line of what stood on the error stream: the one that names the reason. */
export function lastLine(complaint: string): string {
  return complaint.trim().split('\n').at(-1) ?? ''
}

/** Throws where another version did not take its arguments. @param said what is quoted of it */
export function refuseOtherVersion(code: number, complaint: string, said: string): void {
  if (code === 2 && /^Usage: railway\b/m.test(complaint)) throw cliFailed(`did not take its arguments (${said})`)
}

/** A command that was begun, and nobody knows to what end. */
export function unknownEnd(message: string): OperatorError {
  return new OperatorError({
    kind: 'unfinished',
    code: 'command-unknown',
    message,
    hint: 'Look before it is run again; for migrations that is: fakturino artisan -- migrate:status',
  })
}

function cliMissing(needed: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'railway-cli-missing',
    message: `There is no \`railway\` on the PATH, and ${needed} through it. Nothing was run.`,
    hint: 'Install it with `npm install -g @railway/cli` or `brew install railway`, and run the command again.',
  })
}

function cliFailed(why: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'railway-cli-failed',
    message: `The railway command ${why}. Nothing was run.`,
    hint: 'Look at `railway --version`: it should be 5 or newer. Install it anew, and run the command again.',
  })
}
