import type { DesiredState } from '../config/desired.ts'
import { healthTimeoutMs } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import type { ObservedService } from '../platform/observed-state.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import { checkDeployed } from '../verify/checks/deployed.ts'
import { verdict } from '../verify/verdict.ts'
import { inconclusiveCode, isBad, levelFailed } from './deploy-failures.ts'
import type { Lease } from './lease.ts'
import type { MigrateNeeds } from './migrate-needs.ts'
import { tellLogs } from './tell-logs.ts'
import { type AskedService, checkServing } from './verify-release.ts'
import { type DeploymentEnding, watchDeployments } from './watch-deployments.ts'
import { watchSettling } from './watch-settling.ts'

export interface DeployAgain {
  service: ObservedService
  /** Absent where it runs an image. */
  commit?: string
  desired: DesiredState | undefined
}

/**
 * A new deployment of one service, with what is stored now, at the commit that it runs; followed until it is proved. `onEnding` is
 * told how it ended before anything follows from that, and may throw the reason itself.
 */
export async function deployAgain(
  { service, commit, desired }: DeployAgain,
  { state, confirm, check }: Lease,
  needs: MigrateNeeds,
  onEnding: (ending: DeploymentEnding) => Promise<void>,
): Promise<DeploymentEnding> {
  const { platform, report, clock, timing } = needs
  const target = { projectId: state.project.id, environmentId: state.environment.id }
  const environment = state.environment.name
  const { name } = service
  needs.checkpoint()
  await confirm()
  const startedAt = clock.now()
  const at = commit === undefined ? {} : { commit }
  const { deploymentId } = await platform.change('deploy-service', { ...target, serviceId: service.id, ...at })
  await report({ type: 'deployment-created', environment, service: name, deploymentId, ...at })
  const seconds = service.settings.healthcheckTimeoutSeconds ?? settingDefaults.healthcheckTimeoutSeconds
  const awaited = { service: name, deploymentId, startedAt, healthMs: healthTimeoutMs(timing, seconds) }
  const [ending] = await watchDeployments([awaited], needs)
  if (ending === undefined) throw new Error('a deployment that was watched has an ending')
  await onEnding(ending)
  if (isBad(ending)) {
    await tellLogs([ending], needs)
    throw levelFailed(environment, [ending], [], state)
  }
  const answers = await checkServing(askedOf(service, desired), commit, state, needs)
  const unstable = await watchSettling([ending], needs)
  if (unstable !== undefined) {
    await tellLogs([unstable], needs)
    throw levelFailed(environment, [unstable], [], state)
  }
  const after = await platform.observe(target)
  check(after)
  const there = after.services.find(({ id }) => id === service.id)
  const results = [...checkDeployed({ service: name, deploymentId, ...at }, there), ...answers]
  const judged = verdict(results)
  if (judged === 'pass') return ending
  const findings = results.flatMap(({ outcome, finding }) => (outcome === 'pass' ? [] : (finding ?? [])))
  throw new OperatorError({
    ...(judged === 'fail'
      ? { kind: 'failed', code: 'verification-failed' }
      : { kind: 'unfinished', code: inconclusiveCode(results) }),
    message: `${name} was deployed again in ${environment} and is not proved to be well. ${findings.map(({ message }) => message).join(' ')}`,
    hint: `Run: fakturino status -e ${shellWord(environment)}`,
    findings,
  })
}

/** As the config has it asked, else as its stored settings do. */
function askedOf({ name, settings }: ObservedService, desired: DesiredState | undefined): AskedService {
  const wanted = desired?.services.find((one) => one.name === name)
  if (wanted !== undefined) return wanted
  const { healthcheckPath: path } = settings
  return { name, ...(path === undefined ? {} : { liveness: { path, status: 200 } }) }
}
