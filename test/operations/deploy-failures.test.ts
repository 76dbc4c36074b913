import { expect, test } from 'vitest'
import { verificationInconclusive } from '../../src/operations/deploy-failures.ts'
import type { CheckResult } from '../../src/verify/check.ts'

const unknown = (code: string): CheckResult => ({
  check: 'liveness',
  service: 'api',
  outcome: 'unknown',
  finding: { code, severity: 'advisory', subject: 'api', message: 'Who knows.' },
})

test.each([
  [['not-asked'], 'verification-inconclusive'],
  [['not-asked', 'verify-timeout'], 'verify-timeout'],
  [['deployment-superseded'], 'deployment-superseded'],
  [['deployment-asleep'], 'deployment-asleep'],
  [['deployment-held'], 'deployment-held'],
  [['active-deployment-unknown'], 'verification-inconclusive'],
])('a verification without an answer because of %j has the code %s, and is unfinished', (codes, code) => {
  expect(verificationInconclusive('staging', codes.map(unknown))).toMatchObject({ kind: 'unfinished', code })
})
