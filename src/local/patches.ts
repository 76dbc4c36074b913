import type { EnvironmentConfig, ServiceConfig, VariableConfig } from '../contract/environment-config.ts'
import { isRecord } from '../kit/json.ts'
import { recordOf } from './records.ts'
import { referencesIn } from './rendering.ts'

/** How a value is shown to someone who may not see it. */
export type Masked = 'absent' | 'null' | 'empty' | 'stars'

/** The environment's settings after a patch: keys not mentioned stay, null removes, `isDeleted` removes a whole thing. */
export function applyPatch(config: EnvironmentConfig, patch: EnvironmentConfig): EnvironmentConfig {
  const merged = merge(config, patch, false)
  for (const kind of ['services', 'volumes', 'buckets', 'groups']) {
    if (isRecord(patch[kind])) merged[kind] = withoutMarks(recordOf(merged[kind]))
  }
  return stillSealed(config, merged)
}

/** Two staged patches in one: unlike in `applyPatch`, a null is kept, because it is still to be done. */
export function combinePatches(earlier: EnvironmentConfig, later: EnvironmentConfig): EnvironmentConfig {
  return merge(earlier, later, true)
}

/** The number of single changes in a patch: a variable is one, whatever it holds. */
export function countChanges(patch: EnvironmentConfig): number {
  return countLeaves(patch, 0)
}

/** The services whose next container would differ, by their own settings or by a shared variable that they reference. */
export function servicesToDeploy(before: EnvironmentConfig, after: EnvironmentConfig): string[] {
  const shared = changedKeys(before.sharedVariables, after.sharedVariables)
  return Object.entries(after.services ?? {}).flatMap(([id, service]) => {
    if (service == null) return []
    const differs = deployedPart(before.services?.[id]) !== deployedPart(service)
    return differs || shared.some((name) => referencesShared(service, name)) ? [id] : []
  })
}

/** How many containers a deployment with these settings has. */
export function replicasOf(service: ServiceConfig): number {
  // Replicas cannot share a volume.
  if (Object.keys(service.volumeMounts ?? {}).length > 0) return 1
  const regions = Object.values(service.deploy?.multiRegionConfig ?? {})
  if (regions.length > 0) return regions.reduce((sum, region) => sum + (region?.numReplicas ?? 1), 0)
  return service.deploy?.numReplicas ?? 1
}

/**
 * Settings or a patch as someone may see them: sealed values never, the others only decrypted. `stored` knows what is sealed
 * where a patch gives a sealed variable a new value without saying so.
 */
export function maskConfig(
  config: EnvironmentConfig,
  stored: EnvironmentConfig,
  decrypt: boolean,
  masked: Masked,
): EnvironmentConfig {
  if (decrypt && !holdsSealed(config) && !holdsSealed(stored)) return config
  const shown = (variables: unknown, known: unknown): Record<string, VariableConfig | null> =>
    Object.fromEntries(
      Object.entries(recordOf(variables)).map(([name, entry]) => {
        const isShown = decrypt && !isSealed(entry) && !isSealed(recordOf(known)[name])
        return [name, isRecord(entry) ? (isShown ? entry : maskVariable(entry, masked)) : null]
      }),
    )
  const result = { ...config }
  if (isRecord(config.services)) {
    const services = Object.entries(config.services).map(([id, service]) => [
      id,
      isRecord(service?.variables)
        ? { ...service, variables: shown(service.variables, stored.services?.[id]?.variables) }
        : service,
    ])
    result.services = Object.fromEntries(services)
  }
  if (isRecord(config.sharedVariables)) {
    result.sharedVariables = shown(config.sharedVariables, stored.sharedVariables)
  }
  return result
}

function maskVariable(entry: VariableConfig, masked: Masked): VariableConfig {
  if (typeof entry.value !== 'string') return entry
  const { value: _, ...rest } = entry
  if (masked === 'absent') return rest
  return { ...rest, value: { null: null, empty: '', stars: '*****' }[masked] }
}

function isSealed(entry: unknown): boolean {
  return isRecord(entry) && entry.isSealed === true
}

function merge(target: Record<string, unknown>, patch: Record<string, unknown>, keepNulls: boolean): EnvironmentConfig {
  const merged = new Map(Object.entries(target))
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue
    if (value === null && !keepNulls) merged.delete(key)
    else if (isRecord(value)) merged.set(key, merge(recordOf(merged.get(key)), value, keepNulls))
    else merged.set(key, value)
  }
  // Not an assignment by key: a key may be `__proto__`.
  return Object.fromEntries(merged)
}

function countLeaves(value: unknown, depth: number): number {
  if (!isRecord(value)) return 1
  const entries = Object.entries(value)
  // An empty object deep down declares an entry (`tcpProxies."5432": {}`); near the top it says nothing.
  if (entries.length === 0) return depth > 4 ? 1 : 0
  return entries.reduce((sum, [key, entry]) => {
    const isMapOfVariables = (key === 'variables' || key === 'sharedVariables') && isRecord(entry)
    return sum + (isMapOfVariables ? Object.keys(entry).length : countLeaves(entry, depth + 1))
  }, 0)
}

function withoutMarks(entries: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entries)
      .filter(([, entry]) => recordOf(entry).isDeleted !== true)
      .map(([id, entry]) => {
        if (!isRecord(entry)) return [id, entry]
        const { isCreated: _created, isDeleted: _deleted, ...rest } = entry
        return [id, rest]
      }),
  )
}

/** What was sealed stays sealed, whatever the patch said. */
function stillSealed(before: EnvironmentConfig, after: EnvironmentConfig): EnvironmentConfig {
  if (!holdsSealed(before)) return after
  const seal = (old: unknown, now: Record<string, VariableConfig | null>) =>
    Object.fromEntries(
      Object.entries(now).map(([name, entry]) =>
        entry !== null && isSealed(recordOf(old)[name]) ? [name, { ...entry, isSealed: true }] : [name, entry],
      ),
    )
  const services = Object.entries(after.services ?? {}).map(([id, service]) =>
    service?.variables === undefined
      ? [id, service]
      : [id, { ...service, variables: seal(before.services?.[id]?.variables, service.variables) }],
  )
  return {
    ...after,
    ...(after.services && { services: Object.fromEntries(services) }),
    ...(after.sharedVariables && { sharedVariables: seal(before.sharedVariables, after.sharedVariables) }),
  }
}

function holdsSealed(config: EnvironmentConfig): boolean {
  const holds = (variables: unknown) => Object.values(recordOf(variables)).some(isSealed)
  return (
    holds(config.sharedVariables) || Object.values(config.services ?? {}).some((service) => holds(service?.variables))
  )
}

/** What a new deployment is needed for: networking applies at once, and replicas are scaled without one. */
function deployedPart(service: ServiceConfig | null | undefined): string {
  const { networking: _networking, deploy, variables, volumeMounts, ...rest } = service ?? {}
  const { numReplicas: _replicas, multiRegionConfig: _regions, ...deployed } = deploy ?? {}
  return JSON.stringify([sorted(rest), sorted(deployed), sorted(variables), sorted(volumeMounts)])
}

function sorted(entries: object | undefined): [string, unknown][] {
  return Object.entries(entries ?? {})
    .filter(([, value]) => !isRecord(value) || Object.keys(value).length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function changedKeys(before: object | undefined, after: object | undefined): string[] {
  const [old, now] = [recordOf(before), recordOf(after)]
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]),
  )
}

function referencesShared(service: ServiceConfig, name: string): boolean {
  return Object.values(service.variables ?? {}).some((entry) =>
    referencesIn(entry?.value ?? '').some((reference) => reference.owner === 'shared' && reference.name === name),
  )
}
