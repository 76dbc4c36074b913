import type { DesiredState } from '../config/desired.ts'
import { healthTimeoutMs } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Secret } from '../kit/secret.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { codeOption } from '../kit/uploaded-revision.ts'
import { badCommits } from '../plan/bad-releases.ts'
import { lastThatRan } from '../plan/plan-deployments.ts'
import type { DeploymentId } from '../platform/ids.ts'
import { unlessDenied } from '../platform/is-denied.ts'
import type { ObservedState, PastDeployment } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import type { CheckResult } from '../verify/check.ts'
import { checkDeployed } from '../verify/checks/deployed.ts'
import { verdict } from '../verify/verdict.ts'
import type { Approve } from './approval.ts'
import { type Lease, type LeaseNeeds, type LeaseRequest, operationOf, underLease } from './lease.ts'
import type { KnownIds } from './observe-environment.ts'
import { pastWithEnds } from './past-with-ends.ts'
import type { Author } from './patch-message.ts'
import { notPinned, notReadable, pinVariables, refuseUnpinnable } from './pin-variables.ts'
import { pinningOf, toldPinning } from './pinning.ts'
import { type PlaceRequest, placeToChange } from './place-to-change.ts'
import { type RollbackOrder, rollBackDeployments } from './roll-back-deployments.ts'
import { nothingLeft, pinnedServices, servingOf, toldActs } from './rollback-acts.ts'
import { comparedDeployments, type RollbackStep, type ToldRollbackStep, toldStep } from './rollback-steps.ts'
import {
  type AskedRollback,
  canBeRebuilt,
  leftCommits,
  type RollbackTarget,
  rebuilding,
  refuseImpossible,
  rollbackSteps,
  rollbackTarget,
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
import { unfinishedEvent, unfinishedIn } from './unfinished.ts'
import { type AskedService, checkServing, type VerifyNeeds } from './verify-release.ts'
import { watchDeployments } from './watch-deployments.ts'
import { watchSettling } from './watch-settling.ts'

export interface RollBackRequest extends AskedRollback, PlaceRequest {
  author: Author
  /** What is left is marked bad. */
  marksBad: boolean
  /** What the services run with afterwards is stored. */
  pinsVariables: boolean
  /** Commit what others staged together with what is pinned. */
  allowStaged: boolean
}

export interface RollBackNeeds extends VerifyNeeds, LeaseNeeds {
  knownIds: KnownIds
  approve: Approve
  isRehearsal: boolean
  /** Asks whether what has no image may be built anew; absent where nobody can be asked. */
  agreesToRebuild?: (question: string) => Promise<boolean>
}

/** About so many deployments of the past are read where the first reading does not show all of it. */
const mostDeployments = 400

/**
 * Brings services of one codebase back to an earlier commit, all of them at once and from kept images. What cannot be done is said
 * before anything is touched.
 */
export async function rollBackServices(request: RollBackRequest, needs: RollBackNeeds): Promise<Rollback> {
  const startedAt = needs.clock.now()
  const { report, clock } = needs
  const { state, desired, isProtected } = await placeToChange(request, needs, { withRecent: true })
  const environment = state.environment.name
  const begun = await unfinishedIn(state, needs)
  if (begun !== undefined) await report(unfinishedEvent(begun, environment))
  const past = await pastOf(state, needs)
  // Whoever names where to go needs no history to be right.
  const known = request.to === undefined ? await pastWithEnds(past, state, desired, needs) : past
  const found = rollbackTarget(request, state, known, desired)
  const { commit } = found.release
  const target = await withConsent(found, state, needs)
  const steps = rollbackSteps(target, state)
  const snapshots = await readSnapshots(steps, request, needs)
  if (request.pinsVariables && snapshots === undefined) throw notReadable(environment)
  const pins = request.pinsVariables ? pinningOf(pinnedServices(steps), snapshots ?? new Map(), state, desired) : []
  const named = toldPinning(pins, desired)
  const told = steps.map((step): ToldRollbackStep => {
    const one = toldStep(step, snapshots, desired)
    const pinning = named.find(({ service }) => service === one.service)
    return pinning === undefined
      ? one
      : { ...one, pinning: { variables: pinning.variables, inConfig: pinning.inConfig, left: pinning.left } }
  })
  const marks = request.marksBad ? leftCommits(target, steps) : []
  await report({ type: 'rollback-planned', environment, commit, services: told })
  refuseImpossible(steps, target, environment)
  refuseUnpinnable(pins, state, request.allowStaged)
  if (request.marksBad && marks.length === 0) throw nothingLeft(target, environment)

  const rollback = (services: RolledBackService[], wayForward: WayForward | null): Rollback => ({
    project: state.project.name,
    environment,
    verdict: 'pass',
    commit,
    services,
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

/** A build is another thing than a rollback, so it has a question of its own. */
async function withConsent(
  target: RollbackTarget,
  state: ObservedState,
  { agreesToRebuild }: RollBackNeeds,
): Promise<RollbackTarget> {
  const steps = rollbackSteps(target, state)
  if (agreesToRebuild === undefined || !canBeRebuilt(steps)) return target
  const gone = listed(steps.flatMap(({ way, observed }) => (way.kind === 'image-gone' ? [observed.name] : [])))
  const question = `The platform does not keep the image of ${gone} at ${shortCommit(target.release.commit)} any more. Build it anew, from the source and with the variables of then?`
  return (await agreesToRebuild(question)) ? { ...target, rebuilds: true } : target
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

/** Mostly the first reading shows it all. */
async function pastOf({ recent, environment }: ObservedState, { platform }: RollBackNeeds): Promise<PastDeployment[]> {
  if (recent?.isWhole) return recent.deployments
  const asked = { environmentId: environment.id, most: mostDeployments, withPatches: false }
  return (await platform.readPast(asked)).deployments
}

/** What is compared and what may be pinned, in one request; undefined where the token may not read it. */
function readSnapshots(
  steps: readonly RollbackStep[],
  { pinsVariables }: RollBackRequest,
  { platform }: RollBackNeeds,
): Promise<Map<DeploymentId, Record<string, Secret>> | undefined> {
  const pinned = pinsVariables ? pinnedServices(steps).map(({ runs }) => runs) : []
  return unlessDenied(platform.readSnapshots([...new Set([...comparedDeployments(steps), ...pinned])]))
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
    const by = way.kind === 'image' && target.rebuilds ? 'image-or-rebuild' : way.kind
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
  const endings = await rollBackDeployments(orders, targetOf(state), environment, {
    ...needs,
    confirm,
    clock,
    timing,
  }).catch((error: unknown) => {
    throw error instanceof OperatorError && error.kind === 'denied' ? deniedHere(error, target, environment) : error
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

/** Nothing tells before what a token may do: the first denied mutation does, and by then nothing else was done. */
function deniedHere({ message }: OperatorError, target: RollbackTarget, environment: string): OperatorError {
  const { commit } = target.release
  const deploy = `fakturino deploy -e ${shellWord(environment)} ${codeOption(commit)}`
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `This token may not roll back: ${message} Nothing was rolled back.`,
    hint: [
      'That could not be known before. Use a token that may.',
      ...(target.rebuilds
        ? []
        : [
            `Or, to build those deployments anew with the variables of then, run \`${rebuilding(target, environment)}\`.`,
          ]),
      `Or, to bring that commit back with a build that uses the variables stored now, run \`${deploy}\`.`,
    ].join(' '),
  })
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
