import type { Timing } from '../config/timing.ts'
import type { Clock } from '../kit/clock.ts'
import { poll } from '../kit/poll.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { DeploymentProgress, DeploymentStatus, DeploymentStep } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import type { Report } from './events.ts'
import { followDeployments } from './follow-deployments.ts'

/** A deployment of ours on its way. */
export interface AwaitedDeployment {
  service: string
  deploymentId: DeploymentId
  /** Milliseconds since the epoch. */
  startedAt: number
  /** How long its health check may take, in milliseconds. */
  healthMs: number
}

/**
 * How one ended. `superseded`: another deployment took its place. `held`: somebody must approve it. `asleep`: the platform put it to
 * sleep, which no config asks for. `unstable`: it was live, and did not stay so.
 */
export interface DeploymentEnding {
  service: string
  deploymentId: DeploymentId
  outcome: 'live' | 'failed' | 'unstable' | 'held' | 'superseded' | 'asleep' | 'timeout'
  status: DeploymentStatus
  commit?: string
  /** The step that was open, or failed. */
  step?: DeploymentStep
  /** How far it came; absent where it is live. */
  phase?: Phase
  /** How long that phase may take, where its time is up. */
  limitMs?: number
  /** The platform's own words about it. */
  reason?: string
  elapsedMs: number
}

export interface WatchNeeds {
  platform: Platform
  clock: Clock
  signal: AbortSignal
  report: Report
  timing: Timing
}

/** Each has a time of its own. `verify`: it was live, and is watched whether it stays so. */
export type Phase = 'queue' | 'build' | 'pre-deploy' | 'health' | 'verify'

interface Watched extends AwaitedDeployment {
  seen: string
  phase: Phase
  phaseSince: number
}

/**
 * Follows a level of deployments to their ends, with one request a look and fewer looks as time goes by, or when the platform tells
 * that something happened. Only looks are believed.
 */
export async function watchDeployments(
  awaited: readonly AwaitedDeployment[],
  needs: WatchNeeds,
): Promise<DeploymentEnding[]> {
  let open = awaited.map((one): Watched => ({ ...one, seen: '', phase: 'queue', phaseSince: one.startedAt }))
  const endings = new Map<string, DeploymentEnding>()
  const look = async (): Promise<DeploymentEnding[] | undefined> => {
    const looks = await needs.platform.watchDeployments(open.map((one) => one.deploymentId))
    const still: Watched[] = []
    for (const [index, one] of open.entries()) {
      const seen = looks[index]
      if (seen === undefined) continue
      const ending = judge(one, seen, needs)
      if (ending === undefined) still.push(await noticed(one, seen, needs))
      else {
        endings.set(one.service, ending)
        await needs.report(endingEvent(ending))
      }
    }
    open = still
    return open.length > 0 ? undefined : awaited.flatMap(({ service }) => endings.get(service) ?? [])
  }
  const { clock, signal, timing } = needs
  const ids = awaited.map((one) => one.deploymentId)
  const news = followDeployments(ids, needs)
  try {
    return (await poll(look, { clock, signal, backoff: timing.polling, news })) ?? []
  } finally {
    news.stop()
  }
}

const outcomes: Record<DeploymentStatus, DeploymentEnding['outcome'] | undefined> = {
  queued: undefined,
  waiting: undefined,
  building: undefined,
  deploying: undefined,
  live: 'live',
  // Asleep is up, for the platform; no config asks for it, and a worker that sleeps does not work.
  sleeping: 'asleep',
  'needs-approval': 'held',
  crashed: 'failed',
  failed: 'failed',
  skipped: 'failed',
  removing: 'superseded',
  removed: 'superseded',
}

/** Will the status stay as it is, unless somebody acts? */
export function isOver(status: DeploymentStatus): boolean {
  return outcomes[status] !== undefined
}

function judge(one: Watched, look: DeploymentProgress, needs: WatchNeeds): DeploymentEnding | undefined {
  const { deployment } = look
  const now = needs.clock.now()
  const phase = phaseOf(look)
  const limitMs = limitOf(phase, one, needs.timing)
  const isLate = phase === one.phase && now - one.phaseSince > limitMs
  const outcome = outcomes[deployment.status] ?? (isLate ? 'timeout' : undefined)
  if (outcome === undefined) return undefined
  const failed = look.events.find((event) => event.error !== undefined)
  const step = failed?.step ?? openStep(look)
  return {
    service: one.service,
    deploymentId: one.deploymentId,
    outcome,
    status: deployment.status,
    ...(deployment.commit === undefined ? {} : { commit: deployment.commit }),
    ...(outcome === 'live' || step === undefined ? {} : { step }),
    ...(outcome === 'live' ? {} : { phase: one.phase }),
    ...(outcome === 'timeout' ? { limitMs } : {}),
    ...(failed?.error === undefined ? {} : { reason: failed.error }),
    elapsedMs: now - one.startedAt,
  }
}

function limitOf(phase: Phase, { healthMs }: AwaitedDeployment, { deploy }: Timing): number {
  const limits: Record<Phase, number> = {
    queue: deploy.queueMs,
    build: deploy.buildMs,
    'pre-deploy': deploy.preDeployMs,
    health: healthMs,
    verify: deploy.verifyMs,
  }
  return limits[phase]
}

function phaseOf(look: DeploymentProgress): Phase {
  if (look.deployment.status === 'queued' || look.deployment.status === 'waiting') return 'queue'
  if (look.deployment.status === 'building') return 'build'
  return openStep(look) === 'pre-deploy-command' ? 'pre-deploy' : 'health'
}

function openStep(look: DeploymentProgress): DeploymentStep | undefined {
  return look.events.filter((event) => event.completedAt === undefined).at(-1)?.step
}

async function noticed(one: Watched, look: DeploymentProgress, needs: WatchNeeds): Promise<Watched> {
  const { status } = look.deployment
  const step = openStep(look)
  const phase = phaseOf(look)
  const now = needs.clock.now()
  const seen = `${status} ${step ?? ''}`
  if (seen !== one.seen) {
    await needs.report({
      type: 'deployment-moved',
      service: one.service,
      deploymentId: one.deploymentId,
      status,
      ...(step === undefined ? {} : { step }),
      elapsedMs: now - one.startedAt,
    })
  }
  return { ...one, seen, phase, phaseSince: phase === one.phase ? one.phaseSince : now }
}

function endingEvent(ending: DeploymentEnding): Parameters<Report>[0] {
  const { service, deploymentId, elapsedMs } = ending
  if (ending.outcome === 'live') {
    return {
      type: 'deployment-live',
      service,
      deploymentId,
      ...(ending.commit === undefined ? {} : { commit: ending.commit }),
      elapsedMs,
    }
  }
  return {
    type: 'deployment-failed',
    service,
    deploymentId,
    status: ending.status,
    ...(ending.step === undefined ? {} : { step: ending.step }),
    ...(ending.reason === undefined ? {} : { reason: ending.reason }),
    elapsedMs,
  }
}
