import { createHmac } from 'node:crypto'
import type { ObservedState, ObservedVariable } from '../platform/observed-state.ts'
import { ownVariablePrefix } from './compare-variables.ts'
import { runsOf } from './moved-places.ts'
import { isSetting, subjectOf } from './plan.ts'

/** A mark for every place of an environment, by service and in the words of a plan's changes; what is shared stands under ``. */
export type StateMarks = Record<string, Record<string, string>>

/**
 * Says which places have changed where a fingerprint only says that some have. A mark is four digits of an HMAC: enough to see that a
 * value is another one, and too little to find out by guessing what it is.
 */
export function stateMarks(state: ObservedState | undefined, salt: string): StateMarks {
  const mark = (value: unknown) => createHmac('sha256', salt).update(JSON.stringify(value)).digest('hex').slice(0, 4)
  const marked = (places: [place: string, value: unknown][]) =>
    Object.fromEntries(places.map(([place, value]) => [place, mark(value)]))
  const services = (state?.services ?? []).map((observed): [string, Record<string, string>] => {
    const { name: service, settings, variables, volumes, domains, active } = observed
    return [
      service,
      marked([
        ...settingPlaces(service, settings),
        ...shown(variables).map(([variable, value]): [string, unknown] => [
          subjectOf({ service, setting: 'variable', variable }),
          value,
        ]),
        [subjectOf({ service, setting: 'volume' }), inOrder(volumes)],
        [subjectOf({ service, setting: 'domain' }), inOrder(domains)],
        [runsOf(service), active.map(({ id }) => id)],
      ]),
    ]
  })
  const shared = shown(state?.sharedVariables ?? {}).map(([name, value]): [string, unknown] => [
    `shared variable ${name}`,
    value,
  ])
  return Object.fromEntries([...services, ['', marked(shared)]])
}

/** The places whose marks differ; of a service that came or went, only its name. */
export function differingPlaces(before: StateMarks, after: StateMarks): string[] {
  const [then, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  return union(then, now).flatMap((service) => {
    const [old, fresh] = [then.get(service), now.get(service)]
    if (old === undefined || fresh === undefined) return [service]
    const [oldMarks, freshMarks] = [new Map(Object.entries(old)), new Map(Object.entries(fresh))]
    return union(oldMarks, freshMarks).filter((place) => oldMarks.get(place) !== freshMarks.get(place))
  })
}

function settingPlaces(service: string, settings: object): [place: string, value: unknown][] {
  return Object.entries(settings).flatMap(([setting, value]): [string, unknown][] =>
    isSetting(setting) && value !== undefined ? [[subjectOf({ service, setting }), value]] : [],
  )
}

function shown(variables: Record<string, ObservedVariable>): [string, unknown][] {
  return Object.entries(variables)
    .filter(([name]) => !name.startsWith(ownVariablePrefix))
    .map(([name, variable]) => [name, 'masked' in variable ? 'masked' : [variable.value.reveal()]])
}

/** The platform promises no order of its lists. */
function inOrder(items: readonly unknown[]): string[] {
  return items.map((item) => JSON.stringify(item)).sort()
}

function union<Value>(one: ReadonlyMap<string, Value>, other: ReadonlyMap<string, Value>): string[] {
  return [...new Set([...one.keys(), ...other.keys()])]
}
