import { shortCommit } from '../kit/text.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'

/** What serves of one service now, beside what served before a run and what the run deployed. */
export interface ServingService {
  service: string
  /** `put-back`: a new deployment of what served before. `other`: somebody else's. */
  serves: 'as-before' | 'put-back' | 'new' | 'other' | 'nothing'
  deploymentId?: DeploymentId
  commit?: string
  /** False: it counts as active, but no instance of it runs. */
  isRunning?: boolean
}

/** What a run made of a service: its deployment, where it came so far, and the one that puts it back where there is one. */
export interface TouchedService {
  service: string
  deploymentId?: DeploymentId
  putBackAs?: DeploymentId
}

/** What serves of each service that a run touched, or was to touch. */
export function servingNow(
  touched: readonly TouchedService[],
  before: ObservedState,
  now: ObservedState,
): ServingService[] {
  return touched.map(({ service, deploymentId, putBackAs }) => {
    const live = liveDeployment(now.services.find(({ name }) => name === service))
    if (live === undefined) return { service, serves: 'nothing' }
    const old = liveDeployment(before.services.find(({ name }) => name === service))
    const known = new Map<DeploymentId | undefined, ServingService['serves']>([
      [putBackAs, 'put-back'],
      [deploymentId, 'new'],
      [old?.id, 'as-before'],
    ])
    return {
      service,
      serves: known.get(live.id) ?? 'other',
      deploymentId: live.id,
      ...(live.commit === undefined ? {} : { commit: live.commit }),
      isRunning: live.status === 'sleeping' || (live.runningInstances > 0 && !live.isStopped),
    }
  })
}

const words: Record<ServingService['serves'], string> = {
  'as-before': 'as before',
  'put-back': 'put back',
  new: 'new',
  other: "somebody else's",
  nothing: 'nothing',
}

/** `What serves now: api 22222222 (new), worker nothing.` */
export function toldServing(services: readonly ServingService[]): string {
  const told = services.map(({ service, serves, commit, isRunning }) => {
    if (serves === 'nothing') return `${service} nothing`
    const down = isRunning === false ? ', but no instance of it runs' : ''
    return `${service} ${commit === undefined ? '' : `${shortCommit(commit)} `}(${words[serves]}${down})`
  })
  return told.length === 0 ? '' : `What serves now: ${told.join(', ')}.`
}
