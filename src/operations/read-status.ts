import type { DesiredState } from '../config/desired.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type {
  DeploymentStatus,
  ObservedDeployment,
  ObservedService,
  ObservedState,
} from '../platform/observed-state.ts'
import { type SecondWays, secondWays } from './second-ways.ts'

/** One screen about one environment. */
export interface EnvironmentStatus {
  project: string
  environment: string
  services: ServiceStatus[]
  pending: { name: string; reason: string }[]
  platform: { isStable: boolean; incident?: string; incidentUrl?: string }
  /** Changes that wait uncommitted. */
  stagedChanges: number
  /** Absent where everything was read the first way. */
  secondWays?: SecondWays
}

export interface ServiceStatus {
  name: string
  /** What serves now; `not-deployed` when nothing does. */
  status: DeploymentStatus | 'not-deployed'
  /** By the platform's word: live, and at least one instance runs. */
  healthy: boolean
  deployment: { id: string; createdAt: string } | null
  /** Commit or image of what serves. */
  revision: string | null
  instances: { running: number; all: number }
  domains: string[]
  /** A newer attempt than what serves: on its way, or failed. */
  latest: { id: string; status: DeploymentStatus; revision: string | null } | null
}

/** Reads a status off one observation. Without a config every service that is there is told, and nothing is pending. */
export function readStatus(state: ObservedState, desired: DesiredState | undefined): EnvironmentStatus {
  const order = desired?.services.map((service) => service.name) ?? []
  const place = (service: ObservedService) =>
    order.includes(service.name) ? order.indexOf(service.name) : order.length
  const services = [...state.services]
    .sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1))
    .map(serviceStatus)
  const missing = order.filter((name) => !services.some((service) => service.name === name)).map(notDeployed)
  const pending = desired?.pending ?? []
  const { isStable, incident } = state.platformStatus
  const ways = secondWays(state)
  return {
    project: state.project.name,
    environment: state.environment.name,
    services: [...services.filter((service) => !pending.some(({ name }) => name === service.name)), ...missing],
    pending,
    platform: {
      isStable,
      ...(incident === undefined ? {} : { incident: incident.message, incidentUrl: incident.url }),
    },
    stagedChanges: state.unmergedChanges ?? 0,
    ...(ways === undefined ? {} : { secondWays: ways }),
  }
}

function serviceStatus(service: ObservedService): ServiceStatus {
  const live = liveDeployment(service)
  const latest = service.latest !== undefined && service.latest.id !== live?.id ? service.latest : undefined
  return {
    name: service.name,
    status: live?.status ?? 'not-deployed',
    healthy: live !== undefined && live.status === 'live' && live.runningInstances > 0 && !live.isStopped,
    deployment: live === undefined ? null : { id: live.id, createdAt: new Date(live.createdAt).toISOString() },
    revision: live === undefined ? null : revisionOf(live),
    instances: { running: live?.runningInstances ?? 0, all: live?.instances ?? 0 },
    domains: service.domains.map((domain) => domain.domain),
    latest: latest === undefined ? null : { id: latest.id, status: latest.status, revision: revisionOf(latest) },
  }
}

function notDeployed(name: string): ServiceStatus {
  return {
    name,
    status: 'not-deployed',
    healthy: false,
    deployment: null,
    revision: null,
    instances: { running: 0, all: 0 },
    domains: [],
    latest: null,
  }
}

/** What code runs: the commit, or the image. */
function revisionOf(deployment: ObservedDeployment): string | null {
  return deployment.commit ?? deployment.image ?? null
}
