import type { DesiredState } from '../config/desired.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { CheckResult } from '../verify/check.ts'
import { checkDeployed } from '../verify/checks/deployed.ts'
import { verdict } from '../verify/verdict.ts'
import type { Lease } from './lease.ts'
import type { RollbackStep } from './rollback-steps.ts'
import type { RollbackTarget } from './rollback-target.ts'
import { type Fate, halfDone, toldFate } from './rolled-back.ts'
import { type AskedService, checkServing, type VerifyNeeds } from './verify-release.ts'
import type { WatchNeeds } from './watch-deployments.ts'
import { watchSettling } from './watch-settling.ts'

type ProveNeeds = WatchNeeds & VerifyNeeds

/** Watches that what went back stays, asks it over HTTP, and reads everything once more; throws where not all of it is well. */
export async function proveRolledBack(
  fates: readonly Fate[],
  target: RollbackTarget,
  { state, check }: Lease,
  desired: DesiredState | undefined,
  needs: ProveNeeds,
): Promise<ObservedState> {
  const { commit } = target.release
  const live = fates.flatMap(({ ending }) => (ending?.outcome === 'live' ? [ending] : []))
  const unstable = await watchSettling(live, needs)
  const up = fates.flatMap(({ step, deploymentId, ending }) =>
    deploymentId === undefined || (ending !== undefined && ending.outcome !== 'live') ? [] : [{ step, deploymentId }],
  )
  const answers: CheckResult[] = []
  for (const { step } of up) answers.push(...(await checkServing(askedOf(step, desired), commit, state, needs)))
  const after = await needs.platform.observe(
    { projectId: state.project.id, environmentId: state.environment.id },
    { withRecent: true },
  )
  check(after)
  const results = [
    ...up.flatMap(({ step, deploymentId }) => {
      const service = step.observed.name
      const replicas = 'to' in step.way ? step.way.to.settings?.replicas : undefined
      return checkDeployed(
        { service, deploymentId, commit, ...(replicas === undefined ? {} : { replicas }) },
        after.services.find(({ id }) => id === step.observed.id),
      )
    }),
    ...answers,
  ]
  const judged = verdict(results)
  const ended = [
    ...fates.flatMap(toldFate),
    ...(unstable === undefined ? [] : [`${unstable.service} went back and did not stay live.`]),
  ]
  if (judged === 'pass' && ended.length === 0) return after
  const findings = results.flatMap(({ outcome, finding }) => (outcome === 'pass' ? [] : (finding?.message ?? [])))
  const isFailed = judged === 'fail' || unstable !== undefined
  throw halfDone(fates, { problems: [...ended, ...findings], isFailed }, target, after)
}

/** As the old settings had it asked, else as the config has, else as the stored settings have. */
function askedOf({ observed, way }: RollbackStep, desired: DesiredState | undefined): AskedService {
  const { name, settings } = observed
  const wanted = desired?.services.find((service) => service.name === name)
  const earlier = 'to' in way ? way.to.settings : undefined
  const path =
    earlier?.healthcheckPath ?? wanted?.liveness?.path ?? (desired === undefined ? settings.healthcheckPath : undefined)
  if (path === undefined) return wanted ?? { name }
  return { ...(wanted ?? { name }), liveness: { status: 200, ...wanted?.liveness, path } }
}
