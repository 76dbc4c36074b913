import type { DesiredState } from '../config/desired.ts'
import { shellWord } from '../kit/shell-word.ts'
import type { OperationNote } from '../plan/operation-notes.ts'
import type { PinnedVariables } from '../plan/pinned-variables.ts'
import { unlessDenied } from '../platform/is-denied.ts'
import type { ObservedState, PastDeployment } from '../platform/observed-state.ts'
import type { Journal } from './journal.ts'
import { type MigrationsSince, migrationsSince, noMigrations } from './migrations-since.ts'
import type { KnownIds } from './observe-environment.ts'
import { pastWithEnds } from './past-with-ends.ts'
import { notReadable } from './pin-variables.ts'
import { pinningOf, type Snapshots, type ToldPinning, toldPinning } from './pinning.ts'
import { type PlaceRequest, placeToChange } from './place-to-change.ts'
import { pinnedServices } from './rollback-acts.ts'
import { comparedDeployments, type RollbackStep, type ToldRollbackStep, toldStep } from './rollback-steps.ts'
import { type AskedRollback, type RollbackTarget, rollbackSteps, rollbackTarget } from './rollback-target.ts'
import type { UndoNeeds } from './undoable-migrations.ts'
import { unfinishedEvent, unfinishedIn } from './unfinished.ts'
import type { VerifyNeeds } from './verify-release.ts'

export interface LookBackNeeds extends VerifyNeeds, UndoNeeds {
  journal: Journal
  knownIds: KnownIds
  isRehearsal: boolean
}

/** What rolling back would do, and what it would leave. Nothing was changed to know it. */
export interface LookBack {
  state: ObservedState
  desired: DesiredState | undefined
  isProtected: boolean
  /** What somebody else, or an earlier run, did not finish. */
  begun: OperationNote | undefined
  target: RollbackTarget
  steps: RollbackStep[]
  told: ToldRollbackStep[]
  since: MigrationsSince
  /** What deployments run with; undefined where the token may not read it. */
  snapshots: Snapshots | undefined
  /** What would be stored as it ran, where that is asked for. */
  pins: PinnedVariables[]
  named: ToldPinning[]
}

/** Asks what rolling back would do. */
export interface LookBackRequest extends AskedRollback, PlaceRequest {
  /** What the services run with afterwards is stored. */
  pinsVariables: boolean
}

/** About so many deployments of the past are read where the first reading does not show all of it. */
const mostDeployments = 400

/** Decides where to go back to and what that would change, and tells it. Throws where nothing tells where to. */
export async function lookBack(request: LookBackRequest, needs: LookBackNeeds): Promise<LookBack> {
  const { report } = needs
  const { state, desired, isProtected } = await placeToChange(request, needs, { withRecent: true })
  const environment = state.environment.name
  const begun = await unfinishedIn(state, needs)
  if (begun !== undefined) await report(unfinishedEvent(begun, environment))
  const past = await pastOf(state, needs)
  // Whoever names where to go needs no history to be right.
  const known = request.to === undefined ? await pastWithEnds(past, state, desired, needs) : past
  const target = rollbackTarget(request, state, known, desired)
  const { release } = target
  const steps = rollbackSteps(target, state)
  const snapshots = await readSnapshots(steps, request, needs)
  if (request.pinsVariables && snapshots === undefined) throw notReadable(environment)
  const pins = request.pinsVariables ? pinningOf(pinnedServices(steps), snapshots ?? new Map(), state, desired) : []
  const named = toldPinning(pins, desired)
  const told = steps.map((step): ToldRollbackStep => {
    const one = toldStep(step, snapshots, desired)
    const pinning = named.find(({ service }) => service === one.service)
    return pinning === undefined
      ? one
      : { ...one, pinning: { variables: pinning.variables, inConfig: pinning.inConfig, left: pinning.left } }
  })
  const since = steps.every(({ way }) => way.kind === 'stays')
    ? noMigrations
    : await migrationsSince(release, known, state, needs)
  const isInTheWay = since.migrations.some(({ isReversible }) => isReversible !== false)
  await report({
    type: 'rollback-planned',
    environment,
    commit: release.commit,
    services: told,
    ...since,
    undoFirst: isInTheWay ? `fakturino migrate rollback -e ${shellWord(environment)}` : null,
  })
  return { state, desired, isProtected, begun, target, steps, told, since, snapshots, pins, named }
}

/** Mostly the first reading shows it all. */
async function pastOf({ recent, environment }: ObservedState, { platform }: LookBackNeeds): Promise<PastDeployment[]> {
  if (recent?.isWhole) return recent.deployments
  const asked = { environmentId: environment.id, most: mostDeployments, withPatches: false }
  return (await platform.readPast(asked)).deployments
}

/** What is compared and what may be pinned, in one request; undefined where the token may not read it. */
function readSnapshots(
  steps: readonly RollbackStep[],
  { pinsVariables }: LookBackRequest,
  { platform }: LookBackNeeds,
): Promise<Snapshots | undefined> {
  const pinned = pinsVariables ? pinnedServices(steps).map(({ runs }) => runs) : []
  return unlessDenied(platform.readSnapshots([...new Set([...comparedDeployments(steps), ...pinned])]))
}
