import { isDeepStrictEqual } from 'node:util'
import { own } from '../config/own.ts'
import type { EnvironmentConfig, ServiceConfig } from '../contract/environment-config.ts'
import { isRecord } from '../kit/json.ts'
import type { Secret } from '../kit/secret.ts'
import type { ServiceId, VolumeId } from '../platform/ids.ts'
import type { SettingsPatch } from '../platform/platform.ts'
import type { ServiceSettings } from '../platform/service-settings.ts'
import { settingsToConfig } from '../platform/translate.ts'
import type { Change } from './plan.ts'

/** The ids that a store patch is written with, and the values of the secrets in it. */
export interface StoreIds {
  service(name: string): ServiceId
  volume(service: string): VolumeId
  /** What is stored of a service's settings now: some settings share a place, and are written together. */
  settings(service: string): ServiceSettings
  /** The value of a `set-secret` change. */
  secret(change: Change): Secret
}

/** One patch with everything of a plan that is stored rather than created; undefined when there is nothing to store. */
export function storePatch(changes: readonly Change[], ids: StoreIds): EnvironmentConfig | undefined {
  return mergedPatch([
    ...settingsParts(changes, ids),
    ...changes.map((change) => partOf(change, ids)).filter((part) => part !== undefined),
  ])
}

/** Several patches as one; undefined when there are none. */
export function mergedPatch(parts: readonly EnvironmentConfig[]): EnvironmentConfig | undefined {
  if (parts.length === 0) return undefined
  const whole: Record<string, unknown> = {}
  for (const part of parts) mergeInto(whole, part)
  return whole
}

/** All settings of one service at once. */
function settingsParts(changes: readonly Change[], ids: StoreIds): EnvironmentConfig[] {
  const patches = new Map<string, SettingsPatch>()
  for (const { act, service } of changes) {
    if (act.kind !== 'set' || service === undefined) continue
    patches.set(service, { ...patches.get(service), [act.setting]: act.value })
  }
  return [...patches].map(([service, patch]) => ({
    services: { [ids.service(service)]: settingsToConfig(patch, ids.settings(service)) },
  }))
}

function partOf(change: Change, ids: StoreIds): EnvironmentConfig | undefined {
  const { act, service: name = '' } = change
  const service = (config: ServiceConfig): EnvironmentConfig => ({ services: { [ids.service(name)]: config } })
  switch (act.kind) {
    // These make ids of their own, are switched directly, or are written together: nothing of them is stored one by one.
    case 'set':
    case 'create-project':
    case 'create-environment':
    case 'create-service':
    case 'create-volume':
    case 'create-domain':
    case 'set-auto-deploy':
      return undefined
    case 'create-instance':
      return service({ isCreated: true })
    case 'set-variable':
      return service({ variables: { [act.variable]: { value: act.value } } })
    case 'set-secret':
      return service({ variables: { [act.variable]: { value: ids.secret(change).reveal() } } })
    case 'remove-variable':
      return service({ variables: { [act.variable]: null } })
    case 'set-domain-port': {
      const domains = act.domainKind === 'generated' ? 'serviceDomains' : 'customDomains'
      return service({ networking: { [domains]: { [act.domain]: { port: act.targetPort } } } })
    }
    case 'mount-volume':
      return service({ volumeMounts: { [ids.volume(name)]: { mountPath: act.mountPath } } })
    case 'resize-volume':
      return { volumes: { [ids.volume(name)]: { sizeMB: act.sizeMB } } }
  }
}

/** Adds a patch to another: maps are merged, for everything else the later one counts. */
function mergeInto(whole: Record<string, unknown>, part: object): void {
  for (const [key, value] of Object.entries(part)) {
    const there = own(whole, key)
    if (isRecord(there) && isRecord(value)) mergeInto(there, value)
    else whole[key] = value
  }
}

/** What a staged patch holds beyond ours, in the same shape; undefined when nothing does. */
export function beyond(staged: EnvironmentConfig, ours: EnvironmentConfig): EnvironmentConfig | undefined {
  return rest(staged, ours) as EnvironmentConfig | undefined
}

/** What a staged patch says otherwise at the very places of ours: of the two, a commit could keep one only. */
export function colliding(staged: EnvironmentConfig, ours: EnvironmentConfig): EnvironmentConfig | undefined {
  return clash(staged, ours) as EnvironmentConfig | undefined
}

/** `api.variables.APP_ENV`: the places that a patch touches, by service name where one is known. */
export function touchedPlaces(patch: EnvironmentConfig, serviceName: (id: string) => string | undefined): string[] {
  return Object.entries(patch).flatMap(([part, entries]) => {
    if (!isRecord(entries)) return [part]
    if (part !== 'services') return Object.keys(entries).map((key) => `${part}.${key}`)
    return Object.entries(entries).flatMap(([id, config]) => {
      const name = serviceName(id) ?? id
      if (!isRecord(config)) return [name]
      return Object.entries(config).flatMap(([key, value]) =>
        isRecord(value) && Object.keys(value).length > 0
          ? Object.keys(value).map((inner) => `${name}.${key}.${inner}`)
          : [`${name}.${key}`],
      )
    })
  })
}

function clash(staged: unknown, ours: unknown): unknown {
  if (!isRecord(staged) || !isRecord(ours)) return isDeepStrictEqual(staged, ours) ? undefined : staged
  const clashes = Object.entries(staged)
    .filter(([key]) => Object.hasOwn(ours, key))
    .map(([key, value]) => [key, clash(value, ours[key])] as const)
    .filter(([, value]) => value !== undefined)
  return clashes.length === 0 ? undefined : Object.fromEntries(clashes)
}

function rest(staged: unknown, ours: unknown): unknown {
  if (!isRecord(staged)) return isDeepStrictEqual(staged, ours) ? undefined : staged
  const mine = isRecord(ours) ? ours : {}
  const foreign = Object.entries(staged)
    .map(([key, value]) => [key, rest(value, mine[key])] as const)
    .filter(([, value]) => value !== undefined)
  // An empty map says something only where we did not say it too.
  if (foreign.length === 0) return Object.keys(staged).length === 0 && !isRecord(ours) ? staged : undefined
  return Object.fromEntries(foreign)
}
