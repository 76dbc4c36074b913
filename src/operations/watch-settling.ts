import { poll } from '../kit/poll.ts'
import type { DeploymentStatus, ObservedDeployment } from '../platform/observed-state.ts'
import type { BadEnding } from './deploy-failures.ts'
import { followDeployments } from './follow-deployments.ts'
import type { DeploymentEnding, WatchNeeds } from './watch-deployments.ts'

/**
 * Watches deployments for a while after the platform called them a success, which only says that the container started, or that
 * its health check passed once (PLATFORM.md §5.1, §5.4). One that crashes, stops, sleeps, is replaced or has no running instance at
 * any look in that time was no success. Gives back the first that did not hold; undefined when all did.
 *
 * Word from the platform only makes looks earlier here: it tells of no container that is between two starts.
 */
export async function watchSettling(
  live: readonly DeploymentEnding[],
  needs: WatchNeeds,
): Promise<BadEnding | undefined> {
  const { clock, signal, timing, platform } = needs
  const since = clock.now()
  if (live.length === 0 || timing.settleMs === 0) return undefined
  await needs.report({
    type: 'level-settling',
    services: live.map((ending) => ending.service),
    forMs: timing.settleMs,
  })
  const ids = live.map((ending) => ending.deploymentId)
  const limitMs = timing.deploy.verifyMs
  const look = async (): Promise<BadEnding | 'settled' | undefined> => {
    const looks = await platform.watchDeployments(ids)
    const elapsedMs = clock.now() - since
    let isSteady = true
    for (const [index, ending] of live.entries()) {
      const deployment = looks[index]?.deployment
      if (deployment === undefined) continue
      const state = stateOf(deployment)
      if (state === 'steady') continue
      const { status } = deployment
      const told = { ...ending, status, phase: 'verify' as const, elapsedMs }
      if (state !== 'unsettled') return { ...told, outcome: state }
      if (elapsedMs >= timing.settleMs + limitMs) return { ...told, outcome: 'timeout', limitMs }
      isSteady = false
    }
    return isSteady && elapsedMs >= timing.settleMs ? 'settled' : undefined
  }
  const { stop, onWord } = followDeployments(ids, needs)
  const news = { longestMs: () => undefined, onWord }
  const found = await poll(look, { clock, signal, backoff: timing.polling, news }).finally(stop)
  if (found === undefined || found === 'settled') return undefined
  const { service, deploymentId, status, elapsedMs } = found
  await needs.report({
    type: 'deployment-failed',
    service,
    deploymentId,
    status,
    reason: 'it did not stay live',
    elapsedMs,
  })
  return found
}

type State = 'steady' | 'unsettled' | BadEnding['outcome']

const states: Record<DeploymentStatus, State> = {
  live: 'steady',
  // On its way again: it may come back, within a time of its own.
  queued: 'unsettled',
  waiting: 'unsettled',
  building: 'unsettled',
  deploying: 'unsettled',
  crashed: 'unstable',
  failed: 'unstable',
  skipped: 'unstable',
  sleeping: 'asleep',
  'needs-approval': 'held',
  removing: 'superseded',
  removed: 'superseded',
}

function stateOf({ status, isStopped, instances, runningInstances }: ObservedDeployment): State {
  const isDown = isStopped || (instances > 0 && runningInstances === 0)
  return status === 'live' && isDown ? 'unstable' : states[status]
}
