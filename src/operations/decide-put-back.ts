import type { DesiredState } from '../config/desired.ts'
import type { EnvironmentConfig } from '../contract/environment-config.ts'
import type { Secret } from '../kit/secret.ts'
import { type InversePatch, inversePatch } from '../plan/inverse-patch.ts'
import { type Plan, subjectOf } from '../plan/plan.ts'
import type { ObservedRunning, ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import type { Author } from './patch-message.ts'
import type { StartedService } from './start-level.ts'
import { type AutoDeploySwitch, autoDeployTouched } from './switch-auto-deploy.ts'
import { type WayBack, waysBack } from './ways-back.ts'

/** What a run changed, and how it was before. */
export interface PutBackRequest {
  desired: DesiredState
  /** As it was before this run changed anything. */
  before: ObservedState
  running: ObservedRunning | undefined
  /** What was carried out. */
  plan: Plan
  /** What was stored for it. Absent: nothing. */
  stored?: Secret<EnvironmentConfig>
  started: readonly StartedService[]
  author: Author
  /** Why, in few words. */
  because: string
}

/** What is to be done, decided from one reading. */
interface PutBackDecision {
  ways: WayBack[]
  inverse: InversePatch
  autoDeploy: SwitchBack
}

/** Deploys on push that go back. */
export interface SwitchBack {
  services: AutoDeploySwitch[]
  changedByOthers: string[]
}

interface DecideNeeds {
  platform: Platform
}

/** What still is as this run made it, and so may go back; what somebody else changed since is theirs. */
export async function decidePutBack(
  request: PutBackRequest,
  now: ObservedState,
  needs: DecideNeeds,
): Promise<PutBackDecision> {
  const { started, before } = request
  return {
    ways: waysBack(started, before, now),
    inverse: inverseOf(request, now),
    autoDeploy: await switchesBack(request, now, needs),
  }
}

/** What is stored and still to be put back, by one reading. */
export function inverseOf({ plan, stored, before }: PutBackRequest, now: ObservedState): InversePatch {
  return inversePatch({ changes: plan.changes, patch: stored?.reveal() ?? {}, before, now })
}

/** Deploys on push are no part of a patch; storing another repository or branch switches them on all the same. */
async function switchesBack(
  { plan, running, desired, before }: PutBackRequest,
  now: ObservedState,
  needs: DecideNeeds,
): Promise<SwitchBack> {
  const touched = autoDeployTouched(plan)
  const known = before.services.flatMap(({ id, name }) => {
    const enabled = running?.autoDeploy.get(id)
    return enabled === undefined || !touched.has(name) ? [] : [{ name, serviceId: id, enabled }]
  })
  if (known.length === 0) return { services: [], changedByOthers: [] }
  const { autoDeploy } = (await needs.platform.observeRunning(now)).running
  const isOurs = ({ name, serviceId }: (typeof known)[number]) =>
    autoDeploy.get(serviceId) === desired.services.find((service) => service.name === name)?.autoDeploy
  return {
    services: known.filter(isOurs).filter(({ serviceId, name, enabled }) => {
      const isSwitched = autoDeploy.get(serviceId) !== enabled
      return isSwitched || plan.changes.some(({ act, service }) => act.kind === 'set' && service === name)
    }),
    changedByOthers: known.filter((one) => !isOurs(one)).map(({ name }) => autoDeployPlace(name)),
  }
}

export function autoDeployPlace(service: string): string {
  return subjectOf({ service, setting: 'auto-deploy' })
}
