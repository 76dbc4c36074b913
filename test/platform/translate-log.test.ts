import { expect, it } from 'vitest'
import { toNanoseconds } from '../../src/platform/translate-log.ts'

it.each([
  ['2026-11-03T09:00:00Z', '2026-11-03T09:00:00.000000000Z'],
  ['2026-11-03T09:00:00.5Z', '2026-11-03T09:00:00.500000000Z'],
  ['2026-11-03T09:00:00.1234567891z', '2026-11-03T09:00:00.123456789Z'],
  ['2026-11-03T09:00:00.123+02:00', '2026-11-03T07:00:00.123000000Z'],
  ['2026-11-03T09:00:00+99:99', '2026-11-03T09:00:00+99:99'],
  ['yesterday', 'yesterday'],
])('%s is told as %s', (given, told) => {
  expect(toNanoseconds(given)).toBe(told)
})
