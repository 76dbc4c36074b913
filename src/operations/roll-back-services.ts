import { OperatorError } from '../kit/errors.ts'
import { badCommits } from '../plan/bad-releases.ts'
import { lastThatRan } from '../plan/plan-deployments.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { type AgreeNeeds, agreedTarget } from './agree-to-build.ts'
import type { Approve } from './approval.ts'
import { goBack } from './go-back.ts'
import { type LeaseNeeds, type LeaseRequest, operationOf, underLease } from './lease.ts'
import { type LookBack, type LookBackNeeds, type LookBackRequest, lookBack } from './look-back.ts'
import type { Author } from './patch-message.ts'
import { notPinned, pinVariables, refuseUnpinnable } from './pin-variables.ts'
import { proveRolledBack } from './prove-rolled-back.ts'
import { nothingLeft, servingOf, toldActs } from './rollback-acts.ts'
import { leftCommits, type RollbackTarget, refuseImpossible, rollbackSteps } from './rollback-target.ts'
import {
  lostOnTheWay,
  type Rollback,
  type RolledBackService,
  rolledBack,
  stayed,
  type WayForward,
  wayForward,
} from './rolled-back.ts'

export interface RollBackRequest extends LookBackRequest {
  author: Author
  /** What is left is marked bad. */
  marksBad: boolean
  /** Commit what others staged together with what is pinned. */
  allowStaged: boolean
}

export interface RollBackNeeds extends LookBackNeeds, LeaseNeeds, AgreeNeeds {
  approve: Approve
}

/**
 * Brings services of one codebase back to an earlier commit, all of them at once and from kept images. What cannot be done is said
 * before anything is touched.
 * @param looked what was looked at already, where somebody was asked about it
 */
export async function rollBackServices(
  request: RollBackRequest,
  needs: RollBackNeeds,
  looked?: LookBack,
): Promise<Rollback> {
  const startedAt = needs.clock.now()
  const { report, clock } = needs
  const { state, desired, isProtected, begun, told, since, snapshots, pins, named, ...found } =
    looked ?? (await lookBack(request, needs))
  const environment = state.environment.name
  const { commit } = found.target.release
  const target = await agreedTarget(found, environment, needs)
  const steps = rollbackSteps(target, state)
  const marks = request.marksBad ? leftCommits(target, steps) : []
  refuseImpossible(steps, target, environment)
  refuseUnpinnable(pins, state, request.allowStaged)
  if (request.marksBad && marks.length === 0) throw nothingLeft(target, environment)

  const rollback = (services: RolledBackService[], wayForward: WayForward | null): Rollback => ({
    project: state.project.name,
    environment,
    verdict: 'pass',
    commit,
    services,
    ...since,
    wayForward,
    elapsedMs: clock.now() - startedAt,
  })
  const isSettled = steps.every(({ way }) => way.kind === 'stays')
  const isPinned = pins.every(({ values }) => Object.keys(values).length === 0)
  if (isSettled && marks.length === 0 && isPinned && begun?.command !== 'rollback') {
    const kept = rollback(rolledBack(stayed(steps), told), null)
    return request.pinsVariables ? { ...kept, pinning: { patchId: null, services: named } } : kept
  }
  const what = toldActs({ steps, commit, environment, marks, isSettled, isPinned })
  const by = await needs.approve({ what, environments: [{ name: environment, isProtected }], plans: [] })
  if (by === 'dry-run') return { ...rollback([], null), verdict: 'inconclusive', isDryRun: true }
  await report({ type: 'approval-given', by, what })

  const lease = { ...leaseOf(request, target, state), marks, clears: commit }
  let isUnpinned: OperatorError | undefined
  const worked = await underLease(lease, needs, async (taken) => {
    const own = { ...needs, clock: taken.clock, report: taken.report }
    const now = rollbackSteps(target, taken.state)
    refuseImpossible(now, target, environment)
    const lost = (error: unknown) => lostOnTheWay(error, target, environment)
    const fates = await goBack(now, target, taken, own).catch(lost)
    const after = await proveRolledBack(fates, target, taken, desired, own).catch(lost)
    const pinning = request.pinsVariables
      ? await pinVariables(servingOf(fates), { after, desired, earlier: snapshots }, request, {
          ...own,
          confirm: taken.confirm,
        }).catch((error: unknown) => {
          // The services are back, and that is what the notes are to say.
          if (!(error instanceof OperatorError) || needs.signal.aborted || error.code === 'lease-lost') throw error
          isUnpinned = error
          return undefined
        })
      : undefined
    const result: Rollback = {
      ...rollback(rolledBack(fates, told, pinning), wayForward(fates, target, after)),
      id: taken.id,
      ...(marks.length === 0 ? {} : { marked: marks }),
      ...(badCommits(taken.state).has(commit) ? { cleared: commit } : {}),
      ...(pinning === undefined ? {} : { pinning }),
    }
    return { result, verdict: 'pass' as const }
  })
  if (worked.outcome === 'held') throw new Error('a lease that is taken over cannot be held')
  if (isUnpinned !== undefined) {
    const only = target.isPart ? target.services.map(({ name }) => name) : []
    throw notPinned(isUnpinned, commit, only, environment)
  }
  return worked.result
}

/** Rescuing does not wait: whoever else is at work stops before their next act. */
function leaseOf({ author }: RollBackRequest, target: RollbackTarget, state: ObservedState): LeaseRequest {
  const { release, services, isPart } = target
  const previous = services
    .flatMap((service) => lastThatRan(service)?.commit ?? [])
    .find((one) => one !== release.commit)
  return {
    target: { projectId: state.project.id, environmentId: state.environment.id },
    operation: {
      ...operationOf(author),
      project: state.project.name,
      environment: state.environment.name,
      commit: release.commit,
      ...(isPart ? { services: services.map(({ name }) => name) } : {}),
    },
    ...(previous === undefined ? {} : { previousCommit: previous }),
    takesOver: true,
  }
}
