import { isOnItsWay, liveDeployment } from '../plan/plan-deployments.ts'
import type { ServiceId } from '../platform/ids.ts'
import type { ObservedDeployment, ObservedState } from '../platform/observed-state.ts'

/** Is an image kept of what a service served, at that commit? By a reading with recent deployments; one that is going is offered soon. */
export function isImageKept(served: ObservedDeployment, service: ServiceId, { recent }: ObservedState): boolean {
  const wasLive = served.status === 'live' || served.status === 'sleeping'
  return (recent?.deployments ?? []).some(
    ({ id, serviceId, commit, canRollback, status }) =>
      serviceId === service &&
      commit === served.commit &&
      (canRollback || (id === served.id && wasLive && status === 'removing')),
  )
}

/** Would `rollback services` bring them back to the commit that they served before? False also where it has nothing to do. */
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
    return served?.commit === commit && isImageKept(served, observed.id, now) ? 'kept' : 'gone'
  })
  return ways.includes('kept') && !ways.includes('gone')
}
