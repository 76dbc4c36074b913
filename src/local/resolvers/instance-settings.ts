import type { DeployConfig, ServiceConfig, SourceConfig } from '../../contract/environment-config.ts'

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
  return {
    ...(source !== undefined && { source }),
    ...(buildCommand !== undefined && { build: { buildCommand } }),
    deploy: {
      ...deploy,
      ...(region != null && { multiRegionConfig: { [region]: { numReplicas: deploy.numReplicas ?? 1 } } }),
    },
  }
}
