import type { DesiredState } from '../config/desired.ts'
import type { Secret } from '../kit/secret.ts'
import { type ChangedVariables, changedVariables } from '../plan/changed-variables.ts'
import { isOnItsWay, lastThatRan, liveDeployment } from '../plan/plan-deployments.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { ObservedDeployment, ObservedService, PastDeployment } from '../platform/observed-state.ts'
import type { ToldPinning } from './pinning.ts'
import type { PastRelease } from './release-history.ts'

/** How a service comes to serve an earlier commit, or why it does not. */
export interface RollbackStep {
  observed: ObservedService
  /** What serves, or served until it crashed. */
  from: ObservedDeployment | undefined
  way: RollbackWay
}

type RollbackWay =
  /** It serves it. */
  | { kind: 'stays'; to: ObservedDeployment }
  /** It is on its way: an earlier command got so far. */
  | { kind: 'follows'; to: ObservedDeployment }
  /** A new deployment of an earlier one, from its image. */
  | { kind: 'image'; to: ObservedDeployment; isReplaced: boolean }
  /** It still serves it, which the platform does not offer, while another one is on its way: the commit is built once more. */
  | { kind: 'build'; to: ObservedDeployment }
  /** Its image cannot be started, and it was agreed to build that deployment again: from its source, with its variables. */
  | { kind: 'rebuild'; to: ObservedDeployment }
  /** `again`: the deployment that can be built again instead. */
  | { kind: 'image-gone'; again?: ObservedDeployment }
  | { kind: 'never-deployed' }

/** A step as it is told. */
export interface ToldRollbackStep {
  service: string
  way: RollbackWay['kind']
  /** Commits; null where none is known. */
  from: string | null
  /** The deployment that is started again, or can be built again, or serves already; null where there is none. */
  to: DeploymentId | null
  /** By the platform's word; null where it makes no difference. */
  canRollback: boolean | null
  /** Null where what either runs with cannot be read, or nothing changes. */
  changes: ChangedVariables | null
  /** What `--pin-variables` is to do; absent where it was not asked for. */
  pinning?: Omit<ToldPinning, 'service'>
}

/** @param exact the deployment that was asked for, where one was @param mayBuild it was agreed to build where no image is kept */
export function rollbackStep(
  observed: ObservedService,
  release: Pick<PastRelease, 'commit' | 'services'>,
  exact?: DeploymentId,
  mayBuild = false,
): RollbackStep {
  const { commit } = release
  const from = lastThatRan(observed)
  const live = liveDeployment(observed)
  const { latest } = observed
  const coming =
    latest !== undefined && latest.id !== live?.id && latest.status !== 'needs-approval' && isOnItsWay(latest)
      ? latest
      : undefined
  const past = release.services.find(({ service }) => service === observed.name)?.deployments ?? []
  const isMeant = ({ id }: ObservedDeployment) =>
    exact === undefined || !past.some(({ id: other }) => other === exact) || id === exact
  const step = (way: RollbackWay): RollbackStep => ({ observed, from, way })
  if (coming !== undefined && coming.commit === commit) return step({ kind: 'follows', to: coming })
  if (live !== undefined && live.commit === commit && isMeant(live)) {
    return step({ kind: coming === undefined ? 'stays' : 'build', to: live })
  }
  const to = past.find((one) => one.id !== live?.id && isMeant(one) && (one.canRollback || isGoing(one)))
  if (to !== undefined) return step({ kind: 'image', to, isReplaced: !to.canRollback })
  if (past.length === 0) return step({ kind: 'never-deployed' })
  const again = past.find((one) => one.id !== live?.id && isMeant(one) && one.canRedeploy && mayHaveServed(one))
  if (again === undefined) return step({ kind: 'image-gone' })
  return step(mayBuild ? { kind: 'rebuild', to: again } : { kind: 'image-gone', again })
}

function mayHaveServed({ status, wasLive }: PastDeployment): boolean {
  return (status === 'removed' || status === 'removing') && wasLive !== false
}

/** Replaced a moment ago: the platform offers it once it is gone. */
function isGoing({ status }: ObservedDeployment): boolean {
  return status === 'live' || status === 'sleeping' || status === 'removing'
}

/** A step for people and scripts. @param snapshots what deployments run with; undefined where that may not be read */
export function toldStep(
  { observed, from, way }: RollbackStep,
  snapshots: ReadonlyMap<DeploymentId, Record<string, Secret>> | undefined,
  desired: Pick<DesiredState, 'flags'> | undefined,
): ToldRollbackStep {
  const to = earlierOf(way)
  const earlier = to === undefined ? undefined : snapshots?.get(to.id)
  const running = from === undefined ? undefined : snapshots?.get(from.id)
  const isChanging = changingWays.includes(way.kind)
  return {
    service: observed.name,
    way: way.kind,
    from: from?.commit ?? null,
    to: to?.id ?? null,
    canRollback: way.kind === 'image' ? true : cannotRollBack.includes(way.kind) ? false : null,
    changes:
      isChanging && earlier !== undefined && running !== undefined
        ? changedVariables(earlier, running, observed, desired)
        : null,
  }
}

const cannotRollBack: readonly RollbackWay['kind'][] = ['rebuild', 'image-gone', 'never-deployed']

/** Those that bring the variables of then along. */
const changingWays: readonly RollbackWay['kind'][] = ['image', 'follows', 'rebuild', 'image-gone']

function earlierOf(way: RollbackWay): ObservedDeployment | undefined {
  if (way.kind === 'image-gone') return way.again
  return 'to' in way ? way.to : undefined
}

/** The deployments whose variables tell what a step changes. */
export function comparedDeployments(steps: readonly RollbackStep[]): DeploymentId[] {
  return steps.flatMap(({ from, way }) => {
    const to = earlierOf(way)
    return changingWays.includes(way.kind) && from !== undefined && to !== undefined ? [from.id, to.id] : []
  })
}
