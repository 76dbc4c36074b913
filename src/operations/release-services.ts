import type { DesiredService, DesiredState } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { ObservedRunning, ObservedState } from '../platform/observed-state.ts'
import { verdict } from '../verify/verdict.ts'
import type { AppliedPlan } from './apply-plan.ts'
import { checkRelease } from './check-release.ts'
import { migrationHidden, verificationFailed, verificationInconclusive } from './deploy-failures.ts'
import { deployLevels, type LevelNeeds } from './deploy-levels.ts'
import type { Report } from './events.ts'
import { becauseOf, nothingPutBack, notPutBack, putBackFailure, withServing } from './failed-release.ts'
import type { Author } from './patch-message.ts'
import { putBack } from './put-back.ts'
import { hiddenFailure } from './read-migrations.ts'
import { servingNow } from './serving-now.ts'
import type { StartedService } from './start-level.ts'
import { checkServing, type DeployedService, verifyRelease } from './verify-release.ts'

export interface ReleaseRequest {
  desired: DesiredState
  /** As it was before this run changed anything. */
  before: ObservedState
  running: ObservedRunning | undefined
  applied: AppliedPlan
  /** The services that the operator named. */
  services?: readonly string[]
  author: Author
  /** Put back what this run changed, where the release fails. */
  isAutoRollback?: boolean
  /** It goes on with an operation that was not finished: what that one brought live is proved by nobody yet. */
  isResumed: boolean
}

/**
 * Deploys what a plan that was carried out asks for, and verifies it. Where that fails, the failure says what serves now and the way
 * back; with `isAutoRollback` the way back is gone at once.
 */
export async function releaseServices(
  request: ReleaseRequest,
  needs: LevelNeeds,
): Promise<{ deployed: DeployedService[]; state: ObservedState }> {
  const started: StartedService[] = []
  try {
    return await deployAndVerify(request, { ...needs, report: noting(started, needs.report) })
  } catch (error) {
    if (!(error instanceof OperatorError) || needs.signal.aborted) throw error
    throw await told(error, started, request, needs)
  }
}

async function deployAndVerify(
  { desired, applied, isResumed, services }: ReleaseRequest,
  needs: LevelNeeds,
): Promise<{ deployed: DeployedService[]; state: ObservedState }> {
  const environment = applied.state.environment.name
  const startedAt = needs.clock.now()
  if (isResumed) await refuseHidden(named(desired, services), applied, needs)
  const deployed = await deployLevels(desired, applied.plan, applied.state, needs)
  const resumed = isResumed ? await provedAgain(named(desired, services), deployed, applied.state, needs) : []
  if (deployed.length + resumed.length === 0) return { deployed, state: applied.state }
  const verified = [...resumed, ...deployed]
  const { state, results: seen } = await verifyRelease(verified, applied.state, needs)
  needs.check(state)
  // Where the wrong thing serves already, how well it does is no question.
  const more =
    verdict(seen) === 'fail' ? [] : await checkRelease({ desired, deployed: verified, state, startedAt }, needs)
  const results = [...seen, ...more]
  const judged = verdict(results)
  if (judged === 'fail') throw verificationFailed(environment, results)
  if (judged === 'inconclusive') throw verificationInconclusive(environment, results)
  return { deployed, state }
}

/** The services that the command is about. */
function named({ services }: DesiredState, names: readonly string[] | undefined): DesiredService[] {
  return services.filter(({ name }) => names === undefined || names.includes(name))
}

/** What an earlier run brought live may have ended before anybody read what its migrations did. */
async function refuseHidden(
  services: readonly DesiredService[],
  { plan, state }: AppliedPlan,
  needs: LevelNeeds,
): Promise<void> {
  const later = plan.deployments.map(({ service }) => service)
  for (const service of services) {
    const live = liveDeployment(state.services.find(({ name }) => name === service.name))
    if (live === undefined || later.includes(service.name)) continue
    const hidden = await hiddenFailure(service, live.id, needs)
    if (hidden !== undefined) throw migrationHidden(plan.environment, [hidden], later)
  }
}

/** Asks what is live and was not deployed by this run. */
async function provedAgain(
  services: readonly DesiredService[],
  deployed: readonly DeployedService[],
  state: ObservedState,
  needs: LevelNeeds,
): Promise<DeployedService[]> {
  const proved: DeployedService[] = []
  for (const service of services) {
    const live = liveDeployment(state.services.find(({ name }) => name === service.name))
    if (live === undefined || deployed.some((one) => one.service.name === service.name)) continue
    const { id: deploymentId, status, commit } = live
    const answers = await checkServing(service, commit, state, needs)
    proved.push({
      service,
      ending: { service: service.name, deploymentId, outcome: 'live', status, elapsedMs: 0 },
      ...(commit === undefined ? {} : { commit }),
      answers,
    })
  }
  return proved
}

/** Notes what is started, so that it is known whatever happens after that. */
function noting(started: StartedService[], report: Report): Report {
  return async (event) => {
    if (event.type === 'deployment-created' || event.type === 'deployment-followed') {
      const { service, deploymentId, commit } = event
      started.push({ service, deploymentId, ...(commit === undefined ? {} : { commit }) })
    }
    await report(event)
  }
}

/** The failure with what it means for what serves, after putting back where that was asked for. */
async function told(
  error: OperatorError,
  started: readonly StartedService[],
  request: ReleaseRequest,
  needs: LevelNeeds,
): Promise<OperatorError> {
  const { applied, before, isAutoRollback = false, ...wanted } = request
  const { stored, plan } = applied
  if (error.kind !== 'failed') {
    const failure = isAutoRollback ? notPutBack(error) : error
    return error.kind === 'unfinished' ? withWhatServes(failure, started, request, needs) : failure
  }
  if (!isAutoRollback) return withWhatServes(error, started, request, needs)
  const asked = {
    ...wanted,
    before,
    plan,
    started,
    because: becauseOf(error),
    ...(stored === undefined ? {} : { stored }),
  }
  try {
    const back = await putBack(asked, needs)
    if (back === undefined) return withWhatServes(nothingPutBack(error), started, request, needs)
    const environment = before.environment.name
    await needs.report({ type: 'serving-read', environment, services: back.serving })
    return putBackFailure(error, back, { ...request, started })
  } catch (problem) {
    if (!(problem instanceof OperatorError) || needs.signal.aborted || problem.code === 'lease-lost') throw problem
    const now = await readAfter(before, needs)
    return putBackFailure(error, problem, { ...request, started, ...(now === undefined ? {} : { now }) })
  }
}

/** Where it cannot be read, the failure stands as it is: it is what the operator has to know first. */
async function withWhatServes(
  error: OperatorError,
  started: readonly StartedService[],
  request: ReleaseRequest,
  needs: LevelNeeds,
): Promise<OperatorError> {
  if (started.length === 0) return withServing(error, [], { ...request, started })
  const { before } = request
  const now = await readAfter(before, needs)
  if (now === undefined) return withServing(error, 'unread', { ...request, started })
  // Whoever broke the database is asked what of the old code still meets it.
  const all = error.code === 'migration-failed' ? [...started, ...untouched(started, request.desired)] : started
  const services = servingNow(all, before, now)
  await needs.report({ type: 'serving-read', environment: before.environment.name, services })
  return withServing(error, services, { ...request, started, now })
}

/** What there is after a failure; undefined where that cannot be read. */
async function readAfter(before: ObservedState, needs: LevelNeeds): Promise<ObservedState | undefined> {
  try {
    const target = { projectId: before.project.id, environmentId: before.environment.id }
    return await needs.platform.observe(target, { withRecent: true })
  } catch (problem) {
    if (!(problem instanceof OperatorError) || needs.signal.aborted) throw problem
    return undefined
  }
}

/** Services of the same codebases that this run did not come to. */
function untouched(started: readonly StartedService[], { services }: DesiredState): { service: string }[] {
  const isStarted = ({ name }: DesiredService) => started.some(({ service }) => service === name)
  const codebases = services.filter(isStarted).map(({ codebase }) => codebase)
  return services.flatMap((one) =>
    one.codebase !== undefined && codebases.includes(one.codebase) && !isStarted(one) ? [{ service: one.name }] : [],
  )
}
