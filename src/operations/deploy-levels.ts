import type { DesiredState } from '../config/desired.ts'
import { healthTimeoutMs } from '../config/timing.ts'
import { listed } from '../kit/text.ts'
import { blockedDeployments } from '../plan/blocked-deployments.ts'
import type { Plan, PlannedDeployment } from '../plan/plan.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import { type StartedService, type StartNeeds, startLevel, withoutCurrent } from './start-level.ts'
import { verifyLevel } from './verify-level.ts'
import type { DeployedService, VerifyNeeds } from './verify-release.ts'
import { type DeploymentEnding, watchDeployments } from './watch-deployments.ts'

export interface LevelNeeds extends StartNeeds, VerifyNeeds {
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
    needs.checkpoint()
    await needs.report({
      type: 'level-started',
      environment: plan.environment,
      level,
      services: members.map((deployment) => deployment.service),
    })
    const endings = await deployLevel(members, state, heads, healthMs, needs)
    const codeServices = members.flatMap(({ service, codebase }) => (codebase === undefined ? [] : [service]))
    const started = { environment: plan.environment, endings, codeServices, later }
    deployed.push(...(await verifyLevel(started, desired, state, needs)))
  }
  return deployed
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
