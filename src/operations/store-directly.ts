import type { Timing } from '../config/timing.ts'
import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import { count, listed } from '../kit/text.ts'
import { type DirectStore, isDirectlyStored } from '../plan/direct-store.ts'
import { type Change, subjectOf } from '../plan/plan.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform, Target } from '../platform/platform.ts'

/** How long what was written may take until it reads so. */
const readsWithinMs = 30_000

export interface DirectNeeds {
  platform: Platform
  clock: Clock
  signal: AbortSignal
  timing: Timing
  /** Throws when the operator asked to stop: called before each act, so that none starts after that. */
  checkpoint: () => void
}

export interface DirectRequest {
  state: ObservedState
  /** Everything that differs, storable or not. */
  changes: readonly Change[]
  writes: DirectStore
  /** What still differs, by a later reading. */
  changesIn: (state: ObservedState) => readonly Change[]
}

/**
 * Stores without a patch, for a token that may not use any, and deploys nothing: variables, then settings, then branches, each
 * kind in one request. There is no patch that is applied whole or not at all, so what is stored is known by reading it back, and
 * a run that was broken off is gone on with by the next plan. Gives back what only a patch can store.
 */
export async function storeDirectly(request: DirectRequest, needs: DirectNeeds): Promise<Change[]> {
  const { state, writes, changes } = request
  const target: Target = { projectId: state.project.id, environmentId: state.environment.id }
  if (writes.variables.length > 0) {
    needs.checkpoint()
    await needs.platform.change('store-variables', { ...target, services: writes.variables })
  }
  if (writes.settings.length > 0) {
    needs.checkpoint()
    await needs.platform.change('store-settings', { ...target, services: writes.settings })
  }
  if (writes.branches.length > 0) {
    needs.checkpoint()
    await needs.platform.change('follow-branches', { ...target, services: writes.branches })
  }
  await readBack(request, target, needs)
  return changes.filter((change) => !isDirectlyStored(change))
}

/** Where the config may not be read, and what is staged neither: the platform's own count stands in for it. */
export function refuseUnmerged({ environment, unmergedChanges = 0 }: ObservedState, allowStaged: boolean): void {
  if (unmergedChanges === 0 || allowStaged) return
  throw new OperatorError({
    kind: 'refused',
    code: 'staged-changes',
    message: `${count(unmergedChanges, 'staged change')} of somebody ${unmergedChanges === 1 ? 'waits' : 'wait'} in ${environment.name}, and this token may not see what ${unmergedChanges === 1 ? 'it is' : 'they are'}. Committed later, ${unmergedChanges === 1 ? 'it' : 'they'} may undo what this command stores.`,
    hint: 'Commit or discard them in the dashboard, or pass --allow staged-changes to store past them; they stay staged.',
  })
}

/** A service gets an instance by a patch only, and everything else of it hangs on the instance. */
export function needsInstances(state: ObservedState, services: readonly string[]): OperatorError {
  const is = services.length === 1 ? 'is' : 'are'
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `${listed(services)} ${is} not in ${state.environment.name} yet. Only a patch adds a service that the project has elsewhere, and this token may not use patches.`,
    hint: `Add ${services.length === 1 ? 'it' : 'them'} to ${state.environment.name} in the dashboard, or use a token that may commit changes there; then run the command again.`,
  })
}

async function readBack(request: DirectRequest, target: Target, needs: DirectNeeds): Promise<void> {
  const written = new Set(request.changes.filter(isDirectlyStored).map(subjectOf))
  if (written.size === 0) return
  let missing: string[] = []
  const isThere = await poll(
    async () => {
      const state = await needs.platform.observe(target)
      missing = request.changesIn(state).flatMap((change) => {
        const subject = subjectOf(change)
        return written.has(subject) && !isHidden(state, change) ? [subject] : []
      })
      return missing.length === 0 ? true : undefined
    },
    { clock: needs.clock, signal: needs.signal, backoff: needs.timing.polling, withinMs: readsWithinMs },
  )
  if (isThere) return
  throw new OperatorError({
    kind: 'failed',
    code: 'not-stored',
    message: `What was written to ${request.state.environment.name} reads otherwise: ${listed(missing)}. Either the platform did not take it, or somebody else works there.`,
    hint: `Nothing was deployed. To see what differs now, run: fakturino plan -e ${request.state.environment.name}`,
    retryable: true,
  })
}

/** What the platform does not show cannot be compared. */
function isHidden(state: ObservedState, { service, variable }: Change): boolean {
  const held = state.services.find(({ name }) => name === service)?.variables[variable ?? '']
  return held !== undefined && 'masked' in held
}
