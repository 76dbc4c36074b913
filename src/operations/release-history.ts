import { own } from '../config/own.ts'
import type { ReleaseNote } from '../plan/operation-notes.ts'
import { isOnItsWay } from '../plan/plan-deployments.ts'
import type { DeploymentId, ServiceId } from '../platform/ids.ts'
import type { PastDeployment } from '../platform/observed-state.ts'

/**
 * How a deployment ended, as far as is known. `removed`: the platform calls what was live and what was cancelled the same, and keeps
 * no image that would tell them apart. `never-live`: its steps tell them apart.
 */
export type PastEnding =
  | 'serves'
  | 'served'
  | 'removed'
  | 'never-live'
  | 'crashed'
  | 'failed'
  | 'held'
  | 'skipped'
  | 'on-its-way'
  | 'absent'

/** A service whose past is folded. */
export interface Member {
  id: ServiceId
  name: string
}

/** One commit of a codebase as it was deployed here. */
export interface PastRelease {
  commit: string
  /** When it was deployed first and last, in milliseconds. */
  firstAt: number
  lastAt: number
  /** Every service that shares the codebase; deployments the newest first. `absent`: it was never deployed at this commit. */
  services: { service: string; ending: PastEnding; deployments: PastDeployment[] }[]
  /** A release of it failed, and no later one passed. */
  isBad: boolean
}

/** The best first: what a service did at a commit is the best that any deployment of it did. */
const endings = ['serves', 'served', 'removed'] as const

/** What was deployed of one codebase, by commit; what was deployed last comes first. */
export function releaseHistory(
  members: readonly Member[],
  deployments: readonly PastDeployment[],
  notes: readonly ReleaseNote[],
): PastRelease[] {
  const ids = new Set<ServiceId | undefined>(members.map(({ id }) => id))
  const byCommit = new Map<string, PastDeployment[]>()
  for (const deployment of deployments) {
    const { commit, serviceId } = deployment
    if (commit === undefined || !ids.has(serviceId)) continue
    byCommit.set(commit, [...(byCommit.get(commit) ?? []), deployment])
  }
  const releases = [...byCommit].map(([commit, all]) => release(commit, all, members, notes))
  return releases.sort((a, b) => b.lastAt - a.lastAt)
}

/**
 * The release to go back to: the newest before what serves at which every service of the codebase was live, and that is not bad. Where
 * services serve several commits, what came last to this environment is what is left. One that may have been live comes after those
 * that were.
 */
export function lastKnownGood(releases: readonly PastRelease[], serving: ReadonlySet<string>): PastRelease | undefined {
  const earlier = candidates(releases, serving)
  return earlier.find((one) => wereLive(one, ['serves', 'served'])) ?? earlier.find((one) => wereLive(one, endings))
}

/**
 * The deployments whose ends would make another release the last known good, or confirm it: those of the releases that may have been
 * live, down to the first that was. The newest first.
 */
export function unknownEnds(releases: readonly PastRelease[], serving: ReadonlySet<string>): DeploymentId[] {
  const earlier = candidates(releases, serving)
  const sure = earlier.findIndex((one) => wereLive(one, ['serves', 'served']))
  return earlier
    .slice(0, sure === -1 ? earlier.length : sure)
    .filter((one) => wereLive(one, endings))
    .flatMap(({ services }) => services.filter(({ ending }) => ending === 'removed'))
    .flatMap(({ deployments }) => deployments.flatMap(({ id, status }) => (isGone(status) ? [id] : [])))
}

/** The releases before what serves that nobody found bad. */
function candidates(releases: readonly PastRelease[], serving: ReadonlySet<string>): PastRelease[] {
  const left = releases.filter(({ commit }) => serving.has(commit)).map(({ firstAt }) => firstAt)
  const newest = left.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...left)
  return releases.filter(({ firstAt, isBad }) => firstAt < newest && !isBad)
}

function wereLive({ services }: PastRelease, allowed: readonly PastEnding[]): boolean {
  return services.every(({ ending }) => allowed.includes(ending))
}

function isGone(status: PastDeployment['status']): boolean {
  return status === 'removing' || status === 'removed'
}

function release(
  commit: string,
  deployments: readonly PastDeployment[],
  members: readonly Member[],
  notes: readonly ReleaseNote[],
): PastRelease {
  const times = deployments.map(({ createdAt }) => createdAt)
  const noted = notes
    .filter((note) => note.commit === commit || members.some(({ name }) => isOf(note, name, deployments)))
    .find(({ verdict }) => verdict === 'pass' || verdict === 'fail')
  return {
    commit,
    firstAt: Math.min(...times),
    lastAt: Math.max(...times),
    services: members.map(({ id, name }) => {
      const tried = deployments.filter(({ serviceId }) => serviceId === id).sort((a, b) => b.createdAt - a.createdAt)
      const ended = tried.map((deployment) => endingOf(deployment, name, notes))
      const best = endings.find((ending) => ended.includes(ending))
      return { service: name, ending: best ?? ended[0] ?? 'absent', deployments: tried }
    }),
    isBad: noted?.verdict === 'fail',
  }
}

function isOf(note: ReleaseNote, service: string, deployments: readonly PastDeployment[]): boolean {
  const noted = own(note.deployments, service)
  return deployments.some(({ id }) => id === noted)
}

/** Of one that is gone the notes of releases tell what the platform does not: whether it was live. */
function endingOf(deployment: PastDeployment, service: string, notes: readonly ReleaseNote[]): PastEnding {
  const { status, id, canRollback } = deployment
  switch (status) {
    case 'live':
    case 'sleeping':
      return 'serves'
    case 'crashed':
    case 'failed':
    case 'skipped':
      return status
    case 'removing':
    case 'removed': {
      const note = notes.find(({ deployments }) => own(deployments, service) === id)
      if (note?.verdict === 'fail') return 'failed'
      if (deployment.wasLive === false) return 'never-live'
      // Images are kept of what was live only.
      return canRollback || note?.verdict === 'pass' || deployment.wasLive ? 'served' : 'removed'
    }
    case 'needs-approval':
      return 'held'
    default:
      return isOnItsWay(deployment) ? 'on-its-way' : 'removed'
  }
}
