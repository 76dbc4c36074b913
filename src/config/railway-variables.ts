import type { ServiceConfig } from './fakturino-config.ts'

/** Variables with Railway's prefix that are ours to set (PLATFORM.md §6.3). */
export const railwaySettings: readonly string[] = [
  'RAILWAY_DEPLOYMENT_OVERLAP_SECONDS',
  'RAILWAY_DEPLOYMENT_DRAINING_SECONDS',
  'RAILWAY_HEALTHCHECK_TIMEOUT_SEC',
  'RAILWAY_DOCKERFILE_PATH',
  'RAILWAY_RUN_UID',
  'RAILWAY_SHM_SIZE_BYTES',
]

const always = [
  'RAILWAY_PROJECT_NAME',
  'RAILWAY_PROJECT_ID',
  'RAILWAY_ENVIRONMENT_NAME',
  'RAILWAY_ENVIRONMENT_ID',
  'RAILWAY_SERVICE_NAME',
  'RAILWAY_SERVICE_ID',
  'RAILWAY_PRIVATE_DOMAIN',
  'RAILWAY_REPLICA_ID',
  'RAILWAY_REPLICA_REGION',
  'RAILWAY_DEPLOYMENT_ID',
  'RAILWAY_SNAPSHOT_ID',
]

const withVolume = ['RAILWAY_VOLUME_NAME', 'RAILWAY_VOLUME_MOUNT_PATH']

const withRepository = [
  'RAILWAY_GIT_COMMIT_SHA',
  'RAILWAY_GIT_AUTHOR',
  'RAILWAY_GIT_BRANCH',
  'RAILWAY_GIT_REPO_NAME',
  'RAILWAY_GIT_REPO_OWNER',
  'RAILWAY_GIT_COMMIT_MESSAGE',
]

/** The variables that a service has without anybody setting them (PLATFORM.md §6.3). None has a TCP proxy. */
export function providedVariables(service: ServiceConfig): string[] {
  if (service.kind !== 'app') return [...always, ...withVolume]
  return [
    ...always,
    ...(service.domain === true ? ['RAILWAY_PUBLIC_DOMAIN'] : []),
    ...(service.volume === undefined ? [] : withVolume),
    ...(service.source === undefined || 'repository' in service.source ? withRepository : []),
  ]
}
