import type { DeployConfig, EnvironmentConfig, ServiceConfig, VariableConfig } from '../contract/environment-config.ts'
import type { InstanceSettingsFragment, ObservedPartsFragment } from '../contract/types.ts'
import { settingDefaults } from './service-settings.ts'

type Values = Record<string, string | null>

/** What was read instead of a config. */
export interface ConfigParts {
  environment: ObservedPartsFragment
  /** Unrendered, without sealed ones. */
  shared: Values
  /** By the service's id. */
  variables: ReadonlyMap<string, Values>
  /** Every variable that is there; shared ones have no service. */
  names: readonly { name: string; serviceId: string | null }[]
}

/**
 * The config that the parts tell of, in its own shape, so that everything is read off it as off the real one. A variable that is
 * there and whose value was not told stands in it without one, as a sealed one does. Three things differ: a restart policy that
 * is the default reads as not set, replicas in several regions as the platform's one number, and the size of a volume is what it
 * has, not what is stored for it.
 */
export function configInParts({ environment, shared, variables, names }: ConfigParts): EnvironmentConfig {
  const namesOf = new Map<string | null, string[]>()
  for (const { name, serviceId } of names) namesOf.set(serviceId, [...(namesOf.get(serviceId) ?? []), name])
  const entries = (serviceId: string | null, values: Values): Record<string, VariableConfig> =>
    Object.fromEntries([
      ...(namesOf.get(serviceId) ?? []).map((name): [string, VariableConfig] => [name, {}]),
      ...Object.entries(values).map(([name, value]): [string, VariableConfig] => [name, { value }]),
    ])
  const services = environment.serviceInstances.edges.map(({ node }): [string, ServiceConfig] => [
    node.serviceId,
    { ...settingsOf(node), variables: entries(node.serviceId, variables.get(node.serviceId) ?? {}) },
  ])
  return { services: Object.fromEntries(services), sharedVariables: entries(null, shared) }
}

function settingsOf(instance: InstanceSettingsFragment): ServiceConfig {
  const { source, buildCommand, region, numReplicas } = instance
  const replicas = numReplicas === null ? {} : { numReplicas }
  const deploy: Record<string, unknown> = {
    preDeployCommand: instance.preDeployCommand,
    startCommand: instance.startCommand,
    healthcheckPath: instance.healthcheckPath,
    healthcheckTimeout: instance.healthcheckTimeout,
    ...restartsOf(instance),
    ...(region === null ? replicas : { multiRegionConfig: { [region]: replicas } }),
  }
  return { source: { repo: source?.repo ?? null, image: source?.image ?? null }, build: { buildCommand }, deploy }
}

/** An instance always has a restart policy: the default says nothing about what is stored. */
function restartsOf({ restartPolicyType, restartPolicyMaxRetries }: InstanceSettingsFragment): DeployConfig {
  return {
    ...(restartPolicyType === 'ON_FAILURE' ? {} : { restartPolicyType }),
    ...(restartPolicyMaxRetries === settingDefaults.restartRetries ? {} : { restartPolicyMaxRetries }),
  }
}
