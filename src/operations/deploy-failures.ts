import { type FailureCode, OperatorError } from '../kit/errors.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { CheckResult } from '../verify/check.ts'
import { type FailedMigrations, mend, migrationFinding, toldFailedMigrations } from './failed-migrations.ts'
import type { DeploymentEnding, Phase } from './watch-deployments.ts'

/** How a deployment can end other than live. */
export type BadEnding = DeploymentEnding & { outcome: Exclude<DeploymentEnding['outcome'], 'live'> }

const endingCodes: Record<Exclude<BadEnding['outcome'], 'timeout'>, FailureCode> = {
  failed: 'deployment-failed',
  unstable: 'deployment-crashed',
  held: 'deployment-held',
  superseded: 'deployment-superseded',
  asleep: 'deployment-asleep',
}

const phaseCodes: Record<Phase, FailureCode> = {
  queue: 'queue-timeout',
  build: 'build-timeout',
  'pre-deploy': 'pre-deploy-timeout',
  health: 'health-timeout',
  verify: 'verify-timeout',
}

const phaseWords: Record<Phase, string> = {
  queue: 'a place in the queue',
  build: 'a build',
  'pre-deploy': 'the pre-deploy command',
  health: 'the start and its health check',
  verify: 'the way back to live',
}

function codeOf({ outcome, phase = 'health' }: BadEnding): FailureCode {
  return outcome === 'timeout' ? phaseCodes[phase] : endingCodes[outcome]
}

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
  migrations: readonly FailedMigrations[] = [],
): OperatorError {
  const failed = [first, ...others]
  const worst = failed.find(({ outcome }) => outcome === 'failed' || outcome === 'unstable') ?? first
  const told = failed.map((ending) => toldEnding(ending, state)).join(' ')
  if (migrations.length > 0) return migrationFailed(environment, told, migrations, later)
  return new OperatorError({
    kind: worst.outcome === 'failed' || worst.outcome === 'unstable' ? 'failed' : 'unfinished',
    code: codeOf(worst),
    message: `${told}${untouched(later)}`,
    hint: `Run: fakturino status -e ${environment}`,
  })
}

/** The platform calls it live, and its log says that a migration failed: the code that serves meets a database it was not made for. */
export function migrationHidden(
  environment: string,
  migrations: readonly FailedMigrations[],
  later: readonly string[],
): OperatorError {
  const services = listed(migrations.map(({ service }) => service))
  const told = `${services} became live although a migration failed: ${migrations.length === 1 ? 'its pre-deploy command' : 'their pre-deploy commands'} did not end with artisan's exit code.`
  return migrationFailed(environment, told, migrations, later)
}

function migrationFailed(
  environment: string,
  told: string,
  migrations: readonly FailedMigrations[],
  later: readonly string[],
): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'migration-failed',
    message: `${[told, ...migrations.map(toldFailedMigrations)].join(' ')}${untouched(later)}`,
    hint: `${migrations.map(({ failed, done }) => mend(failed, done)).join(' ')} To see what runs, run: fakturino status -e ${environment}`,
    findings: migrations.map(migrationFinding),
  })
}

function untouched(later: readonly string[]): string {
  return later.length === 0 ? '' : ` ${listed(later)} ${later.length === 1 ? 'was' : 'were'} not touched.`
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
      return `${ending.service} is still ${ending.status}${where} after ${seconds(ending.elapsedMs)}${tooLong(ending)}. The platform goes on with it, and nobody waits any more.`
    case 'asleep':
      return `${ending.service} sleeps, which nobody asked for: until a request wakes it, it does nothing.`
    case 'unstable':
      return `${ending.service} was live and did not stay so: after ${seconds(ending.elapsedMs)} it is ${ending.status === 'live' ? 'without a running instance' : ending.status}. What served before it is gone.`
    case 'failed':
      return `${ending.service} ${ending.status}${where}${why}. ${serving}`
  }
}

function tooLong({ phase = 'health', limitMs }: BadEnding): string {
  return limitMs === undefined ? '' : `, and ${phaseWords[phase]} may take ${seconds(limitMs)}`
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}

/** Did it decide the verdict? What is advisory, or only said, was told already. */
function isCounted({ outcome, isAside, finding }: CheckResult, as: CheckResult['outcome']): boolean {
  return outcome === as && isAside !== true && (as === 'unknown' || finding?.severity !== 'advisory')
}

/** Everything was deployed, and still the wrong thing serves. */
export function verificationFailed(environment: string, results: readonly CheckResult[]): OperatorError {
  const findings = results.flatMap((result) => (isCounted(result, 'fail') ? (result.finding ?? []) : []))
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
  const findings = results.flatMap((result) => (isCounted(result, 'unknown') ? (result.finding ?? []) : []))
  return new OperatorError({
    kind: 'unfinished',
    code: inconclusiveCode(results),
    message: `The deployments succeeded, but whether all of it works could not be judged. ${findings.map((finding) => finding.message).join(' ')}`,
    hint: `Run: fakturino status -e ${environment}`,
    findings,
  })
}

const tellingCodes: readonly FailureCode[] = [
  'verify-timeout',
  'deployment-superseded',
  'deployment-asleep',
  'deployment-held',
]

/** Why it could not be judged, where a code of its own says that. */
export function inconclusiveCode(results: readonly CheckResult[]): FailureCode {
  const found = results.flatMap(({ outcome, finding }) => (outcome === 'unknown' ? (finding?.code ?? []) : []))
  return tellingCodes.find((code) => found.includes(code)) ?? 'verification-inconclusive'
}
