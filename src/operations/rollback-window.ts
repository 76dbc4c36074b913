import { own } from '../config/own.ts'
import type { ReleaseNote } from '../plan/operation-notes.ts'
import { lastThatRan } from '../plan/plan-deployments.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { ObservedService, ObservedState } from '../platform/observed-state.ts'

/** Can a service be rolled back, and to what? */
export interface RollbackWindow {
  /** By the platform's word; null where the reading does not reach so far back. */
  possible: boolean | null
  /** Where going back would lead. Times are ISO 8601. */
  to: { id: DeploymentId; revision: string | null; createdAt: string; verdict?: ReleaseNote['verdict'] } | null
  /** What is kept of earlier ones is marked bad, all of it. */
  isOnlyBad?: true
}

/**
 * The newest earlier deployment that the platform still keeps, one that a release found bad only where there is no other. Where the
 * reading shows none, an earlier release of ours is named, without a claim that it is still kept.
 */
export function rollbackWindow(
  service: ObservedService,
  recent: ObservedState['recent'],
  releases: readonly ReleaseNote[],
  bad: ReadonlySet<string> = new Set(),
): RollbackWindow {
  const ran = lastThatRan(service)
  const verdictOf = (id: DeploymentId) =>
    releases.find((release) => own(release.deployments, service.name) === id)?.verdict
  const isMarked = (commit: string | undefined) => commit !== undefined && bad.has(commit)
  const all = (recent?.deployments ?? []).filter(
    ({ id, serviceId, canRollback, createdAt }) =>
      serviceId === service.id &&
      canRollback &&
      id !== ran?.id &&
      createdAt < (ran?.createdAt ?? Number.POSITIVE_INFINITY),
  )
  const isMarkedAny = all.some(({ commit }) => isMarked(commit))
  // Beside a release that was left as bad, another deployment of what serves is no way back.
  const isSame = (commit: string | undefined) => isMarkedAny && commit !== undefined && commit === ran?.commit
  const kept = all.filter(({ commit }) => !isMarked(commit) && !isSame(commit))
  const to = kept.find(({ id }) => verdictOf(id) !== 'fail') ?? kept[0]
  if (to !== undefined) {
    const verdict = verdictOf(to.id)
    const { id, commit, image, createdAt } = to
    return {
      possible: true,
      to: {
        id,
        revision: commit ?? image ?? null,
        createdAt: new Date(createdAt).toISOString(),
        ...(verdict === undefined ? {} : { verdict }),
      },
    }
  }
  if (ran === undefined || recent?.isWhole === true) {
    return { possible: false, to: null, ...(all.length === 0 ? {} : { isOnlyBad: true as const }) }
  }
  const unmarked = releases.filter(({ commit }) => !isMarked(commit))
  return { possible: null, to: ofRelease(service, ran.id, unmarked) }
}

function ofRelease(
  { name }: ObservedService,
  ran: DeploymentId,
  releases: readonly ReleaseNote[],
): RollbackWindow['to'] {
  const release = releases.find(({ deployments, verdict }) => {
    const deployment = own(deployments, name)
    return deployment !== undefined && deployment !== ran && verdict !== 'fail'
  })
  const id = own(release?.deployments, name)
  if (release === undefined || id === undefined || !Number.isFinite(new Date(release.at).getTime())) return null
  return {
    id,
    revision: release.commit ?? null,
    createdAt: new Date(release.at).toISOString(),
    verdict: release.verdict,
  }
}
