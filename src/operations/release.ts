import type { DesiredState } from '../config/desired.ts'
import type { Clock } from '../kit/clock.ts'
import { liveDeployment, runningCommit } from '../plan/plan-deployments.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Verdict } from '../verify/verdict.ts'
import { canRollBackTo } from './kept-images.ts'
import { type SecondWays, type Stored, secondWays } from './second-ways.ts'
import type { StartedService } from './start-level.ts'
import type { DeployedService } from './verify-release.ts'

/** What one run of `deploy` did. */
export interface Release {
  /** What the journal and the notes on the platform call it; absent where nothing was done. */
  id?: string
  project: string
  environment: string
  /** `unknown`: started, and nobody waited for it. */
  verdict: Verdict | 'unknown'
  /** Only planned: nothing was changed. */
  isDryRun?: true
  /** How many changes were stored or created. */
  changes: number
  services: ReleasedService[]
  /** What the codebase runs now, or is to run once what was started is live, and ran before. */
  commit?: string
  previousCommit?: string
  /** Every image of that one is kept, so that going back to it needs no build. */
  previousIsKept?: true
  elapsedMs: number
  /** Absent where everything was read and stored the first way. */
  secondWays?: SecondWays
}

export interface ReleasedService {
  name: string
  /** `started` and `waiting` only where nobody waits: on its way, and not begun. */
  outcome: 'deployed' | 'unchanged' | 'started' | 'waiting'
  deploymentId?: DeploymentId
  commit?: string
  /** Who says that this commit serves: the service itself too, or the platform alone. Absent where no commit does. */
  commitSaidBy?: 'service' | 'platform'
}

/** Makes the release of what happened so far. */
export type ToRelease = (
  verdict: Release['verdict'],
  services: ReleasedService[],
  state: ObservedState,
  changes: number,
  storing?: Stored,
) => Release

/** What stays the same of a release, whatever becomes of it. */
export function releaseFrom(
  { desired, observed }: { desired: DesiredState; observed: ObservedState },
  startedAt: number,
  clock: Clock,
): ToRelease {
  const codebase = firstCodebase(desired)
  const sharing = desired.services.filter((service) => service.codebase === codebase).map(({ name }) => name)
  return (verdict, services, state, changes, storing) => {
    const commit = previousCommit(desired, state)
    const before = commitLeft(desired, observed, commit)
    const ways = secondWays(observed, storing)
    return {
      project: observed.project.name,
      environment: observed.environment.name,
      verdict,
      changes,
      services,
      ...(commit === undefined ? {} : { commit }),
      ...(before === undefined ? {} : { previousCommit: before }),
      ...(before !== undefined && canRollBackTo(before, sharing, observed, state) ? { previousIsKept: true } : {}),
      elapsedMs: clock.now() - startedAt,
      ...(ways === undefined ? {} : { secondWays: ways }),
    }
  }
}

/** What the first codebase runs; the undo command brings it back. */
export function previousCommit(desired: DesiredState, state: ObservedState): string | undefined {
  const codebase = firstCodebase(desired)
  return codebase === undefined ? undefined : runningCommit(desired, state, codebase)
}

/** What was left for a commit: where one that was cut short had begun with it, what the rest of the services ran. */
function commitLeft(desired: DesiredState, state: ObservedState, commit: string | undefined): string | undefined {
  const codebase = firstCodebase(desired)
  const ran = desired.services
    .filter((service) => codebase !== undefined && service.codebase === codebase)
    .flatMap(({ name }) => liveDeployment(state.services.find((one) => one.name === name))?.commit ?? [])
  return ran.find((one) => one !== commit) ?? previousCommit(desired, state)
}

function firstCodebase({ services }: DesiredState): string | undefined {
  return services.find((service) => service.codebase !== undefined)?.codebase
}

/** A service that was started, or that waits for those, where nobody waits. */
export function startedOr(
  started: readonly StartedService[],
  waiting: readonly string[],
): (service: ReleasedService) => ReleasedService {
  return (service) => {
    const ours = started.find((one) => one.service === service.name)
    if (ours !== undefined) {
      const { deploymentId, commit } = ours
      return { name: service.name, outcome: 'started', deploymentId, ...(commit === undefined ? {} : { commit }) }
    }
    return waiting.includes(service.name) ? { ...service, outcome: 'waiting' } : service
  }
}

/** What became of every service where nothing was deployed. */
export function unchanged(desired: DesiredState, state: ObservedState): ReleasedService[] {
  return outcomes(desired, [], state)
}

/** What became of every service. */
export function outcomes(
  desired: DesiredState,
  deployed: readonly DeployedService[],
  state: ObservedState,
): ReleasedService[] {
  return desired.services.map((service) => {
    const ours = deployed.find((one) => one.service.name === service.name)
    const live = liveDeployment(state.services.find((candidate) => candidate.name === service.name))
    return {
      name: service.name,
      outcome: ours === undefined ? 'unchanged' : 'deployed',
      ...(live === undefined ? {} : { deploymentId: live.id }),
      ...(live?.commit === undefined ? {} : { commit: live.commit, commitSaidBy: saidBy(ours) }),
    }
  })
}

function saidBy(deployed: DeployedService | undefined): NonNullable<ReleasedService['commitSaidBy']> {
  const isConfirmed = deployed?.answers.some(({ check, outcome }) => check === 'revision' && outcome === 'pass')
  return isConfirmed ? 'service' : 'platform'
}
