import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { CheckResult } from '../verify/check.ts'
import type { Report } from './events.ts'
import type { DeploymentEnding } from './watch-deployments.ts'

/** A level that did not become live, and what that means for the services after it and for what served before. */
export async function levelFailed(
  environment: string,
  failed: readonly DeploymentEnding[],
  later: readonly string[],
  state: ObservedState,
  needs: { report: Report },
): Promise<OperatorError> {
  if (later.length > 0) {
    const because = `${listed(failed.map((ending) => ending.service))} did not become live`
    await needs.report({ type: 'services-not-started', services: [...later], because })
  }
  const worst = failed.find((ending) => ending.outcome === 'failed') ?? failed[0]
  const told = failed.map((ending) => toldEnding(ending, state)).join(' ')
  const kept = later.length > 0 ? ` ${listed(later)} ${later.length === 1 ? 'was' : 'were'} not touched.` : ''
  return new OperatorError({
    kind: worst?.outcome === 'failed' ? 'failed' : 'unfinished',
    code: endingCodes[worst?.outcome ?? 'failed'],
    message: `${told}${kept}`,
    hint: `Run: fakturino status -e ${environment}`,
  })
}

const endingCodes = {
  live: 'deployment-failed',
  failed: 'deployment-failed',
  held: 'deployment-held',
  superseded: 'deployment-superseded',
  timeout: 'deployment-timeout',
} as const satisfies Record<DeploymentEnding['outcome'], string>

function toldEnding(ending: DeploymentEnding, state: ObservedState): string {
  const old = liveDeployment(state.services.find((service) => service.name === ending.service))
  const serving =
    old === undefined ? 'Nothing of it serves.' : `${old.commit?.slice(0, 8) ?? 'The one before'} keeps serving.`
  const where = ending.step === undefined ? '' : ` in ${ending.step}`
  const why = ending.reason === undefined ? '' : `: ${ending.reason}`
  switch (ending.outcome) {
    case 'held':
      return `${ending.service} waits for somebody's approval in the dashboard.`
    case 'superseded':
      return `${ending.service} was replaced by a deployment that is not ours.`
    case 'timeout':
      return `${ending.service} is still ${ending.status}${where} after ${Math.round(ending.elapsedMs / 1000)} s.`
    default:
      return `${ending.service} ${ending.status}${where}${why}. ${serving}`
  }
}

/** Everything was deployed, and still the wrong thing serves. */
export function verificationFailed(environment: string, results: readonly CheckResult[]): OperatorError {
  const findings = results.flatMap((result) => (result.outcome === 'fail' ? (result.finding ?? []) : []))
  return new OperatorError({
    kind: 'failed',
    code: 'verification-failed',
    message: `The deployments succeeded, but what serves is not what was asked for. ${findings.map((finding) => finding.message).join(' ')}`,
    hint: `Run: fakturino status -e ${environment}`,
    findings,
  })
}
