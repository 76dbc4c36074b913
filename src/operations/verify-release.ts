import type { DesiredService } from '../config/desired.ts'
import type { Timing } from '../config/timing.ts'
import type { Clock } from '../kit/clock.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import type { CheckResult } from '../verify/check.ts'
import { checkDeployed } from '../verify/checks/deployed.ts'
import { checkLiveness } from '../verify/checks/liveness.ts'
import type { Probe } from '../verify/probe.ts'
import type { Report } from './events.ts'
import type { DeploymentEnding } from './watch-deployments.ts'

export interface VerifyNeeds {
  platform: Platform
  clock: Clock
  signal: AbortSignal
  probe: Probe
  report: Report
  timing: Timing
}

/** A service that we deployed, and how that ended: well. */
export interface DeployedService {
  service: DesiredService
  ending: DeploymentEnding
  commit?: string
  /** Whether it answers; absent where there is nothing to ask. */
  answers?: CheckResult
}

/** Asks a service over its domain; undefined when it has none, or nothing to ask. */
export async function checkAnswers(
  service: DesiredService,
  state: ObservedState,
  needs: VerifyNeeds,
): Promise<CheckResult | undefined> {
  const generated = state.services
    .find((candidate) => candidate.name === service.name)
    ?.domains.filter((candidate) => candidate.kind === 'generated')
  // One that somebody made for another port says nothing about the service.
  const wanted = generated?.find((candidate) => candidate.targetPort === service.domain?.targetPort)
  const domain = (wanted ?? generated?.[0])?.domain
  if (service.liveness === undefined || domain === undefined) return undefined
  const { successes: inARow, gapMs, probeTimeoutMs } = needs.timing.liveness
  const url = `https://${domain}${service.liveness.path}`
  const result = await checkLiveness(
    {
      service: service.name,
      url,
      status: service.liveness.status,
      inARow,
      gapMs,
      probeTimeoutMs,
      withinMs: needs.timing.deploy.verifyMs,
    },
    needs,
  )
  if (result.outcome === 'pass') {
    await needs.report({ type: 'service-verified', service: service.name, url, answers: inARow })
  } else if (result.finding !== undefined) {
    await needs.report({ type: 'finding', finding: result.finding })
  }
  return result
}

/** One last reading: what serves now is what we deployed, everywhere. What was asked before is among the results. */
export async function verifyRelease(
  deployed: readonly DeployedService[],
  before: ObservedState,
  needs: VerifyNeeds,
): Promise<{ state: ObservedState; results: CheckResult[] }> {
  const state = await needs.platform.observe({ projectId: before.project.id, environmentId: before.environment.id })
  const seen = deployed.flatMap(({ service, ending, commit }) =>
    checkDeployed(
      {
        service: service.name,
        deploymentId: ending.deploymentId,
        ...(commit === undefined ? {} : { commit }),
        ...(service.settings.replicas === undefined ? {} : { replicas: service.settings.replicas }),
      },
      state.services.find((candidate) => candidate.name === service.name),
    ),
  )
  for (const { finding } of seen) if (finding !== undefined) await needs.report({ type: 'finding', finding })
  return { state, results: [...seen, ...deployed.flatMap(({ answers }) => answers ?? [])] }
}
