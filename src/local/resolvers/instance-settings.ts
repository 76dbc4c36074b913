import type { DeployConfig, ServiceConfig, SourceConfig } from '../../contract/environment-config.ts'
import type { ServiceInstance } from '../model.ts'

export interface ServiceInstanceUpdateInput extends DeployConfig {
  buildCommand?: string | null
  region?: string | null
  source?: SourceConfig | null
}

/** The settings of a service instance, as its own mutation names them, where the environment's config has them. */
export function instanceSettings({
  source,
  buildCommand,
  region,
  ...deploy
}: ServiceInstanceUpdateInput): ServiceConfig {
  const whole = {
    ...deploy,
    ...(region != null && { multiRegionConfig: { [region]: { numReplicas: deploy.numReplicas ?? 1 } } }),
  }
  return {
    ...(source !== undefined && { source }),
    ...(buildCommand !== undefined && { build: { buildCommand } }),
    ...(Object.keys(whole).length > 0 && { deploy: whole }),
  }
}

/** The settings of a service instance as its own fields show them: one region or none, and a restart policy in any case. */
export function shownSettings({ environment, service }: ServiceInstance) {
  const { build, deploy } = environment.config.services?.[service.id] ?? {}
  const regions = Object.entries(deploy?.multiRegionConfig ?? {})
  const [only] = regions.length === 1 ? regions : []
  return {
    ...deploy,
    buildCommand: build?.buildCommand,
    region: only?.[0],
    // With several regions it is a number that means nothing.
    numReplicas: regions.length > 1 ? 1 : (only?.[1]?.numReplicas ?? deploy?.numReplicas),
    restartPolicyType: deploy?.restartPolicyType ?? 'ON_FAILURE',
    restartPolicyMaxRetries: deploy?.restartPolicyMaxRetries ?? 10,
  }
}
