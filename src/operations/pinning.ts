import type { DesiredState } from '../config/desired.ts'
import { own } from '../config/own.ts'
import type { Secret } from '../kit/secret.ts'
import { type LeftBecause, type PinnedVariables, pinnedVariables } from '../plan/pinned-variables.ts'
import type { DeploymentId, PatchId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'

/** One service, and what it runs with, or is to run with. */
export interface PinnedService {
  name: string
  runs: DeploymentId
  /** What ran before it. */
  before: DeploymentId | undefined
}

export type Snapshots = ReadonlyMap<DeploymentId, Record<string, Secret>>

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
    const earlier = before === undefined || before === runs ? undefined : snapshots.get(before)
    return [pinnedVariables(running, service, { before: earlier, desired, patches: state.patches ?? [] })]
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
