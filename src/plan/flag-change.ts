import { own } from '../config/own.ts'
import type { EnvironmentConfig } from '../contract/environment-config.ts'
import type { ObservedService, ObservedState } from '../platform/observed-state.ts'

/** A flag, the value that it is to have, and what each service that reads it had stored before; null: nothing. */
export interface FlagChange {
  name: string
  variable: string
  value: string
  before: Record<string, string | null>
}

/** A flag that can be switched: which variable it is, and the services whose stored value is meant. */
export interface SwitchedFlag {
  name: string
  variable: string
  value: string
  services: readonly string[]
}

/** What is stored of a flag in one service, as far as it is a switch. */
export type StoredSwitch = 'true' | 'false' | 'unset' | 'hidden'

export function storedSwitch({ variables }: ObservedService, variable: string): StoredSwitch {
  const held = own(variables, variable)
  if (held === undefined) return 'unset'
  if ('masked' in held) return 'hidden'
  const value = held.value.reveal()
  // Anybody may have put a secret where a switch belongs.
  return value === 'true' || value === 'false' ? value : 'hidden'
}

/** The change from what is stored now, and the services whose value cannot be seen and so could not be put back. */
export function flagChange(
  { name, variable, value, services }: SwitchedFlag,
  state: Pick<ObservedState, 'services'>,
): { change: FlagChange; hidden: string[] } {
  const held = readers(services, state).map((service) => ({
    service: service.name,
    stored: storedSwitch(service, variable),
  }))
  const before = held.map(({ service, stored }): [string, string | null] => [
    service,
    stored === 'true' || stored === 'false' ? stored : null,
  ])
  return {
    change: { name, variable, value, before: Object.fromEntries(before) },
    hidden: held.filter(({ stored }) => stored === 'hidden').map(({ service }) => service),
  }
}

/** One patch for all services at once, so that their stored values never differ; undefined where nothing is to be stored. */
export function flagPatch(
  changes: readonly FlagChange[],
  state: Pick<ObservedState, 'services'>,
): EnvironmentConfig | undefined {
  return patchOf(state, (service) =>
    changes
      .filter(({ before, variable, value }) => service.name in before && storedSwitch(service, variable) !== value)
      .map(({ variable, value }) => [variable, { value }]),
  )
}

/** The way back from a change: only of what still has the value that was stored. */
export interface FlagsBack {
  patch: EnvironmentConfig | undefined
  /** `service.VARIABLE` of what somebody changed since: theirs. */
  moved: string[]
}

export function flagsBack(changes: readonly FlagChange[], state: Pick<ObservedState, 'services'>): FlagsBack {
  const moved = changes.flatMap(({ variable, value, before }) =>
    readers(Object.keys(before), state)
      .filter((service) => {
        const stored = storedSwitch(service, variable)
        return stored !== value && !isAsBefore(stored, before[service.name])
      })
      .map((service) => `${service.name}.${variable}`),
  )
  const patch = patchOf(state, (service) =>
    changes.flatMap(({ variable, value, before }): [string, { value: string } | null][] => {
      const was = own(before, service.name)
      if (was === undefined || was === value || storedSwitch(service, variable) !== value) return []
      return [[variable, was === null ? null : { value: was }]]
    }),
  )
  return { patch, moved }
}

/** Has every service what the change wants? */
export function isStoredAs(changes: readonly FlagChange[], state: Pick<ObservedState, 'services'>): boolean {
  return changes.every(({ variable, value, before }) =>
    readers(Object.keys(before), state).every((service) => storedSwitch(service, variable) === value),
  )
}

/** The services that a patch touches, by name, in the order of the state. */
export function touchedServices(patch: EnvironmentConfig, state: Pick<ObservedState, 'services'>): ObservedService[] {
  return state.services.filter(({ id }) => own(patch.services ?? {}, id) !== undefined)
}

function isAsBefore(stored: StoredSwitch, was: string | null | undefined): boolean {
  return was === null ? stored === 'unset' : stored === was
}

function readers(names: readonly string[], { services }: Pick<ObservedState, 'services'>): ObservedService[] {
  return services.filter(({ name }) => names.includes(name))
}

function patchOf(
  { services }: Pick<ObservedState, 'services'>,
  entries: (service: ObservedService) => [string, { value: string } | null][],
): EnvironmentConfig | undefined {
  const touched = services.flatMap((service) => {
    const variables = entries(service)
    return variables.length === 0 ? [] : [[service.id, { variables: Object.fromEntries(variables) }] as const]
  })
  return touched.length === 0 ? undefined : { services: Object.fromEntries(touched) }
}
