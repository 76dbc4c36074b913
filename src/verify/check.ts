import type { Finding } from '../kit/finding.ts'

/** A check's answer. `unknown`: it could not be asked. */
export interface CheckResult {
  check: CheckName
  service: string
  outcome: 'pass' | 'fail' | 'unknown'
  /** Why it failed, or could not be judged. */
  finding?: Finding
}

export type CheckName = 'active-deployment' | 'commit' | 'instance' | 'liveness' | 'revision'
