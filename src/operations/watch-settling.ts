import { poll } from '../kit/poll.ts'
import type { DeploymentEnding, WatchNeeds } from './watch-deployments.ts'

/**
 * Watches deployments for a while after the platform called them a success, which only says that the container started, or that
 * its health check passed once (PLATFORM.md §5.1, §5.4). One that crashes, stops, is replaced or has no running instance at any
 * look in that time was no success. Gives back the first that did not hold; undefined when all did.
 */
export async function watchSettling(
  live: readonly DeploymentEnding[],
  needs: WatchNeeds,
): Promise<(DeploymentEnding & { outcome: 'unstable' }) | undefined> {
  const { clock, signal, timing, platform } = needs
  const since = clock.now()
  if (live.length === 0 || timing.settleMs === 0) return undefined
  await needs.report({
    type: 'level-settling',
    services: live.map((ending) => ending.service),
    forMs: timing.settleMs,
  })
  const found = await poll(
    async () => {
      const looks = await platform.watchDeployments(live.map((ending) => ending.deploymentId))
      for (const [index, ending] of live.entries()) {
        const deployment = looks[index]?.deployment
        if (deployment === undefined) continue
        const isDown = deployment.isStopped || (deployment.instances > 0 && deployment.runningInstances === 0)
        const isSteady = deployment.status === 'sleeping' || (deployment.status === 'live' && !isDown)
        if (!isSteady)
          return { ...ending, outcome: 'unstable' as const, status: deployment.status, elapsedMs: clock.now() - since }
      }
      return clock.now() - since >= timing.settleMs ? 'settled' : undefined
    },
    { clock, signal, backoff: timing.polling },
  )
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
