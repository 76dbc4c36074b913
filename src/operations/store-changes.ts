import type { Timing } from '../config/timing.ts'
import type { EnvironmentConfig } from '../contract/environment-config.ts'
import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import { Secret } from '../kit/secret.ts'
import { listed } from '../kit/text.ts'
import { beyond, colliding, touchedPlaces } from '../plan/store-patch.ts'
import type { PatchId } from '../platform/ids.ts'
import { isDenied, unlessDenied } from '../platform/is-denied.ts'
import type { ObservedPatch, ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import { type Author, patchMessage } from './patch-message.ts'

/** The platform applies a patch that deploys nothing in seconds; after this it is told as unfinished. */
const storesWithinMs = 120_000

export interface StoreNeeds {
  platform: Platform
  clock: Clock
  signal: AbortSignal
  timing: Timing
}

export interface StoreRequest {
  state: ObservedState
  patch: EnvironmentConfig
  author: Author
  /** Commit what others staged together with ours. It is never dropped, so not where it says something else than ours. */
  allowStaged: boolean
}

/**
 * Stores one patch without deploying anything: staged, read back, committed, followed until the platform has applied it. What
 * somebody else staged is read directly before and refused before anything is staged, or put back as it was when it appears in
 * between. Where the platform denies any of it to the token, nothing of ours stays staged, and the answer is `denied`.
 */
export async function storeChanges(request: StoreRequest, needs: StoreNeeds): Promise<PatchId | 'denied'> {
  const { state, patch } = request
  const environmentId = state.environment.id
  const waiting = await unlessDenied(needs.platform.readStaged(environmentId))
  if (waiting === undefined) return 'denied'
  refuseStaged(request, waiting)
  const ours = { environmentId, config: new Secret(patch) }
  if ((await unlessDenied(needs.platform.change('stage-changes', ours))) === undefined) return 'denied'
  const staged = await needs.platform.readStaged(environmentId)
  const refusal = stagedRefusal(request, staged)
  if (refusal !== undefined) {
    const foreign = foreignPart(staged, patch) ?? {}
    await needs.platform.change('replace-staged', { environmentId, config: new Secret(foreign) })
    throw refusal
  }
  const missing = missingPlaces(state, patch, staged.config.reveal())
  if (missing.length > 0) throw notStaged(state, missing)
  const { author } = request
  // Not refused, and still there: it was allowed.
  const passed = [...(author.passed ?? []), ...(foreignPart(staged, patch) === undefined ? [] : ['staged-changes'])]
  try {
    await needs.platform.change('commit-staged', { environmentId, message: patchMessage({ ...author, passed }) })
  } catch (error) {
    if (!isDenied(error)) throw error
    const config = new Secret(foreignPart(staged, patch) ?? {})
    await needs.platform.change('replace-staged', { environmentId, config })
    return 'denied'
  }
  return followPatch(staged.id, state.environment.name, needs)
}

/** Throws where something is staged that may not be committed together with ours. */
export function refuseStaged(request: Omit<StoreRequest, 'author'>, staged: ObservedPatch | undefined): void {
  const refusal = stagedRefusal(request, staged)
  if (refusal !== undefined) throw refusal
}

function stagedRefusal(
  { state, patch, allowStaged }: Omit<StoreRequest, 'author'>,
  staged: ObservedPatch | undefined,
): OperatorError | undefined {
  const foreign = foreignPart(staged, patch)
  if (foreign === undefined) return undefined
  if (!allowStaged) return stagedByOthers(state, foreign)
  const collisions = colliding(foreign, patch)
  return collisions === undefined ? undefined : stagedOtherwise(state, collisions)
}

/** What is staged besides ours; undefined when nothing is. */
function foreignPart(staged: ObservedPatch | undefined, ours: EnvironmentConfig): EnvironmentConfig | undefined {
  return staged?.status === 'staged' ? beyond(staged.config.reveal(), ours) : undefined
}

async function followPatch(patchId: PatchId, environment: string, needs: StoreNeeds): Promise<PatchId> {
  const applied = await poll(
    async () => {
      const patch = await needs.platform.readPatch(patchId)
      return patch.status === 'committed' || patch.error !== undefined ? patch : undefined
    },
    { clock: needs.clock, signal: needs.signal, backoff: needs.timing.polling, withinMs: storesWithinMs },
  )
  if (applied === undefined) {
    throw new OperatorError({
      kind: 'unfinished',
      code: 'patch-unfinished',
      message: 'The platform accepted the changes, but has not finished storing them after two minutes.',
      hint: `An empty plan will mean that they are stored. Run: fakturino plan -e ${environment}`,
      retryable: true,
    })
  }
  if (applied.error !== undefined) {
    throw new OperatorError({
      kind: 'failed',
      code: 'patch-failed',
      message: `The platform could not apply the stored changes: ${applied.error}`,
      hint: `Nothing was deployed. To see what is stored, run: fakturino plan -e ${environment}`,
    })
  }
  return patchId
}

function stagedByOthers(state: ObservedState, foreign: EnvironmentConfig): OperatorError {
  const places = touchedPlaces(foreign, serviceNames(state))
  return new OperatorError({
    kind: 'refused',
    code: 'staged-changes',
    message: `Somebody staged changes in ${state.environment.name} that a commit would carry along: ${listed(places)}. They were left as they are.`,
    hint: 'Commit or discard them in the dashboard, or pass --allow staged-changes to commit them together with these.',
  })
}

function stagedOtherwise(state: ObservedState, collisions: EnvironmentConfig): OperatorError {
  const places = touchedPlaces(collisions, serviceNames(state))
  return new OperatorError({
    kind: 'refused',
    code: 'staged-changes',
    message: `Somebody staged changes in ${state.environment.name} at places that this command sets to something else: ${listed(places)}. They were left as they are.`,
    hint: 'Commit or discard them in the dashboard, or change the config: --allow staged-changes never drops what others staged.',
  })
}

/** What of ours is not staged: the values were compared already, as what is foreign. */
function missingPlaces(state: ObservedState, ours: EnvironmentConfig, staged: EnvironmentConfig): string[] {
  const there = new Set(touchedPlaces(staged, serviceNames(state)))
  return touchedPlaces(ours, serviceNames(state)).filter((place) => !there.has(place))
}

function notStaged(state: ObservedState, missing: readonly string[]): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'moved',
    message: `What was staged in ${state.environment.name} was changed before it could be committed: ${listed(missing)}.`,
    hint: 'Find out who else works on this environment, then run the command again.',
    retryable: true,
  })
}

function serviceNames(state: ObservedState): (id: string) => string | undefined {
  const names = new Map<string, string>(
    [...state.services, ...state.servicesElsewhere].map((service) => [service.id, service.name]),
  )
  return (id) => names.get(id)
}
