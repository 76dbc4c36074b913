import type { DesiredState } from '../config/desired.ts'
import { nearestWords } from '../config/nearest.ts'
import { healthTimeoutMs } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import { lastThatRan } from '../plan/plan-deployments.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { ObservedDeployment, ObservedService, ObservedState } from '../platform/observed-state.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import type { CheckResult } from '../verify/check.ts'
import { type Verdict, verdict } from '../verify/verdict.ts'
import type { Approve } from './approval.ts'
import { notSpelledOut } from './deploy.ts'
import { inconclusiveCode } from './deploy-failures.ts'
import { type LeaseNeeds, type LeaseRequest, operationOf, underLease } from './lease.ts'
import { type KnownIds, notThere, observeEnvironment, type WantedEnvironment } from './observe-environment.ts'
import type { Author } from './patch-message.ts'
import { checkAnswers, type VerifyNeeds } from './verify-release.ts'
import { type RestartEnding, watchRestarts } from './watch-restarts.ts'

export interface RestartRequest {
  wanted: WantedEnvironment
  /** What is wanted of the environment of that name; undefined where no config says it. */
  desiredFor: (environment: string) => DesiredState | undefined
  /** Did the operator name the environment in this very command? A protected one must be. */
  isSpelledOut: boolean
  /** None: every app. */
  services: readonly string[]
  author: Author
}

export interface RestartNeeds extends VerifyNeeds, LeaseNeeds {
  knownIds: KnownIds
  approve: Approve
  isRehearsal: boolean
}

/** What one run of `restart` did. */
export interface Restart {
  project: string
  environment: string
  verdict: Verdict
  /** Only looked at: nothing was restarted. */
  isDryRun?: true
  services: { name: string; deploymentId: DeploymentId }[]
  elapsedMs: number
}

interface Restartable {
  service: ObservedService
  deployment: ObservedDeployment
}

/** Starts the processes of what runs again, all of them at once, and watches until each one is back. */
export async function restart(request: RestartRequest, needs: RestartNeeds): Promise<Restart> {
  const startedAt = needs.clock.now()
  const { wanted, isSpelledOut } = request
  const found = await observeEnvironment(wanted, needs)
  if (found.kind === 'missing') {
    throw notThere(
      { name: wanted.project.name, exists: found.project !== undefined, environments: found.project?.environments },
      wanted.environment,
    )
  }
  const { state } = found
  const environment = state.environment.name
  const desired = request.desiredFor(environment)
  // Without a config nobody says that it may be treated lightly.
  const isProtected = desired?.environment.protected ?? true
  if (isProtected && !isSpelledOut) throw notSpelledOut(environment)
  const { isRehearsal, report, clock } = needs
  await report({ type: 'target-found', project: state.project.name, environment, isProtected, isRehearsal })
  const members = restartable(chosen(request.services, state, desired), environment)
  const names = members.map(({ service }) => service.name)
  const done = (judged: Verdict): Restart => ({
    project: state.project.name,
    environment,
    verdict: judged,
    services: members.map(({ service, deployment }) => ({ name: service.name, deploymentId: deployment.id })),
    elapsedMs: clock.now() - startedAt,
  })

  const what = `restart ${listed(names)} in ${environment}`
  const by = await needs.approve({ what, environments: [{ name: environment, isProtected }], plans: [] })
  if (by === 'dry-run') return { ...done('inconclusive'), isDryRun: true }
  await report({ type: 'approval-given', by, what })

  const lease: LeaseRequest = {
    target: { projectId: state.project.id, environmentId: state.environment.id },
    operation: {
      ...operationOf(request.author),
      project: state.project.name,
      environment,
      services: names,
    },
    // A wedged process is restarted now, whoever else is at work.
    takesOver: true,
  }
  const worked = await underLease(lease, needs, async (taken) => {
    const own = { ...needs, clock: taken.clock, report: taken.report }
    await restartAll(members, environment, own)
    const results = await answers(names, desired, state, own)
    // That an instance keeps running is what was asked for; only where there is more to ask, the answer counts too.
    const judged = results.length === 0 ? 'pass' : verdict(results)
    if (judged !== 'pass') throw notAnswering(judged, environment, results)
    return { result: done(judged) }
  })
  if (worked.outcome === 'held') throw new Error('a lease that is taken over cannot be held')
  return worked.result
}

async function restartAll(members: readonly Restartable[], environment: string, needs: RestartNeeds): Promise<void> {
  const { clock, checkpoint, platform, report, timing } = needs
  const restarted = []
  for (const { service, deployment } of members) {
    checkpoint()
    const restartedAt = clock.now()
    const deploymentId = deployment.id
    await platform.change('restart-deployment', { service: service.name, deploymentId })
    await report({ type: 'deployment-restarted', environment, service: service.name, deploymentId })
    const { healthcheckTimeoutSeconds = settingDefaults.healthcheckTimeoutSeconds } = service.settings
    const withinMs = healthTimeoutMs(timing, healthcheckTimeoutSeconds)
    restarted.push({ service: service.name, deploymentId, restartedAt, withinMs })
  }
  refuseBad(await watchRestarts(restarted, needs), environment)
}

/** The named ones; else every app, which without a config is everything but images with a volume: those are databases. */
function chosen(
  named: readonly string[],
  state: ObservedState,
  desired: DesiredState | undefined,
): { name: string; observed: ObservedService | undefined }[] {
  const known = state.services.map(({ name }) => name)
  const stranger = named.find((name) => !known.includes(name))
  if (stranger !== undefined) {
    throw new OperatorError({
      kind: 'usage',
      code: 'unknown-service',
      message: `Environment ${state.environment.name} has no service ${stranger}${nearestWords(stranger, known)}.`,
      hint: 'Name services as status shows them, or none for every app.',
    })
  }
  const apps =
    desired === undefined
      ? state.services.filter(({ settings, volumes }) => settings.repo !== undefined || volumes.length === 0)
      : desired.services.filter(({ kind }) => kind === 'app')
  const names = named.length > 0 ? [...new Set(named)] : apps.map(({ name }) => name)
  return names.map((name) => ({ name, observed: state.services.find((service) => service.name === name) }))
}

/** All of them, or none is touched: what was deployed and serves, or has crashed. */
function restartable(
  services: readonly { name: string; observed: ObservedService | undefined }[],
  environment: string,
): Restartable[] {
  const members = services.flatMap(({ observed }) => {
    const deployment = lastThatRan(observed)
    return observed === undefined || deployment === undefined ? [] : [{ service: observed, deployment }]
  })
  const running = members.map(({ service }) => service.name)
  const lacking = services.map(({ name }) => name).filter((name) => !running.includes(name))
  if (lacking.length === 0 && members.length > 0) return members
  const nothing = lacking.length === 0 ? 'There is no app in it' : `Nothing of ${listed(lacking, 'or')} is active`
  throw new OperatorError({
    kind: 'failed',
    code: 'nothing-active',
    message: `${nothing}, so there is nothing to restart in ${environment}. Nothing was restarted.`,
    hint:
      running.length === 0
        ? `To deploy it, run: fakturino deploy -e ${environment}`
        : `To restart what runs, run: fakturino restart ${running.join(' ')} -e ${environment}`,
  })
}

function refuseBad(endings: readonly RestartEnding[], environment: string): void {
  const bad = endings.filter(({ outcome }) => outcome !== 'live')
  const worst = bad.find(({ outcome }) => outcome === 'failed') ?? bad[0]
  if (worst === undefined) return
  const code = worst.outcome === 'superseded' ? 'deployment-superseded' : 'health-timeout'
  throw new OperatorError({
    ...(worst.outcome === 'failed' ? { kind: 'failed', code: 'deployment-failed' } : { kind: 'unfinished', code }),
    message: bad.map(toldEnding).join(' '),
    hint: `Run: fakturino status -e ${environment}`,
  })
}

function toldEnding({ service, outcome, status, elapsedMs }: RestartEnding): string {
  const seconds = Math.round(elapsedMs / 1000)
  if (outcome === 'superseded') return `${service} was replaced by another deployment while it restarted.`
  if (outcome === 'timeout') return `${service} was restarted, and after ${seconds} s no instance of it keeps running.`
  return `${service} did not come back: ${seconds} s after its restart it is ${status === 'live' ? 'stopped' : status}.`
}

/** Asked over HTTP where the config knows what to ask. */
async function answers(
  names: readonly string[],
  desired: DesiredState | undefined,
  state: ObservedState,
  needs: RestartNeeds,
): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const service of desired?.services ?? []) {
    if (!names.includes(service.name)) continue
    const result = await checkAnswers(service, state, needs)
    if (result !== undefined) results.push(result)
  }
  return results
}

function notAnswering(judged: 'fail' | 'inconclusive', environment: string, results: readonly CheckResult[]) {
  const findings = results.flatMap(({ outcome, finding }) => (outcome === 'pass' ? [] : (finding ?? [])))
  const isWrong = judged === 'fail'
  const head = isWrong
    ? 'Everything runs again, but does not answer as it should.'
    : 'Everything runs again, but whether it answers could not be judged.'
  return new OperatorError({
    ...(isWrong
      ? { kind: 'failed', code: 'verification-failed' }
      : { kind: 'unfinished', code: inconclusiveCode(results) }),
    message: `${head} ${findings.map(({ message }) => message).join(' ')}`,
    hint: `Run: fakturino status -e ${environment}`,
    findings,
  })
}
