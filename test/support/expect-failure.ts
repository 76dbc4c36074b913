import { expect } from 'vitest'
import type { RunOptions, Stage } from './stage.ts'

/** How a command has to fail. */
export interface ExpectedFailure {
  exitCode: number
  kind: string
  code: string
  /** What the message says: what is wrong, and why it matters. */
  says: RegExp
  /** What to run or change next. */
  next: RegExp
  isRetryable?: boolean
}

/**
 * Runs a command for people and for scripts and expects the same failure of both: one exit code, what is wrong and what to run next
 * on stderr, or one document at the end of stdout; no stack trace, no question, nothing changed on the platform.
 */
export async function expectFailure(
  stage: Stage,
  argv: string[],
  expected: ExpectedFailure,
  options: RunOptions = {},
): Promise<{ human: string; document: Record<string, unknown> }> {
  const mutations = () => stage.platform.requests.filter((request) => request.kind === 'mutation').length
  const before = mutations()
  const human = await stage.run(argv, options)
  const json = await stage.run([...argv, '--json'], options)
  const where = `fakturino ${argv.join(' ')}`

  expect(human.exitCode, `${where}: ${human.stderr}`).toBe(expected.exitCode)
  expect(human.stdout, where).toBe('')
  const told = oneLine(human.stderr)
  expect(told, where).toContain('✗ ')
  expect(told, where).toMatch(expected.says)
  expect(told, where).toMatch(expected.next)
  expectCalm(human.stderr)

  expect(json.exitCode, `${where}: ${json.stdout}`).toBe(expected.exitCode)
  const failures = json.documents.filter((document) => document.type === 'failure')
  expect(failures, where).toHaveLength(1)
  const document = json.documents.at(-1) ?? {}
  const { format, findings, ...fields } = document
  expect(fields, where).toEqual({
    type: 'failure',
    kind: expected.kind,
    code: expected.code,
    message: expect.stringMatching(expected.says),
    hint: expect.stringMatching(expected.next),
    exitCode: expected.exitCode,
    retryable: expected.isRetryable ?? false,
  })
  expect(json.documents[0], where).toHaveProperty('format', 1)
  if (json.documents.length > 1) expect(format, where).toBeUndefined()
  if (findings !== undefined) expect(findings, where).toBeInstanceOf(Array)
  expectCalm(json.stderr)
  expectCalm(json.stdout)

  expect(mutations(), `${where} changed something`).toBe(before)
  return { human: human.stderr, document }
}

/** No stack trace, no question, no colour. */
function expectCalm(text: string): void {
  expect(text).not.toMatch(/^\s+at .+:\d+/m)
  expect(text).not.toMatch(/\(y\/N\)/)
  expect(text).not.toContain('\u001b')
}

/** Text as it was before it was wrapped. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
