import { describe, expect, it, test } from 'vitest'
import type { SecretGenerator } from '../../src/config/desired.ts'
import type { VariableConfig } from '../../src/contract/environment-config.ts'
import { Secret } from '../../src/kit/secret.ts'
import { secretValues } from '../../src/operations/secret-values.ts'
import type { Change, SecretSource } from '../../src/plan/plan.ts'
import type { ObservedState } from '../../src/platform/observed-state.ts'
import {
  aChange,
  aDesiredService,
  aDesiredState,
  anObservedPatch,
  anObservedService,
  anObservedState,
  observedVariables,
  serviceId,
  theSecret,
} from '../support/builders.ts'

const needs = (service: string, source: SecretSource, secret = 'KEY'): Change =>
  aChange({ service, variable: secret, act: { kind: 'set-secret', variable: secret, secret, source } })

/** Bytes that count up from 0, over all calls. */
function counter() {
  let next = 0
  return (bytes: number) => Uint8Array.from({ length: bytes }, () => next++ % 256)
}

interface World {
  generate?: SecretGenerator
  observed?: ObservedState
  supplied?: Record<string, string>
  random?: (bytes: number) => Uint8Array
}

function values({ generate, observed, supplied = {}, random = counter() }: World) {
  const desired = aDesiredState({
    services: ['api', 'worker'].map((name) =>
      aDesiredService(name, { variables: { KEY: theSecret('KEY'), OTHER: theSecret('OTHER') } }),
    ),
    secrets: ['KEY', 'OTHER'].map((name) => ({
      name,
      services: ['api', 'worker'],
      requiredBy: [],
      ...(generate === undefined ? {} : { generate }),
    })),
  })
  const given = new Map(Object.entries(supplied).map(([name, value]) => [name, new Secret(value)]))
  const secretOf = secretValues(desired, observed, given, random)
  return (change: Change) => secretOf(change).reveal()
}

const generated: SecretSource = { from: 'generated' }
const ofApi: SecretSource = { from: 'service', service: 'api' }
const apiHolds = (value: string | null) =>
  anObservedState({ services: [anObservedService('api', { variables: observedVariables({ KEY: value }) })] })

describe('a generated value', () => {
  it('is one for all that share the secret', () => {
    const secretOf = values({ generate: 'hex' })
    const first = secretOf(needs('api', generated))
    expect(secretOf(needs('worker', generated))).toBe(first)
    expect(secretOf(needs('api', generated, 'OTHER'))).not.toBe(first)
  })

  it('is another one in the next environment', () => {
    const random = counter()
    const [staging, production] = [values({ generate: 'hex', random }), values({ generate: 'hex', random })]
    expect(staging(needs('api', generated))).not.toBe(production(needs('api', generated)))
  })

  test.each<[SecretGenerator, RegExp]>([
    ['laravel-key', /^base64:[A-Za-z0-9+/]{43}=$/],
    ['hex', /^[0-9a-f]{64}$/],
    ['letters', /^[A-Za-z]{32}$/],
  ])('of kind %s has the right form', (generate, form) => {
    expect(values({ generate })(needs('api', generated))).toMatch(form)
  })

  it('of a Laravel key holds 32 bytes', () => {
    const key = values({ generate: 'laravel-key' })(needs('api', generated))
    expect([...Buffer.from(key.slice('base64:'.length), 'base64')]).toEqual(Array.from({ length: 32 }, (_, at) => at))
  })

  it('throws bytes away that would make some letters likelier than others', () => {
    // 208 is four times 52: 0 to 207 reach each letter four times.
    const random = (bytes: number) => Uint8Array.from({ length: bytes }, (_, at) => [0, 208, 255, 207][at % 4] ?? 0)
    expect(values({ generate: 'letters', random })(needs('api', generated))).toBe('aZ'.repeat(16))
  })

  it('is reached by as many bytes for each letter', () => {
    const tally = new Map<string, number>()
    for (let byte = 0; byte < 208; byte++) {
      const random = (bytes: number) => new Uint8Array(bytes).fill(byte)
      const [letter = ''] = values({ generate: 'letters', random })(needs('api', generated))
      tally.set(letter, (tally.get(letter) ?? 0) + 1)
    }
    expect(tally.size).toBe(52)
    expect(new Set(tally.values())).toEqual(new Set([4]))
  })

  it('asks again for as many bytes as it takes', () => {
    let asked = 0
    const random = (bytes: number) => new Uint8Array(bytes).fill(asked++ === 0 ? 255 : 1)
    expect(values({ generate: 'letters', random })(needs('api', generated))).toBe('b'.repeat(32))
    expect(asked).toBe(2)
  })
})

describe('a copied value', () => {
  it('is the one that the service holds, whatever could be generated', () => {
    const secretOf = values({
      generate: 'hex',
      observed: apiHolds('held'),
      random: () => {
        throw new Error('asked for randomness')
      },
    })
    expect(secretOf(needs('worker', ofApi))).toBe('held')
  })

  test.each([
    ['is gone', anObservedState({ services: [anObservedService('api')] })],
    ['is not shown any more', apiHolds(null)],
    ['was there in an environment that is gone', undefined],
  ])('that %s is refused, never made up', (_, observed) => {
    const secretOf = values({ generate: 'hex', ...(observed === undefined ? {} : { observed }) })
    expect(() => secretOf(needs('worker', ofApi))).toThrow(
      expect.objectContaining({ kind: 'refused', code: 'moved', message: expect.stringContaining('KEY') }),
    )
  })
})

describe('a supplied value', () => {
  it('is what the person gave', () => {
    expect(values({ supplied: { KEY: 'given' } })(needs('api', { from: 'supplied' }))).toBe('given')
  })

  it('that nobody gave is refused', () => {
    expect(() => values({})(needs('api', { from: 'supplied' }))).toThrow(expect.objectContaining({ code: 'moved' }))
  })
})

describe('a value that a broken-off run staged', () => {
  const staged = (config: VariableConfig) =>
    anObservedState({
      staged: anObservedPatch(
        { services: { [serviceId('api')]: { variables: { KEY: config } } } },
        { status: 'staged' },
      ),
    })

  it('is taken instead of a new one', () => {
    expect(values({ generate: 'hex', observed: staged({ value: 'staged' }) })(needs('worker', generated))).toBe(
      'staged',
    )
  })

  test.each([
    ['is empty', { value: '' }],
    ['is sealed', { value: '*****', isSealed: true }],
    ['is not shown', {}],
  ])('is not taken when it %s', (_, config) => {
    expect(values({ generate: 'hex', observed: staged(config) })(needs('worker', generated))).toMatch(/^[0-9a-f]{64}$/)
  })
})

test('a secret without a generator is never made up', () => {
  expect(() => values({})(needs('api', generated))).toThrow(expect.objectContaining({ code: 'moved' }))
})

test('a change that sets no secret has no value: that is a bug of ours', () => {
  expect(() => values({})(aChange())).toThrow('variable is no secret')
})
