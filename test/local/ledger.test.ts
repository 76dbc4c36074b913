import { expect, test } from 'vitest'
import { Ledger, type LedgerWindow } from '../../src/local/ledger.ts'
import { timeText, timeTextOf } from '../../src/local/rfc3339.ts'

interface Row {
  time: string
  name: string
}

/** `3a` is a row of the third moment. */
function row(name: string): Row {
  return { time: timeText(Date.UTC(2026, 10, 3) + Number.parseInt(name, 10), 0), name }
}

function ledgerOf(names: string, most = 100): Ledger<Row> {
  const ledger = new Ledger<Row>(most)
  for (const name of names.split(' ')) ledger.add(row(name))
  return ledger
}

function names(rows: Iterable<Row>): string {
  return Array.from(rows, ({ name }) => name).join(' ')
}

function around(ledger: Ledger<Row>, anchor: string, window: Partial<LedgerWindow>): string {
  const asked = { anchor: row(anchor).time, before: 0, from: undefined, after: 0, until: undefined, ...window }
  return names(ledger.around(asked, () => true))
}

test.each<[string, string, string]>([
  ['as they come', '1 2 3', '1 2 3'],
  ['late ones at their place', '1 5 3 2 6', '1 2 3 5 6'],
  ['of equal times the first one first', '1a 2a 1b 2b 1c', '1a 1b 1c 2a 2b'],
])('rows stand by their times: %s', (_, added, stands) => {
  expect(names(ledgerOf(added).rows())).toBe(stands)
})

test('the oldest are forgotten, many rounds long', () => {
  const ledger = new Ledger<Row>(10)
  for (let index = 0; index < 95; index++) {
    ledger.add(row(`${index}`))
    expect(ledger.size).toBe(Math.min(10, index + 1))
  }
  expect(names(ledger.rows())).toBe('85 86 87 88 89 90 91 92 93 94')
  expect(around(ledger, '200', { before: 50 })).toBe(names(ledger.rows()))
  expect(around(ledger, '80', { before: 50, after: 1 })).toBe('85')
  expect(names(ledger.between(row('0').time, row('86').time))).toBe('85 86')
})

test('one that comes too late for the bound is forgotten at once', () => {
  const ledger = ledgerOf('5 6 7', 3)
  ledger.add(row('1'))
  expect(names(ledger.rows())).toBe('5 6 7')
})

test.each<[Partial<LedgerWindow>, string]>([
  [{}, ''],
  [{ before: 2 }, '3a 3b'],
  [{ before: 3 }, '2 3a 3b'],
  [{ before: 9, from: row('2').time }, '2 3a 3b'],
  [{ after: 1 }, '4'],
  [{ after: 9, until: row('5').time }, '4 5'],
  [{ before: 1, after: 1 }, '3b 4'],
  [{ before: 9, from: row('4').time, after: 9, until: row('3').time }, ''],
])('around the third moment, %j', (window, expected) => {
  expect(around(ledgerOf('1 2 3a 3b 4 5 6'), '3', window)).toBe(expected)
})

test('rows that do not pass are not counted', () => {
  const ledger = ledgerOf('1 2 3 4 5 6 7 8')
  const window = { anchor: row('5').time, before: 2, from: undefined, after: 1, until: undefined }
  expect(names(ledger.around(window, ({ name }) => Number(name) % 2 === 0))).toBe('2 4 6')
})

test('adding a row costs the same however many there are', () => {
  const ledger = new Ledger<Row>(200_000)
  const moments = Array.from({ length: 1_000 }, (_, index) => row(`${index}`))
  for (const moment of moments) for (let index = 0; index < 400; index++) ledger.add(moment)
  expect(ledger.size).toBe(200_000)
  expect(ledger.rows()[0]?.name).toBe('500')
})

test.each<[string, string | undefined]>([
  ['2026-11-03T09:00:00Z', '2026-11-03T09:00:00.000000000Z'],
  ['2026-11-03T09:00:00.5Z', '2026-11-03T09:00:00.500000000Z'],
  ['2026-11-03T09:00:00.123456789Z', '2026-11-03T09:00:00.123456789Z'],
  ['2026-11-03T09:00:00.1234567899Z', '2026-11-03T09:00:00.123456789Z'],
  ['2026-11-03T00:30:00.25+01:00', '2026-11-02T23:30:00.250000000Z'],
  ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000000000Z'],
  ['2026-11-03', undefined],
  ['2026-11-03T09:00:00', undefined],
  ['2026-13-03T09:00:00Z', undefined],
  ['now', undefined],
])('the time %s is read as %s', (text, time) => {
  expect(timeTextOf(text)).toBe(time)
})

test('a moment is told with its nanoseconds, at most those of its millisecond', () => {
  expect(timeText(Date.UTC(2026, 10, 3, 9, 0, 0, 7), 42)).toBe('2026-11-03T09:00:00.007000042Z')
  expect(timeText(0, 5_000_000)).toBe('1970-01-01T00:00:00.000999999Z')
})
