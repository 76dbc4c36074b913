import { OperatorError } from '../kit/errors.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { CheckResult } from '../verify/check.ts'
import type { DeploymentEnding } from './watch-deployments.ts'

/** How a deployment can end other than live. */
export type BadEnding = DeploymentEnding & { outcome: keyof typeof endingCodes }

const endingCodes = {
  failed: 'deployment-failed',
  unstable: 'deployment-crashed',
  held: 'deployment-held',
  superseded: 'deployment-superseded',
  timeout: 'deployment-timeout',
} as const

/** Did it not become live? */
export function isBad(ending: DeploymentEnding): ending is BadEnding {
  return ending.outcome !== 'live'
}

/** A level that did not become live, and what that means for the services after it and for what served before. */
export function levelFailed(
  environment: string,
  [first, ...others]: [BadEnding, ...BadEnding[]],
  later: readonly string[],
  state: ObservedState,
): OperatorError {
  const failed = [first, ...others]
  const worst = failed.find(({ outcome }) => outcome === 'failed' || outcome === 'unstable') ?? first
  const told = failed.map((ending) => toldEnding(ending, state)).join(' ')
  const kept = later.length > 0 ? ` ${listed(later)} ${later.length === 1 ? 'was' : 'were'} not touched.` : ''
  return new OperatorError({
    kind: worst.outcome === 'failed' || worst.outcome === 'unstable' ? 'failed' : 'unfinished',
    code: endingCodes[worst.outcome],
    message: `${told}${kept}`,
    hint: `Run: fakturino status -e ${environment}`,
  })
}

function toldEnding(ending: BadEnding, state: ObservedState): string {
  const old = liveDeployment(state.services.find((service) => service.name === ending.service))
  const serving =
    old === undefined
      ? 'Nothing of it serves.'
      : `${old.commit === undefined ? 'The one before' : shortCommit(old.commit)} keeps serving.`
  const where = ending.step === undefined ? '' : ` in ${ending.step}`
  const why = ending.reason === undefined ? '' : `: ${ending.reason}`
  switch (ending.outcome) {
    case 'held':
      return `${ending.service} waits for somebody's approval in the dashboard.`
    case 'superseded':
      return `${ending.service} was replaced by a deployment that is not ours.`
    case 'timeout':
      return `${ending.service} is still ${ending.status}${where} after ${Math.round(ending.elapsedMs / 1000)} s.`
    case 'unstable':
      return `${ending.service} was live and did not stay so: after ${Math.round(ending.elapsedMs / 1000)} s it is ${ending.status === 'live' ? 'without a running instance' : ending.status}. What served before it is gone.`
    case 'failed':
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

/** Everything was deployed and nothing is known to be wrong, but something could not be judged. */
export function verificationInconclusive(environment: string, results: readonly CheckResult[]): OperatorError {
  const findings = results.flatMap((result) => (result.outcome === 'unknown' ? (result.finding ?? []) : []))
  return new OperatorError({
    kind: 'unfinished',
    code: 'verification-inconclusive',
    message: `The deployments succeeded, but whether all of it works could not be judged. ${findings.map((finding) => finding.message).join(' ')}`,
    hint: `Run: fakturino status -e ${environment}`,
    findings,
  })
}
