import type { CheckResult } from './check.ts'
import type { CheckNeeds, CheckSubject } from './check-subject.ts'
import type { Figure } from './figures.ts'
import type { Readings } from './readings.ts'

/** What one check may use: the needs, with everything that several checks read asked only once. */
export interface CheckTools extends CheckNeeds {
  readings: Readings
  /** The platform's clock at the reading (milliseconds): its logs and deployments are dated by it. */
  now: number
  /** Figures that a check found, for the answer and for looks to come. */
  figures: Figure[]
}

/** One question to the running world. It throws for nothing that the world does. */
export type Check = (subject: CheckSubject, tools: CheckTools) => Promise<CheckResult[]>
