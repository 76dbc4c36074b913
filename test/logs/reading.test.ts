import { expect, it } from 'vitest'
import { createReading, entriesIn, newestOf, type ToldLog } from '../../src/logs/reading.ts'
import { aTrace, rowsOf } from './row-samples.ts'
import { aRow } from './rows.ts'

it.each([
  ['', []],
  [', also where another row bears no time', [aRow(0, 'x', { time: 'never' })]],
])('what is not over is told after a quiet while%s', (_, others) => {
  const reading = createReading({}, () => 'api')
  const open = rowsOf(aTrace().slice(0, 3))
  const told = reading.take([...others, ...open].map((row) => ({ kind: 'row', row })))
  expect(told).toHaveLength(others.length)
  expect(reading.quietFor(1_200)).toMatchObject([{ kind: 'entry', entry: { level: 'error' } }])
  expect(reading.end()).toEqual([])
})

it.each([
  [0, ''],
  [1, 'c'],
  [2, 'b|gap|c'],
  [3, 'gap|a|b|gap|c'],
  [9, 'gap|a|b|gap|c'],
])('of entries with gaps among them, the newest %i are %s', (entries, expected) => {
  const entry = (message: string): ToldLog[] => {
    const reading = createReading({}, () => null)
    return [...reading.take([{ kind: 'row', row: aRow(0, message) }]), ...reading.end()]
  }
  const gap: ToldLog = { kind: 'gap', gap: { from: '', until: '', because: 'gap' } }
  const told = [gap, ...entry('a'), ...entry('b'), gap, ...entry('c')]
  const newest = newestOf(told, entries)
  expect(newest.map((one) => (one.kind === 'gap' ? 'gap' : one.entry.message)).join('|')).toBe(expected)
  expect(entriesIn(newest)).toBe(Math.min(entries, 3))
})
