import { expect, test } from 'vitest'
import type { Severity } from '../../src/kit/finding.ts'
import type { CheckResult } from '../../src/verify/check.ts'
import { verdict } from '../../src/verify/verdict.ts'

const result = (outcome: CheckResult['outcome'], severity?: Severity): CheckResult => ({
  check: 'liveness',
  service: 'api',
  outcome,
  ...(severity === undefined ? {} : { finding: { code: 'x', severity, subject: 'api', message: 'x' } }),
})
const pass = result('pass')
const critical = result('fail', 'critical')
const advisory = result('fail', 'advisory')
const unexplained = result('fail')
const unknown = result('unknown')

test.each<[string, CheckResult[], string]>([
  ['nothing was asked', [], 'inconclusive'],
  ['everything passes', [pass, pass], 'pass'],
  ['something fails', [pass, critical], 'fail'],
  ['something fails and nothing says how bad that is', [pass, unexplained], 'fail'],
  ['something fails that is only advised', [pass, advisory], 'pass'],
  ['nothing but advice was given', [advisory], 'inconclusive'],
  ['something could not be judged', [pass, unknown], 'inconclusive'],
  ['something fails and something could not be judged', [unknown, critical, pass], 'fail'],
  ['something is advised and something could not be judged', [advisory, unknown, pass], 'inconclusive'],
])('when %s', (_, results, expected) => {
  expect(verdict(results)).toBe(expected)
})
