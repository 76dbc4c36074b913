import type { EnvironmentConfig } from '../../src/contract/environment-config.ts'
import { connection } from './schema-server.ts'

/** Builders of what the platform holds, in its own words, for a `schemaServer`. */

export function aDeployment(overrides: object = {}) {
  return {
    id: 'd1',
    status: 'SUCCESS',
    createdAt: '2026-11-03T08:00:00.000Z',
    deploymentStopped: false,
    canRollback: true,
    canRedeploy: true,
    environmentId: 'e1',
    meta: { commitHash: 'c1' },
    instances: [{ id: 'i1', status: 'RUNNING' }],
    ...overrides,
  }
}

export function anInstance(serviceId: string, overrides: object = {}) {
  return {
    id: `instance-${serviceId}`,
    serviceId,
    serviceName: `name-${serviceId}`,
    activeDeployments: [],
    latestDeployment: null,
    domains: { serviceDomains: [], customDomains: [] },
    ...overrides,
  }
}

export function aPatch(overrides: object = {}) {
  return {
    id: 'patch-1',
    status: 'COMMITTED',
    message: null,
    createdAt: '2026-11-03T07:00:00.000Z',
    appliedAt: null,
    lastAppliedError: null,
    patch: {},
    ...overrides,
  }
}

export function aVolume(serviceId: string, overrides: object = {}) {
  return {
    id: `instance-v-${serviceId}`,
    volumeId: `v-${serviceId}`,
    serviceId,
    mountPath: '/data',
    sizeMB: 1_000,
    state: 'READY',
    isPendingDeletion: false,
    ...overrides,
  }
}

export interface WorldParts {
  services?: { id: string; name: string }[]
  instances?: object[]
  volumes?: object[]
  triggers?: object[]
  config?: EnvironmentConfig
  staged?: object
  patches?: object[]
  incident?: object
  /** Most nodes that a page holds. */
  cap?: number
}

/** A project with the environments e1 (production) and e2 (staging), both alike. */
export function aWorld(parts: WorldParts = {}) {
  const { services = [{ id: 's1', name: 'api' }], instances = [anInstance('s1')], cap = 500 } = parts
  const environment = (id: string) => ({
    id,
    name: id === 'e1' ? 'production' : 'staging',
    isEphemeral: false,
    canAccess: true,
    unmergedChangesCount: 0,
    config: parts.config ?? {},
    serviceInstances: connection(instances, cap),
    volumeInstances: connection(parts.volumes ?? [], cap),
    deploymentTriggers: connection(parts.triggers ?? [], cap),
  })
  const project = {
    id: 'p1',
    name: 'fakturino',
    environments: connection([environment('e1'), environment('e2')]),
    services: connection(services, cap),
  }
  return {
    project,
    environment: ({ id }: { id: string }) => environment(id),
    projectToken: { project, environment: environment('e1') },
    environmentStagedChanges: parts.staged ?? aPatch({ id: 'staged', status: 'STAGED' }),
    environmentPatches: connection(parts.patches ?? []),
    platformStatus: { isStable: parts.incident === undefined, incident: parts.incident ?? null },
  }
}
