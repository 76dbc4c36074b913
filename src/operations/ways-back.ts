import { liveDeployment } from '../plan/plan-deployments.ts'
import type { ServiceId } from '../platform/ids.ts'
import type { ObservedDeployment, ObservedState } from '../platform/observed-state.ts'
import type { StartedService } from './start-level.ts'
import { isOver } from './watch-deployments.ts'

/** How a service that a run deployed comes back to what served before. */
export type WayBack =
  /** A new deployment of the one before. */
  | { way: 'roll-back'; service: string; serviceId: ServiceId; to: ObservedDeployment; isReplaced: boolean }
  /** The one before has never stopped serving, and what was started over it has ended. */
  | { way: 'still-serves'; service: string; to: ObservedDeployment }
  | { way: 'nothing-before'; service: string }
  /** Somebody deployed it since. That is not ours to undo. */
  | { way: 'not-ours'; service: string }

/** For each service that was started, how it comes back. */
export function waysBack(started: readonly StartedService[], before: ObservedState, now: ObservedState): WayBack[] {
  return started.map(({ service, deploymentId }): WayBack => {
    const to = liveDeployment(before.services.find(({ name }) => name === service))
    if (to === undefined) return { way: 'nothing-before', service }
    const observed = now.services.find(({ name }) => name === service)
    const live = liveDeployment(observed)
    const { latest } = observed ?? {}
    const isKnown = (deployment: ObservedDeployment | undefined) =>
      deployment === undefined || deployment.id === deploymentId || deployment.id === to.id
    if (observed === undefined || !isKnown(live) || !isKnown(latest)) return { way: 'not-ours', service }
    // What is still on its way would take over later.
    const isOnItsWay = latest?.id === deploymentId && !isOver(latest.status)
    if (live?.id === to.id && !isOnItsWay) return { way: 'still-serves', service, to }
    return { way: 'roll-back', service, serviceId: observed.id, to, isReplaced: live?.id !== to.id }
  })
}
