import { referencesInText } from '../config/expressions.ts'

/** A service's variables, by name and unrendered. */
export interface Referring {
  service: string
  values: Iterable<readonly [variable: string, value: string]>
}

/** How a variable is called across services: `postgres.DATABASE_URL`, `shared.KEY`. */
export function placeOf(service: string, variable: string): string {
  return `${service}.${variable}`
}

/**
 * Tells which services read any of the given places, straight or through variables of others that do. The platform renders
 * references when a deployment starts, so each of these runs with old values until it starts anew (PLATFORM.md §6.1).
 */
export function referenceReach(all: Iterable<Referring>): (changed: Iterable<string>) => ReadonlySet<string> {
  const readers = new Map<string, { service: string; place: string }[]>()
  for (const { service, values } of all) {
    for (const [variable, value] of values) {
      const reader = { service, place: placeOf(service, variable) }
      for (const reference of referencesInText(value)) {
        const read = placeOf(reference.service ?? service, reference.variable)
        const others = readers.get(read)
        if (others === undefined) readers.set(read, [reader])
        else others.push(reader)
      }
    }
  }
  return (changed) => {
    const reached = new Set<string>()
    const seen = new Set(changed)
    const open = [...seen]
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      for (const reader of readers.get(place) ?? []) {
        reached.add(reader.service)
        if (seen.has(reader.place)) continue
        seen.add(reader.place)
        open.push(reader.place)
      }
    }
    return reached
  }
}
