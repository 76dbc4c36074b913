import { expect, test } from 'vitest'
import { rateBudget } from '../../src/platform/rate-budget.ts'

const moment = Date.UTC(2026, 10, 3, 10)

test.each([
  ['Unix seconds', String(moment / 1000), moment],
  ['milliseconds', String(moment), moment],
  ['a date', '2026-11-03T10:00:00Z', moment],
  ['seconds from now, perhaps', '1800', undefined],
  ['words', 'soon', undefined],
])('the end of the window, as %s', (_, reset, resetsAt) => {
  const headers = new Headers({ 'x-ratelimit-remaining': '9', 'x-ratelimit-reset': reset })
  expect(rateBudget(headers)).toEqual({ limit: undefined, remaining: 9, resetsAt })
})

test('no word about what remains is no budget', () => {
  expect(rateBudget(new Headers({ 'x-ratelimit-limit': '9' }))).toBeUndefined()
})
