/** A service as the order of deployment sees it. */
export interface Ordered {
  name: string
  /** Names of the services that its variables refer to. */
  refersTo: string[]
  /** Of those, the ones of which it only wants the address, which is there before they run. */
  addressOf: string[]
  codebase?: string
  /** Does it change something before it starts that others of its codebase rely on? */
  hasPreDeploy: boolean
}

/**
 * The level of each service: 0 deploys first. A service comes after those it refers to, and after the one of its codebase that
 * has a pre-deploy step, because that step migrates the database for all of them. What only refers to an address gives way
 * where two services want each other's.
 */
export function deploymentLevels(services: readonly Ordered[]): Map<string, number> {
  const before = new Map<string, Set<string>>(services.map(({ name }) => [name, new Set()]))
  const reaches = (from: string, to: string): boolean =>
    from === to || [...(before.get(from) ?? [])].some((next) => reaches(next, to))
  const order = (name: string, first: string) => {
    if (before.has(first) && !reaches(first, name)) before.get(name)?.add(first)
  }

  for (const { name, refersTo, addressOf } of services) {
    for (const other of refersTo) if (!addressOf.includes(other)) order(name, other)
  }
  for (const { name, codebase, hasPreDeploy } of services) {
    if (codebase === undefined || hasPreDeploy) continue
    for (const other of services) if (other.hasPreDeploy && other.codebase === codebase) order(name, other.name)
  }
  for (const { name, addressOf } of services) for (const other of addressOf) order(name, other)

  const level = (name: string): number => Math.max(-1, ...[...(before.get(name) ?? [])].map(level)) + 1
  return new Map(services.map(({ name }) => [name, level(name)]))
}
