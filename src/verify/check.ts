import type { Finding } from '../kit/finding.ts'

/** A check's answer. */
export interface CheckResult {
  /** One of ours, or the name of a check or a metric of the config. */
  check: string
  service: string
  /** `unknown`: it could not be asked, or what came says nothing. `skipped`: there was nothing to ask. */
  outcome: 'pass' | 'fail' | 'unknown' | 'skipped'
  /** Why it was skipped. */
  reason?: string
  /** Why it failed, or could not be judged. */
  finding?: Finding
  /** It is said, and the verdict does not wait for it: what only time tells would leave every first look undecided. */
  isAside?: true
}

/** Those that `deploy` asks about what it just deployed. */
export type CheckName = 'active-deployment' | 'commit' | 'instance' | 'liveness' | 'revision'

/** Which check, about which service. */
export interface Asked {
  check: string
  service: string
}

/** What is told of a finding besides what it is about. */
export type Told = Omit<Finding, 'subject' | 'severity'> & Partial<Pick<Finding, 'severity'>>

export function passed({ check, service }: Asked): CheckResult {
  return { check, service, outcome: 'pass' }
}

/** Critical unless it says otherwise. */
export function failed({ check, service }: Asked, told: Told): CheckResult {
  return { check, service, outcome: 'fail', finding: { severity: 'critical', ...told, subject: service } }
}

/** Advisory unless it says otherwise: nothing is known to be wrong. */
export function unknown({ check, service }: Asked, told: Told): CheckResult {
  return { check, service, outcome: 'unknown', finding: { severity: 'advisory', ...told, subject: service } }
}

export function skipped({ check, service }: Asked, reason: string): CheckResult {
  return { check, service, outcome: 'skipped', reason }
}

/** Said only. */
export function aside(result: CheckResult): CheckResult {
  return { ...result, isAside: true }
}
