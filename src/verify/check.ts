import type { Finding } from '../kit/finding.ts'

/** A check's answer. Nothing is silently absent: what was not asked says why. */
export interface CheckResult {
  check: CheckName
  service: string
  outcome: 'pass' | 'fail' | 'skipped' | 'unknown'
  /** Why it failed, was skipped, or could not be judged. */
  finding?: Finding
}

export type CheckName = 'active-deployment' | 'commit' | 'instance' | 'liveness'
