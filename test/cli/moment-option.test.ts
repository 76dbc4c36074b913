import { expect, it } from 'vitest'
import { momentOption } from '../../src/cli/moment-option.ts'

const now = Date.parse('2026-11-03T10:00:00Z')
const moment = (since: string) => momentOption({ arguments: [], options: { since } }, 'since', now)
const at = (ms: number) => new Date(ms).toISOString()

it.each([
  ['90m', '2026-11-03T08:30:00.000Z'],
  ['2026-11-03T09:00:00Z', '2026-11-03T09:00:00.000Z'],
  ['2026-11-03T09:00:00.123456789Z', '2026-11-03T09:00:00.123Z'],
  ['2026-11-03T09:00:00+02:00', '2026-11-03T07:00:00.000Z'],
  // As times are shown here: in UTC, whatever the zone of this machine.
  ['2026-11-03 09:00', '2026-11-03T09:00:00.000Z'],
  ['2026-11-03T09:00:30', '2026-11-03T09:00:30.000Z'],
  ['9999999999d', '1970-01-01T00:00:00.000Z'],
  ['2026-11-03', '2026-11-03T00:00:00.000Z'],
])('%s is %s', (given, expected) => {
  expect(at(moment(given) ?? Number.NaN)).toBe(expected)
})

it.each([
  '5',
  '90',
  '2026',
  'Nov 3 2026',
  '03/11/2026',
  '2026-13-01',
  '2026-11-03T25:00',
  '99999-01-01',
  'yesterday',
  '',
])('%j is refused: a forgotten unit is no year', (given) => {
  expect(() => moment(given)).toThrow(/is neither a duration nor a time/)
})

it('is undefined where it was not given', () => {
  expect(momentOption({ arguments: [], options: {} }, 'since', now)).toBeUndefined()
})
