import { describe, expect, it } from 'vitest'
import { RowMerger } from '../../src/logs/row-merger.ts'
import { aRow, start, told } from './rows.ts'

describe('rows that are merged', () => {
  it('are given in the order of their times, two seconds behind the youngest', () => {
    const merger = new RowMerger()
    expect(told(merger.add([aRow(0, 'a'), aRow(900, 'c')], start + 900))).toEqual([])
    expect(told(merger.add([aRow(500, 'b')], start + 1_000))).toEqual([])
    expect(told(merger.add([aRow(2_600, 'd')], start + 2_600))).toEqual(['a', 'b'])
    expect(told(merger.flush())).toEqual(['c', 'd'])
  })

  it('of one moment are given as they came', () => {
    const merger = new RowMerger()
    merger.add([aRow(5, 'b'), aRow(5, 'a')], start)
    merger.add([aRow(5, 'c'), aRow(4, 'first')], start)
    expect(told(merger.flush())).toEqual(['first', 'b', 'a', 'c'])
  })

  it('differ by the nanosecond', () => {
    const merger = new RowMerger()
    const time = (nanoseconds: string) => ({ time: `2026-11-03T09:00:00.000000${nanoseconds}Z` })
    merger.add([aRow(0, 'b', time('002')), aRow(0, 'a', time('001'))], start)
    expect(told(merger.flush())).toEqual(['a', 'b'])
  })

  it('that come behind younger ones given before are given all the same, and marked', () => {
    const merger = new RowMerger()
    merger.add([aRow(0, 'a'), aRow(1_000, 'c'), aRow(4_000, 'e')], start + 4_000)
    expect(told(merger.add([aRow(500, 'b'), aRow(3_000, 'd')], start + 4_100))).toEqual(['b (late)'])
    expect(told(merger.flush())).toEqual(['d', 'e'])
  })

  it('are held by nothing: the oldest go early where too many wait, and that is counted', () => {
    const merger = new RowMerger({ most: 3 })
    const rows = Array.from({ length: 5 }, (_, nth) => aRow(nth, String(nth)))
    expect(told(merger.add(rows, start))).toEqual(['0', '1'])
    expect(merger.early).toBe(2)
    expect(told(merger.flush())).toEqual(['2', '3', '4'])
  })
})

describe('a lone row', () => {
  it('is given when it has waited two seconds', () => {
    const merger = new RowMerger()
    merger.add([aRow(0, 'alone')], start + 300)
    expect(merger.nextDueAt()).toBe(start + 2_300)
    expect(told(merger.due(start + 2_299))).toEqual([])
    expect(told(merger.due(start + 2_300))).toEqual(['alone'])
    expect(merger.nextDueAt()).toBeUndefined()
  })

  it('takes older ones along that came after it', () => {
    const merger = new RowMerger()
    merger.add([aRow(1_000, 'b')], start + 1_000)
    merger.add([aRow(500, 'a')], start + 2_000)
    expect(told(merger.due(start + 3_000))).toEqual(['a', 'b'])
    expect(merger.nextDueAt()).toBeUndefined()
  })

  it('leaves those that came later to their own hour', () => {
    const merger = new RowMerger()
    merger.add([aRow(0, 'a')], start)
    merger.add([aRow(1_500, 'b')], start + 1_500)
    expect(told(merger.due(start + 2_000))).toEqual(['a'])
    expect(merger.nextDueAt()).toBe(start + 3_500)
  })
})

describe('clocks that disagree', () => {
  it.each([
    ['behind', -300_000],
    ['ahead', 300_000],
  ])('cost no row and no order within a moment: ours is five minutes %s', (_, skewMs) => {
    const merger = new RowMerger()
    const first = merger.add([aRow(0, 'a'), aRow(10, 'b')], start + skewMs)
    const second = merger.due(start + skewMs + 2_000)
    expect([...told(first), ...told(second)]).toEqual(['a', 'b'])
  })

  it('a row from the far future stays where it came, and makes no other row late', () => {
    const merger = new RowMerger()
    merger.add([aRow(0, 'a'), aRow(1_000_000_000, 'future'), aRow(5, 'b')], start)
    expect(told(merger.due(start + 2_000))).toEqual(['a', 'future', 'b'])
    expect(told(merger.add([aRow(2_100, 'c'), aRow(9_000, 'd')], start + 9_000))).toEqual(['c'])
  })

  it('a row without a readable time is given like any other', () => {
    const merger = new RowMerger()
    const first = merger.add([aRow(0, 'a', { time: 'yesterday' }), aRow(5, 'b', { time: '' })], start)
    expect(told([...first, ...merger.due(start + 2_000)])).toEqual(['b', 'a'])
  })
})

it('a gap stands before the first row behind it', () => {
  const merger = new RowMerger()
  merger.add([aRow(0, 'a'), aRow(900, 'b')], start)
  merger.addGap({ from: aRow(0, '').time, until: aRow(900, '').time, because: 'too many' }, start)
  expect(told(merger.flush())).toEqual(['a', 'gap: too many', 'b'])
})
