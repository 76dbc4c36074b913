import type { DesiredState } from '../config/desired.ts'
import { healthTimeoutMs } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { codeOption } from '../kit/uploaded-revision.ts'
import { badCommits } from '../plan/bad-releases.ts'
import { lastThatRan } from '../plan/plan-deployments.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import type { CheckResult } from '../verify/check.ts'
import { checkDeployed } from '../verify/checks/deployed.ts'
import { verdict } from '../verify/verdict.ts'
import type { Approve } from './approval.ts'
import { type Lease, type LeaseNeeds, type LeaseRequest, operationOf, underLease } from './lease.ts'
import { type LookBack, type LookBackNeeds, type LookBackRequest, lookBack } from './look-back.ts'
import type { Author } from './patch-message.ts'
import { notPinned, pinVariables, refuseUnpinnable } from './pin-variables.ts'
import { type RollbackOrder, rollBackDeployments } from './roll-back-deployments.ts'
import { nothingLeft, servingOf, toldActs } from './rollback-acts.ts'
import type { RollbackStep } from './rollback-steps.ts'
import {
  leftCommits,
  type RollbackTarget,
  rebuildCommand,
  refuseImpossible,
  rollbackSteps,
  toBuild,
} from './rollback-target.ts'
import {
  type Fate,
  halfDone,
  lostOnTheWay,
  type Rollback,
  type RolledBackService,
  rolledBack,
  stayed,
  toldFate,
  type WayForward,
  wayForward,
} from './rolled-back.ts'
import { type AskedService, checkServing } from './verify-release.ts'
import { watchDeployments } from './watch-deployments.ts'
import { watchSettling } from './watch-settling.ts'

export interface RollBackRequest extends LookBackRequest {
  author: Author
  /** What is left is marked bad. */
  marksBad: boolean
  /** Commit what others staged together with what is pinned. */
  allowStaged: boolean
}

export interface RollBackNeeds extends LookBackNeeds, LeaseNeeds {
  approve: Approve
  /** Asks a person for a build where no image can be started; absent where nobody is asked. */
  agreeToBuild?: (question: string) => Promise<boolean>
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
    const after = await prove(fates, target, taken, desired, own).catch(lost)
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

/** The same target, where a person agrees to build what cannot come from an image. */
async function agreedTarget(
  { steps, target }: Pick<LookBack, 'steps' | 'target'>,
  environment: string,
  { agreeToBuild }: RollBackNeeds,
): Promise<RollbackTarget> {
  const built = toBuild(steps)
  if (built.length === 0 || agreeToBuild === undefined) return target
  const it = built.length === 1 ? 'its image is' : 'their images are'
  const question = `Build ${listed(built)} of ${environment} again as of ${shortCommit(target.release.commit)}, because ${it} not kept? That is a build of the source of then, with the settings and variables of then, and takes as long as a deploy.`
  return (await agreeToBuild(question)) ? { ...target, mayBuild: true } : target
}

/** Rescuing does not wait: whoever else is at work stops before their next act. */
function leaseOf({ author }: RollBackRequest, target: RollbackTarget, state: ObservedState): LeaseRequest {
  const { release, services, isPart } = target
  const previous = services
    .flatMap((service) => lastThatRan(service)?.commit ?? [])
    .find((one) => one !== release.commit)
  return {
    target: targetOf(state),
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

function targetOf({ project, environment }: ObservedState): Target {
  return { projectId: project.id, environmentId: environment.id }
}

/** Starts what has to be started and follows all of it to its end. */
async function goBack(
  steps: readonly RollbackStep[],
  target: RollbackTarget,
  { confirm, state }: Lease,
  needs: RollBackNeeds,
): Promise<Fate[]> {
  const { report, timing, clock } = needs
  const { commit } = target.release
  const environment = state.environment.name
  const startedAt = clock.now()
  const orders = steps.flatMap((step): RollbackOrder[] => {
    const { way, observed } = step
    if (way.kind !== 'image' && way.kind !== 'build' && way.kind !== 'rebuild') return []
    const isReplaced = way.kind === 'image' && way.isReplaced
    const by = way.kind === 'image' && target.mayBuild && way.to.canRedeploy ? 'image-or-rebuild' : way.kind
    return [
      { service: observed.name, serviceId: observed.id, to: way.to, isReplaced, by, healthMs: healthMs(step, needs) },
    ]
  })
  const followed = steps.flatMap((step) =>
    step.way.kind === 'follows' ? [{ step, service: step.observed.name, deploymentId: step.way.to.id }] : [],
  )
  for (const { service, deploymentId } of followed) {
    await report({ type: 'deployment-followed', environment, service, deploymentId, commit })
  }
  const start = (wanted: readonly RollbackOrder[]) =>
    rollBackDeployments(wanted, targetOf(state), environment, { ...needs, confirm, clock, timing })
  const endings = await start(orders)
    .catch(async (error: unknown) => {
      if (!isDenied(error)) throw error
      return start(await builtInstead(orders, { target, environment, denied: error }, needs))
    })
    .catch((error: unknown) => {
      throw isDenied(error) ? deniedHere(error, target, environment, orders) : error
    })
  const awaited = followed.map((one) => ({ ...one, startedAt, healthMs: healthMs(one.step, needs) }))
  const looked = awaited.length === 0 ? [] : await watchDeployments(awaited, needs)
  return steps.map((step): Fate => {
    const { way, observed } = step
    if (way.kind === 'stays') return { step, deploymentId: way.to.id, isBuilt: false }
    const rolled = endings.find(({ service }) => service === observed.name)
    const ending = rolled?.ending ?? looked.find(({ service }) => service === observed.name)
    return {
      step,
      isBuilt: rolled?.isBuilt ?? false,
      ...(rolled?.isDenied === true ? { isDenied: true } : {}),
      ...(ending === undefined ? {} : { ending, deploymentId: ending.deploymentId }),
      ...(rolled?.reason === undefined ? {} : { reason: rolled.reason }),
    }
  })
}

/** As the old settings say: the old deployment brings them back. */
function healthMs({ observed, way }: RollbackStep, { timing }: RollBackNeeds): number {
  const settings = ('to' in way ? way.to.settings : undefined) ?? observed.settings
  return healthTimeoutMs(timing, settings.healthcheckTimeoutSeconds ?? settingDefaults.healthcheckTimeoutSeconds)
}

/** What is started instead where the token may not roll back, and a person agrees to that; nothing was started by then. */
async function builtInstead(
  orders: readonly RollbackOrder[],
  { target, environment, denied }: { target: RollbackTarget; environment: string; denied: OperatorError },
  { agreeToBuild }: RollBackNeeds,
): Promise<RollbackOrder[]> {
  if (target.mayBuild || agreeToBuild === undefined || !canAllBeBuilt(orders)) throw denied
  const question = `This token may not roll back. Build ${listed(orders.map(({ service }) => service))} of ${environment} again as of ${shortCommit(target.release.commit)} instead? That is a build of the source of then, with the settings and variables of then, and takes as long as a deploy.`
  if (!(await agreeToBuild(question))) throw denied
  return orders.map((order) => (order.by === 'image' ? { ...order, by: 'rebuild', isDenied: true } : order))
}

function canAllBeBuilt(orders: readonly RollbackOrder[]): boolean {
  return orders.every(({ by, to }) => by === 'build' || to.canRedeploy)
}

function deniedHere(
  { message }: OperatorError,
  target: RollbackTarget,
  environment: string,
  orders: readonly RollbackOrder[],
): OperatorError {
  const { commit } = target.release
  const isOffered = !target.mayBuild && canAllBeBuilt(orders)
  const again = isOffered
    ? ` To build again what ran then, with its settings and variables, run \`${rebuildCommand(target, environment)}\`. Whether the token may do that is told only when it is tried, as it was for this.`
    : ''
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `This token may not roll back${target.mayBuild ? ', or not build again what ran then' : ''}: ${message} Nothing was rolled back.`,
    hint: `Use a token that may.${again} To bring that commit back with a build that uses the variables that are stored now, run \`fakturino deploy -e ${shellWord(environment)} ${codeOption(commit)}\`.`,
  })
}

function isDenied(error: unknown): error is OperatorError {
  return error instanceof OperatorError && error.kind === 'denied'
}

/** Watches that what went back stays, asks it over HTTP, and reads everything once more; throws where not all of it is well. */
async function prove(
  fates: readonly Fate[],
  target: RollbackTarget,
  { state, check }: Lease,
  desired: DesiredState | undefined,
  needs: RollBackNeeds,
): Promise<ObservedState> {
  const { commit } = target.release
  const live = fates.flatMap(({ ending }) => (ending?.outcome === 'live' ? [ending] : []))
  const unstable = await watchSettling(live, needs)
  const up = fates.flatMap(({ step, deploymentId, ending }) =>
    deploymentId === undefined || (ending !== undefined && ending.outcome !== 'live') ? [] : [{ step, deploymentId }],
  )
  const answers: CheckResult[] = []
  for (const { step } of up) answers.push(...(await checkServing(askedOf(step, desired), commit, state, needs)))
  const after = await needs.platform.observe(targetOf(state), { withRecent: true })
  check(after)
  const results = [
    ...up.flatMap(({ step, deploymentId }) => {
      const service = step.observed.name
      const replicas = 'to' in step.way ? step.way.to.settings?.replicas : undefined
      return checkDeployed(
        { service, deploymentId, commit, ...(replicas === undefined ? {} : { replicas }) },
        after.services.find(({ id }) => id === step.observed.id),
      )
    }),
    ...answers,
  ]
  const judged = verdict(results)
  const ended = [
    ...fates.flatMap(toldFate),
    ...(unstable === undefined ? [] : [`${unstable.service} went back and did not stay live.`]),
  ]
  if (judged === 'pass' && ended.length === 0) return after
  const findings = results.flatMap(({ outcome, finding }) => (outcome === 'pass' ? [] : (finding?.message ?? [])))
  const isFailed = judged === 'fail' || unstable !== undefined
  throw halfDone(fates, { problems: [...ended, ...findings], isFailed }, target, after)
}

/** As the old settings had it asked, else as the config has, else as the stored settings have. */
function askedOf({ observed, way }: RollbackStep, desired: DesiredState | undefined): AskedService {
  const { name, settings } = observed
  const wanted = desired?.services.find((service) => service.name === name)
  const earlier = 'to' in way ? way.to.settings : undefined
  const path =
    earlier?.healthcheckPath ?? wanted?.liveness?.path ?? (desired === undefined ? settings.healthcheckPath : undefined)
  if (path === undefined) return wanted ?? { name }
  return { ...(wanted ?? { name }), liveness: { status: 200, ...wanted?.liveness, path } }
}
