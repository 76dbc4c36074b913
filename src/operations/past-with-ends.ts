import type { DesiredState } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import { operationNotes } from '../plan/operation-notes.ts'
import { lastThatRan } from '../plan/plan-deployments.ts'
import { codebaseOf } from '../plan/split-revisions.ts'
import type { DeploymentEvent, ObservedService, ObservedState, PastDeployment } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import { releaseHistory, unknownEnds } from './release-history.ts'

/** So many are asked about at most; each has a page of steps. */
const mostAsked = 15

/**
 * The past with what steps tell of those deployments of which nothing else tells whether they were live: where no notes of ours do,
 * and the last known good hangs on it. One request at most; where it cannot be had, they stay unknown.
 */
export async function pastWithEnds(
  past: readonly PastDeployment[],
  state: ObservedState,
  desired: DesiredState | undefined,
  { platform, signal }: { platform: Pick<Platform, 'watchDeployments'>; signal: AbortSignal },
): Promise<PastDeployment[]> {
  const asked = openQuestions(past, state, desired).slice(0, mostAsked)
  if (asked.length === 0) return [...past]
  try {
    const looks = await platform.watchDeployments(asked)
    const ends = new Map(looks.map(({ deployment, events }) => [deployment.id, wasLive(events, deployment)]))
    return past.map((one) => {
      const known = ends.get(one.id)
      return known === undefined ? one : { ...one, wasLive: known }
    })
  } catch (error) {
    if (!(error instanceof OperatorError) || signal.aborted) throw error
    return [...past]
  }
}

/** What steps tell of a deployment that is gone; undefined where there are none. */
export function wasLive(
  events: readonly DeploymentEvent[],
  { settings }: Pick<PastDeployment, 'settings'>,
): boolean | undefined {
  if (events.length === 0) return undefined
  const ended = new Set(events.filter(isDone).map(({ step }) => step))
  // Only what was live is drained.
  if (events.some(({ step }) => step === 'drain-instances')) return true
  if (!events.every(isDone)) return false
  return ended.has('healthcheck') || (ended.has('create-container') && settings?.healthcheckPath === undefined)
}

function isDone({ completedAt, error, reason }: DeploymentEvent): boolean {
  return completedAt !== undefined && error === undefined && reason === undefined
}

function openQuestions(past: readonly PastDeployment[], state: ObservedState, desired: DesiredState | undefined) {
  const { releases: notes } = operationNotes(state)
  const codebases = new Map<string, ObservedService[]>()
  for (const service of state.services) {
    const codebase = codebaseOf(service, desired)
    const isDeployed = lastThatRan(service) !== undefined || past.some(({ serviceId }) => serviceId === service.id)
    if (codebase === undefined || !isDeployed) continue
    codebases.set(codebase, [...(codebases.get(codebase) ?? []), service])
  }
  return [...codebases.values()].flatMap((services) => {
    const serving = services.flatMap((service) => lastThatRan(service)?.commit ?? [])
    return unknownEnds(releaseHistory(services, past, notes), new Set(serving))
  })
}
