import { describe, expect, it } from 'vitest'
import { OperatorError } from '../../src/kit/errors.ts'
import { createJsonOutput } from '../../src/output/json-output.ts'
import { createTerminal } from '../../src/output/terminal.ts'
import { answers, events } from './samples.ts'

function printing(isQuiet = false) {
  const printed = { out: '', err: '' }
  const terminal = createTerminal(
    { write: (text: string) => (printed.out += text) },
    { write: (text: string) => (printed.err += text) },
    { env: {}, noColor: false },
  )
  return { output: createJsonOutput(terminal, { isQuiet }), printed, documents: () => lines(printed.out) }
}

function lines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('every event and every answer', () => {
  it('is one object on one line, with its type first and the format on the first only', () => {
    const { output, printed, documents } = printing()
    for (const event of Object.values(events)) output.event(event)
    for (const answer of answers) output.answer(answer)
    const all = documents()
    expect(all).toHaveLength(Object.keys(events).length + answers.length)
    expect(all.map(({ format }) => format)).toEqual([1, ...all.slice(1).map(() => undefined)])
    for (const line of printed.out.trimEnd().split('\n')) expect(line).toMatch(/^\{"type":"[a-z-]+"/)
    expect(printed.err).toBe('')
  })

  it('keeps an event as it was reported, but for what a plan would do', () => {
    const { output, documents } = printing()
    for (const event of Object.values(events)) if (event.type !== 'plan-made') output.event(event)
    const [first, ...others] = documents()
    const { format, ...rest } = first ?? {}
    expect([rest, ...others]).toEqual(Object.values(events).filter(({ type }) => type !== 'plan-made'))
  })

  it('a plan shows its changes and not the acts behind them', () => {
    const { output, printed, documents } = printing()
    output.event(events['plan-made'])
    expect(printed.out).not.toContain('"act"')
    expect(documents()[0]).toMatchObject({ type: 'plan-made', changes: { length: 4 }, fingerprint: expect.any(String) })
  })
})

describe('a failure', () => {
  it('has every field, also where there is nothing to say', () => {
    const { output, documents } = printing()
    output.failure({ error: new OperatorError({ kind: 'failed', code: 'not-found', message: 'Gone.' }), exitCode: 1 })
    expect(documents()).toEqual([
      {
        type: 'failure',
        format: 1,
        kind: 'failed',
        code: 'not-found',
        message: 'Gone.',
        hint: null,
        exitCode: 1,
        retryable: false,
      },
    ])
  })

  it('has findings where there are any', () => {
    const { output, documents } = printing()
    const finding = { code: 'x', severity: 'critical', subject: 'a.b', message: 'Wrong.' } as const
    const error = new OperatorError({ kind: 'usage', code: 'config-invalid', message: 'Bad.', findings: [finding] })
    output.failure({ error, exitCode: 64 })
    expect(documents()[0]?.findings).toEqual([finding])
  })
})

describe('text from elsewhere', () => {
  it('comes back as it was, and never stands raw on a terminal', () => {
    const { output, printed, documents } = printing()
    const message = 'a\u009b31m\u202eb\u200b\u2028c\u001b[2J\nd'
    output.failure({ error: new OperatorError({ kind: 'failed', code: 'not-found', message }), exitCode: 1 })
    expect(printed.out.trimEnd()).toMatch(/^[\x20-\x7e]+$/)
    expect(documents()[0]?.message).toBe(message)
  })
})

describe('notices', () => {
  it('go to stderr, on one line, and nowhere when quiet', () => {
    const loud = printing()
    loud.output.notice('one\ntwo')
    expect(loud.printed).toEqual({ out: '', err: 'one two\n' })
    const quiet = printing(true)
    quiet.output.notice('one')
    for (const event of Object.values(events)) quiet.output.event(event)
    expect(quiet.printed).toEqual({ out: '', err: '' })
  })
})
