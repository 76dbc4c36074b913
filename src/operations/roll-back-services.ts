import type { DesiredState } from '../config/desired.ts'
import { healthTimeoutMs } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { lastThatRan } from '../plan/plan-deployments.ts'
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
import { type PlaceRequest, placeToChange } from './place-to-change.ts'
import { type RollbackOrder, rollBackDeployments } from './roll-back-deployments.ts'
import { comparedDeployments, type RollbackStep, type ToldRollbackStep, toldStep } from './rollback-steps.ts'
import {
  type AskedRollback,
  type RollbackTarget,
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
}

export interface RollBackNeeds extends VerifyNeeds, LeaseNeeds {
  knownIds: KnownIds
  approve: Approve
  isRehearsal: boolean
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
  const target = rollbackTarget(request, state, known, desired)
  const { commit } = target.release
  const steps = rollbackSteps(target, state)
  const told = await toldSteps(steps, desired, needs)
  await report({ type: 'rollback-planned', environment, commit, services: told })
  refuseImpossible(steps, target, environment)

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
  if (isSettled && begun?.command !== 'rollback') return rollback(rolledBack(stayed(steps), told), null)
  const what = `roll back ${listed(steps.map(({ observed }) => observed.name))} in ${environment} to ${shortCommit(commit)}`
  const by = await needs.approve({ what, environments: [{ name: environment, isProtected }], plans: [] })
  if (by === 'dry-run') return { ...rollback([], null), verdict: 'inconclusive', isDryRun: true }
  await report({ type: 'approval-given', by, what })

  const worked = await underLease(leaseOf(request, target, state), needs, async (taken) => {
    const own = { ...needs, clock: taken.clock, report: taken.report }
    const now = rollbackSteps(target, taken.state)
    refuseImpossible(now, target, environment)
    const lost = (error: unknown) => lostOnTheWay(error, target, environment)
    const fates = await goBack(now, target, taken, own).catch(lost)
    const after = await prove(fates, target, taken, desired, own).catch(lost)
    const result = { ...rollback(rolledBack(fates, told), wayForward(fates, target, after)), id: taken.id }
    return { result, verdict: 'pass' as const }
  })
  if (worked.outcome === 'held') throw new Error('a lease that is taken over cannot be held')
  return worked.result
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

async function toldSteps(
  steps: readonly RollbackStep[],
  desired: DesiredState | undefined,
  { platform }: RollBackNeeds,
): Promise<ToldRollbackStep[]> {
  const snapshots = await unlessDenied(platform.readSnapshots(comparedDeployments(steps)))
  return steps.map((step) => toldStep(step, snapshots, desired))
}

/** Starts what has to be started and follows all of it to its end. */
async function goBack(
  steps: readonly RollbackStep[],
  { release: { commit } }: RollbackTarget,
  { confirm, state }: Lease,
  needs: RollBackNeeds,
): Promise<Fate[]> {
  const { report, timing, clock } = needs
  const environment = state.environment.name
  const startedAt = clock.now()
  const orders = steps.flatMap((step): RollbackOrder[] => {
    const { way, observed } = step
    if (way.kind !== 'image' && way.kind !== 'build') return []
    const isReplaced = way.kind === 'image' && way.isReplaced
    const by = way.kind
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
    throw error instanceof OperatorError && error.kind === 'denied' ? deniedHere(error, commit, environment) : error
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

function deniedHere({ message }: OperatorError, commit: string, environment: string): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `This token may not roll back: ${message} Nothing was rolled back.`,
    hint: `Use a token that may; or, to bring that commit back with a build, which uses the variables that are stored now, run: fakturino deploy -e ${shellWord(environment)} --commit ${shellWord(commit)}`,
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
