/** One environment's reading, put together from the lists it comes in. */

import type { ServiceConfig } from '../contract/environment-config.ts'
import type {
  ObservedEnvironmentFragment,
  ObservedInstanceFragment,
  ObservedPatchesFragment,
  ObservedPatchFragment,
  ObservedPlatformStatusFragment,
  ObservedProjectFragment,
} from '../contract/types.ts'
import { isRecord } from '../kit/json.ts'
import { id } from './ids.ts'
import type { ObservedDomain, ObservedService, ObservedState, ObservedVolume } from './observed-state.ts'
import { numberOf } from './shape.ts'
import {
  newestFirst,
  settingsFromConfig,
  toDeployment,
  toPastDeployment,
  toPatch,
  toPatches,
  toPlatformStatus,
  toVariables,
} from './translate.ts'

/** What the one reading brings, whichever way it was asked. */
export interface Reading {
  project: ObservedProjectFragment
  environment: ObservedEnvironmentFragment
  platformStatus: ObservedPlatformStatusFragment
  /** Absent when the reading went through the project token. */
  staged?: ObservedPatchFragment
  patches?: ObservedPatchesFragment
}

export function toObservedState(reading: Reading, platformTime: number | undefined): ObservedState {
  const { project, environment, staged, patches } = reading
  const names = new Map(project.services.edges.map(({ node }) => [node.id, node.name]))
  const instances = environment.serviceInstances.edges.map(({ node }) => node)
  // A config that says null or isDeleted has no such service any more, whatever else is still listed (PLATFORM.md §3.1).
  const here = instances.filter(({ serviceId }) => !isGone(environment.config.services?.[serviceId]))
  const hereIds = new Set(here.map(({ serviceId }) => serviceId))
  return {
    project: { id: id(project.id), name: project.name },
    environment: { id: id(environment.id), name: environment.name },
    environments: project.environments.edges.map(({ node }) => ({ id: id(node.id), name: node.name })),
    services: here.map((instance) =>
      toService(instance, names.get(instance.serviceId) ?? instance.serviceName, environment),
    ),
    servicesElsewhere: [...names]
      .filter(([serviceId]) => !hereIds.has(serviceId))
      .map(([serviceId, name]) => ({ id: id(serviceId), name })),
    sharedVariables: toVariables(environment.config.sharedVariables),
    staged: staged === undefined ? undefined : toPatch(staged),
    patches: patches === undefined ? undefined : toPatches(patches),
    unmergedChanges: environment.unmergedChangesCount ?? undefined,
    platformStatus: toPlatformStatus(reading.platformStatus),
    platformTime,
    ...recentIn(environment),
  }
}

function recentIn({ deployments }: ObservedEnvironmentFragment): Pick<ObservedState, 'recent'> {
  if (deployments === undefined) return {}
  const { edges, pageInfo } = deployments
  const recent = edges.map(({ node }) => toPastDeployment(node)).sort((a, b) => b.createdAt - a.createdAt)
  return { recent: { deployments: recent, isWhole: !pageInfo.hasNextPage } }
}

function isGone(config: ServiceConfig | null | undefined): boolean {
  return config === null || config?.isDeleted === true
}

function toService(
  instance: ObservedInstanceFragment,
  name: string,
  environment: ObservedEnvironmentFragment,
): ObservedService {
  const { serviceId } = instance
  const stored = environment.config.services?.[serviceId]
  const config: ServiceConfig = isRecord(stored) ? stored : {}
  return {
    id: id(serviceId),
    name,
    settings: withBranchOfTrigger(settingsFromConfig(config), serviceId, environment),
    variables: toVariables(config.variables),
    volumes: volumesOf(serviceId, environment),
    domains: domainsOf(instance),
    ...triggerOf(serviceId, environment),
    active: newestFirst(instance.activeDeployments.map(toDeployment)),
    latest: instance.latestDeployment === null ? undefined : toDeployment(instance.latestDeployment),
  }
}

/** A repository without a branch of its own is built from the branch that its trigger watches. */
function withBranchOfTrigger(
  settings: ObservedService['settings'],
  serviceId: string,
  environment: ObservedEnvironmentFragment,
): ObservedService['settings'] {
  if (settings.repo === undefined || settings.branch !== undefined) return settings
  const trigger = environment.deploymentTriggers.edges.find(
    ({ node }) => node.serviceId === serviceId && node.repository === settings.repo,
  )
  return trigger === undefined ? settings : { ...settings, branch: trigger.node.branch }
}

function triggerOf(
  serviceId: string,
  { deploymentTriggers }: ObservedEnvironmentFragment,
): Pick<ObservedService, 'trigger'> {
  const found = deploymentTriggers.edges.find(({ node }) => node.serviceId === serviceId)?.node
  return found === undefined
    ? {}
    : { trigger: { id: id(found.id), repository: found.repository, branch: found.branch } }
}

function volumesOf(serviceId: string, environment: ObservedEnvironmentFragment): ObservedVolume[] {
  return environment.volumeInstances.edges
    .map(({ node }) => node)
    .filter((volume) => volume.serviceId === serviceId && !volume.isPendingDeletion)
    .filter((volume) => volume.state !== 'DELETED' && volume.state !== 'DELETING')
    .map((volume) => ({
      id: id(volume.volumeId),
      instanceId: id(volume.id),
      mountPath: volume.mountPath,
      // What is stored counts: a size that was committed and not applied yet is no difference any more.
      sizeMB: numberOf(environment.config.volumes?.[volume.volumeId]?.sizeMB) ?? volume.sizeMB,
    }))
}

function domainsOf({ domains }: ObservedInstanceFragment): ObservedDomain[] {
  const as = (kind: ObservedDomain['kind']) => (domain: { domain: string; targetPort: number | null }) => ({
    domain: domain.domain,
    kind,
    targetPort: domain.targetPort ?? undefined,
  })
  return [...domains.serviceDomains.map(as('generated')), ...domains.customDomains.map(as('custom'))]
}
