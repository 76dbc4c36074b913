import type { DesiredState } from '../config/desired.ts'
import { flagName, guideFlags } from '../config/guide-flags.ts'
import { nearest } from '../config/nearest.ts'
import { own } from '../config/own.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed } from '../kit/text.ts'
import { flagVariable } from '../plan/differing-flags.ts'
import { type FlagChange, flagChange, flagPatch, type SwitchedFlag, storedSwitch } from '../plan/flag-change.ts'
import { rolloutIn } from '../plan/rollout-note.ts'
import type { DeploymentId, PatchId } from '../platform/ids.ts'
import type { ObservedService, ObservedState } from '../platform/observed-state.ts'
import { flagEffect } from '../verify/flag-effect.ts'
import type { Approve } from './approval.ts'
import { deployAgain, staleServices, storeFlags, watchFlags } from './change-flags.ts'
import { type Lease, type LeaseNeeds, operationOf, underLease } from './lease.ts'
import type { KnownIds } from './observe-environment.ts'
import type { Author } from './patch-message.ts'
import { type PlaceRequest, placeToChange } from './place-to-change.ts'
import { subjectOf } from './soak.ts'
import { checkServing, type VerifyNeeds } from './verify-release.ts'

export interface SwitchOffRequest extends PlaceRequest {
  /** As it was typed: kebab, snake, or the name of its variable. */
  flag: string
  /** Names of variables that are switched off although nothing says that they are flags. */
  confirmed: readonly string[]
  author: Author
}

export interface SwitchOffNeeds extends LeaseNeeds, VerifyNeeds {
  approve: Approve
  knownIds: KnownIds
  isRehearsal: boolean
}

/** What became of a flag that was switched off. */
export interface SwitchedOff {
  id?: string
  project: string
  environment: string
  flag: string
  variable: string
  value: 'false'
  verdict: 'pass' | 'inconclusive'
  isDryRun?: true
  /** Null where nothing had to be stored. */
  patchId: PatchId | null
  /** `before`: what was stored; null: nothing, or nothing that can be shown. */
  services: { name: string; before: string | null; outcome: 'deployed' | 'unchanged'; deploymentId?: DeploymentId }[]
  elapsedMs: number
}

/** A flag on its way out, and the services that hold it. */
interface Leaving {
  flag: SwitchedFlag
  change: FlagChange
  /** Their containers have it on, whatever is stored. */
  stale: ObservedService[]
}

/**
 * The way out: switches one feature off, now. It needs no evidence, no baseline, no healthy environment and no config, takes the lease
 * from whoever holds it, and asks at most four requests until the change is committed.
 */
export async function switchOffFlag(request: SwitchOffRequest, needs: SwitchOffNeeds): Promise<SwitchedOff> {
  const startedAt = needs.clock.now()
  const { state, desired, isProtected } = await placeToChange(request, needs)
  const environment = state.environment.name
  const flag = leavingFlag(request, state, desired)
  const { change } = flagChange(flag, state)
  const patch = flagPatch([change], state)
  // What is stored is changed first and in any case; only where nothing is to be stored, a look at the containers decides.
  const stale = patch === undefined ? await runningOn(flag, state, needs) : []
  const ended = (parts: Partial<SwitchedOff> = {}): SwitchedOff => ({
    project: state.project.name,
    environment,
    flag: flag.name,
    variable: flag.variable,
    value: 'false',
    verdict: 'pass',
    patchId: null,
    services: Object.entries(change.before).map(([name, before]) => ({ name, before, outcome: 'unchanged' as const })),
    elapsedMs: needs.clock.now() - startedAt,
    ...parts,
  })
  const isBegun = rolloutIn(state)?.flags.some(({ variable }) => variable === flag.variable) ?? false
  if (patch === undefined && stale.length === 0 && !isBegun) return ended()
  const what = approved({ flag, change, stale }, state)
  const by = await needs.approve({ what, environments: [{ name: environment, isProtected }], plans: [] })
  if (by === 'dry-run') return ended({ verdict: 'inconclusive', isDryRun: true })
  await needs.report({ type: 'approval-given', by, what })
  const lease = {
    target: { projectId: state.project.id, environmentId: state.environment.id },
    operation: {
      ...operationOf(request.author),
      project: state.project.name,
      environment,
      flags: [`${flag.name}=false`],
    },
    seen: state,
    flags: [change],
    takesOver: true,
  }
  const worked = await underLease(lease, needs, async (taken) => {
    const own = { ...needs, clock: taken.clock, report: taken.report, confirm: taken.confirm }
    const done = await leave(request, flag, taken, own)
    await prove(done, flag, desired, taken, own)
    const deployed = new Map(done.started.map(({ service, deploymentId }) => [service, deploymentId]))
    const services = Object.entries(done.change.before).map(([name, before]) => {
      const deploymentId = deployed.get(name)
      return deploymentId === undefined
        ? { name, before, outcome: 'unchanged' as const }
        : { name, before, outcome: 'deployed' as const, deploymentId }
    })
    return { result: ended({ id: taken.id, patchId: done.patchId, services }), verdict: 'pass' as const }
  })
  if (worked.outcome === 'held') throw new Error('a lease that is taken over cannot be held')
  return { ...worked.result, elapsedMs: needs.clock.now() - startedAt }
}

/** Which flag is meant, and which services hold it; refuses what is no way out. */
function leavingFlag(
  { flag: typed, confirmed }: SwitchOffRequest,
  state: ObservedState,
  desired: DesiredState | undefined,
): SwitchedFlag {
  const name = flagName(typed)
  const known = desired?.rollout.flags ?? guideFlags
  const found = known.find((one) => one.name === name || one.variable === typed)
  const variable = found?.variable ?? `FEATURE_${name.toUpperCase()}`
  const environment = state.environment.name
  if (found?.riskyValue === 'false') throw safetyFlag(found.name, environment)
  const holders = state.services
    .filter(({ variables }) => own(variables, variable) !== undefined)
    .map((one) => one.name)
  if (found === undefined) {
    if (!flagVariable.test(variable) || holders.length === 0) {
      throw unknownFlag(
        typed,
        known.map((one) => one.name),
        environment,
      )
    }
    if (!confirmed.includes(variable)) throw unconfirmed(variable, environment)
  }
  const readers = desired?.rollout.flags.find((one) => one.name === name)?.services ?? []
  const services = state.services.map((one) => one.name).filter((one) => holders.includes(one) || readers.includes(one))
  return { name: found?.name ?? name, variable, value: 'false', services }
}

/** Services whose containers have it on although it is stored as off. */
function runningOn(flag: SwitchedFlag, state: ObservedState, needs: SwitchOffNeeds): Promise<ObservedService[]> {
  return staleServices([flagChange(flag, state).change], state, needs)
}

interface Left {
  change: FlagChange
  patchId: PatchId | null
  started: { service: string; deploymentId: DeploymentId }[]
}

/** Stores it, or deploys those services once more that run otherwise; follows all of it to its end. */
async function leave(
  { author }: SwitchOffRequest,
  flag: SwitchedFlag,
  { state, id }: Lease,
  needs: SwitchOffNeeds & Pick<Lease, 'confirm'>,
): Promise<Left> {
  const { change } = flagChange(flag, state)
  const environment = state.environment.name
  const patch = flagPatch([change], state)
  const stored =
    patch === undefined
      ? { patchId: null, started: [] }
      : await storeFlags({ changes: [change], patch, state, author, id, way: 'there' }, needs)
  const begun = new Set(stored.started.map(({ service }) => service))
  const stale = (await runningOn(flag, state, needs)).filter(({ name }) => !begun.has(name))
  const again = await deployAgain(stale, state, needs)
  const started = [...stored.started, ...again]
  const endings = await watchFlags(started, needs)
  const bad = endings.filter(({ outcome }) => outcome !== 'live')
  if (bad.length > 0)
    throw stillOn(
      flag,
      bad.map(({ service }) => service),
      environment,
    )
  return { change, patchId: stored.patchId, started }
}

/** Reads once more: stored, running, and answering. */
async function prove(
  { change, started }: Left,
  flag: SwitchedFlag,
  desired: DesiredState | undefined,
  { check, state: before }: Lease,
  needs: SwitchOffNeeds,
): Promise<void> {
  const state = await needs.platform.observe({ projectId: before.project.id, environmentId: before.environment.id })
  check(state)
  const environment = state.environment.name
  const notStored = state.services.filter(
    (service) => service.name in change.before && storedSwitch(service, flag.variable) !== 'false',
  )
  if (notStored.length > 0)
    throw movedAway(
      flag,
      notStored.map(({ name }) => name),
      environment,
    )
  const stale = await runningOn(flag, state, needs)
  if (stale.length > 0)
    throw stillOn(
      flag,
      stale.map(({ name }) => name),
      environment,
    )
  for (const { service } of started) {
    const asked = desired?.services.find(({ name }) => name === service)
    // The services may have been ill before; that is for `check` to say, and no reason to doubt that the flag is off.
    if (asked !== undefined) await checkServing(asked, undefined, state, needs)
  }
  const known = desired?.rollout.flags.find(({ name }) => name === flag.name)
  if (known?.effect === undefined) return
  const effect = await flagEffect(known, subjectOf(state, desired), needs)
  await needs.report({ type: 'flag-effect-seen', environment, flag: flag.name, effect })
  if (effect === 'on') throw stillShows(flag, environment)
}

/** What is agreed to: which services are deployed again, and which are down meanwhile. */
function approved({ flag, change, stale }: Leaving, state: ObservedState): string {
  const names = stale.length > 0 ? stale.map(({ name }) => name) : touched(change, state)
  const withVolume = state.services.filter(({ name, volumes }) => names.includes(name) && volumes.length > 0)
  const down = withVolume.length === 0 ? '' : `, ${listed(withVolume.map(({ name }) => name))} with a downtime`
  const again =
    names.length === 0 ? '' : `: ${listed(names)} ${names.length === 1 ? 'is' : 'are'} deployed again${down}`
  return `switch ${flag.name} off in ${state.environment.name}${again}`
}

function touched({ before, variable }: FlagChange, state: ObservedState): string[] {
  return state.services
    .filter((service) => service.name in before && storedSwitch(service, variable) !== 'false')
    .map(({ name }) => name)
}

function safetyFlag(flag: string, environment: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'safety-flag',
    message: `${flag} is a safety flag: switching it off is the risk, so it is never the way out. Nothing was changed.`,
    hint: `With evidence that everything was validated, run: fakturino flags set ${flag}=false -e ${shellWord(environment)}`,
  })
}

/** The refusal of a flag that neither the config nor the platform has. */
export function unknownFlag(typed: string, known: readonly string[], environment: string): OperatorError {
  const close = nearest(flagName(typed), known)
  return new OperatorError({
    kind: 'usage',
    code: 'unknown-flag',
    message: `There is no flag ${typed}${close === undefined ? '' : `; is ${close} meant`}${close === undefined ? '.' : '?'} Nothing was changed.`,
    hint: `To see them all, run: fakturino flags -e ${shellWord(environment)}`,
  })
}

function unconfirmed(variable: string, environment: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'unknown-flag',
    message: `Nothing says what ${variable} is: neither the config nor the guide names it as a flag. Nothing was changed.`,
    hint: `Where it is one, run: fakturino flags off ${variable} --confirm ${variable} -e ${shellWord(environment)}`,
  })
}

function stillOn({ name }: SwitchedFlag, services: readonly string[], environment: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'flag-not-effective',
    message: `${name} is stored as off in ${environment}, but ${listed(services)} ${services.length === 1 ? 'does' : 'do'} not run with it yet: a new deployment did not become live.`,
    hint: `Run \`fakturino logs ${services.map(shellWord).join(' ')} -e ${shellWord(environment)}\`, then \`fakturino flags off ${name} -e ${shellWord(environment)}\` again: it deploys what still has it on.`,
  })
}

function stillShows({ name }: SwitchedFlag, environment: string): OperatorError {
  return new OperatorError({
    kind: 'unfinished',
    code: 'flag-not-effective',
    message: `${name} is off in ${environment}, stored and in every container, and the service still answers as if it were on: a cached config, or a value in the database, overrides the variable.`,
    hint: `Clear what overrides it, with \`fakturino artisan -e ${shellWord(environment)} -- config:clear\`, then look with \`fakturino flags show ${shellWord(name)} -e ${shellWord(environment)}\`.`,
  })
}

function movedAway({ name }: SwitchedFlag, services: readonly string[], environment: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'moved',
    message: `${name} was switched off in ${environment}, and somebody stored another value for ${listed(services)} since.`,
    hint: `Find out who works there with \`fakturino history -e ${shellWord(environment)}\`, then run \`fakturino flags off ${name} -e ${shellWord(environment)}\` again.`,
  })
}
