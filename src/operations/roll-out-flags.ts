import type { DesiredState } from '../config/desired.ts'
import { flagName } from '../config/guide-flags.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Finding } from '../kit/finding.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed } from '../kit/text.ts'
import { type FlagChange, flagChange, flagPatch, isStoredAs, touchedServices } from '../plan/flag-change.ts'
import { rolloutIn } from '../plan/rollout-note.ts'
import type { DeploymentId, PatchId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import type { Evidence } from '../verify/evidence.ts'
import { type FlagEffect, flagEffect } from '../verify/flag-effect.ts'
import type { Approve } from './approval.ts'
import { leaseHeld } from './await-lease.ts'
import { deployAgain, healthMs, staleServices, storeFlags, watchFlags } from './change-flags.ts'
import { endingOf } from './ending-of-change.ts'
import { type AskedFlag, gateFindings, isAboutEvidence, isRisky, refusedByGates } from './flag-gates.ts'
import { type Lease, type LeaseNeeds, operationOf, underLease } from './lease.ts'
import type { KnownIds } from './observe-environment.ts'
import type { Author } from './patch-message.ts'
import { type PlaceRequest, placeToChange } from './place-to-change.ts'
import { revertFlags } from './revert-flags.ts'
import { type SoakReport, soak, subjectOf, takeBaseline, unjudged } from './soak.ts'
import { unknownFlag } from './switch-off-flag.ts'
import { checkServing, type VerifyNeeds } from './verify-release.ts'
import type { AwaitedDeployment } from './watch-deployments.ts'

export interface RollOutRequest extends PlaceRequest {
  values: readonly { name: string; value: string }[]
  /** The environment that is tried before that one, by name. */
  validatedBy: (environment: string) => string | undefined
  /** In the place of what that environment holds. */
  evidence?: Evidence
  /** Go on without evidence that counts; recorded. */
  overridesEvidence: boolean
  /** In milliseconds; 0: it is not watched, which is recorded. Absent: the config's. */
  soakMs?: number
  author: Author
  takesLease: boolean
}

export interface ResumeRequest extends PlaceRequest {
  /** As it was typed. */
  flag: string
  soakMs?: number
  author: Author
  takesLease: boolean
}

export interface RollOutNeeds extends LeaseNeeds, VerifyNeeds {
  approve: Approve
  knownIds: KnownIds
  isRehearsal: boolean
}

/** What a change of flags came to that holds, or that nobody watched. */
export interface RolledOut {
  id?: string
  project: string
  environment: string
  /** `unknown`: it was not watched. `inconclusive`: only a dry run. */
  verdict: 'pass' | 'unknown' | 'inconclusive'
  isDryRun?: true
  flags: { name: string; variable: string; value: string; before: Record<string, string | null>; effect: FlagEffect }[]
  patchId: PatchId | null
  services: { name: string; outcome: 'deployed' | 'unchanged'; deploymentId?: DeploymentId }[]
  /** What was said of the gates, and what of them was overridden. */
  gates: { findings: Finding[]; overridden: string[] }
  soak: SoakReport | null
  elapsedMs: number
}

/**
 * Gives flags their values in one environment, for all services that read them: gated by evidence, stored as one patch, deployed
 * together, watched, and taken back where they do not hold.
 */
export async function rollOutFlags(request: RollOutRequest, needs: RollOutNeeds): Promise<RolledOut> {
  const startedAt = needs.clock.now()
  const { state, desired, isProtected } = await placeToChange(request, needs)
  const environment = state.environment.name
  if (desired === undefined) throw noConfig(environment)
  const asked = request.values.map((value) => askedFlag(value, desired))
  const changes = changesOf(asked, state)
  const told = toldWith({ state, changes, startedAt }, needs)
  const isRunning = isStoredAs(changes, state) && (await staleServices(changes, state, needs)).length === 0
  if (isRunning && !isBegun(changes, state)) return told()
  const gates = await openGates({ request, asked, state, desired }, needs)
  const durationMs = request.soakMs ?? needs.timing.soak.durationMs
  const what = approved(changes, state, durationMs)
  const by = await needs.approve({ what, environments: [{ name: environment, isProtected }], plans: [] })
  if (by === 'dry-run') return told({ verdict: 'inconclusive', isDryRun: true, gates })
  await needs.report({ type: 'approval-given', by, what })
  const passed = [...gates.overridden, ...(durationMs === 0 ? ['no-soak'] : [])]
  const author = { ...request.author, ...(passed.length === 0 ? {} : { passed }) }
  const worked = await underRollout({ state, changes, author, takesLease: request.takesLease }, needs, (lease, own) =>
    goForward({ asked, desired, author, durationMs, before: lease.state }, changesOf(asked, lease.state), lease, own),
  )
  return told({ ...worked, gates })
}

/** Goes on with a change of flags that was not finished: forward, or with taking it back. */
export async function resumeFlags(request: ResumeRequest, needs: RollOutNeeds): Promise<RolledOut> {
  const startedAt = needs.clock.now()
  const { state, desired, isProtected } = await placeToChange(request, needs)
  const environment = state.environment.name
  if (desired === undefined) throw noConfig(environment)
  const note = rolloutIn(state)
  const name = flagName(request.flag)
  if (note === undefined || !note.flags.some((one) => one.name === name)) throw nothingToResume(name, environment)
  const { flags: changes, isReverting } = note
  const asked = changes.map((change) => askedFlag(change, desired))
  const told = toldWith({ state, changes, startedAt }, needs)
  const durationMs = request.soakMs ?? needs.timing.soak.durationMs
  const what = isReverting
    ? `go on taking back ${listed(changes.map((one) => one.name))} in ${environment}`
    : `go on: ${approved(changes, state, durationMs)}`
  const by = await needs.approve({ what, environments: [{ name: environment, isProtected }], plans: [] })
  if (by === 'dry-run') return told({ verdict: 'inconclusive', isDryRun: true })
  await needs.report({ type: 'approval-given', by, what })
  const { author, takesLease } = request
  const worked = await underRollout({ state, changes, author, takesLease }, needs, async (lease, own) => {
    const reverting = { changes, before: undefined, desired, target: targetOf(state), author, badSince: startedAt }
    if (isReverting) {
      const because = 'an earlier run found that it does not hold.'
      await revertFlags({ ...reverting, because }, lease, own)
      throw takenBack(changes, because, environment)
    }
    return goForward({ asked, desired, author, durationMs, before: undefined }, changes, lease, own)
  })
  return told(worked)
}

interface Forward {
  asked: readonly AskedFlag[]
  desired: DesiredState
  author: Author
  durationMs: number
  /** The environment before the change; absent where an earlier run made it. */
  before: ObservedState | undefined
}

/** Stored, deployed, watched; what does not hold is taken back. */
async function goForward(
  { asked, desired, author, durationMs, before }: Forward,
  changes: readonly FlagChange[],
  lease: Lease,
  needs: RollOutNeeds & Pick<Lease, 'confirm'>,
): Promise<Pick<RolledOut, 'verdict' | 'patchId' | 'services' | 'soak'> & { effects: Map<string, FlagEffect> }> {
  const { clock } = needs
  const { state } = lease
  const environment = state.environment.name
  const target = targetOf(state)
  const changedAt = state.platformTime ?? clock.now()
  const revert = async (because: string, badSince: number): Promise<never> => {
    await revertFlags({ changes, before, desired, target, author, because, badSince }, lease, needs)
    throw takenBack(changes, because, environment)
  }
  needs.checkpoint()
  const { patchId, started } = await brought(changes, author, lease, needs)
  const badEndings = (await watchFlags(started, needs)).filter(({ outcome }) => outcome !== 'live')
  if (badEndings.length > 0) {
    const names = listed(badEndings.map(({ service }) => service))
    await revert(`${names} did not become live with it.`, clock.now())
  }
  for (const { service } of started) {
    const wanted = desired.services.find(({ name }) => name === service)
    const answers = wanted === undefined ? [] : await checkServing(wanted, undefined, state, needs)
    const failed = answers.find(({ outcome }) => outcome === 'fail')
    if (failed !== undefined)
      await revert(failed.finding?.message ?? `${service} does not answer with it.`, clock.now())
  }
  const report =
    durationMs === 0 ? null : await watched({ changes, desired, target, durationMs, changedAt }, lease, needs)
  if (report?.verdict === 'fail') {
    const { check = '', service = '', message = '' } = report.trigger ?? {}
    await revert(`${check} of ${service}: ${message}`, report.firstBadAt ?? clock.now())
  }
  const effects = await seenEffects(asked, desired, target, lease, needs)
  const contrary = asked.filter(({ flag, value }) => effects.get(flag.name) === (value === 'true' ? 'off' : 'on'))
  if (contrary.length > 0) throw notEffective(contrary, environment)
  if (report?.verdict === 'inconclusive') throw held(changes, unjudged(report), environment)
  const deployed = new Map(started.map(({ service, deploymentId }) => [service, deploymentId]))
  return {
    verdict: report === null ? 'unknown' : 'pass',
    patchId,
    services: servicesTold(changes, deployed),
    soak: report,
    effects,
  }
}

/** Stores what is not stored yet, follows what is on its way, and deploys again what runs otherwise. */
async function brought(
  changes: readonly FlagChange[],
  author: Author,
  { state, id }: Lease,
  needs: RollOutNeeds & Pick<Lease, 'confirm'>,
): Promise<{ patchId: PatchId | null; started: AwaitedDeployment[] }> {
  const patch = flagPatch(changes, state)
  if (patch !== undefined) return storeFlags({ changes, patch, state, author, id, way: 'there' }, needs)
  const readers = state.services.filter(({ name }) => changes.some(({ before }) => name in before))
  const moving = readers.flatMap(({ name, latest }): AwaitedDeployment[] =>
    latest !== undefined && ['queued', 'waiting', 'building', 'deploying'].includes(latest.status)
      ? [
          {
            service: name,
            deploymentId: latest.id,
            startedAt: needs.clock.now(),
            healthMs: healthMs(name, state, needs.timing),
          },
        ]
      : [],
  )
  const stale = await staleServices(changes, state, needs)
  const open = stale.filter(({ name }) => !moving.some(({ service }) => service === name))
  return { patchId: null, started: [...moving, ...(await deployAgain(open, state, needs))] }
}

interface ToWatch {
  changes: readonly FlagChange[]
  desired: DesiredState
  target: Target
  durationMs: number
  changedAt: number
}

function watched(
  { changes, desired, target, durationMs, changedAt }: ToWatch,
  lease: Lease,
  needs: RollOutNeeds,
): Promise<SoakReport> {
  const onState = (state: ObservedState) => {
    lease.check(state)
    if (!isStoredAs(changes, state)) throw changedMeanwhile(changes, state.environment.name)
  }
  return soak({ desired, target, durationMs, changedAt, limits: needs.timing.soak, onState }, needs)
}

async function seenEffects(
  asked: readonly AskedFlag[],
  desired: DesiredState,
  target: Target,
  lease: Lease,
  needs: RollOutNeeds,
): Promise<Map<string, FlagEffect>> {
  const shown = asked.filter(({ flag }) => flag.effect !== undefined)
  const effects = new Map<string, FlagEffect>(asked.map(({ flag }) => [flag.name, 'unknown']))
  if (shown.length === 0) return effects
  const state = await needs.platform.observe(target)
  lease.check(state)
  const subject = subjectOf(state, desired)
  for (const { flag } of shown) {
    const effect = await flagEffect(flag, subject, needs)
    effects.set(flag.name, effect)
    await needs.report({ type: 'flag-effect-seen', environment: state.environment.name, flag: flag.name, effect })
  }
  return effects
}

interface UnderRollout {
  state: ObservedState
  changes: readonly FlagChange[]
  author: Author
  takesLease: boolean
}

async function underRollout<Result extends { verdict: RolledOut['verdict'] }>(
  { state, changes, author, takesLease }: UnderRollout,
  needs: RollOutNeeds,
  work: (lease: Lease, own: RollOutNeeds & Pick<Lease, 'confirm'>) => Promise<Result>,
): Promise<Result & { id: string }> {
  const environment = state.environment.name
  const request = {
    target: targetOf(state),
    operation: {
      ...operationOf(author),
      project: state.project.name,
      environment,
      flags: changes.map(({ name, value }) => `${name}=${value}`),
    },
    seen: state,
    flags: changes,
    takesOver: takesLease,
  }
  const worked = await underLease(request, needs, async (taken) => {
    const own = { ...needs, clock: taken.clock, report: taken.report, confirm: taken.confirm }
    const result = await work(taken, own)
    const verdict = result.verdict === 'pass' ? ('pass' as const) : ('unknown' as const)
    return { result: { ...result, id: taken.id }, verdict }
  }).catch((error: unknown) => {
    throw stoppedInside(error, changes, environment, needs.signal)
  })
  // Not waited for: what the gates looked at would be another environment by then.
  if (worked.outcome === 'held') throw leaseHeld(environment, worked.by)
  return worked.result
}

/** Stopped by somebody: the note stays, so that the way on is another command than the one that was stopped. */
function stoppedInside(
  error: unknown,
  changes: readonly FlagChange[],
  environment: string,
  { aborted, reason }: AbortSignal,
): unknown {
  const [first] = changes
  if (!aborted || !(reason instanceof OperatorError) || first === undefined) return error
  const { kind, code, message, retryable } = reason
  return new OperatorError(
    {
      kind,
      code,
      message,
      hint: `To go on, run \`fakturino flags resume ${shellWord(first.name)} -e ${shellWord(environment)}\`. To end it, run \`${endingOf(first, environment)}\`.`,
      retryable,
    },
    { cause: reason },
  )
}

/** Asks everything that may refuse the change, and says what was found. */
async function openGates(
  {
    request,
    asked,
    state,
    desired,
  }: { request: RollOutRequest; asked: readonly AskedFlag[]; state: ObservedState; desired: DesiredState },
  needs: RollOutNeeds,
): Promise<RolledOut['gates']> {
  const environment = state.environment.name
  const validatedBy = request.validatedBy(environment)
  const isAnyRisky = asked.some(isRisky)
  const other = state.environments.find(({ name }) => name === validatedBy)
  const isAsked = isAnyRisky && request.evidence === undefined && other !== undefined && !request.wanted.byProjectToken
  const [there] = isAsked
    ? await needs.platform.observeAll([{ projectId: state.project.id, environmentId: other.id }])
    : []
  const baseline = isAnyRisky ? await takeBaseline(state, desired, needs) : undefined
  const findings = gateFindings({
    asked,
    state,
    desired,
    validatedBy,
    there,
    given: request.evidence,
    baseline,
    now: state.platformTime ?? needs.clock.now(),
    maxAgeMs: needs.timing.evidenceMs,
  })
  const critical = findings.filter(({ severity }) => severity === 'critical')
  const overridden = request.overridesEvidence ? critical.filter(isAboutEvidence) : []
  const refusing = critical.filter((finding) => !overridden.includes(finding))
  if (refusing.length > 0) throw refusedByGates(refusing, environment)
  const gates = {
    findings: findings.filter((finding) => !critical.includes(finding)),
    overridden: [...new Set(overridden.map(({ code }) => code))],
  }
  await needs.report({ type: 'flags-gated', environment, ...gates })
  return gates
}

function changesOf(asked: readonly AskedFlag[], state: ObservedState): FlagChange[] {
  return asked.map(({ flag, value }) => {
    const { name, variable, services } = flag
    const { change, hidden } = flagChange({ name, variable, value, services }, state)
    if (hidden.length > 0) throw cannotBeSeen(name, variable, hidden, state.environment.name)
    return change
  })
}

function isBegun(changes: readonly FlagChange[], state: ObservedState): boolean {
  return rolloutIn(state)?.flags.some(({ variable }) => changes.some((one) => one.variable === variable)) ?? false
}

function toldWith(
  { state, changes, startedAt }: { state: ObservedState; changes: readonly FlagChange[]; startedAt: number },
  { clock }: RollOutNeeds,
) {
  return (parts: Partial<RolledOut> & { effects?: Map<string, FlagEffect> } = {}): RolledOut => {
    const { effects, ...rest } = parts
    return {
      project: state.project.name,
      environment: state.environment.name,
      verdict: 'pass',
      flags: changes.map((change) => ({ ...change, effect: effects?.get(change.name) ?? 'unknown' })),
      patchId: null,
      services: servicesTold(changes, new Map()),
      gates: { findings: [], overridden: [] },
      soak: null,
      ...rest,
      elapsedMs: clock.now() - startedAt,
    }
  }
}

function servicesTold(
  changes: readonly FlagChange[],
  deployed: ReadonlyMap<string, DeploymentId>,
): RolledOut['services'] {
  const names = [...new Set(changes.flatMap(({ before }) => Object.keys(before)))]
  return names.map((name) => {
    const deploymentId = deployed.get(name)
    return deploymentId === undefined ? { name, outcome: 'unchanged' } : { name, outcome: 'deployed', deploymentId }
  })
}

function targetOf({ project, environment }: ObservedState): Target {
  return { projectId: project.id, environmentId: environment.id }
}

/** What is agreed to: which services are deployed again, which are down meanwhile, and how long it is watched. */
function approved(changes: readonly FlagChange[], state: ObservedState, durationMs: number): string {
  const patch = flagPatch(changes, state)
  const touched = patch === undefined ? [] : touchedServices(patch, state)
  const down = touched.filter(({ volumes }) => volumes.length > 0).map(({ name }) => name)
  const names = touched.map(({ name }) => name)
  const again =
    names.length === 0
      ? ''
      : `: ${listed(names)} ${names.length === 1 ? 'is' : 'are'} deployed again${down.length === 0 ? '' : `, ${listed(down)} with a downtime`}`
  const soaked = durationMs === 0 ? ', and nobody watches it' : `, watched for ${minutes(durationMs)}`
  const values = changes.map(({ name, value }) => `${name} to ${value}`)
  return `set ${listed(values)} in ${state.environment.name}${again}${soaked}`
}

function minutes(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
}

function noConfig(environment: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'config-not-found',
    message: `What a flag needs before it is switched in ${environment} stands in the config, and none says anything of it. Nothing was changed.`,
    hint: 'Run this where the fakturino.config.ts is. To switch a feature off, no config is needed: fakturino flags off FLAG',
  })
}

function nothingToResume(name: string, environment: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'not-found',
    message: `No change of ${name} in ${environment} is unfinished, so there is nothing to go on with.`,
    hint: `To see how flags stand, run: fakturino flags -e ${shellWord(environment)}`,
  })
}

function cannotBeSeen(name: string, variable: string, hidden: readonly string[], environment: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'flag-hidden',
    message: `What is stored for ${name} in ${listed(hidden)} of ${environment} is neither true nor false, or is not shown, so it could not be put back. Nothing was changed.`,
    hint: `Set ${variable} of ${listed(hidden)} to true or false in the dashboard, then run the command again.`,
  })
}

function takenBack(changes: readonly FlagChange[], because: string, environment: string): OperatorError {
  const names = listed(changes.map(({ name }) => name))
  return new OperatorError({
    kind: 'rolled-back',
    code: 'rolled-back',
    message: `${names} did not hold in ${environment} and was taken back: ${because} Everything is stored and runs as before.`,
    hint: `To see what was said about it, run: fakturino logs --errors -e ${shellWord(environment)}`,
  })
}

function held(changes: readonly FlagChange[], open: readonly string[], environment: string): OperatorError {
  const names = changes.map(({ name }) => name)
  const [first] = changes
  if (first === undefined) throw new Error('a change of no flag cannot be held')
  const { name } = first
  return new OperatorError({
    kind: 'unfinished',
    code: 'rollout-inconclusive',
    message: `${listed(names)} stays as it is in ${environment}, and nothing says whether it holds: ${open.join(' ')}`,
    hint: `To watch it again, run \`fakturino flags resume ${shellWord(name)} -e ${shellWord(environment)}\`. To accept it unwatched, which is recorded, run \`fakturino flags resume ${shellWord(name)} --no-soak -e ${shellWord(environment)}\`. To end it, run \`${endingOf(first, environment)}\`.`,
  })
}

function notEffective(contrary: readonly AskedFlag[], environment: string): OperatorError {
  const names = contrary.map(({ flag }) => flag.name)
  const [first] = contrary
  if (first === undefined) throw new Error('no flag is not effective')
  return new OperatorError({
    kind: 'unfinished',
    code: 'flag-not-effective',
    message: `${listed(names)} is set in ${environment} and not effective: the service answers as if it were ${first.value === 'true' ? 'off' : 'on'}. A cached config, or a value in the database, overrides the variable.`,
    hint: `Mend that, then run \`fakturino flags resume ${shellWord(first.flag.name)} -e ${shellWord(environment)}\`. To end it, run \`${endingOf({ name: first.flag.name, value: first.value }, environment)}\`.`,
  })
}

function changedMeanwhile(changes: readonly FlagChange[], environment: string): OperatorError {
  const names = changes.map(({ name }) => name)
  return new OperatorError({
    kind: 'unfinished',
    code: 'moved',
    message: `Somebody changed ${listed(names)} in ${environment} while it was watched, so there is nothing left to judge. It was left as it is.`,
    hint: `To see who, run \`fakturino history -e ${shellWord(environment)}\`; to see how it stands, \`fakturino flags -e ${shellWord(environment)}\`.`,
  })
}

function askedFlag(
  { name, value }: { name: string; value: string },
  { rollout, environment }: DesiredState,
): AskedFlag {
  const flag = rollout.flags.find((one) => one.name === name || one.variable === name)
  if (flag !== undefined) return { flag, value }
  const known = rollout.flags.map((one) => one.name)
  throw unknownFlag(name, known, environment.name)
}
