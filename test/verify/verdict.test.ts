import { describe, expect, it, test } from 'vitest'
import type { Severity } from '../../src/kit/finding.ts'
import type { CheckResult } from '../../src/verify/check.ts'
import { type Verdict, verdict } from '../../src/verify/verdict.ts'

const result = (outcome: CheckResult['outcome'], severity?: Severity): CheckResult => ({
  check: 'liveness',
  service: 'api',
  outcome,
  ...(severity === undefined ? {} : { finding: { code: 'x', severity, subject: 'api', message: 'x' } }),
})
const results = {
  pass: result('pass'),
  critical: result('fail', 'critical'),
  advisory: result('fail', 'advisory'),
  unknown: result('unknown', 'advisory'),
}
type Kind = keyof typeof results

/** Every set of what checks can find. */
const sets: [Kind[], Verdict][] = [
  [[], 'inconclusive'],
  [['pass'], 'pass'],
  [['critical'], 'fail'],
  [['advisory'], 'inconclusive'],
  [['unknown'], 'inconclusive'],
  [['pass', 'critical'], 'fail'],
  [['pass', 'advisory'], 'pass'],
  [['pass', 'unknown'], 'inconclusive'],
  [['critical', 'advisory'], 'fail'],
  [['critical', 'unknown'], 'fail'],
  [['advisory', 'unknown'], 'inconclusive'],
  [['pass', 'critical', 'advisory'], 'fail'],
  [['pass', 'critical', 'unknown'], 'fail'],
  [['pass', 'advisory', 'unknown'], 'inconclusive'],
  [['critical', 'advisory', 'unknown'], 'fail'],
  [['pass', 'critical', 'advisory', 'unknown'], 'fail'],
]

describe('the verdict', () => {
  test('is known for every set of results', () => {
    expect(new Set(sets.map(([kinds]) => kinds.join())).size).toBe(2 ** Object.keys(results).length)
  })

  test.each(sets)('over %j is %s, in whatever order and however often they come', (kinds, expected) => {
    const found = kinds.map((kind) => results[kind])
    expect(verdict(found)).toBe(expected)
    expect(verdict(found.toReversed())).toBe(expected)
    expect(verdict([...found, ...found])).toBe(expected)
  })

  it('takes a failure for critical where nothing says how bad it is', () => {
    expect(verdict([results.pass, result('fail')])).toBe('fail')
  })

  it('takes what could not be judged for unknown, however bad it would be', () => {
    expect(verdict([results.pass, result('unknown', 'critical')])).toBe('inconclusive')
    expect(verdict([results.pass, result('unknown')])).toBe('inconclusive')
  })
})
