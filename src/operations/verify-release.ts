import type { DesiredService } from '../config/desired.ts'
import type { Timing } from '../config/timing.ts'
import type { Clock } from '../kit/clock.ts'
import { isUploaded } from '../kit/uploaded-revision.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import { askedDomain } from '../verify/asked-domain.ts'
import type { CheckResult } from '../verify/check.ts'
import { checkDeployed } from '../verify/checks/deployed.ts'
import { checkLiveness } from '../verify/checks/liveness.ts'
import { checkRevision } from '../verify/checks/revision.ts'
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
  /** What it answered over its domain, where there was something to ask. */
  answers: CheckResult[]
}

/** What is known of a service that is asked over its domain. */
export type AskedService = Pick<DesiredService, 'name' | 'domain' | 'liveness' | 'revision'>

/** Asks a service that was just deployed over its domain: is it up, and does it say that it runs what was deployed? */
export async function checkServing(
  service: AskedService,
  commit: string | undefined,
  state: ObservedState,
  needs: VerifyNeeds,
): Promise<CheckResult[]> {
  const liveness = await checkAnswers(service, state, needs)
  // What does not answer says nothing about itself either.
  if (liveness !== undefined && liveness.outcome !== 'pass') return [liveness]
  const revision = await checkSaidRevision(service, commit, state, needs)
  return [liveness, revision].filter((result) => result !== undefined)
}

/** Asks a service over its domain; undefined when it has none, or nothing to ask. */
export async function checkAnswers(
  service: AskedService,
  state: ObservedState,
  needs: VerifyNeeds,
): Promise<CheckResult | undefined> {
  const domain = domainOf(service, state)
  if (service.liveness === undefined || domain === undefined) return undefined
  const { successes: inARow, gapMs, probeTimeoutMs } = needs.timing.liveness
  const url = `https://${domain}${service.liveness.path}`
  const result = await checkLiveness(
    {
      service: service.name,
      url,
      status: service.liveness.status,
      ...(service.liveness.advisory === undefined ? {} : { advisory: service.liveness.advisory }),
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

/** Asks a service which commit it runs; undefined when nothing says how, or none is known that it should run. */
async function checkSaidRevision(
  service: AskedService,
  commit: string | undefined,
  state: ObservedState,
  needs: VerifyNeeds,
): Promise<CheckResult | undefined> {
  const domain = domainOf(service, state)
  // Uploaded code does not know which revision it is called by.
  if (service.revision === undefined || domain === undefined || commit === undefined || isUploaded(commit)) {
    return undefined
  }
  const { successes: inARow, gapMs, probeTimeoutMs } = needs.timing.liveness
  const url = `https://${domain}${service.revision.path}`
  const before = liveDeployment(state.services.find(({ name }) => name === service.name))?.commit
  const result = await checkRevision(
    {
      service: service.name,
      url,
      place: service.revision,
      commit,
      ...(before === undefined ? {} : { before }),
      inARow,
      gapMs,
      probeTimeoutMs,
      withinMs: needs.timing.deploy.verifyMs,
    },
    needs,
  )
  if (result.outcome === 'pass') {
    await needs.report({ type: 'revision-confirmed', service: service.name, url, commit })
  } else if (result.finding !== undefined) {
    await needs.report({ type: 'finding', finding: result.finding })
  }
  return result
}

function domainOf(service: AskedService, state: ObservedState): string | undefined {
  const observed = state.services.find((candidate) => candidate.name === service.name)
  return askedDomain(observed, service.domain?.targetPort)
}

/** One last reading: what serves now is what we deployed, everywhere. What was asked before is among the results. */
export async function verifyRelease(
  deployed: readonly DeployedService[],
  before: ObservedState,
  needs: VerifyNeeds,
): Promise<{ state: ObservedState; results: CheckResult[] }> {
  const target = { projectId: before.project.id, environmentId: before.environment.id }
  // With what was before: whether it can be gone back to is told with the release.
  const state = await needs.platform.observe(target, { withRecent: true })
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
  return { state, results: [...seen, ...deployed.flatMap(({ answers }) => answers)] }
}
