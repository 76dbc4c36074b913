import type { DesiredState } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import { count, listed, shortCommit } from '../kit/text.ts'
import { codeOption } from '../kit/uploaded-revision.ts'
import { type Change, subjectOf } from '../plan/plan.ts'
import { liveDeployment, runningCommit } from '../plan/plan-deployments.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { AppliedPlan } from './apply-plan.ts'
import { canRollBackTo } from './kept-images.ts'
import type { PutBack } from './put-back.ts'
import { type ServingService, toldServing } from './serving-now.ts'
import type { StartedService } from './start-level.ts'

/** A release that failed: what it was to do, and what of it was begun. */
export interface FailedRelease {
  desired: DesiredState
  before: ObservedState
  applied: AppliedPlan
  started: readonly StartedService[]
  /** The services that the operator named. */
  services?: readonly string[]
  /** As it is now, with recent deployments; absent where that was not read. */
  now?: ObservedState
}

/** Why something is put back, in words of ours alone: they stand in the platform's history too. */
export function becauseOf({ code }: OperatorError): string {
  switch (code) {
    case 'deployment-failed':
      return 'what was deployed did not become live'
    case 'deployment-crashed':
      return 'what was deployed did not stay live'
    case 'migration-failed':
      return 'a migration failed'
    case 'verification-failed':
      return 'what was deployed does not serve as it should'
    default:
      return `the release failed (${code})`
  }
}

/** An end that is not known is not undone: it may still become a good one. */
export function notPutBack(error: OperatorError): OperatorError {
  return reworded(error, { message: `${error.message} Nothing was put back, because how this ends is not known yet.` })
}

export function nothingPutBack(error: OperatorError): OperatorError {
  return reworded(error, { message: `${error.message} There was nothing to put back.` })
}

/** The failure with what serves now, what stays stored, and the command that undoes it. */
export function withServing(
  error: OperatorError,
  serving: readonly ServingService[] | 'unread',
  release: FailedRelease,
): OperatorError {
  const isEmpty = serving !== 'unread' && serving.length === 0
  const said = [
    serving === 'unread' ? 'What serves now could not be read.' : toldServing(serving),
    isEmpty ? '' : toldBefore(release),
    toldStored(release.applied),
  ].filter((sentence) => sentence !== '')
  const hint = error.kind === 'failed' && !isEmpty ? hintOf(error, serving, release) : undefined
  return reworded(error, {
    message: [error.message, ...said].join(' '),
    ...(hint === undefined ? {} : { hint }),
  })
}

/** The way back, where there is something to go back from; a migration wants more than that. */
function hintOf(
  { code, hint }: OperatorError,
  serving: readonly ServingService[] | 'unread',
  release: FailedRelease,
): string | undefined {
  const isAsBefore = serving !== 'unread' && serving.every(({ serves }) => serves === 'as-before')
  const undo = undoHint(release, isAsBefore)
  if (code !== 'migration-failed') return undo
  return [undo, hint].filter((text) => text !== undefined).join(' ')
}

/** How putting back ended: well, or as a failure that says what to do by hand. @param back what happened, or why it could not */
export function putBackFailure(
  error: OperatorError,
  back: PutBack | OperatorError,
  release: FailedRelease,
): OperatorError {
  const environment = release.before.environment.name
  const { findings } = error
  if (back instanceof OperatorError) {
    return new OperatorError({
      kind: 'failed',
      code: 'rollback-failed',
      message: `${error.message} Putting it back failed too: ${back.message} What serves now could not be read.`,
      hint: undoHint(release) ?? `Run: fakturino status -e ${environment}`,
      findings,
    })
  }
  const isBack = back.verdict === 'pass'
  const told = [error.message, ...(isBack ? [toldBack(back)] : toldProblems(back)), ...toldLeft(back)]
  const serving = toldServing(back.serving)
  return new OperatorError({
    kind: isBack ? 'rolled-back' : 'failed',
    code: isBack ? 'rolled-back' : 'rollback-failed',
    message: [...told, ...(serving === '' ? [] : [serving])].join(' '),
    hint: isBack
      ? toldNext(error, environment)
      : (undoHint({ ...release, now: back.now }) ?? `Run: fakturino status -e ${environment}`),
    findings,
  })
}

function toldNext({ code, hint }: OperatorError, environment: string): string {
  return code === 'migration-failed' && hint !== undefined
    ? hint
    : `Find out what failed before the next try. To see what runs, run: fakturino status -e ${environment}`
}

function toldBack({ services, stillServing, places }: PutBack): string {
  const back = services.map(
    ({ service, commit, isBuilt }) =>
      `${service}${commit === undefined ? '' : ` to ${shortCommit(commit)}`}${isBuilt ? ' (built once more: its image was not kept)' : ''}`,
  )
  const parts = [
    ...(back.length === 0 ? [] : [`${listed(back)} went back`]),
    ...(places.length === 0 ? [] : [`${count(places.length, 'stored change')} ${are(places)} as before`]),
    ...(stillServing.length === 0 ? [] : [`${listed(stillServing)} had not stopped serving`]),
  ]
  return `It was put back: ${parts.join('; ')}.`
}

function toldProblems({ verdict, problems }: PutBack): string[] {
  const head =
    verdict === 'inconclusive'
      ? 'It was put back, but whether all of it is as before could not be judged:'
      : 'Putting it back failed too:'
  return [head, ...problems]
}

/** What is not as before, and why. */
function toldLeft({ nothingBefore, notOurs, changedByOthers, hidden, stays }: PutBack): string[] {
  return [
    ...(nothingBefore.length === 0
      ? []
      : [`Before this run nothing of ${listed(nothingBefore)} served, so there is nothing to go back to.`]),
    ...(notOurs.length === 0
      ? []
      : [`${listed(notOurs)} ${was(notOurs)} deployed by somebody else since, and left so.`]),
    ...(changedByOthers.length === 0 ? [] : [`Changed by somebody else since, and left so: ${few(changedByOthers)}.`]),
    ...(hidden.length === 0
      ? []
      : [`Not put back, because the platform does not show what was there: ${few(hidden)}.`]),
    ...(stays.length === 0 ? [] : [`Left as ${stays.length === 1 ? 'it is' : 'they are'}: ${few(stays)}.`]),
  ]
}

/** What there was to go back to, where that is less than all the code. */
function toldBefore({ desired, before }: FailedRelease): string {
  const served = desired.services.filter(
    ({ name }) => liveDeployment(before.services.find((service) => service.name === name)) !== undefined,
  )
  if (served.length === 0) return 'Before this run nothing served, so there is nothing to go back to.'
  if (served.some(({ kind }) => kind === 'app')) return ''
  return `Before this run only ${listed(served.map(({ name }) => name))} served, so there is no code to go back to.`
}

function toldStored({ plan, stored, storing }: AppliedPlan): string {
  if (stored === undefined && storing.way !== 'direct') return ''
  const places = plan.changes.filter(isStored).map(subjectOf)
  return `What this run stored stays stored: ${few(places)}.`
}

function isStored({ act }: Change): boolean {
  return !['create-project', 'create-environment', 'create-service', 'create-volume', 'create-domain'].includes(
    act.kind,
  )
}

/** The command that undoes it; undefined where there is nothing to go back to. */
function undoHint(
  { desired, before, applied, started, services = [], now }: FailedRelease,
  isAsBefore = false,
): string | undefined {
  const isCode = (name: string) =>
    desired.services.some((service) => service.name === name && service.codebase !== undefined)
  const command = ['fakturino deploy', ...services, '-e', before.environment.name].join(' ')
  const byConfig = `To undo what is stored, put the config back as it was and run: ${command}`
  const code = started.filter(({ service }) => isCode(service))
  const codebase = desired.services.find((service) => code.some((one) => one.service === service.name))?.codebase
  const previous = codebase === undefined ? undefined : runningCommit(desired, before, codebase)
  if (previous === undefined) return applied.stored === undefined || code.length > 0 ? undefined : byConfig
  if (code.every(({ commit }) => commit === previous)) {
    return applied.stored === undefined ? undefined : `The commit is the same as before. ${byConfig}`
  }
  if (isAsBefore) return applied.stored === undefined ? undefined : byConfig
  const sharing = desired.services.filter((service) => service.codebase === codebase).map(({ name }) => name)
  if (now !== undefined && canRollBackTo(previous, sharing, before, now))
    return `To bring the code of before back without a build, run: fakturino rollback services --to ${previous} -e ${before.environment.name}`
  return `To bring the code of before back, run: ${command} ${codeOption(previous)}`
}

/** All of them where they are few; else how many. */
function few(places: readonly string[]): string {
  return places.length <= 6
    ? listed(places)
    : `${count(places.length, 'change')}, ${places.slice(0, 4).join(', ')} among them`
}

function are(things: readonly unknown[]): string {
  return things.length === 1 ? 'is' : 'are'
}

function was(things: readonly unknown[]): string {
  return things.length === 1 ? 'was' : 'were'
}

function reworded(error: OperatorError, words: { message: string; hint?: string }): OperatorError {
  const { kind, code, retryable, findings } = error
  const hint = words.hint ?? error.hint
  return new OperatorError({
    kind,
    code,
    retryable,
    findings,
    message: words.message,
    ...(hint === undefined ? {} : { hint }),
  })
}
