import type { DesiredState } from '../config/desired.ts'
import { healthTimeoutMs } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import { listed } from '../kit/text.ts'
import { blockedDeployments } from '../plan/blocked-deployments.ts'
import type { Plan, PlannedDeployment } from '../plan/plan.ts'
import type { DeploymentId, EnvironmentId, ServiceId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import { serviceIdOf } from './create-missing.ts'
import {
  inconclusiveCode,
  isBad,
  levelFailed,
  migrationHidden,
  verificationFailed,
  verificationInconclusive,
} from './deploy-failures.ts'
import type { FailedMigrations } from './failed-migrations.ts'
import { hiddenFailure, tellMigrations } from './read-migrations.ts'
import { tellLogs } from './tell-logs.ts'
import { checkServing, type DeployedService, type VerifyNeeds } from './verify-release.ts'
import { type DeploymentEnding, isOver, type WatchNeeds, watchDeployments } from './watch-deployments.ts'
import { watchSettling } from './watch-settling.ts'

export interface LevelNeeds extends WatchNeeds, VerifyNeeds {
  checkpoint: () => void
  /** Throws where somebody else works on the environment; asked before anything is started. */
  confirm: () => Promise<void>
  /** Throws where what was just read says that somebody else works on the environment. */
  check: (state: ObservedState) => void
}

/** Level by level, each service once; a level that does not hold stops the next. */
export async function deployLevels(
  desired: DesiredState,
  plan: Plan,
  state: ObservedState,
  needs: LevelNeeds,
): Promise<DeployedService[]> {
  const open = await openDeployments(desired, plan, needs)
  const levels = levelsOf(open)
  const heads = new Map<string, string>()
  const healthMs = (name: string) => {
    const settings = desired.services.find((service) => service.name === name)?.settings
    return healthTimeoutMs(
      needs.timing,
      settings?.healthcheckTimeoutSeconds ?? settingDefaults.healthcheckTimeoutSeconds,
    )
  }
  const deployed: DeployedService[] = []
  for (const level of levels) {
    const members = await withoutCurrent(
      open.filter((deployment) => deployment.level === level),
      heads,
      needs,
    )
    if (members.length === 0) continue
    const later = open.filter((deployment) => deployment.level > level).map((deployment) => deployment.service)
    const leave = async (because: string) => {
      if (later.length > 0) await needs.report({ type: 'services-not-started', services: later, because })
    }
    needs.checkpoint()
    await needs.report({
      type: 'level-started',
      environment: plan.environment,
      level,
      services: members.map((deployment) => deployment.service),
    })
    const endings = await deployLevel(members, state, heads, healthMs, needs)
    const [first, ...others] = endings.filter(isBad)
    if (first !== undefined) {
      await leave(`${listed([first, ...others].map(({ service }) => service))} did not become live`)
      const failed = [first, ...others]
      const migrations = await failuresTold(failed, await tellLogs(failed, needs), needs)
      throw levelFailed(plan.environment, [first, ...others], later, state, migrations)
    }
    const hidden = await hiddenFailures(endings, desired, needs)
    if (hidden.length > 0) {
      await leave(`a migration of ${listed(hidden.map(({ service }) => service))} failed`)
      throw migrationHidden(plan.environment, hidden, later)
    }
    for (const { asked, ...ending } of endings) {
      const service = desired.services.find((candidate) => candidate.name === ending.service)
      if (service === undefined) continue
      // What was asked for is what has to serve; only where nothing was, the platform's word is all there is.
      const commit = asked ?? ending.commit
      const answers = await checkServing(service, commit, state, needs)
      deployed.push({ service, ending, ...(commit === undefined ? {} : { commit }), answers })
      const wrong = answers.filter(({ outcome }) => outcome === 'fail')
      if (wrong.length > 0) {
        const why = wrong.some(({ check }) => check === 'liveness')
          ? 'does not answer'
          : 'says that it runs another commit'
        await leave(`${service.name} ${why}`)
        throw verificationFailed(plan.environment, wrong)
      }
      // Where nobody could ask, the next level goes on; where there was an answer but no time to be sure of it, it does not.
      if (inconclusiveCode(answers) === 'verify-timeout') {
        await leave(`${service.name} was not found to answer in time`)
        throw verificationInconclusive(plan.environment, answers)
      }
    }
    // A database that came up stays up or says so at once; code is what crashes at its first job.
    const code = endings.filter(({ service }) =>
      members.some((one) => one.service === service && one.codebase !== undefined),
    )
    const unstable = await watchSettling(code, needs)
    if (unstable !== undefined) {
      await leave(`${unstable.service} did not stay live`)
      await tellLogs([unstable], needs)
      throw levelFailed(plan.environment, [unstable], later, state)
    }
  }
  return deployed
}

/** The migrations that failed, by the logs of deployments that did. */
async function failuresTold(
  endings: readonly DeploymentEnding[],
  logs: Awaited<ReturnType<typeof tellLogs>>,
  needs: LevelNeeds,
): Promise<FailedMigrations[]> {
  const found: FailedMigrations[] = []
  for (const ending of endings) {
    const failed = await tellMigrations(ending, logs.get(ending.service) ?? [], needs)
    // What goes on is not over, whatever it has printed so far.
    if (failed !== undefined && ending.outcome !== 'timeout') found.push(failed)
  }
  return found
}

async function hiddenFailures(
  endings: readonly DeploymentEnding[],
  desired: DesiredState,
  needs: LevelNeeds,
): Promise<FailedMigrations[]> {
  const found: FailedMigrations[] = []
  for (const { service: name, deploymentId } of endings) {
    const service = desired.services.find((candidate) => candidate.name === name)
    const hidden = service === undefined ? undefined : await hiddenFailure(service, deploymentId, needs)
    if (hidden !== undefined) found.push(hidden)
  }
  return found
}

/** A deployment that was started and is not watched. */
export interface StartedService {
  service: string
  deploymentId: DeploymentId
  commit?: string
}

/**
 * Starts the first level and waits for nothing. The levels after it are not started: each needs the one before to be live, and
 * nobody looks.
 */
export async function startFirstLevel(
  desired: DesiredState,
  plan: Plan,
  state: ObservedState,
  needs: LevelNeeds,
): Promise<{ started: StartedService[]; waiting: string[] }> {
  const open = await openDeployments(desired, plan, needs)
  const [level] = levelsOf(open)
  if (level === undefined) return { started: [], waiting: [] }
  const members = open.filter((deployment) => deployment.level === level)
  const services = members.map(({ service }) => service)
  needs.checkpoint()
  await needs.report({ type: 'level-started', environment: plan.environment, level, services })
  const started = (await startLevel(members, state, new Map(), needs)).map(({ startedAt: _startedAt, ...one }) => one)
  const waiting = open.filter((deployment) => deployment.level > level).map(({ service }) => service)
  if (waiting.length > 0) {
    const because = `--detach does not wait until ${listed(services)} ${services.length === 1 ? 'is' : 'are'} live`
    await needs.report({ type: 'services-not-started', services: waiting, because })
  }
  return { started, waiting }
}

/** What can start, after saying what cannot. */
async function openDeployments(desired: DesiredState, plan: Plan, needs: LevelNeeds): Promise<PlannedDeployment[]> {
  const blocked = blockedDeployments(plan, desired)
  for (const { deployment, waitsFor } of blocked) {
    const { service, missingSecrets } = deployment
    await needs.report({ type: 'service-blocked', service, missingSecrets, waitsFor })
  }
  return plan.deployments.filter((deployment) => !blocked.some((other) => other.deployment === deployment))
}

function levelsOf(deployments: readonly PlannedDeployment[]): number[] {
  return [...new Set(deployments.map((deployment) => deployment.level))].sort((a, b) => a - b)
}

async function deployLevel(
  members: readonly PlannedDeployment[],
  state: ObservedState,
  heads: Map<string, string>,
  healthMs: (service: string) => number,
  needs: LevelNeeds,
): Promise<(DeploymentEnding & { asked?: string })[]> {
  const started = await startLevel(members, state, heads, needs)
  const awaited = started.map(({ service, deploymentId, startedAt }) => ({
    service,
    deploymentId,
    startedAt,
    healthMs: healthMs(service),
  }))
  return (await watchDeployments(awaited, needs)).map((ending) => {
    const commit = started.find(({ service }) => service === ending.service)?.commit
    return { ...ending, ...(commit === undefined ? {} : { asked: commit }) }
  })
}

async function startLevel(
  members: readonly PlannedDeployment[],
  state: ObservedState,
  heads: Map<string, string>,
  needs: LevelNeeds,
): Promise<(StartedService & { startedAt: number })[]> {
  const all = []
  for (const planned of members) {
    const [member] = await withoutCurrent([planned], heads, needs)
    if (member === undefined) continue
    needs.checkpoint()
    await needs.confirm()
    const startedAt = needs.clock.now()
    const started = await startDeployment(member, state, heads, needs)
    const { service, follows } = member
    const type = follows === undefined ? 'deployment-created' : 'deployment-followed'
    await needs.report({ type, environment: state.environment.name, service, ...started })
    all.push({ service, startedAt, ...started })
  }
  return all
}

/**
 * Leaves out what runs the head of its branch already, and says so: where nothing but the newest commit was the reason, it has no
 * reason any more as soon as the platform has told which commit that is.
 */
async function withoutCurrent(
  members: readonly PlannedDeployment[],
  heads: ReadonlyMap<string, string>,
  needs: LevelNeeds,
): Promise<PlannedDeployment[]> {
  const left: PlannedDeployment[] = []
  for (const member of members) {
    const { service, codebase = '', reasons, running } = member
    const head = heads.get(codebase)
    const isCurrent = head !== undefined && running?.commit === head && reasons.every((one) => one === 'newest-commit')
    if (isCurrent) await needs.report({ type: 'service-unchanged', service, commit: head })
    else left.push(member)
  }
  return left
}

/** Starts one deployment. The head of a branch is asked for once; every other service of the codebase gets that very commit. */
async function startDeployment(
  member: PlannedDeployment,
  state: ObservedState,
  heads: Map<string, string>,
  needs: LevelNeeds,
): Promise<{ deploymentId: DeploymentId; commit?: string }> {
  const target = { projectId: state.project.id, environmentId: state.environment.id }
  const serviceId = serviceIdOf(state, member.service)
  const commit = member.commit === 'latest' ? heads.get(member.codebase ?? '') : member.commit
  if (member.follows?.commit !== undefined || (member.follows !== undefined && member.codebase === undefined)) {
    const { commit: head, deploymentId } = member.follows
    if (member.commit === 'latest' && head !== undefined) heads.set(member.codebase ?? '', head)
    return { deploymentId, ...(head === undefined ? {} : { commit: head }) }
  }
  if (member.commit !== 'latest' || commit !== undefined) {
    const { deploymentId } = await needs.platform.change('deploy-service', {
      ...target,
      serviceId,
      ...(commit === undefined ? {} : { commit }),
    })
    return { deploymentId, ...(commit === undefined ? {} : { commit }) }
  }
  const before = state.services.find((service) => service.id === serviceId)?.latest?.id
  if (member.follows === undefined) await needs.platform.change('deploy-latest-commit', { ...target, serviceId })
  const newest = await newestCommitted(
    target.environmentId,
    serviceId,
    member.follows === undefined ? before : undefined,
    needs,
  )
  if (newest.commit !== undefined) heads.set(member.codebase ?? '', newest.commit)
  return newest
}

/**
 * The deployment that `deploy-latest-commit` made, as soon as the platform says which commit it is of; or without one, when it has
 * ended already: a repository that cannot be read has no commit to tell.
 */
async function newestCommitted(
  environmentId: EnvironmentId,
  serviceId: ServiceId,
  before: DeploymentId | undefined,
  needs: LevelNeeds,
): Promise<{ deploymentId: DeploymentId; commit?: string }> {
  const newest = await poll(
    async () => {
      const [found] = await needs.platform.newestDeployments(environmentId, serviceId)
      if (found === undefined || found.id === before) return undefined
      if (found.commit !== undefined) return { deploymentId: found.id, commit: found.commit }
      return isOver(found.status) ? { deploymentId: found.id } : undefined
    },
    {
      clock: needs.clock,
      signal: needs.signal,
      backoff: needs.timing.polling,
      withinMs: needs.timing.deploy.queueMs,
    },
  )
  if (newest !== undefined) return newest
  throw new OperatorError({
    kind: 'unfinished',
    code: 'queue-timeout',
    message: 'The platform accepted the deployment of the newest commit, but does not say which commit it is.',
    hint: 'When status says which commit it became, deploy the rest with --commit.',
    retryable: true,
  })
}
