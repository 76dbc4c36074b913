import { expect, it } from 'vitest'
import { aside, type CheckResult, failed, passed, skipped, unknown } from '../../src/verify/check.ts'
import { judgeItem } from '../../src/verify/judge-item.ts'

const runs = (service: string) => ({ check: 'runs', service })
const told = { code: 'crashed', message: 'worker is crashed.' }
const other = failed({ check: 'api-health', service: 'api' }, told)

it.each<[string, CheckResult[], string, string | undefined]>([
  ['passed by one', [passed(runs('api')), other], 'green', undefined],
  [
    'passed, and of no use to another',
    [passed(runs('api')), skipped(runs('worker'), 'it is scaled to 0')],
    'green',
    undefined,
  ],
  [
    'failed in a way that never fails the whole',
    [passed(runs('api')), failed(runs('worker'), { ...told, severity: 'advisory' })],
    'green',
    'worker is crashed.',
  ],
  [
    'failed by one',
    [passed(runs('api')), failed(runs('worker'), told), unknown(runs('x'), told)],
    'red',
    'worker is crashed.',
  ],
  ['not known of one', [passed(runs('api')), unknown(runs('worker'), told)], 'undecided', 'worker is crashed.'],
  ['only said aside', [aside(unknown(runs('worker'), told))], 'undecided', 'worker is crashed.'],
  ['skipped', [skipped(runs('api'), 'it has no domain')], 'undecided', 'api was not asked: it has no domain'],
  ['of a check that found nothing to ask', [other], 'undecided', 'the check runs has nothing to ask'],
])('an item whose check is %s', (_, results, outcome, why) => {
  expect(judgeItem('runs', results)).toMatchObject({ outcome, ...(why === undefined ? {} : { why }) })
})

it.each([
  ['scheduler was started just now', undefined],
  ['the flag monitoring is off', true],
])('whether asking again in a moment helps is known by why it was skipped: %s', (reason, isLasting) => {
  expect(judgeItem('runs', [skipped(runs('scheduler'), reason)]).isLasting).toBe(isLasting)
})
