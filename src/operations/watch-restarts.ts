import type { Timing } from '../config/timing.ts'
import type { Clock } from '../kit/clock.ts'
import { poll } from '../kit/poll.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { DeploymentStatus, ObservedDeployment } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import type { Report } from './events.ts'

/** A deployment whose processes were told to start again. */
export interface RestartedDeployment {
  service: string
  deploymentId: DeploymentId
  /** Milliseconds since the epoch. */
  restartedAt: number
  /** How long it may have no running instance. */
  withinMs: number
}

/** How a restart ended. `superseded`: another deployment took its place meanwhile. */
export interface RestartEnding {
  service: string
  deploymentId: DeploymentId
  outcome: 'live' | 'failed' | 'superseded' | 'timeout'
  status: DeploymentStatus
  commit?: string
  elapsedMs: number
}

export interface WatchRestartNeeds {
  platform: Platform
  clock: Clock
  signal: AbortSignal
  report: Report
  timing: Timing
}

interface Watched extends RestartedDeployment {
  seen: string
  wasUp: boolean
  upSince: number | undefined
}

/**
 * Follows restarted deployments until each runs again. The status says nothing: it was a success before the restart and stays one
 * (PLATFORM.md §10.4), and a running instance may be the old one that has not stopped yet. So one counts as back when every look in
 * a whole settling time found a running instance; going down starts that time anew.
 */
export async function watchRestarts(
  restarted: readonly RestartedDeployment[],
  needs: WatchRestartNeeds,
): Promise<RestartEnding[]> {
  const { platform, clock, signal, timing } = needs
  const steadyMs = Math.max(timing.settleMs, timing.polling.longestMs)
  let open = restarted.map((one): Watched => ({ ...one, seen: '', wasUp: false, upSince: undefined }))
  const endings = new Map<DeploymentId, RestartEnding>()
  const look = async (): Promise<true | undefined> => {
    const looks = await platform.watchDeployments(open.map(({ deploymentId }) => deploymentId))
    const now = clock.now()
    const still: Watched[] = []
    for (const [index, one] of open.entries()) {
      const deployment = looks[index]?.deployment
      if (deployment === undefined) continue
      const next = await noticed(one, deployment, now, needs)
      const outcome = outcomeOf(next, deployment, now, steadyMs)
      if (outcome === undefined) {
        still.push(next)
        continue
      }
      const { service, deploymentId, restartedAt } = one
      const { status, commit } = deployment
      const ending = {
        service,
        deploymentId,
        outcome,
        status,
        ...(commit === undefined ? {} : { commit }),
        elapsedMs: now - restartedAt,
      }
      endings.set(deploymentId, ending)
      await needs.report(endingEvent(ending))
    }
    open = still
    return open.length > 0 ? undefined : true
  }
  if (open.length > 0) await poll(look, { clock, signal, backoff: timing.polling })
  return restarted.flatMap(({ deploymentId }) => endings.get(deploymentId) ?? [])
}

async function noticed(one: Watched, deployment: ObservedDeployment, now: number, needs: WatchRestartNeeds) {
  const { runningInstances: running, instances } = deployment
  const seen = `${running}/${instances}`
  if (seen !== one.seen) {
    const { service, deploymentId, restartedAt } = one
    const elapsedMs = now - restartedAt
    await needs.report({ type: 'instances-changed', service, deploymentId, running, instances, elapsedMs })
  }
  const isUp = runs(deployment)
  return { ...one, seen, wasUp: one.wasUp || isUp, upSince: isUp ? (one.upSince ?? now) : undefined }
}

/** Asleep is up, for the platform: it wakes at the first request. */
function runs({ status, isStopped, runningInstances }: ObservedDeployment): boolean {
  return status === 'sleeping' || (status === 'live' && !isStopped && runningInstances > 0)
}

function outcomeOf(
  { upSince, wasUp, restartedAt, withinMs }: Watched,
  { status, isStopped }: ObservedDeployment,
  now: number,
  steadyMs: number,
): RestartEnding['outcome'] | undefined {
  const elapsedMs = now - restartedAt
  if (status === 'removing' || status === 'removed') return 'superseded'
  if (upSince !== undefined) {
    if (now - upSince >= steadyMs) return 'live'
    return elapsedMs > withinMs + steadyMs ? 'timeout' : undefined
  }
  const isOver = isStopped || status === 'crashed' || status === 'failed'
  // One that had crashed before it was restarted may still be told as that for a moment.
  if (isOver && (wasUp || elapsedMs >= steadyMs)) return 'failed'
  return elapsedMs > withinMs ? 'timeout' : undefined
}

function endingEvent(ending: RestartEnding): Parameters<Report>[0] {
  const { outcome, status, ...told } = ending
  if (outcome === 'live') return { type: 'deployment-live', ...told }
  const { service, deploymentId, elapsedMs } = told
  const reason = {
    failed: 'it did not come back after its restart',
    superseded: 'another deployment took its place',
    timeout: 'no instance of it keeps running after its restart',
  }[outcome]
  return { type: 'deployment-failed', service, deploymentId, status, reason, elapsedMs }
}
