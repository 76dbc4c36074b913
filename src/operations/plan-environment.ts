import type { DesiredState } from '../config/desired.ts'
import type { Secret } from '../kit/secret.ts'
import { lastApplied } from '../plan/last-applied.ts'
import type { Plan } from '../plan/plan.ts'
import { planChanges } from '../plan/plan-changes.ts'
import type { WantedCommit } from '../plan/plan-deployments.ts'
import { resumedCommit } from '../plan/resumed-commit.ts'
import type { ObservedRunning, ObservedState } from '../platform/observed-state.ts'
import { noSuchId, type ObserveNeeds, observeEnvironment, type WantedEnvironment } from './observe-environment.ts'

/** What is wanted of one environment, and how. */
export interface PlanRequest {
  /** What is wanted of the environment of that name; throws for one that the config does not know. */
  desiredFor: (environment: string) => DesiredState
  wanted: WantedEnvironment
  commit: WantedCommit
  /** Only these services; all when absent. */
  services?: readonly string[]
  supplied: ReadonlyMap<string, Secret>
}

export interface PlanNeeds extends ObserveNeeds {
  /** Cryptographic randomness, as so many bytes. */
  random: (bytes: number) => Uint8Array
}

/** A plan and what it was made from. */
export interface PlannedEnvironment {
  plan: Plan
  desired: DesiredState
  observed: ObservedState | undefined
  running: ObservedRunning | undefined
  /** The commit that it was planned for: where an unfinished operation is gone on with, the one that it was about. */
  commit: WantedCommit
}

/** Reads an environment and plans it: two requests when its ids are known. */
export async function planEnvironment(request: PlanRequest, needs: PlanNeeds): Promise<PlannedEnvironment> {
  const found = await observeEnvironment(request.wanted, needs)
  if (found.kind === 'missing') {
    const projectExists = found.project !== undefined
    const { name, id } = request.wanted.environment
    if (name === undefined) throw noSuchId(id ?? '', found.project?.name ?? request.wanted.project.name)
    const desired = inProject(request.desiredFor(name), found.project?.name ?? request.wanted.project.name)
    const plan = planFrom({ ...request, desired }, undefined, undefined, projectExists, needs)
    return { plan, desired, observed: undefined, running: undefined, commit: request.commit }
  }
  const desired = inProject(request.desiredFor(found.state.environment.name), found.state.project.name)
  const { state, running } = await needs.platform.observeRunning(found.state)
  const commit = resumedCommit(request.commit, desired, state)
  const plan = planFrom({ ...request, desired, commit }, state, running, true, needs)
  return { plan, desired, observed: state, running, commit }
}

/** What is wanted, in the project that was found or asked for: `--project` may name another than the config. */
export function inProject(desired: DesiredState, name: string): DesiredState {
  return { ...desired, project: { ...desired.project, name } }
}

/** What `planFrom` plans. */
export type WantedState = Pick<PlanRequest, 'commit' | 'services' | 'supplied'> & { desired: DesiredState }

/** Plans from what was read. */
export function planFrom(
  request: WantedState,
  observed: ObservedState | undefined,
  running: ObservedRunning | undefined,
  projectExists: boolean,
  needs: Pick<PlanNeeds, 'random'>,
): Plan {
  return planChanges({
    desired: request.desired,
    observed,
    projectExists,
    running,
    lastApplied: lastApplied(observed?.patches ?? []),
    supplied: request.supplied,
    commit: request.commit,
    ...(request.services === undefined ? {} : { services: request.services }),
    salt: Buffer.from(needs.random(8)).toString('hex'),
  })
}
