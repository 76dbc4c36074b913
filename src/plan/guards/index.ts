import type { DesiredState } from '../../config/desired-state.ts'
import type { Finding } from '../../kit/finding.ts'
import type { Plan } from '../plan.ts'
import { destructiveChange } from './destructive-change.ts'
import { riskyFlagDefault } from './risky-flag-default.ts'
import { splitRevision } from './split-revision.ts'

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
  /** One line for `--help`. */
  refuses: string
  /** Undefined: nothing to refuse. */
  judge(situation: GuardSituation): Finding | undefined
}

/** Every guard, in the order in which they are told. */
export const guards: readonly Guard[] = [destructiveChange, riskyFlagDefault, splitRevision]

/** Every reason to refuse this plan, except those that the operator allowed. */
export function judgeGuards(situation: GuardSituation, allowed: readonly string[]): Finding[] {
  return guards
    .filter((guard) => !(guard.isOverridable && allowed.includes(guard.name)))
    .flatMap((guard) => guard.judge(situation) ?? [])
}
