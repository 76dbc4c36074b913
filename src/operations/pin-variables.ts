import type { DesiredState } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { shortCommit } from '../kit/text.ts'
import { type PinnedVariables, pinningPatch } from '../plan/pinned-variables.ts'
import { unlessDenied } from '../platform/is-denied.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Lease } from './lease.ts'
import type { Author } from './patch-message.ts'
import { type PinnedService, type Pinning, pinningOf, type Snapshots, toldPinning } from './pinning.ts'
import { refuseStaged, type StoreNeeds, storeChanges } from './store-changes.ts'

/** Refuses, before anything is touched, what would be refused after it: changes that somebody staged. */
export function refuseUnpinnable(all: readonly PinnedVariables[], state: ObservedState, allowStaged: boolean): void {
  const patch = pinningPatch(all)
  if (patch === undefined) return
  try {
    refuseStaged({ state, patch, allowStaged }, state.staged)
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    const { kind, code, message, hint = '' } = error
    throw new OperatorError({
      kind,
      code,
      message: `${message} Nothing was rolled back.`,
      hint: `${hint} Without --pin-variables they are in nobody's way.`,
    })
  }
}

/** Variables that may not be read cannot be stored as they run. */
export function notReadable(environment: string): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `This token may not read the variables that deployments of ${environment} run with, so they cannot be pinned. Nothing was touched.`,
    hint: 'Leave --pin-variables out, or use a token that may.',
  })
}

/** Stores what services run with where it is stored otherwise: one patch, and no deployment. By what the platform shows now. */
export async function pinVariables(
  services: readonly PinnedService[],
  {
    after,
    desired,
    earlier,
  }: { after: ObservedState; desired: DesiredState | undefined; earlier: Snapshots | undefined },
  { author, allowStaged }: { author: Author; allowStaged: boolean },
  { confirm, report, ...needs }: StoreNeeds & Pick<Lease, 'confirm' | 'report'>,
): Promise<Pinning> {
  const environment = after.environment.name
  const read = await unlessDenied(needs.platform.readSnapshots(services.map(({ runs }) => runs)))
  if (read === undefined) throw notReadable(environment)
  const all = pinningOf(services, new Map([...(earlier ?? []), ...read]), after, desired)
  const told = toldPinning(all, desired)
  const patch = pinningPatch(all)
  if (patch === undefined) return { patchId: null, services: told }
  await confirm()
  const stored = await storeChanges({ state: after, patch, author, allowStaged }, needs)
  if (stored === 'denied') {
    throw new OperatorError({
      kind: 'denied',
      code: 'not-authorized',
      message: `This token may not store changes of ${environment}.`,
    })
  }
  const changes = told.reduce((sum, { variables }) => sum + variables.length, 0)
  await report({ type: 'changes-stored', environment, way: 'patch', patchId: stored, changes })
  return { patchId: stored, services: told }
}

/** The services went back, and what they run with is not stored: said as exactly that. */
export function notPinned(error: OperatorError, commit: string, only: readonly string[], environment: string) {
  const { kind, code, message, hint, retryable } = error
  const named = only.flatMap((name) => ['--service', shellWord(name)])
  const command = ['fakturino rollback services', `--to ${shellWord(commit)}`, ...named, '--pin-variables'].join(' ')
  const again = `To pin them, run \`${command} -e ${shellWord(environment)}\`.`
  return new OperatorError({
    kind,
    code,
    message: `${environment} serves ${shortCommit(commit)} again, verified, but the variables that it runs with were not pinned: ${message}`,
    hint: [...(hint === undefined ? [] : [hint]), again].join(' '),
    retryable,
  })
}
