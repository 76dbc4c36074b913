import type { DesiredState } from '../../config/desired.ts'
import type { Finding } from '../../kit/finding.ts'
import type { Plan } from '../plan.ts'

/** What a guard may look at besides the plan. */
export interface GuardSituation {
  plan: Plan
  desired: DesiredState
  /** Subjects that the operator named with `--confirm-destructive`. */
  confirmed: readonly string[]
}

/** A reason to refuse a plan. */
export interface Guard {
  name: string
  /** May `--allow NAME` let the plan through? */
  isOverridable: boolean
  /** One line, said in `--help` where `--allow` can pass the guard. */
  refuses: string
  /** Undefined: nothing to refuse. */
  judge(situation: GuardSituation): Finding | undefined
}
