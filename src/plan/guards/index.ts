import type { Finding } from '../../kit/finding.ts'
import { destructiveChange } from './destructive-change.ts'
import type { Guard, GuardSituation } from './guard.ts'
import { riskyFlagDefault } from './risky-flag-default.ts'
import { splitRevision } from './split-revision.ts'
import { splitSecret } from './split-secret.ts'

/** Every guard, in the order in which they are told. */
export const guards: readonly Guard[] = [destructiveChange, riskyFlagDefault, splitRevision, splitSecret]

/** Every reason to refuse this plan, except those that the operator allowed. */
export function judgeGuards(situation: GuardSituation, allowed: readonly string[]): Finding[] {
  return guards
    .filter((guard) => !(guard.isOverridable && allowed.includes(guard.name)))
    .flatMap((guard) => guard.judge(situation) ?? [])
}
