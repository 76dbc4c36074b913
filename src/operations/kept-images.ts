import { isOnItsWay, liveDeployment } from '../plan/plan-deployments.ts'
import type { ServiceId } from '../platform/ids.ts'
import type { ObservedDeployment, ObservedState } from '../platform/observed-state.ts'

/** Is an image kept of what a service served, at that commit? By a reading with recent deployments; one that is going is offered soon. */
export function isImageKept(served: ObservedDeployment, service: ServiceId, state: ObservedState): boolean {
  const wasLive = served.status === 'live' || served.status === 'sleeping'
  return (
    isCommitKept(served.commit, service, state) ||
    (wasLive && recentOf(service, state).some(({ id, status }) => id === served.id && status === 'removing'))
  )
}

function isCommitKept(wanted: string | undefined, service: ServiceId, state: ObservedState): boolean {
  return recentOf(service, state).some(({ commit, canRollback }) => commit === wanted && canRollback)
}

function recentOf(service: ServiceId, { recent }: ObservedState) {
  return (recent?.deployments ?? []).filter(({ serviceId }) => serviceId === service)
}

/** Would `rollback services` bring them back to a commit that was left? False also where it has nothing to do. */
export function canRollBackTo(
  commit: string,
  services: readonly string[],
  before: ObservedState,
  now: ObservedState,
): boolean {
  const ways = services.map((name): 'serves' | 'kept' | 'gone' => {
    const observed = now.services.find((service) => service.name === name)
    const live = liveDeployment(observed)
    const served = liveDeployment(before.services.find((service) => service.name === name))
    const { latest } = observed ?? {}
    if (observed === undefined || (latest !== undefined && isOnItsWay(latest))) return 'gone'
    if (live?.commit === commit) return 'serves'
    const isKept =
      served?.commit === commit ? isImageKept(served, observed.id, now) : isCommitKept(commit, observed.id, now)
    return isKept ? 'kept' : 'gone'
  })
  return ways.includes('kept') && !ways.includes('gone')
}
