import type { DesiredState } from '../config/desired.ts'
import { listed } from '../kit/text.ts'
import type { ObservedState } from '../platform/observed-state.ts'
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
import type { DeploymentEnding, WatchNeeds } from './watch-deployments.ts'
import { watchSettling } from './watch-settling.ts'

export interface StartedLevel {
  environment: string
  /** How its deployments ended, and the commit that was asked for. */
  endings: readonly (DeploymentEnding & { asked?: string })[]
  /** Its services that have code of ours. */
  codeServices: readonly string[]
  /** Services of the levels after it. */
  later: string[]
}

type VerifyLevelNeeds = WatchNeeds & VerifyNeeds

/**
 * Throws where a level does not hold, after saying what is not started then: each service has to become live, to hide no failed
 * migration, to answer, and to stay.
 */
export async function verifyLevel(
  { environment, endings, codeServices, later }: StartedLevel,
  desired: DesiredState,
  state: ObservedState,
  needs: VerifyLevelNeeds,
): Promise<DeployedService[]> {
  const leave = async (because: string) => {
    if (later.length > 0) await needs.report({ type: 'services-not-started', services: later, because })
  }
  const deployed: DeployedService[] = []
  const [first, ...others] = endings.filter(isBad)
  if (first !== undefined) {
    await leave(`${listed([first, ...others].map(({ service }) => service))} did not become live`)
    const failed = [first, ...others]
    const migrations = await failuresTold(failed, await tellLogs(failed, needs), needs)
    throw levelFailed(environment, [first, ...others], later, state, migrations)
  }
  const hidden = await hiddenFailures(endings, desired, needs)
  if (hidden.length > 0) {
    await leave(`a migration of ${listed(hidden.map(({ service }) => service))} failed`)
    throw migrationHidden(environment, hidden, later)
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
      throw verificationFailed(environment, wrong)
    }
    // Where nobody could ask, the next level goes on; where there was an answer but no time to be sure of it, it does not.
    if (inconclusiveCode(answers) === 'verify-timeout') {
      await leave(`${service.name} was not found to answer in time`)
      throw verificationInconclusive(environment, answers)
    }
  }
  // A database that came up stays up or says so at once; code is what crashes at its first job.
  const code = endings.filter(({ service }) => codeServices.includes(service))
  const unstable = await watchSettling(code, needs)
  if (unstable !== undefined) {
    await leave(`${unstable.service} did not stay live`)
    await tellLogs([unstable], needs)
    throw levelFailed(environment, [unstable], later, state)
  }
  return deployed
}

/** The migrations that failed, by the logs of deployments that did. */
async function failuresTold(
  endings: readonly DeploymentEnding[],
  logs: Awaited<ReturnType<typeof tellLogs>>,
  needs: VerifyLevelNeeds,
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
  needs: VerifyLevelNeeds,
): Promise<FailedMigrations[]> {
  const found: FailedMigrations[] = []
  for (const { service: name, deploymentId } of endings) {
    const service = desired.services.find((candidate) => candidate.name === name)
    const hidden = service === undefined ? undefined : await hiddenFailure(service, deploymentId, needs)
    if (hidden !== undefined) found.push(hidden)
  }
  return found
}
