import { describe, expect, it } from 'vitest'
import { justAfter, justBefore, logTime } from '../../src/logs/log-time.ts'

it('a moment has nine digits behind the second, as rows have', () => {
  expect(logTime(Date.UTC(2026, 10, 3, 9, 0, 0, 7))).toBe('2026-11-03T09:00:00.007000000Z')
})

describe('the nanosecond before and after', () => {
  it.each([
    ['2026-11-03T09:00:00.000000001Z', '2026-11-03T09:00:00.000000002Z'],
    ['2026-11-03T09:00:00.999999999Z', '2026-11-03T09:00:01.000000000Z'],
    ['2025-12-31T23:59:59.999999999Z', '2026-01-01T00:00:00.000000000Z'],
  ])('%s is followed by %s', (one, other) => {
    expect([justAfter(one), justBefore(other)]).toEqual([other, one])
  })

  it('of what is no moment is the same', () => {
    expect([justAfter('yesterday'), justBefore('')]).toEqual(['yesterday', ''])
  })
})
