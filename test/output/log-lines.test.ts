import fc from 'fast-check'
import stringWidth from 'fast-string-width'
import { describe, expect, it } from 'vitest'
import type { LogEntry } from '../../src/logs/log-entry.ts'
import type { ToldLog } from '../../src/logs/reading.ts'
import { createLogLines } from '../../src/output/human/log-lines.ts'
import { createJsonOutput } from '../../src/output/json-output.ts'
import { createStyle } from '../../src/output/style.ts'
import { createTerminal } from '../../src/output/terminal.ts'
import { aTrace } from '../logs/row-samples.ts'
import { aScreen } from './human-screen.ts'

const head = { project: 'p', environment: 'e', isRehearsal: false, services: ['api', 'postgres'] }
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

function anEntry(entry: Partial<LogEntry> = {}): ToldLog {
  return {
    kind: 'entry',
    entry: {
      time: '2026-11-03T09:00:00.123456789Z',
      service: 'api',
      deploymentId: 'd',
      instanceId: 'i',
      level: 'info',
      message: 'hello',
      fields: {},
      ...entry,
    },
  }
}

function rendered(told: readonly ToldLog[], width?: number): string[] {
  const lines = createLogLines({ style: createStyle(0), width: () => width, services: head.services })
  return told
    .map((one) => lines.render(one))
    .join('')
    .trimEnd()
    .split('\n')
}

const gap: ToldLog = {
  kind: 'gap',
  gap: {
    from: '2026-11-03T09:00:00.000000000Z',
    until: '2026-11-03T09:01:00.000000000Z',
    because: 'the platform gave no more',
  },
}

it('is time, service and message; the day and the zone are said once', () => {
  const next = anEntry({ time: '2026-11-04T00:00:01.000000000Z', service: null, level: 'debug' })
  expect(
    rendered([anEntry(), anEntry({ level: 'error', service: 'postgres' }), anEntry({ level: 'warn' }), gap, next], 80),
  ).toEqual([
    '2026-11-03, times in UTC (Z)',
    '09:00:00 api      │ hello',
    '09:00:00 postgres │ ✗ hello',
    '09:00:00 api      │ ! hello',
    '! lines are missing from 2026-11-03 09:00:00 to 2026-11-03 09:01:00: the',
    '  platform gave no more',
    '2026-11-04',
    '00:00:01 -        │ hello',
  ])
})

it('further lines, and what does not fit, stand behind the same bar', () => {
  const told = anEntry({ message: 'a line that is too long for so few columns\n\tat /a.php:3\n\n' })
  expect(rendered([told], 40)).toEqual([
    '2026-11-03, times in UTC (Z)',
    '09:00:00 api      │ a line that is too',
    '                  │ long for so few',
    '                  │ columns',
    '                  │     at /a.php:3',
  ])
  expect(rendered([told])).toEqual([
    '2026-11-03, times in UTC (Z)',
    '09:00:00 api      │ a line that is too long for so few columns',
    '                  │     at /a.php:3',
  ])
})

it('what a structured line held stands behind its message', () => {
  expect(rendered([anEntry({ fields: { user: 7 } })]).at(-1)).toBe('09:00:00 api      │ hello {"user":7}')
  expect(rendered([anEntry({ fields: { x: 'x'.repeat(1_000) } })]).at(-1)).toHaveLength(20 + 'hello '.length + 401)
})

it('a structured line without a message is not told twice', () => {
  const entry = anEntry({ message: '{"level":"warn","event":"paid"} ', fields: { event: 'paid' } })
  expect(rendered([entry]).at(-1)).toBe('09:00:00 api      │ {"level":"warn","event":"paid"}')
})

it('without an end, it is cut on a screen and whole in a pipe', () => {
  const told = anEntry({ message: 'x'.repeat(100_000) })
  expect(rendered([told], 80)).toHaveLength(1 + 24)
  expect(rendered([told], 80).at(-1)).toMatch(/x…$/)
  expect(rendered([told]).at(-1)).toHaveLength(20 + 100_000)
})

it('the colour of a service is that of its name, wherever it is told; red and yellow are for what went wrong', () => {
  const style = createStyle(1)
  expect(style.ofService('api', 'x')).toBe(createStyle(1).ofService('api', 'x'))
  const colours = new Set(
    ['postgres', 'redis', 'api', 'worker', 'scheduler', 'mcp-server'].map((name) => style.ofService(name, 'x')),
  )
  expect(colours.size).toBeGreaterThan(3)
  for (const colour of colours) expect([style.bad('x'), style.caution('x')]).not.toContain(colour)
})

it('has no colour where none is wanted', () => {
  const screen = aScreen()
  screen.output.log(head).tell([anEntry({ level: 'error' }), gap])
  expect(screen.out()).not.toContain('\u001b')
  const coloured = aScreen({ isColoured: true })
  coloured.output.log(head).tell([anEntry({ level: 'error' }), gap])
  expect(coloured.out()).toContain('\u001b')
})

describe.each([20, 40, 80, 200])('on a screen of %i columns', (columns) => {
  it('no line is wider, and none can do anything to it', () => {
    const hostile = fc.constantFrom(
      '\u001b]52;c;ZWNobyBvd25lZA==\u0007',
      '\u001b[2J',
      '\u009b31m',
      '\u202e',
      '\u200b',
      '\r\n$ rm -rf /',
      '\t',
      '漢字',
      '👩‍👩‍👧‍👦',
      'é',
      // One character to a reader, of as many parts as one likes.
      `\u1112\u1161${'\u11ab'.repeat(9)}`,
      ...aTrace(),
    )
    const text = fc
      .array(fc.oneof(hostile, fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), { maxLength: 12 })
      .map((parts) => parts.join(' '))
    const told = fc.oneof(
      fc
        .record({
          message: text,
          service: fc.option(text),
          level: fc.constantFrom('debug', 'info', 'warn', 'error' as const),
          fields: fc.dictionary(text, text, { maxKeys: 2 }),
        })
        .map((entry) => anEntry(entry)),
      text.map((because): ToldLog => ({ kind: 'gap', gap: { from: because, until: because, because } })),
    )
    fc.assert(
      fc.property(fc.array(told, { minLength: 1, maxLength: 5 }), (all) => {
        const screen = aScreen({ columns, isColoured: false })
        screen.output.log({ ...head, services: ['api'] }).tell(all)
        for (const line of screen.out().split('\n')) {
          expect(line).not.toMatch(raw)
          if (!line.includes('times in UTC')) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
          expect(line).not.toMatch(/^\$/)
        }
      }),
      { numRuns: 80 },
    )
  })
})

it('as JSON it is faithful, and does nothing to a terminal either', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, fc.dictionary(text, text), (message, fields) => {
      let out = ''
      const terminal = createTerminal(
        { write: (written: string) => (out += written) },
        { write: () => true },
        { env: {}, noColor: false },
      )
      const told = anEntry({ message, fields })
      createJsonOutput(terminal, { isQuiet: false }).log(head).tell([told, gap])
      expect(out).not.toMatch(raw)
      const [entry, missing] = out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(entry).toEqual({
        type: 'log',
        format: 1,
        ...(told.kind === 'entry' ? told.entry : {}),
        thrown: null,
        request: null,
      })
      expect(missing).toEqual({ type: 'log-gap', ...(gap.kind === 'gap' ? gap.gap : {}) })
    }),
  )
})
