import type { DesiredState } from '../config/desired.ts'
import { own } from '../config/own.ts'
import { isRecord } from '../kit/json.ts'
import type { ObservedPatch, ObservedService, ObservedState, ObservedVariable } from '../platform/observed-state.ts'
import { isPinning } from './last-applied.ts'
import { liveDeployment } from './plan-deployments.ts'

/** A flag that is not the same everywhere. Values are `true`, `false`, `(unset)`, or `(hidden)` for everything else. */
export interface DifferingFlag {
  flag: string
  variable: string
  /** The config's; null where no config says. */
  default: string | null
  /** What is stored, by service. */
  values: Record<string, string>
  /** From the default, between services, or from what runs. */
  differs: ('default' | 'services' | 'running')[]
  /** Services whose containers are older than what is stored. */
  notRunning: string[]
}

/** The variables of features, where no config names the flags. */
export const flagVariable = /^FEATURE_[A-Z0-9_]+$/

/** Every flag that differs, in the order of the config. That a value is stored and not running yet is known from patches only. */
export function differingFlags(
  state: Pick<ObservedState, 'services' | 'patches'>,
  desired: Pick<DesiredState, 'flags'> | undefined,
): DifferingFlag[] {
  return knownFlags(state, desired).flatMap(({ flag, variable, standard, services }) => {
    const readers = services.flatMap((name) => state.services.find((service) => service.name === name) ?? [])
    const held = readers.map((service) => ({ service, value: own(service.variables, variable) }))
    // What was never stored is for `plan` to say.
    if (held.every(({ value }) => value === undefined)) return []
    const known = held.filter(({ value }) => value === undefined || 'value' in value).map(({ value }) => plain(value))
    const notRunning = held
      .filter(({ service }) => isNewerThanRunning(service, variable, state.patches ?? []))
      .map(({ service }) => service.name)
    const differs: DifferingFlag['differs'] = [
      ...(standard !== undefined && known.some((value) => value !== standard) ? ['default' as const] : []),
      ...(new Set(known).size > 1 ? ['services' as const] : []),
      ...(notRunning.length > 0 ? ['running' as const] : []),
    ]
    if (differs.length === 0) return []
    const values = Object.fromEntries(held.map(({ service, value }) => [service.name, shown(value)]))
    return [
      { flag, variable, default: standard === undefined ? null : switchOnly(standard), values, differs, notRunning },
    ]
  })
}

function knownFlags(state: Pick<ObservedState, 'services'>, desired: Pick<DesiredState, 'flags'> | undefined) {
  if (desired !== undefined) {
    return desired.flags.map(({ name, variable, default: standard, services }) => ({
      flag: name,
      variable,
      standard,
      services,
    }))
  }
  const holders = new Map<string, string[]>()
  for (const { name, variables } of state.services) {
    for (const variable of Object.keys(variables)) {
      if (flagVariable.test(variable)) holders.set(variable, [...(holders.get(variable) ?? []), name])
    }
  }
  return [...holders].map(([variable, services]) => ({
    flag: variable.slice('FEATURE_'.length).toLowerCase(),
    variable,
    standard: undefined,
    services,
  }))
}

function isNewerThanRunning(service: ObservedService, variable: string, patches: readonly ObservedPatch[]): boolean {
  const live = liveDeployment(service)
  if (live === undefined) return false
  return patches.some(({ id, appliedAt, createdAt, config, message }) => {
    const touched = config.reveal().services?.[service.id]?.variables
    return (
      id !== live.patchId &&
      !isPinning({ message }) &&
      (appliedAt ?? createdAt) > live.createdAt &&
      isRecord(touched) &&
      Object.hasOwn(touched, variable)
    )
  })
}

/** Only to compare. */
function plain(value: ObservedVariable | undefined): string | undefined {
  return value !== undefined && 'value' in value ? value.value.reveal() : undefined
}

function shown(value: ObservedVariable | undefined): string {
  if (value === undefined) return '(unset)'
  return 'value' in value ? switchOnly(value.value.reveal()) : '(hidden)'
}

/** Anybody may have put a secret where a switch belongs. */
function switchOnly(value: string): string {
  return value === 'true' || value === 'false' ? value : '(hidden)'
}
