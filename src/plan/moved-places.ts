import { isDeepStrictEqual } from 'node:util'
import type { ObservedService, ObservedState, ObservedVariable } from '../platform/observed-state.ts'
import { compareSettings } from './compare-settings.ts'
import { ownVariablePrefix } from './compare-variables.ts'
import { subjectOf } from './plan.ts'

/** What somebody changed between two readings of one environment, in the words of a plan's changes. Names only, no values. */
export function movedPlaces(before: ObservedState, after: ObservedState): string[] {
  const [then, later] = [before, after].map(
    ({ services }) => new Map(services.map((service) => [service.name, service])),
  )
  const names = new Set([...before.services, ...after.services].map(({ name }) => name))
  const places = [...names].flatMap((name) => {
    const [old, now] = [then?.get(name), later?.get(name)]
    return old === undefined || now === undefined ? [name] : movedIn(old, now)
  })
  const shared = movedVariables(before.sharedVariables, after.sharedVariables)
  return [...places, ...shared.map((variable) => `shared variable ${variable}`)]
}

/** How it is said that another deployment of a service serves. */
export function runsOf(service: string): string {
  return `what runs of ${service}`
}

function movedIn(before: ObservedService, after: ObservedService): string[] {
  const service = after.name
  const differs = (part: (of: ObservedService) => unknown) => !isDeepStrictEqual(part(before), part(after))
  return [
    ...compareSettings(after.settings, before.settings).map(({ setting }) => subjectOf({ service, setting })),
    ...(differs(({ volumes }) => volumes) ? [subjectOf({ service, setting: 'volume' })] : []),
    ...(differs(({ domains }) => domains) ? [subjectOf({ service, setting: 'domain' })] : []),
    ...movedVariables(before.variables, after.variables).map((variable) =>
      subjectOf({ service, setting: 'variable', variable }),
    ),
    ...(differs(({ active }) => active.map(({ id }) => id)) ? [runsOf(service)] : []),
  ]
}

function movedVariables(before: Record<string, ObservedVariable>, after: Record<string, ObservedVariable>): string[] {
  const old = new Map(Object.entries(before))
  const now = new Map(Object.entries(after))
  return [...new Set([...old.keys(), ...now.keys()])].filter(
    (name) => !name.startsWith(ownVariablePrefix) && plain(old.get(name)) !== plain(now.get(name)),
  )
}

/** Never shown, only compared. A value that the platform does not show equals itself. */
function plain(variable: ObservedVariable | undefined): string | boolean | undefined {
  return variable === undefined ? undefined : 'masked' in variable || variable.value.reveal()
}
