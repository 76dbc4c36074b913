import type { DesiredState } from '../config/desired.ts'
import type { EnvironmentConfig } from '../contract/environment-config.ts'
import { Secret } from '../kit/secret.ts'
import { directStore } from '../plan/direct-store.ts'
import { type Change, type Plan, subjectOf } from '../plan/plan.ts'
import { type StoreIds, storePatch } from '../plan/store-patch.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { type CreateNeeds, serviceIdOf } from './create-missing.ts'
import type { Author } from './patch-message.ts'
import type { Stored } from './second-ways.ts'
import { secretValues } from './secret-values.ts'
import { type StoreNeeds, storeChanges } from './store-changes.ts'
import { refuseUnmerged, storeDirectly } from './store-directly.ts'
import { autoDeployTouched, switchAutoDeploy } from './switch-auto-deploy.ts'

export interface StorePlanRequest {
  desired: DesiredState
  supplied: ReadonlyMap<string, Secret>
  author: Author
  allowStaged: boolean
  /** What still differs, by a later reading. */
  changesIn: (later: ObservedState) => readonly Change[]
}

export interface StorePlanNeeds extends CreateNeeds, StoreNeeds {
  random: (bytes: number) => Uint8Array
}

/** How a plan was stored, and what of it was not. */
export interface StoredPlan {
  way: Stored['way']
  notStored: Change[]
  stored?: Secret<EnvironmentConfig>
}

/** Stores a plan as a patch, or directly where the token may use none, and switches deploys on push, where the plan asks for either. */
export async function storePlan(
  request: StorePlanRequest,
  plan: Plan,
  state: ObservedState,
  needs: StorePlanNeeds,
): Promise<StoredPlan> {
  const patch = patchOf(request, plan.changes, state, needs)
  const stored = patch === undefined ? nothingStored : await storePatched(request, plan, patch, state, needs)
  await setAutoDeploy(request.desired, plan, state, needs)
  return stored
}

const nothingStored: StoredPlan = { way: 'nothing', notStored: [] }

async function storePatched(
  request: StorePlanRequest,
  plan: Plan,
  patch: EnvironmentConfig,
  state: ObservedState,
  needs: StorePlanNeeds,
): Promise<StoredPlan> {
  const { author, allowStaged } = request
  const changes = plan.changes.filter((change) => !isDirect(change))
  needs.checkpoint()
  if (!state.denied?.includes('patches')) {
    const patchId = await storeChanges({ state, patch, author, allowStaged }, needs)
    if (patchId !== 'denied') {
      const environment = state.environment.name
      await needs.report({ type: 'changes-stored', environment, way: 'patch', patchId, changes: changes.length })
      return { way: 'patch', notStored: [], stored: new Secret(patch) }
    }
  }
  return storePastPatches(request, changes, state, needs)
}

async function storePastPatches(
  request: StorePlanRequest,
  changes: readonly Change[],
  state: ObservedState,
  needs: StorePlanNeeds,
): Promise<StoredPlan> {
  refuseUnmerged(state, request.allowStaged)
  const writes = directStore(changes, {
    ...idsIn(request, state, needs),
    trigger: (name) => state.services.find((service) => service.name === name)?.trigger,
  })
  const notStored = await storeDirectly({ state, changes, writes, changesIn: request.changesIn }, needs)
  const environment = state.environment.name
  const stored = changes.length - notStored.length
  if (stored > 0) await needs.report({ type: 'changes-stored', environment, way: 'direct', changes: stored })
  if (notStored.length > 0)
    await needs.report({ type: 'changes-not-stored', environment, places: notStored.map(subjectOf) })
  return { way: stored > 0 ? 'direct' : 'nothing', notStored }
}

/** What of the changes a patch stores; undefined where it is nothing. */
export function patchOf(
  request: Pick<StorePlanRequest, 'desired' | 'supplied'>,
  changes: readonly Change[],
  state: ObservedState,
  needs: Pick<StorePlanNeeds, 'random'>,
) {
  return storePatch(changes, idsIn(request, state, needs))
}

function idsIn(
  request: Pick<StorePlanRequest, 'desired' | 'supplied'>,
  state: ObservedState,
  needs: Pick<StorePlanNeeds, 'random'>,
): StoreIds {
  return {
    service: (name) => serviceIdOf(state, name),
    volume: (name) => volumeIdOf(state, name),
    settings: (name) => state.services.find((service) => service.name === name)?.settings ?? {},
    secret: secretValues(request.desired, state, request.supplied, needs.random),
  }
}

/**
 * A repository that a patch connects deploys pushes by itself from then on, by the platform's choice; so what the config says
 * is set after every patch that connects one, not only where it was seen to differ.
 */
async function setAutoDeploy(
  desired: DesiredState,
  plan: Plan,
  state: ObservedState,
  needs: StorePlanNeeds,
): Promise<void> {
  const touched = autoDeployTouched(plan)
  const services = desired.services.flatMap((service) =>
    touched.has(service.name) && service.autoDeploy !== undefined
      ? [{ name: service.name, serviceId: serviceIdOf(state, service.name), enabled: service.autoDeploy }]
      : [],
  )
  if (services.length === 0) return
  needs.checkpoint()
  await switchAutoDeploy(services, state, needs)
}

/** It is made by an act of its own, and no part of what is stored. */
export function isDirect({ act }: Change): boolean {
  return ['create-volume', 'create-domain', 'create-service', 'set-auto-deploy'].includes(act.kind)
}

function volumeIdOf(state: ObservedState, service: string) {
  const volume = state.services.find((candidate) => candidate.name === service)?.volumes[0]
  if (volume === undefined) throw new Error(`no volume of ${service} in what was read`)
  return volume.id
}
