import type { DesiredState } from '../config/desired.ts'
import { type BadRelease, badReleases } from '../plan/bad-releases.ts'
import { type DifferingFlag, differingFlags } from '../plan/differing-flags.ts'
import { operationNotes, type ReleaseNote } from '../plan/operation-notes.ts'
import { lastThatRan } from '../plan/plan-deployments.ts'
import { type SplitRevision, splitRevisions } from '../plan/split-revisions.ts'
import { touchedPlaces } from '../plan/store-patch.ts'
import type {
  DeploymentStatus,
  ObservedDeployment,
  ObservedService,
  ObservedState,
} from '../platform/observed-state.ts'
import { type NextStep, nextStep } from './next-step.ts'
import { type RollbackWindow, rollbackWindow } from './rollback-window.ts'
import { type SecondWays, secondWays } from './second-ways.ts'
import type { TopicalOperation } from './unfinished.ts'

/** One screen about one environment. */
export interface EnvironmentStatus {
  project: string
  environment: string
  /** When it was read, by the platform's clock where it tells one; ISO 8601. */
  at: string
  services: ServiceStatus[]
  pending: { name: string; reason: string }[]
  platform: { isStable: boolean; incident?: string; incidentUrl?: string }
  /** Changes that wait uncommitted. */
  stagedChanges: number
  /** What they are about, by service and setting, where the reading shows it. */
  stagedPlaces: string[]
  splits: SplitRevision[]
  /** Those that are not the same everywhere. */
  flags: DifferingFlag[]
  next: NextStep
  /** Absent where everything was read the first way. */
  secondWays?: SecondWays
}

export interface ServiceStatus {
  name: string
  /** What serves now, or served until it crashed; `not-deployed` when nothing does. */
  status: DeploymentStatus | 'not-deployed'
  /** By the platform's word: live, and at least one instance runs. */
  healthy: boolean
  deployment: { id: string; createdAt: string } | null
  /** Since when it has its status; null where the platform does not say. */
  since: string | null
  /** Commit or image of what serves. */
  revision: string | null
  instances: { running: number; all: number }
  domains: string[]
  /** A newer attempt than what serves: on its way, or failed. */
  latest: { id: string; status: DeploymentStatus; revision: string | null; since: string | null } | null
  /** Older deployments that are active too: one replaces another, or should have. */
  alsoActive: { id: string; revision: string | null }[]
  rollback: RollbackWindow
  /** What it serves was marked bad. */
  markedBad?: ToldMark
}

/** Who marked a commit bad, and why. `at`: ISO 8601. */
export interface ToldMark {
  by: string
  at: string
  reason: string | null
}

/** What a reading does not say itself. */
export interface StatusMoment {
  /** Milliseconds; counts where the platform sent no time. */
  now: number
  operation?: TopicalOperation
}

/** Reads a status off one observation. Without a config every service that is there is told, and nothing is pending. */
export function readStatus(
  state: ObservedState,
  desired: DesiredState | undefined,
  { now, operation }: StatusMoment,
): EnvironmentStatus {
  const { releases } = operationNotes(state)
  const bad = badReleases(state)
  const order = desired?.services.map((service) => service.name) ?? []
  const place = (service: ObservedService) =>
    order.includes(service.name) ? order.indexOf(service.name) : order.length
  const services = [...state.services]
    .sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1))
    .map((service) => serviceStatus(service, state.recent, releases, bad))
  const missing = order.filter((name) => !services.some((service) => service.name === name)).map(notDeployed)
  const pending = desired?.pending ?? []
  const { isStable, incident } = state.platformStatus
  const ways = secondWays(state)
  const facts = {
    environment: state.environment.name,
    services: [...services.filter((service) => !pending.some(({ name }) => name === service.name)), ...missing],
    splits: splitRevisions(state, desired),
    stagedChanges: state.unmergedChanges ?? 0,
  }
  return {
    project: state.project.name,
    at: new Date(state.platformTime ?? now).toISOString(),
    ...facts,
    pending,
    platform: {
      isStable,
      ...(incident === undefined ? {} : { incident: incident.message, incidentUrl: incident.url }),
    },
    stagedPlaces: stagedPlaces(state),
    flags: differingFlags(state, desired),
    next: nextStep({ ...facts, ...(operation === undefined ? {} : { operation }) }),
    ...(ways === undefined ? {} : { secondWays: ways }),
  }
}

function stagedPlaces({ staged, services, servicesElsewhere }: ObservedState): string[] {
  if (staged?.status !== 'staged') return []
  const names = new Map<string, string>([...services, ...servicesElsewhere].map(({ id, name }) => [id, name]))
  return touchedPlaces(staged.config.reveal(), (id) => names.get(id))
}

function serviceStatus(
  service: ObservedService,
  recent: ObservedState['recent'],
  releases: readonly ReleaseNote[],
  bad: readonly BadRelease[],
): ServiceStatus {
  const live = lastThatRan(service)
  const latest = service.latest !== undefined && service.latest.id !== live?.id ? service.latest : undefined
  return {
    name: service.name,
    status: live?.status ?? 'not-deployed',
    healthy: live !== undefined && live.status === 'live' && live.runningInstances > 0 && !live.isStopped,
    deployment: live === undefined ? null : { id: live.id, createdAt: new Date(live.createdAt).toISOString() },
    since: live === undefined ? null : sinceOf(live),
    revision: live === undefined ? null : revisionOf(live),
    instances: { running: live?.runningInstances ?? 0, all: live?.instances ?? 0 },
    domains: service.domains.map((domain) => domain.domain),
    latest:
      latest === undefined
        ? null
        : { id: latest.id, status: latest.status, revision: revisionOf(latest), since: sinceOf(latest) },
    alsoActive: service.active.slice(1).map((deployment) => ({ id: deployment.id, revision: revisionOf(deployment) })),
    rollback: rollbackWindow(service, recent, releases, new Set(bad.map(({ commit }) => commit))),
    ...markOf(live?.commit, bad),
  }
}

/** The mark of a commit, as it is told. */
export function markOf(commit: string | null | undefined, bad: readonly BadRelease[]): { markedBad?: ToldMark } {
  const mark = bad.find((one) => one.commit === commit)
  if (mark === undefined) return {}
  const { by, at, reason } = mark
  return { markedBad: { by, at: new Date(at).toISOString(), reason: reason ?? null } }
}

function notDeployed(name: string): ServiceStatus {
  return {
    name,
    status: 'not-deployed',
    healthy: false,
    deployment: null,
    since: null,
    revision: null,
    instances: { running: 0, all: 0 },
    domains: [],
    latest: null,
    alsoActive: [],
    rollback: { possible: false, to: null },
  }
}

function sinceOf({ statusSince }: ObservedDeployment): string | null {
  return statusSince === undefined ? null : new Date(statusSince).toISOString()
}

/** What code runs: the commit, or the image. */
function revisionOf(deployment: ObservedDeployment): string | null {
  return deployment.commit ?? deployment.image ?? null
}
