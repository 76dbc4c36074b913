import { isDeepStrictEqual } from 'node:util'
import type { DesiredState } from '../config/desired.ts'
import type { Secret } from '../kit/secret.ts'
import { type Plan, subjectOf } from '../plan/plan.ts'
import type { ObservedRunning, ObservedState } from '../platform/observed-state.ts'
import type { Platform, ProjectSummary } from '../platform/platform.ts'
import { refuseRestricted } from './observe-environment.ts'
import { planFrom } from './plan-environment.ts'
import type { SecondWays } from './second-ways.ts'

/** An environment of the config that is set up: what is there of it, and what is to be done. */
export interface Place {
  desired: DesiredState
  state: ObservedState | undefined
  running: ObservedRunning | undefined
  plan: Plan
  /** An earlier run of the same command did not say that it was over. */
  isUnfinished?: boolean
  /** Known once it was read, and stored. */
  secondWays?: SecondWays | undefined
}

/** What is there already, and what is to be done about it, for every environment of the config. */
export async function readPlaces(
  request: { desired: readonly DesiredState[]; supplied: ReadonlyMap<string, Secret> },
  project: ProjectSummary | undefined,
  needs: { platform: Platform; random: (bytes: number) => Uint8Array },
): Promise<Place[]> {
  const existing = request.desired.flatMap((desired) => {
    const environment = project?.environments.find((candidate) => candidate.name === desired.environment.name)
    if (project === undefined || environment === undefined) return []
    refuseRestricted(environment)
    return [{ projectId: project.id, environmentId: environment.id }]
  })
  const states = existing.length === 0 ? [] : await needs.platform.observeAll(existing)
  const places: Place[] = []
  for (const desired of request.desired) {
    const found = states.find((state) => state.environment.name === desired.environment.name)
    const read = found === undefined ? undefined : await needs.platform.observeRunning(found)
    const plan = planFrom(
      { desired, commit: { kind: 'running' }, supplied: request.supplied },
      read?.state,
      read?.running,
      project !== undefined,
      needs,
    )
    places.push({ desired, state: read?.state, running: read?.running, plan })
  }
  return places
}

/** Do two environments need the same, whatever the values are? */
export function hasSameChanges(one: Plan, other: Plan): boolean {
  const told = (plan: Plan) =>
    plan.changes
      .filter((change) => change.setting !== 'project')
      .map((change) => `${change.action} ${subjectOf(change)} ${change.severity}`)
  return isDeepStrictEqual(told(one), told(other))
}
