import type { BuildConfig, DeployConfig, ServiceConfig, SourceConfig } from '../contract/environment-config.ts'
import type { ServiceInstanceUpdateInput } from '../contract/types.ts'
import { isRecord } from '../kit/json.ts'
import type { SettingsPatch } from './platform.ts'
import type { RestartPolicy, ServiceSettings, SettingName } from './service-settings.ts'
import { settingDefaults } from './service-settings.ts'
import { numberOf, textOf } from './shape.ts'

type ConfigPlace =
  | { part: 'source'; key: keyof SourceConfig & string }
  | { part: 'build'; key: keyof BuildConfig & string }
  | { part: 'deploy'; key: keyof DeployConfig & string }

/** How one setting stands in a service's config: where, and both ways across. */
interface Translation<Value> {
  place: ConfigPlace
  /** Undefined for what is absent, or makes no sense. */
  read: (value: unknown) => Value | undefined
  write: (value: Value) => unknown
}

const unchanged = <Value>(value: Value) => value
const text = (place: ConfigPlace): Translation<string> => ({ place, read: textOf, write: unchanged })
const number = (place: ConfigPlace): Translation<number> => ({ place, read: numberOf, write: unchanged })

const restartPolicies: Record<RestartPolicy, string> = { 'on-failure': 'ON_FAILURE', always: 'ALWAYS', never: 'NEVER' }
const isRestartPolicy = (word: string): word is RestartPolicy => word in restartPolicies

// Region and replicas share one key, so they are not in the table.
type PlainSetting = Exclude<SettingName, 'replicas' | 'region'>

/** The one table that both directions read, so that they cannot drift apart (PLATFORM.md §3). */
const table: { [Name in PlainSetting]: Translation<NonNullable<ServiceSettings[Name]>> } = {
  repo: text({ part: 'source', key: 'repo' }),
  branch: text({ part: 'source', key: 'branch' }),
  image: text({ part: 'source', key: 'image' }),
  buildCommand: text({ part: 'build', key: 'buildCommand' }),
  preDeploy: {
    place: { part: 'deploy', key: 'preDeployCommand' },
    read: commandList,
    write: (commands) => (commands.length === 0 ? null : commands),
  },
  startCommand: text({ part: 'deploy', key: 'startCommand' }),
  healthcheckPath: text({ part: 'deploy', key: 'healthcheckPath' }),
  healthcheckTimeoutSeconds: number({ part: 'deploy', key: 'healthcheckTimeout' }),
  restartPolicy: {
    place: { part: 'deploy', key: 'restartPolicyType' },
    read: (value) =>
      Object.keys(restartPolicies)
        .filter(isRestartPolicy)
        .find((policy) => restartPolicies[policy] === value),
    write: (policy) => restartPolicies[policy],
  },
  restartRetries: number({ part: 'deploy', key: 'restartPolicyMaxRetries' }),
}
const plainSettings = Object.keys(table) as PlainSetting[]

/** Reads a service's config. Values that the platform would not send are as good as absent. */
export function settingsFromConfig(config: ServiceConfig): ServiceSettings {
  const settings: ServiceSettings = {}
  const take = <Name extends PlainSetting>(name: Name) => {
    const { place, read } = table[name]
    const part = config[place.part]
    const value = isRecord(part) ? read(part[place.key]) : undefined
    if (value !== undefined) settings[name] = value
  }
  for (const name of plainSettings) take(name)
  return { ...settings, ...scaleFromConfig(config) }
}

/**
 * The patch that sets these settings; null resets one to the platform's default. `before` is what is stored now: replicas are
 * kept with their region, so changing one needs the other, and a move must name the region that is left.
 */
export function settingsToConfig(patch: SettingsPatch, before: ServiceSettings = {}): ServiceConfig {
  const config: Record<ConfigPlace['part'], Record<string, unknown>> = { source: {}, build: {}, deploy: {} }
  const put = <Name extends PlainSetting>(name: Name) => {
    const value = patch[name] as ServiceSettings[Name] | null
    if (value === undefined) return
    const { place, write } = table[name]
    config[place.part][place.key] = value === null ? null : write(value)
  }
  for (const name of plainSettings) put(name)
  Object.assign(config.deploy, scaleToConfig(patch, before))
  return Object.fromEntries(Object.entries(config).filter(([, part]) => Object.keys(part).length > 0))
}

/** The same as a service instance takes it. The branch is no setting of an instance: a trigger holds it. */
export function settingsToInstance(patch: SettingsPatch, before: ServiceSettings = {}): ServiceInstanceUpdateInput {
  const { branch: _branch, ...settings } = patch
  const { source, build, deploy } = settingsToConfig(settings, before)
  return { ...(source === undefined ? {} : { source }), ...build, ...deploy } as ServiceInstanceUpdateInput
}

// `numReplicas` beside regions is a legacy number and may read 1 (PLATFORM.md §2), so the regions go first.
function scaleFromConfig({ deploy }: ServiceConfig): Pick<ServiceSettings, 'replicas' | 'region'> {
  if (!isRecord(deploy)) return {}
  const regions = Object.entries(isRecord(deploy.multiRegionConfig) ? deploy.multiRegionConfig : {}).flatMap(
    ([region, scale]) =>
      isRecord(scale) ? [{ region, replicas: numberOf(scale.numReplicas) ?? settingDefaults.replicas }] : [],
  )
  const [first, second] = regions
  if (first === undefined) {
    const replicas = numberOf(deploy.numReplicas)
    return replicas === undefined ? {} : { replicas }
  }
  const replicas = regions.reduce((sum, scale) => sum + scale.replicas, 0)
  return second === undefined ? { replicas, region: first.region } : { replicas }
}

function scaleToConfig(patch: SettingsPatch, before: ServiceSettings): DeployConfig {
  if (patch.replicas === undefined && patch.region === undefined) return {}
  const region = patch.region === undefined ? before.region : patch.region
  const replicas = patch.replicas === undefined ? before.replicas : patch.replicas
  const left = before.region === undefined || before.region === region ? {} : { [before.region]: null }
  if (region) return { multiRegionConfig: { ...left, [region]: { numReplicas: replicas ?? settingDefaults.replicas } } }
  return {
    // Several regions read as none: a number for all of them means leaving them.
    ...(patch.region === null || before.region === undefined ? { multiRegionConfig: null } : {}),
    ...(replicas === undefined ? {} : { numReplicas: replicas }),
  }
}

/** Both forms that the platform accepts (PLATFORM.md §5.5). */
function commandList(value: unknown): string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  const commands = list.flatMap((command) => textOf(command) ?? [])
  return commands.length === 0 ? undefined : commands
}
