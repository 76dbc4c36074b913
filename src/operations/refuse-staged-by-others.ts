import type { Plan } from '../plan/plan.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { refuseStaged } from './store-changes.ts'
import { refuseUnmerged } from './store-directly.ts'
import { isDirect, patchOf, type StorePlanNeeds, type StorePlanRequest } from './store-plan.ts'

/**
 * Refuses what others staged before anything is made: exit 5 then means that nothing has changed. What the plan sets on services
 * that do not exist yet has no id, so that nothing staged can be about it.
 */
export function refuseStagedByOthers(
  request: Pick<StorePlanRequest, 'desired' | 'supplied' | 'allowStaged'>,
  plan: Plan,
  state: ObservedState,
  needs: Pick<StorePlanNeeds, 'random'>,
): void {
  // A new volume may have to grow, which is stored.
  const isStored = plan.changes.some((change) => !isDirect(change) || change.act.kind === 'create-volume')
  if (!isStored) return
  if (state.denied?.includes('patches')) refuseUnmerged(state, request.allowStaged)
  const there = new Set([...state.services, ...state.servicesElsewhere].map(({ name }) => name))
  const changes = plan.changes.filter(({ service }) => service !== undefined && there.has(service))
  const patch = patchOf(request, changes, state, needs) ?? {}
  refuseStaged({ state, patch, allowStaged: request.allowStaged }, state.staged)
}
