import type { DesiredState, SecretGenerator } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import { Secret } from '../kit/secret.ts'
import { heldVariable, variableOf } from '../plan/compare-variables.ts'
import type { Change } from '../plan/plan.ts'
import type { ObservedState } from '../platform/observed-state.ts'

/**
 * The value of every `set-secret` change of one environment: supplied, copied from the service that holds it, or generated,
 * once for all services that share it. A value that is staged already is taken instead of a new one: a run that was broken off
 * left it there, and a second value would make its own staged changes look like somebody else's.
 */
export function secretValues(
  desired: DesiredState,
  observed: ObservedState | undefined,
  supplied: ReadonlyMap<string, Secret>,
  random: (bytes: number) => Uint8Array,
): (change: Change) => Secret {
  const made = new Map<string, Secret>()
  return (change) => {
    if (change.act.kind !== 'set-secret') throw new Error(`${change.setting} is no secret`)
    const { secret, source } = change.act
    const value =
      source.from === 'supplied'
        ? supplied.get(secret)
        : source.from === 'service'
          ? copied(desired, observed, source.service, secret)
          : (made.get(secret) ?? stagedValue(desired, observed, secret) ?? generated(desired, secret, random))
    if (value === undefined) {
      throw new OperatorError({
        kind: 'refused',
        code: 'moved',
        message: `Secret ${secret} has no value any more: somebody changed the environment since it was planned.`,
        hint: `Run: fakturino plan -e ${desired.environment.name}`,
      })
    }
    made.set(secret, value)
    return value
  }
}

function copied(desired: DesiredState, observed: ObservedState | undefined, from: string, secret: string) {
  const service = desired.services.find((candidate) => candidate.name === from)
  const held = service === undefined ? undefined : heldVariable(observed, service, secret)
  return held !== undefined && 'value' in held ? held.value : undefined
}

function stagedValue(desired: DesiredState, observed: ObservedState | undefined, secret: string): Secret | undefined {
  const { services = {} } = observed?.staged?.config.reveal() ?? {}
  for (const service of desired.services) {
    const id = observed?.services.find((candidate) => candidate.name === service.name)?.id
    const variable = variableOf(service, secret)
    if (id === undefined || variable === undefined) continue
    const { value, isSealed } = services[id]?.variables?.[variable] ?? {}
    if (typeof value === 'string' && value !== '' && isSealed !== true) return new Secret(value)
  }
  return undefined
}

function generated(desired: DesiredState, name: string, random: (bytes: number) => Uint8Array): Secret | undefined {
  const generator = desired.secrets.find((secret) => secret.name === name)?.generate
  return generator === undefined ? undefined : new Secret(generators[generator](random))
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

const generators: Record<SecretGenerator, (random: (bytes: number) => Uint8Array) => string> = {
  'laravel-key': (random) => `base64:${Buffer.from(random(32)).toString('base64')}`,
  hex: (random) => Buffer.from(random(32)).toString('hex'),
  letters: (random) => {
    let text = ''
    // Bytes past the last whole multiple of 52 are thrown away: every letter stays equally likely.
    while (text.length < 32) {
      for (const byte of random(64)) if (byte < 208 && text.length < 32) text += letters[byte % 52]
    }
    return text
  },
}
