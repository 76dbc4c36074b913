import type { DesiredFlag, DesiredSecret, DesiredService, DesiredState } from '../config/desired.ts'
import { holdsReference } from '../config/expressions.ts'
import { own } from '../config/own.ts'
import type { Secret } from '../kit/secret.ts'
import { count, listed } from '../kit/text.ts'
import type { ObservedService, ObservedState, ObservedVariable } from '../platform/observed-state.ts'
import type { LastApplied } from './last-applied.ts'
import type { Change, PlanNote, SecretSource } from './plan.ts'
import { shownDesired, shownObserved } from './shown-value.ts'

/** Variables with this prefix are the tool's own notes; plans and fingerprints do not see them. */
export const ownVariablePrefix = 'FAKTURINO_'

/** What variables of one service are compared against. */
export interface VariableSituation {
  desired: DesiredState
  service: DesiredService
  /** Undefined where the service does not exist yet. */
  observed: ObservedService | undefined
  /** `knownSecrets` of the whole environment. */
  secrets: ReadonlyMap<string, KnownSecret>
  lastApplied: LastApplied
  /** What people supplied in this run, by the secret's name. */
  supplied: ReadonlyMap<string, Secret>
}

/** A secret of the config, and what is there of it. */
export interface KnownSecret {
  isGenerated: boolean
  /** The services that hold a value, shown or not. */
  holders: { service: string; held: ObservedVariable }[]
}

/** A change before its cause is known. */
export type VariableDifference = Omit<Change, 'cause' | 'service' | 'setting'> & { variable: string }

/** Compares one service's variables. What is not ours to write becomes a note. */
export function compareVariables(situation: VariableSituation): {
  differences: VariableDifference[]
  notes: PlanNote[]
} {
  const differences: VariableDifference[] = []
  const notes: PlanNote[] = []
  const masked: string[] = []
  for (const [variable, wanted] of Object.entries(situation.service.variables)) {
    const observed = own(situation.observed?.variables, variable)
    const flag = flagOf(situation.desired.flags, situation.service.name, variable)
    if (wanted.kind === 'secret') {
      const found = secretDifference(situation, variable, wanted.secret)
      if (found !== undefined) differences.push(found)
      else notes.push(...uncopiable(situation, variable, wanted.secret))
    } else if (observed === undefined) {
      differences.push(textDifference('create', variable, undefined, wanted.value))
    } else if ('masked' in observed) {
      masked.push(variable)
    } else if (observed.value.reveal() !== wanted.value) {
      if (flag === undefined)
        differences.push(textDifference('update', variable, observed.value.reveal(), wanted.value))
      else notes.push(flagDiffers(situation.service.name, variable, observed.value.reveal(), wanted.value))
    }
  }
  if (masked.length > 0) {
    notes.push({
      code: 'masked',
      service: situation.service.name,
      message: `${listed(masked)}: the platform does not show ${masked.length === 1 ? 'its value' : 'their values'}, so nothing was compared or written.`,
    })
  }
  const { removals, strangers } = leftovers(situation)
  differences.push(...removals)
  if (strangers.length > 0) {
    notes.push({
      code: 'unmanaged-variables',
      service: situation.service.name,
      message: `${count(strangers.length, 'variable')} not in the config, left alone: ${listed(strangers)}.`,
    })
  }
  return { differences, notes }
}

/** Names of the secrets that no service holds, nobody supplied and nothing generates. */
export function missingSecrets(
  desired: DesiredState,
  state: ObservedState | undefined,
  supplied: ReadonlyMap<string, Secret>,
): string[] {
  return [...knownSecrets(desired, state)]
    .filter(([name, { isGenerated, holders }]) => !isGenerated && !supplied.has(name) && holders.length === 0)
    .map(([name]) => name)
}

/**
 * One note for each secret whose holders show different values: what one of them encrypts or signs, the others cannot read. What
 * is supplied in this run goes to all of them, and a reference is no value to compare.
 */
export function secretsThatDiffer(
  secrets: ReadonlyMap<string, KnownSecret>,
  supplied: ReadonlyMap<string, Secret>,
): PlanNote[] {
  return [...secrets].flatMap(([name, { holders }]): PlanNote[] => {
    if (supplied.has(name)) return []
    const shown = holders.flatMap(({ service, held }) => {
      const value = 'value' in held ? held.value.reveal() : undefined
      return value === undefined || holdsReference(value) ? [] : [{ service, value }]
    })
    if (new Set(shown.map(({ value }) => value)).size < 2) return []
    const services = [...new Set(shown.map(({ service }) => service))]
    return [
      {
        code: 'secret-differs',
        message: `${name} does not have one value: ${services.length === 1 ? `the variables of ${listed(services)}` : listed(services)} differ in it. Supply it with --secrets-file, naming no services, to give all of them the same.`,
      },
    ]
  })
}

/** A secret as it is said to whoever must supply it: `PADDLE_API_KEY (Paddle payments)`. */
export function toldSecret({ name, purpose }: Pick<DesiredSecret, 'name' | 'purpose'>): string {
  return purpose === undefined ? name : `${name} (${purpose})`
}

/** Every secret of the config by its name, read off an environment once for all services that share it. */
export function knownSecrets(desired: DesiredState, state: ObservedState | undefined): Map<string, KnownSecret> {
  const known = new Map(
    desired.secrets.map(({ name, generate }): [string, KnownSecret] => [
      name,
      { isGenerated: generate !== undefined, holders: [] },
    ]),
  )
  const observedOf = new Map(state?.services.map((service) => [service.name, service]))
  for (const service of desired.services) {
    const observed = observedOf.get(service.name)
    for (const [variable, wanted] of Object.entries(service.variables)) {
      const held = own(observed?.variables, variable)
      if (wanted.kind !== 'secret' || held === undefined || !isSet(held)) continue
      known.get(wanted.secret)?.holders.push({ service: service.name, held })
    }
  }
  return known
}

function secretDifference(
  situation: VariableSituation,
  variable: string,
  name: string,
): VariableDifference | undefined {
  const observed = own(situation.observed?.variables, variable)
  const supplied = situation.supplied.get(name)
  if (supplied !== undefined) {
    if (observed !== undefined && !('masked' in observed) && observed.value.reveal() === supplied.reveal())
      return undefined
    return secretChange(isSet(observed) ? 'update' : 'create', variable, name, { from: 'supplied' })
  }
  if (isSet(observed)) return undefined
  const source = sourceOf(situation, name)
  return source === undefined ? undefined : secretChange('create', variable, name, source)
}

/** A value that one of the services sharing the secret already holds is copied, never replaced; not even where it is masked. */
function sourceOf(situation: VariableSituation, name: string): SecretSource | undefined {
  const { isGenerated = false, holders = [] } = situation.secrets.get(name) ?? {}
  const holder = holders.find(({ held }) => 'value' in held)
  if (holder !== undefined) return { from: 'service', service: holder.service }
  return isGenerated && holders.length === 0 ? { from: 'generated' } : undefined
}

function uncopiable(situation: VariableSituation, variable: string, name: string): PlanNote[] {
  if (isSet(own(situation.observed?.variables, variable))) return []
  const holder = situation.secrets.get(name)?.holders[0]
  if (holder === undefined) return []
  return [
    {
      code: 'masked',
      service: situation.service.name,
      message: `${variable} is not set. ${holder.service} holds ${name}, but the platform does not show it, so it cannot be copied. Supply it with --secrets-file.`,
    },
  ]
}

/** The observed variable in which a service holds a secret; undefined where it holds none. */
export function heldVariable(
  state: ObservedState | undefined,
  service: DesiredService,
  secret: string,
): ObservedVariable | undefined {
  const observed = state?.services.find((candidate) => candidate.name === service.name)
  return Object.entries(service.variables)
    .filter(([, wanted]) => wanted.kind === 'secret' && wanted.secret === secret)
    .map(([variable]) => own(observed?.variables, variable))
    .find(isSet)
}

/** The name of the variable in which a service is to have a secret. */
export function variableOf(service: DesiredService, secret: string): string | undefined {
  return Object.entries(service.variables).find(
    ([, wanted]) => wanted.kind === 'secret' && wanted.secret === secret,
  )?.[0]
}

/** An empty value is no secret: it is asked for again. */
function isSet(observed: ObservedVariable | undefined): boolean {
  return observed !== undefined && ('masked' in observed || observed.value.reveal() !== '')
}

function secretChange(
  action: 'create' | 'update',
  variable: string,
  secret: string,
  source: SecretSource,
): VariableDifference {
  const origin =
    source.from === 'generated' ? 'generated' : source.from === 'supplied' ? 'supplied' : `the one of ${source.service}`
  return {
    action,
    variable,
    ...(action === 'update' ? { before: '(secret)' } : {}),
    after: `(secret, ${origin})`,
    severity: action === 'update' ? 'risky' : 'safe',
    effect: 'redeploy',
    act: { kind: 'set-secret', variable, secret, source },
  }
}

function textDifference(
  action: 'create' | 'update',
  variable: string,
  before: string | undefined,
  after: string,
): VariableDifference {
  return {
    action,
    variable,
    ...(before === undefined ? {} : { before: shownObserved(before, after) }),
    after: shownDesired(after),
    severity: 'safe',
    effect: 'redeploy',
    act: { kind: 'set-variable', variable, value: after },
  }
}

function flagOf(flags: readonly DesiredFlag[], service: string, variable: string): DesiredFlag | undefined {
  return flags.find((flag) => flag.variable === variable && flag.services.includes(service))
}

function flagDiffers(service: string, variable: string, observed: string, configured: string): PlanNote {
  return {
    code: 'flag-differs',
    service,
    message: `${variable} is ${shownObserved(observed, configured)}, the config's default is ${shownDesired(configured)}. A deploy never switches an existing flag; it stays.`,
  }
}

/** Variables beyond the config: those we wrote last ourselves go, all others stay and are named. */
function leftovers({ service, observed, lastApplied }: VariableSituation): {
  removals: VariableDifference[]
  strangers: string[]
} {
  const removals: VariableDifference[] = []
  const strangers: string[] = []
  for (const [variable, value] of Object.entries(observed?.variables ?? {})) {
    if (Object.hasOwn(service.variables, variable) || variable.startsWith(ownVariablePrefix)) continue
    const written = observed === undefined ? 'none' : lastApplied.value(observed.id, ['variables', variable, 'value'])
    const isOurs = written !== 'none' && 'value' in value && value.value.reveal() === written.written
    if (!isOurs) strangers.push(variable)
    else
      removals.push({
        action: 'delete',
        variable,
        before: shownObserved(value.value.reveal()),
        severity: 'destructive',
        effect: 'redeploy',
        act: { kind: 'remove-variable', variable },
      })
  }
  return { removals, strangers }
}
