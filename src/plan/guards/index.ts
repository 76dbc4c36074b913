import type { Finding } from '../../kit/finding.ts'
import { badRelease } from './bad-release.ts'
import { destructiveChange } from './destructive-change.ts'
import { foreignDeployment } from './foreign-deployment.ts'
import type { Guard, GuardSituation } from './guard.ts'
import { healthCheckRemoved } from './health-check-removed.ts'
import { riskyFlagDefault } from './risky-flag-default.ts'
import { splitRevision } from './split-revision.ts'
import { splitSecret } from './split-secret.ts'
import { tooManyServices } from './too-many-services.ts'
import { volumeShrinkOrDetach } from './volume-shrink-or-detach.ts'
import { workerToZero } from './worker-to-zero.ts'

/** Every guard, in the order in which they are told. */
export const guards: readonly Guard[] = [
  destructiveChange,
  volumeShrinkOrDetach,
  healthCheckRemoved,
  workerToZero,
  tooManyServices,
  foreignDeployment,
  riskyFlagDefault,
  splitRevision,
  splitSecret,
  badRelease,
]

/** Every reason to refuse this plan, except those that the operator allowed. */
export function judgeGuards(situation: GuardSituation, allowed: readonly string[]): Finding[] {
  return guards.filter((guard) => !isAllowed(guard, allowed)).flatMap((guard) => guard.judge(situation) ?? [])
}

/** The guards that would have refused this plan and were allowed, by name: what others are to read in the history. */
export function passedGuards(situation: GuardSituation, allowed: readonly string[]): string[] {
  return guards
    .filter((guard) => isAllowed(guard, allowed) && guard.judge(situation) !== undefined)
    .map(({ name }) => name)
}

function isAllowed({ isOverridable, name }: Guard, allowed: readonly string[]): boolean {
  return isOverridable && allowed.includes(name)
}
