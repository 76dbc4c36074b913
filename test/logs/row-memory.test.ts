import { describe, expect, it } from 'vitest'
import { RowMemory } from '../../src/logs/row-memory.ts'
import type { LogRow } from '../../src/platform/log-row.ts'
import { aRow, start } from './rows.ts'

const messages = (rows: readonly LogRow[]) => rows.map(({ message }) => message)

/** A memory to which a connection brought these. */
function knowing(rows: readonly LogRow[], limits = {}): RowMemory {
  const memory = new RowMemory(limits)
  memory.begin(undefined)
  memory.fromConnection(rows, start + 60_000)
  return memory
}

describe('what another connection brings', () => {
  it('again is not given again, and what was printed meanwhile is', () => {
    const memory = knowing([aRow(1, 'a'), aRow(2, 'b')])
    memory.begin(memory.overlapFrom(start + 5))
    expect(messages(memory.fromConnection([aRow(1, 'a'), aRow(2, 'b'), aRow(3, 'c')], start + 5))).toEqual(['c'])
  })

  it('is told apart by number: a line printed twice at one nanosecond is two lines', () => {
    const memory = knowing([aRow(1, 'a'), aRow(1, 'a')])
    memory.begin(memory.overlapFrom(start + 5))
    const replay = [aRow(1, 'a'), aRow(1, 'a'), aRow(1, 'a')]
    expect(messages(memory.fromConnection(replay, start + 5))).toEqual(['a'])
    expect(messages(memory.fromConnection([aRow(1, 'a')], start + 5))).toEqual(['a'])
  })

  it.each<[string, Partial<LogRow>]>([
    ['another instance', { instanceId: 'two' }],
    ['another moment', { time: aRow(1, '').time.replace('000Z', '001Z') }],
    ['another request', { request: { id: 'r' } as LogRow['request'] & object }],
  ])('is another line where it comes from %s', (_, other) => {
    const memory = knowing([aRow(1, 'a')])
    memory.begin(memory.overlapFrom(start + 5))
    expect(messages(memory.fromConnection([aRow(1, 'a'), aRow(1, 'a', other)], start + 5))).toEqual(['a'])
  })

  it('in several events is counted all the same', () => {
    const memory = knowing([aRow(1, 'a'), aRow(2, 'b'), aRow(2, 'b')])
    memory.begin(memory.overlapFrom(start + 5))
    const events = [
      [aRow(1, 'a'), aRow(2, 'b')],
      [aRow(2, 'b'), aRow(2, 'b')],
    ]
    expect(events.map((event) => messages(memory.fromConnection(event, start + 5)))).toEqual([[], ['b']])
  })
})

describe('pages that are read', () => {
  it('overlap at their seams, and give each row once', () => {
    const memory = new RowMemory()
    const older = memory.fromPage([aRow(1, 'a'), aRow(2, 'b'), aRow(2, 'b')], start + 5)
    const younger = memory.fromPage([aRow(2, 'b'), aRow(2, 'c')], start + 5)
    expect([messages(older), messages(younger)]).toEqual([['a', 'b', 'b'], ['c']])
  })

  it('and the connection may bring the same row, in either order', () => {
    const memory = knowing([aRow(1, 'a')])
    memory.begin(undefined)
    expect(messages(memory.fromPage([aRow(1, 'a'), aRow(2, 'b')], start + 5))).toEqual(['b'])
    expect(messages(memory.fromConnection([aRow(1, 'a'), aRow(2, 'b'), aRow(3, 'c')], start + 5))).toEqual(['c'])
    expect(messages(memory.fromPage([aRow(2, 'b'), aRow(3, 'c'), aRow(4, 'd')], start + 5))).toEqual(['d'])
  })
})

describe('where another look begins', () => {
  it.each<[string, RowMemory, string | undefined]>([
    ['is open where nothing is known', new RowMemory(), undefined],
    ['is ten seconds before the youngest row', knowing([aRow(30_000, 'a'), aRow(29_000, 'b')]), aRow(20_000, '').time],
    ['is no future, whatever a row claims', knowing([aRow(9_000_000, 'a')]), aRow(50_000, '').time],
    ['is open where the only row bears no time', knowing([aRow(0, 'a', { time: 'never' })]), undefined],
  ])('%s', (_, memory, from) => {
    expect(memory.overlapFrom(start + 60_000)).toBe(from)
  })

  it('is not before what was asked for', () => {
    const memory = knowing([aRow(30_000, 'a')])
    memory.startAt(aRow(25_000, '').time)
    expect(memory.overlapFrom(start + 60_000)).toBe(aRow(25_000, '').time)
  })

  it('is behind what was forgotten', () => {
    const memory = knowing([aRow(28_000, 'a'), aRow(29_000, 'b'), aRow(30_000, 'c')], { most: 2 })
    expect(memory.overlapFrom(start + 60_000)).toBe('2026-11-03T09:00:28.000000001Z')
  })
})

describe('the memory is bounded', () => {
  it('by time: what is older than a minute is forgotten', () => {
    const memory = knowing([aRow(0, 'old'), aRow(59_000, 'young')], { keepMs: 10_000 })
    memory.begin(undefined)
    expect(messages(memory.fromConnection([aRow(0, 'old'), aRow(59_000, 'young')], start + 60_000))).toEqual(['old'])
  })

  it('also where a row bears no time', () => {
    const rows = Array.from({ length: 3_000 }, (_, nth) => aRow(nth, String(nth)))
    const memory = knowing([aRow(0, 'x', { time: 'never' }), ...rows], { most: 1_000 })
    memory.begin(undefined)
    expect(messages(memory.fromConnection(rows, start + 60_000)).length).toBeGreaterThanOrEqual(2_000)
    expect(memory.overlapFrom(start + 60_000)).toMatch(/^2026-11-03T09:00:0\d/)
  })

  it('by number: the oldest are forgotten first', () => {
    const rows = Array.from({ length: 3_000 }, (_, nth) => aRow(nth, String(nth)))
    const memory = knowing(rows, { most: 1_000 })
    memory.begin(memory.overlapFrom(start + 60_000))
    expect(memory.overlapFrom(start + 60_000)).toBe('2026-11-03T09:00:01.999000001Z')
    expect(memory.fromConnection(rows.slice(2_000), start + 60_000)).toEqual([])
  })
})
