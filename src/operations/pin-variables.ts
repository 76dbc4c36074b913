import type { DesiredState } from '../config/desired.ts'
import { own } from '../config/own.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Secret } from '../kit/secret.ts'
import { shellWord } from '../kit/shell-word.ts'
import { shortCommit } from '../kit/text.ts'
import {
  changedReferences,
  type LeftBecause,
  type PinnedVariables,
  pinnedVariables,
  pinningPatch,
} from '../plan/pinned-variables.ts'
import type { DeploymentId, PatchId } from '../platform/ids.ts'
import { unlessDenied } from '../platform/is-denied.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Lease } from './lease.ts'
import type { Author } from './patch-message.ts'
import { refuseStaged, type StoreNeeds, storeChanges } from './store-changes.ts'

/** One service, and what it runs with, or is to run with. */
export interface PinnedService {
  name: string
  runs: DeploymentId
  /** What ran before it. */
  before: DeploymentId | undefined
}

type Snapshots = ReadonlyMap<DeploymentId, Record<string, Secret>>

/** What became of `--pin-variables`, by name only. */
export interface Pinning {
  /** Null: nothing had to be stored. */
  patchId: PatchId | null
  services: ToldPinning[]
}

export interface ToldPinning {
  service: string
  /** Stored as they run. */
  variables: string[]
  /** Those of them that the config says otherwise: the next deploy with it brings that back. */
  inConfig: string[]
  left: { variable: string; because: LeftBecause }[]
}

/** Decides what is to be stored for each service. */
export function pinningOf(
  services: readonly PinnedService[],
  snapshots: Snapshots,
  state: ObservedState,
  desired: DesiredState | undefined,
): PinnedVariables[] {
  return services.flatMap(({ name, runs, before }) => {
    const service = state.services.find((one) => one.name === name)
    const running = snapshots.get(runs)
    if (service === undefined || running === undefined) return []
    const found = pinnedVariables(running, service, { desired, patches: state.patches ?? [] })
    const earlier = before === undefined ? undefined : snapshots.get(before)
    const references = earlier === undefined ? [] : changedReferences(running, earlier, service)
    return [
      { ...found, left: [...found.left, ...references.map((variable) => ({ variable, because: 'reference' as const }))] },
    ]
  })
}

/** By name, as people and scripts are told. */
export function toldPinning(all: readonly PinnedVariables[], desired: DesiredState | undefined): ToldPinning[] {
  return all.map(({ service: { name: service }, values, left }) => {
    const wanted = desired?.services.find(({ name }) => name === service)?.variables
    const flags = new Set(desired?.flags.map(({ variable }) => variable))
    const inConfig = Object.entries(values).flatMap(([variable, value]) => {
      const text = own(wanted, variable)
      // A deploy never switches a flag, and asks for no secret that is stored.
      return text?.kind === 'text' && !flags.has(variable) && text.value !== value.reveal() ? [variable] : []
    })
    return { service, variables: Object.keys(values), inConfig, left }
  })
}

/** Refuses, before anything is touched, what would be refused after it: changes that somebody staged. */
export function refuseUnpinnable(
  all: readonly PinnedVariables[],
  state: ObservedState,
  allowStaged: boolean,
): void {
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
  { after, desired, earlier }: { after: ObservedState; desired: DesiredState | undefined; earlier: Snapshots | undefined },
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
