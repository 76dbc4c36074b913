import { isDeepStrictEqual } from 'node:util'
import { type ServiceSettings, type SettingName, settingDefaults } from '../platform/service-settings.ts'
import type { Change, Effect, SetAct } from './plan.ts'
import { shownCommand } from './shown-value.ts'

interface Comparison<Name extends SettingName> {
  /** Where the platform keeps it, inside one service's config. */
  path: readonly string[]
  effect: Effect
  /** A config that says nothing about it is content with whatever is there. */
  isOptional?: boolean
  /** Is what is there as good as what is wanted? `desired` and `observed` come with defaults applied. */
  same?(desired: ServiceSettings, observed: ServiceSettings): boolean
  severity?(desired: ServiceSettings, observed: ServiceSettings): Change['severity']
  shown?(value: NonNullable<ServiceSettings[Name]>): string
  /** What somebody else wrote there may hold a secret. */
  isCommand?: boolean
}

/** One comparison for each setting; adding a setting to `ServiceSettings` demands its line here. */
const comparisons: { [Name in SettingName]-?: Comparison<Name> } = {
  repo: { path: ['source', 'repo'], effect: 'redeploy' },
  branch: { path: ['source', 'branch'], effect: 'none' },
  image: { path: ['source', 'image'], effect: 'redeploy', severity: riskyWhenReplaced('image') },
  buildCommand: { path: ['build', 'buildCommand'], effect: 'redeploy', isCommand: true },
  preDeploy: {
    path: ['deploy', 'preDeployCommand'],
    effect: 'redeploy',
    shown: (commands) => commands.join(' ; '),
    isCommand: true,
  },
  startCommand: { path: ['deploy', 'startCommand'], effect: 'redeploy', isCommand: true },
  healthcheckPath: {
    path: ['deploy', 'healthcheckPath'],
    effect: 'redeploy',
    severity: (desired, observed) =>
      desired.healthcheckPath === undefined && observed.healthcheckPath !== undefined ? 'risky' : 'safe',
  },
  healthcheckTimeoutSeconds: {
    path: ['deploy', 'healthcheckTimeout'],
    effect: 'redeploy',
    // Without a health check its timeout means nothing.
    same: (desired, observed) =>
      desired.healthcheckPath === undefined || desired.healthcheckTimeoutSeconds === observed.healthcheckTimeoutSeconds,
    shown: (seconds) => `${seconds} s`,
  },
  restartPolicy: { path: ['deploy', 'restartPolicyType'], effect: 'redeploy' },
  restartRetries: {
    path: ['deploy', 'restartPolicyMaxRetries'],
    effect: 'redeploy',
    // Only `on-failure` counts its tries.
    same: (desired, observed) =>
      desired.restartPolicy !== 'on-failure' || desired.restartRetries === observed.restartRetries,
  },
  replicas: {
    path: ['deploy', 'numReplicas'],
    // The platform scales without a new deployment (PLATFORM.md §4.1).
    effect: 'none',
    isOptional: true,
    severity: (desired, observed) => ((desired.replicas ?? 1) < (observed.replicas ?? 1) ? 'risky' : 'safe'),
  },
  region: {
    path: ['deploy', 'multiRegionConfig'],
    effect: 'redeploy',
    isOptional: true,
    severity: () => 'risky',
  },
}

const settingNames = Object.keys(comparisons) as SettingName[]

/** What differs, without the cause: that needs to know what we wrote last. */
export interface SettingDifference {
  action: Change['action']
  setting: SettingName
  before?: string
  after?: string
  severity: Change['severity']
  effect: Effect
  act: SetAct
  path: readonly string[]
}

/**
 * Compares one service's settings, one by one, defaults applied on both sides. Where nothing at all is stored yet, everything that
 * the config spells out is written, defaults too: then the platform shows what the config says. `isOurs` tells where what is there
 * is what we wrote last; commands of others are shown only where they cannot hold a secret.
 */
export function compareSettings(
  desired: ServiceSettings,
  observed: ServiceSettings,
  isOurs: IsOurs = () => false,
): SettingDifference[] {
  const isBlank = Object.keys(observed).length === 0
  const wanted = { ...settingDefaults, ...desired }
  const found = isBlank ? withoutDefaultsOf(desired) : { ...settingDefaults, ...observed }
  return settingNames
    .filter((name) => !(comparisons[name].isOptional && desired[name] === undefined))
    .flatMap((name) => difference(name, wanted, found, observed[name] !== undefined, isOurs) ?? [])
}

type IsOurs = (of: Pick<SettingDifference, 'setting' | 'path'>) => boolean

/** The defaults, except of what is spelled out. */
function withoutDefaultsOf(desired: ServiceSettings): ServiceSettings {
  return Object.fromEntries(Object.entries(settingDefaults).filter(([name]) => !Object.hasOwn(desired, name)))
}

function difference<Name extends SettingName>(
  name: Name,
  desired: ServiceSettings,
  observed: ServiceSettings,
  isSet: boolean,
  isOurs: IsOurs,
): SettingDifference | undefined {
  const comparison = comparisons[name]
  const same = comparison.same?.(desired, observed) ?? isDeepStrictEqual(plain(desired[name]), plain(observed[name]))
  if (same) return undefined
  // What nobody has set is the platform's default, and no value to take away.
  const there = isSet ? shown(name, observed[name]) : undefined
  const after = shown(name, desired[name])
  const isForeign = comparison.isCommand === true && !isOurs({ setting: name, path: comparison.path })
  const before = there !== undefined && isForeign ? shownCommand(there, after) : there
  return {
    action: before === undefined ? 'create' : after === undefined ? 'delete' : 'update',
    setting: name,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    severity: comparison.severity?.(desired, observed) ?? 'safe',
    effect: comparison.effect,
    act: { kind: 'set', setting: name, value: desired[name] ?? null } as SetAct,
    path: comparison.path,
  }
}

/** Commands that differ only in the white space around them are the same command. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'string' ? value.trim() : value
}

function shown<Name extends SettingName>(name: Name, value: ServiceSettings[Name]): string | undefined {
  if (value === undefined) return undefined
  const comparison: { shown?(value: unknown): string } = comparisons[name] as Comparison<Name> & object
  return comparison.shown?.(value) ?? String(value)
}

function riskyWhenReplaced(name: SettingName) {
  return (_desired: ServiceSettings, observed: ServiceSettings): Change['severity'] =>
    observed[name] === undefined ? 'safe' : 'risky'
}
