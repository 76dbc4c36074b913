import type { DesiredState } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Finding } from '../kit/finding.ts'
import type { Secret } from '../kit/secret.ts'
import { listed } from '../kit/text.ts'
import { codeOption } from '../kit/uploaded-revision.ts'
import { blockedDeployments } from '../plan/blocked-deployments.ts'
import { toldSecret } from '../plan/compare-variables.ts'
import { judgeGuards, passedGuards } from '../plan/guards/index.ts'
import { operationNotes, withNotesOf } from '../plan/operation-notes.ts'
import { isSettled, type Plan, subjectOf } from '../plan/plan.ts'
import type { WantedCommit } from '../plan/plan-deployments.ts'
import type { SavedPlan } from '../plan/saved-plan.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { type ApplyNeeds, applyPlan } from './apply-plan.ts'
import type { Approve } from './approval.ts'
import { awaitLease, leaseInTheWay } from './await-lease.ts'
import { createServices, missingServices } from './create-missing.ts'
import { type LevelNeeds, startFirstLevel } from './deploy-levels.ts'
import { type LeaseNeeds, type LeaseRequest, operationOf, underLease } from './lease.ts'
import { matchSavedPlan } from './match-saved-plan.ts'
import { type KnownIds, notThere, type WantedEnvironment } from './observe-environment.ts'
import type { Author } from './patch-message.ts'
import { notSpelledOut } from './place-to-change.ts'
import { type PlannedEnvironment, planEnvironment } from './plan-environment.ts'
import { refuseStagedByOthers } from './refuse-staged-by-others.ts'
import { outcomes, previousCommit, type Release, releaseFrom, startedOr, type ToRelease, unchanged } from './release.ts'
import { releaseServices } from './release-services.ts'
import type { Stored } from './second-ways.ts'
import { unfinishedEvent } from './unfinished.ts'
import { refuseWithoutCode } from './uploaded-code.ts'

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
  /** Take the lease from whoever holds it. */
  takesLease: boolean
  /** Nothing is to be changed, so nobody is in the way. */
  isDryRun: boolean
  /** Put back what this run changed, where the release fails. */
  isAutoRollback?: boolean
}

/** What the work needs while the lease is held. */
type MakeNeeds = ApplyNeeds & LevelNeeds

export interface DeployNeeds extends Omit<ApplyNeeds, 'check'>, Omit<LevelNeeds, 'confirm' | 'check'>, LeaseNeeds {
  knownIds: KnownIds
  approve: Approve
  /** A local platform, not the real one. */
  isRehearsal: boolean
}

/**
 * Makes an environment equal to the config: plan, guards, approval, lease, store, deploy level by level, verify. Where somebody else
 * works on the environment, it waits for them and plans anew.
 */
export async function deploy(request: DeployRequest, needs: DeployNeeds): Promise<Release> {
  const startedAt = needs.clock.now()
  let toldUnfinished: string | undefined
  for (let isTold = false; ; isTold = true) {
    const planned = await planExisting(request, needs)
    const { plan, desired, observed } = planned
    const { environment } = desired
    if (environment.protected && !request.isSpelledOut) throw notSpelledOut(environment.name)
    if (!isTold) {
      await needs.report({
        type: 'target-found',
        project: observed.project.name,
        environment: observed.environment.name,
        isProtected: environment.protected,
        isRehearsal: needs.isRehearsal,
      })
    }
    const lease = leaseOf(request, planned)
    const held = await leaseInTheWay(observed, needs)
    const begun = operationNotes(observed).operation
    // A deploy that may still be under way has not proved yet what it brought live, even where nothing is left to do.
    const isOpen = !isSettled(plan) || (begun?.command === 'deploy' && begun.nonce === held?.nonce)
    if (held !== undefined && !request.takesLease && !request.isDryRun && isOpen) {
      await awaitLease(lease, held, needs)
      continue
    }
    const unfinished = held === undefined || request.takesLease ? begun : undefined
    if (unfinished !== undefined && unfinished.nonce !== toldUnfinished) {
      await needs.report(unfinishedEvent(unfinished, environment.name))
      toldUnfinished = unfinished.nonce
    }
    await needs.report({ type: 'plan-made', plan })
    if (request.saved !== undefined) matchSavedPlan(request.saved, planned, needs.isRehearsal)
    refuseUnsafe(plan, desired, request)
    refuseWithoutCode(plan, needs.uploading?.revision)
    const release = releaseFrom(planned, startedAt, needs.clock)
    const nothingToDo = isSettled(plan)
    if (nothingToDo && (unfinished === undefined || request.isDryRun)) {
      const storing: Stored = { way: 'nothing', notStored: plan.changes.map(subjectOf) }
      return release('pass', unchanged(desired, observed), observed, 0, storing)
    }
    if (!nothingToDo) {
      const allowStaged = request.allowed.includes('staged-changes')
      refuseStagedByOthers({ ...request, desired, allowStaged }, plan, observed, needs)
      const what = `deploy to ${environment.name}`
      const by = await needs.approve({
        what,
        environments: [{ name: environment.name, isProtected: environment.protected }],
        plans: [plan],
      })
      if (by === 'dry-run') {
        return { ...release('inconclusive', unchanged(desired, observed), observed, 0), isDryRun: true }
      }
      await needs.report({ type: 'approval-given', by, what })
    }
    const worked = await underLease(lease, needs, async (taken) => {
      const own = { ...needs, clock: taken.clock, report: taken.report, check: taken.check, confirm: taken.confirm }
      const result = await makeEqual(
        { ...request, isResumed: unfinished !== undefined },
        planned,
        taken.state,
        own,
        release,
      )
      return { result: { ...result, id: taken.id }, verdict: result.verdict }
    })
    if (worked.outcome === 'done') return worked.result
    await awaitLease(lease, worked.by, needs)
  }
}

type Planned = PlannedEnvironment & { observed: ObservedState }

async function planExisting(request: DeployRequest, needs: DeployNeeds): Promise<Planned> {
  const planned = await planEnvironment(request, needs)
  const { plan, observed } = planned
  if (observed !== undefined) return { ...planned, observed }
  const exists = !plan.changes.some((change) => change.act.kind === 'create-project')
  throw notThere({ name: plan.project, exists }, { name: plan.environment })
}

function leaseOf(
  { author, commit, services, takesLease }: DeployRequest,
  { desired, observed, plan }: Planned,
): LeaseRequest {
  const before = previousCommit(desired, observed)
  // It comes this far only where that was allowed.
  const marked = plan.deployments.find(({ markedBad }) => markedBad !== undefined)?.commit
  return {
    target: { projectId: observed.project.id, environmentId: observed.environment.id },
    operation: {
      ...operationOf(author),
      project: observed.project.name,
      environment: observed.environment.name,
      ...(commit.kind === 'running' ? {} : { commit: commit.kind === 'given' ? commit.commit : 'latest' }),
      ...(services === undefined ? {} : { services }),
      plan: plan.fingerprint,
    },
    ...(before === undefined ? {} : { previousCommit: before }),
    takesOver: takesLease,
    ...(marked === undefined ? {} : { clears: marked }),
  }
}

/** Creates, stores, deploys and verifies, while nobody else works on the environment. */
async function makeEqual(
  request: DeployRequest & { isResumed: boolean },
  { plan, desired, observed, running, commit }: Planned,
  now: ObservedState,
  needs: MakeNeeds,
  release: ToRelease,
): Promise<Release> {
  const target = { projectId: observed.project.id, environmentId: observed.environment.id }
  const created = await createServices(target, missingServices([plan]), needs)
  const state = created ? await needs.platform.observe(target) : now
  const applied = await applyPlan(
    {
      ...request,
      commit,
      author: {
        ...request.author,
        passed: passedGuards({ plan, desired, confirmed: request.confirmed }, request.allowed),
      },
      desired,
      plan,
      observed: created ? withNotesOf(observed, state) : observed,
      now: state,
      running,
      allowStaged: request.allowed.includes('staged-changes'),
    },
    needs,
  )
  const { storing } = applied
  const changes = plan.changes.filter((change) => !storing.notStored.includes(subjectOf(change))).length
  if (request.isDetached) {
    const { started, waiting } = await startFirstLevel(desired, applied.plan, applied.state, needs)
    refuseBlocked(plan, desired, request)
    const services = unchanged(desired, applied.state)
    if (started.length === 0) return release('pass', services, applied.state, changes, storing)
    const head = started.find((one) => one.commit !== undefined)?.commit
    const all = release('unknown', services.map(startedOr(started, waiting)), applied.state, changes, storing)
    return { ...all, ...(head === undefined ? {} : { commit: head }) }
  }
  const { deployed, state: after } = await releaseServices(
    { ...request, desired, before: observed, running, applied },
    needs,
  )
  refuseBlocked(plan, desired, request)
  return release('pass', outcomes(desired, deployed, after), after, changes, storing)
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

function refuseBlocked(plan: Plan, desired: DesiredState, { commit, isDetached = false }: DeployRequest): void {
  const blocked = blockedDeployments(plan, desired)
  if (blocked.length === 0) return
  const secrets = [...new Set(blocked.flatMap(({ deployment }) => deployment.missingSecrets))]
  const told = secrets.map((name) => toldSecret(desired.secrets.find((secret) => secret.name === name) ?? { name }))
  const lacking = blocked.filter(({ waitsFor }) => waitsFor.length === 0).map(({ deployment }) => deployment.service)
  const waiting = blocked.filter(({ waitsFor }) => waitsFor.length > 0).map(({ deployment }) => deployment.service)
  const waits =
    waiting.length === 0 ? '' : ` ${listed(waiting)} ${waiting.length === 1 ? 'waits' : 'wait'} for ${listed(lacking)}.`
  const asked =
    commit.kind === 'running' ? '' : ` ${commit.kind === 'given' ? codeOption(commit.commit) : '--commit latest'}`
  throw new OperatorError({
    kind: 'unfinished',
    code: 'blocked-by-secret',
    message: `${listed(lacking)} cannot start without ${listed(told)}, which nobody has supplied.${waits} ${isDetached ? 'What comes first was started, and nobody waits for it.' : 'Everything else is done.'}`,
    hint: `Put ${listed(secrets)} into a file and run: fakturino deploy -e ${plan.environment}${asked} --secrets-file FILE`,
  })
}
