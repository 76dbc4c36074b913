import type { DesiredState } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Finding } from '../kit/finding.ts'
import type { Secret } from '../kit/secret.ts'
import { listed } from '../kit/text.ts'
import { blockedDeployments } from '../plan/blocked-deployments.ts'
import { toldSecret } from '../plan/compare-variables.ts'
import { judgeGuards, passedGuards } from '../plan/guards/index.ts'
import { isSettled, type Plan, subjectOf } from '../plan/plan.ts'
import { liveDeployment, runningCommit, type WantedCommit } from '../plan/plan-deployments.ts'
import type { SavedPlan } from '../plan/saved-plan.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { type Verdict, verdict } from '../verify/verdict.ts'
import { type ApplyNeeds, applyPlan, refuseStagedByOthers } from './apply-plan.ts'
import type { Approve } from './approval.ts'
import { createServices, missingServices } from './create-missing.ts'
import { verificationFailed, verificationInconclusive } from './deploy-failures.ts'
import { deployLevels, type LevelNeeds, type StartedService, startFirstLevel } from './deploy-levels.ts'
import { matchSavedPlan } from './match-saved-plan.ts'
import { type KnownIds, notThere, type WantedEnvironment } from './observe-environment.ts'
import type { Author } from './patch-message.ts'
import { planEnvironment } from './plan-environment.ts'
import { type SecondWays, type Stored, secondWays } from './second-ways.ts'
import { type DeployedService, verifyRelease } from './verify-release.ts'

export interface DeployRequest {
  /** What is wanted of the environment of that name; throws for one that the config does not know. */
  desiredFor: (environment: string) => DesiredState
  /** Did the operator name the environment in this very command? A protected one must be. */
  isSpelledOut: boolean
  wanted: WantedEnvironment
  commit: WantedCommit
  services?: readonly string[]
  /** Exactly this, or nothing. */
  saved?: SavedPlan
  supplied: ReadonlyMap<string, Secret>
  author: Author
  /** Guards that may be passed. */
  allowed: readonly string[]
  /** Subjects of destructive changes that were named. */
  confirmed: readonly string[]
  /** Start what comes first and wait for nothing. */
  isDetached?: boolean
}

export interface DeployNeeds extends ApplyNeeds, LevelNeeds {
  knownIds: KnownIds
  approve: Approve
  /** A local platform, not the real one. */
  isRehearsal: boolean
}

/** What one run of `deploy` did. */
export interface Release {
  project: string
  environment: string
  /** `unknown`: started, and nobody waited for it. */
  verdict: Verdict | 'unknown'
  /** Only planned: nothing was changed. */
  isDryRun?: true
  /** How many changes were stored or created. */
  changes: number
  services: ReleasedService[]
  /** What the codebase runs now, or is to run once what was started is live, and ran before. */
  commit?: string
  previousCommit?: string
  elapsedMs: number
  /** Absent where everything was read and stored the first way. */
  secondWays?: SecondWays
}

export interface ReleasedService {
  name: string
  /** `started` and `waiting` only where nobody waits: on its way, and not begun. */
  outcome: 'deployed' | 'unchanged' | 'started' | 'waiting'
  deploymentId?: DeploymentId
  commit?: string
}

/** Makes an environment equal to the config: plan, guards, approval, store, deploy level by level, verify. */
export async function deploy(request: DeployRequest, needs: DeployNeeds): Promise<Release> {
  const startedAt = needs.clock.now()
  const { plan, desired, observed, running } = await planEnvironment(request, needs)
  if (observed === undefined) {
    const exists = !plan.changes.some((change) => change.act.kind === 'create-project')
    throw notThere({ name: plan.project, exists }, plan.environment)
  }
  const { environment } = desired
  if (environment.protected && !request.isSpelledOut) throw notSpelledOut(environment.name)
  await needs.report({
    type: 'target-found',
    project: observed.project.name,
    environment: observed.environment.name,
    isProtected: environment.protected,
    isRehearsal: needs.isRehearsal,
  })
  await needs.report({ type: 'plan-made', plan })
  if (request.saved !== undefined) matchSavedPlan(request.saved, { plan, observed }, needs.isRehearsal)
  refuseUnsafe(plan, desired, request)
  const before = previousCommit(desired, observed)
  let stored: Stored | undefined
  const done = (
    verdict: Release['verdict'],
    services: ReleasedService[],
    state: ObservedState,
    changes: number,
  ): Release => {
    const commit = previousCommit(desired, state)
    const ways = secondWays(observed, stored)
    return {
      project: observed.project.name,
      environment: observed.environment.name,
      verdict,
      changes,
      services,
      ...(commit === undefined ? {} : { commit }),
      ...(before === undefined ? {} : { previousCommit: before }),
      elapsedMs: needs.clock.now() - startedAt,
      ...(ways === undefined ? {} : { secondWays: ways }),
    }
  }
  if (isSettled(plan)) {
    stored = { way: 'nothing', notStored: plan.changes.map(subjectOf) }
    return done('pass', unchanged(desired, observed), observed, 0)
  }
  const allowStaged = request.allowed.includes('staged-changes')
  refuseStagedByOthers({ ...request, desired, allowStaged }, plan, observed, needs)
  const what = `deploy to ${environment.name}`
  const by = await needs.approve({
    what,
    environments: [{ name: environment.name, isProtected: environment.protected }],
    plans: [plan],
  })
  if (by === 'dry-run') return { ...done('inconclusive', unchanged(desired, observed), observed, 0), isDryRun: true }
  await needs.report({ type: 'approval-given', by, what })
  const target = { projectId: observed.project.id, environmentId: observed.environment.id }
  const created = await createServices(target, missingServices([plan]), needs)
  const applied = await applyPlan(
    {
      ...request,
      author: {
        ...request.author,
        passed: passedGuards({ plan, desired, confirmed: request.confirmed }, request.allowed),
      },
      desired,
      plan,
      observed: created ? await needs.platform.observe(target) : observed,
      running,
      allowStaged,
    },
    needs,
  )
  stored = applied.stored
  const { notStored } = applied.stored
  const changes = plan.changes.filter((change) => !notStored.includes(subjectOf(change))).length
  if (request.isDetached) {
    const { started, waiting } = await startFirstLevel(desired, applied.plan, applied.state, needs)
    refuseBlocked(plan, desired, request)
    const services = unchanged(desired, applied.state)
    if (started.length === 0) return done('pass', services, applied.state, changes)
    const commit = started.find((one) => one.commit !== undefined)?.commit
    const release = done('unknown', services.map(startedOr(started, waiting)), applied.state, changes)
    return { ...release, ...(commit === undefined ? {} : { commit }) }
  }
  const deployed = await deployLevels(desired, applied.plan, applied.state, needs)
  if (deployed.length === 0) {
    refuseBlocked(plan, desired, request)
    return done('pass', unchanged(desired, applied.state), applied.state, changes)
  }
  const { state, results } = await verifyRelease(deployed, applied.state, needs)
  const judged = verdict(results)
  if (judged === 'fail') throw verificationFailed(observed.environment.name, results)
  if (judged === 'inconclusive') throw verificationInconclusive(observed.environment.name, results)
  refuseBlocked(plan, desired, request)
  return done(judged, outcomes(desired, deployed, state), state, changes)
}

/** The refusal to change a protected environment that the command does not name. */
export function notSpelledOut(environment: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'missing-environment',
    message: `${environment} is protected, and this command changes it: its name must stand in the command itself.`,
    hint: `Add: -e ${environment}`,
  })
}

function refuseUnsafe(plan: Plan, desired: DesiredState, { allowed, confirmed }: DeployRequest): void {
  const findings = judgeGuards({ plan, desired, confirmed }, allowed)
  if (findings.length > 0) throw guarded(findings)
}

/** The refusal of one or more guards. */
export function guarded(findings: Finding[]): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'guard',
    message: findings.map((finding) => finding.message).join(' '),
    hint: findings.flatMap((finding) => finding.fix ?? []).join(' '),
    findings,
  })
}

/** What the first codebase runs; the undo command brings it back. */
function previousCommit(desired: DesiredState, state: ObservedState): string | undefined {
  const codebase = desired.services.find((service) => service.codebase !== undefined)?.codebase
  return codebase === undefined ? undefined : runningCommit(desired, state, codebase)
}

function startedOr(
  started: readonly StartedService[],
  waiting: readonly string[],
): (service: ReleasedService) => ReleasedService {
  return (service) => {
    const ours = started.find((one) => one.service === service.name)
    if (ours !== undefined) {
      const { deploymentId, commit } = ours
      return { name: service.name, outcome: 'started', deploymentId, ...(commit === undefined ? {} : { commit }) }
    }
    return waiting.includes(service.name) ? { ...service, outcome: 'waiting' } : service
  }
}

function refuseBlocked(plan: Plan, desired: DesiredState, { commit, isDetached = false }: DeployRequest): void {
  const blocked = blockedDeployments(plan, desired)
  if (blocked.length === 0) return
  const secrets = [...new Set(blocked.flatMap(({ deployment }) => deployment.missingSecrets))]
  const told = secrets.map((name) => toldSecret(desired.secrets.find((secret) => secret.name === name) ?? { name }))
  const lacking = blocked.filter(({ waitsFor }) => waitsFor.length === 0).map(({ deployment }) => deployment.service)
  const waiting = blocked.filter(({ waitsFor }) => waitsFor.length > 0).map(({ deployment }) => deployment.service)
  const waits =
    waiting.length === 0 ? '' : ` ${listed(waiting)} ${waiting.length === 1 ? 'waits' : 'wait'} for ${listed(lacking)}.`
  const asked = commit.kind === 'running' ? '' : ` --commit ${commit.kind === 'given' ? commit.commit : 'latest'}`
  throw new OperatorError({
    kind: 'unfinished',
    code: 'blocked-by-secret',
    message: `${listed(lacking)} cannot start without ${listed(told)}, which nobody has supplied.${waits} ${isDetached ? 'What comes first was started, and nobody waits for it.' : 'Everything else is done.'}`,
    hint: `Put ${listed(secrets)} into a file and run: fakturino deploy -e ${plan.environment}${asked} --secrets-file FILE`,
  })
}

function unchanged(desired: DesiredState, state: ObservedState): ReleasedService[] {
  return outcomes(desired, [], state)
}

function outcomes(
  desired: DesiredState,
  deployed: readonly DeployedService[],
  state: ObservedState,
): ReleasedService[] {
  return desired.services.map((service) => {
    const ours = deployed.find((one) => one.service.name === service.name)
    const live = liveDeployment(state.services.find((candidate) => candidate.name === service.name))
    return {
      name: service.name,
      outcome: ours === undefined ? 'unchanged' : 'deployed',
      ...(live === undefined ? {} : { deploymentId: live.id }),
      ...(live?.commit === undefined ? {} : { commit: live.commit }),
    }
  })
}
