import { describe, expect, it, test } from 'vitest'
import type { DesiredSecret, DesiredVariable } from '../../src/config/desired.ts'
import { Secret } from '../../src/kit/secret.ts'
import {
  compareVariables,
  knownSecrets,
  missingSecrets,
  type VariableDifference,
  type VariableSituation,
} from '../../src/plan/compare-variables.ts'
import { lastApplied } from '../../src/plan/last-applied.ts'
import type { ObservedState } from '../../src/platform/observed-state.ts'
import {
  aDesiredService,
  aDesiredState,
  anObservedPatch,
  anObservedService,
  anObservedState,
  observedVariables,
  ourPatch,
  ref,
  serviceId,
  texts,
  theSecret,
} from '../support/builders.ts'

interface World {
  /** What the config wants of the api, and of the worker. */
  api?: Record<string, DesiredVariable>
  worker?: Record<string, DesiredVariable>
  /** What is there; null is masked. Without `observedApi` the api does not exist yet. */
  observedApi?: Record<string, string | null>
  observedWorker?: Record<string, string | null>
  secrets?: DesiredSecret[]
  supplied?: Record<string, string>
  lastApplied?: VariableSituation['lastApplied']
}

const key: DesiredSecret = { name: 'KEY', services: ['api', 'worker'], requiredBy: ['api'] }
const generatedKey: DesiredSecret = { ...key, generate: 'laravel-key' }

function situation(world: World): VariableSituation & { state: ObservedState } {
  const service = aDesiredService('api', { variables: world.api ?? {} })
  const desired = aDesiredState({
    services: [service, aDesiredService('worker', { variables: world.worker ?? {} })],
    secrets: world.secrets ?? [],
    flags: [{ name: 'x', variable: 'FEATURE_X', default: 'false', riskyValue: 'true', services: ['api'] }],
  })
  const observed =
    world.observedApi === undefined
      ? undefined
      : anObservedService('api', { variables: observedVariables(world.observedApi) })
  const worker = anObservedService('worker', { variables: observedVariables(world.observedWorker ?? {}) })
  const state = anObservedState({ services: [...(observed === undefined ? [] : [observed]), worker] })
  return {
    desired,
    service,
    observed,
    state,
    secrets: knownSecrets(desired, state),
    lastApplied: world.lastApplied ?? lastApplied([]),
    supplied: new Map(Object.entries(world.supplied ?? {}).map(([name, value]) => [name, new Secret(value)])),
  }
}

function told({ action, variable, before = '-', after = '-', severity, effect }: VariableDifference): string {
  return `${action} ${variable} ${before} -> ${after} ${severity} ${effect}`
}

function compared(world: World): string[] {
  return compareVariables(situation(world)).differences.map(told)
}

function notes(world: World): string[] {
  return compareVariables(situation(world)).notes.map(({ code, message }) => `${code}: ${message}`)
}

describe('a value that the config spells out', () => {
  test.each<[string, Record<string, string>, Record<string, string> | undefined, string[]]>([
    ['is no difference where it is there', { A: 'one' }, { A: 'one' }, []],
    ['is created where it is not', { A: 'one' }, {}, ['create A - -> one safe redeploy']],
    ['is created where the service is not', { A: 'one' }, undefined, ['create A - -> one safe redeploy']],
    ['is updated where it differs', { A: 'two' }, { A: 'one' }, ['update A one -> two safe redeploy']],
    [
      'is compared as it stands, white space included',
      { A: 'one' },
      { A: 'one ' },
      ['update A (hidden) -> one safe redeploy'],
    ],
    ['is updated where it is empty', { A: 'one' }, { A: '' }, ['update A (empty) -> one safe redeploy']],
    ['may itself be empty', { A: '' }, { A: '' }, []],
    ['may be a reference', { A: ref('b.C') }, { A: ref('b.C') }, []],
    [
      'hides what stands in the place of a reference',
      { A: ref('b.PASSWORD') },
      { A: 'letmein' },
      [`update A (hidden) -> ${ref('b.PASSWORD')} safe redeploy`],
    ],
    [
      'may be called like something that every object has',
      { constructor: 'x' },
      {},
      ['create constructor - -> x safe redeploy'],
    ],
  ])('%s', (_, wanted, found, expected) => {
    expect(compared({ api: texts(wanted), ...(found === undefined ? {} : { observedApi: found }) })).toEqual(expected)
  })
})

describe('a value that the platform does not show', () => {
  it('is neither compared nor written, and said once for all of them', () => {
    const world = { api: texts({ A: '1', B: '2' }), observedApi: { A: null, B: null } }
    expect(compared(world)).toEqual([])
    expect(notes(world)).toEqual([
      'masked: A and B: the platform does not show their values, so nothing was compared or written.',
    ])
  })
})

describe('a secret', () => {
  const world = { api: { KEY: theSecret('KEY') }, worker: { WORKER_KEY: theSecret('KEY') } }

  test.each<[string, World, string[]]>([
    ['is left as it is where the service holds one', { observedApi: { KEY: 'held' } }, []],
    ['is held too where the platform does not show it', { observedApi: { KEY: null } }, []],
    [
      'is generated where nobody holds one',
      { observedApi: {}, secrets: [generatedKey] },
      ['create KEY - -> (secret, generated) safe redeploy'],
    ],
    ['is nothing to do where nobody holds, makes or supplies it', { observedApi: {}, secrets: [key] }, []],
    [
      'is copied from a service that shares it, under whatever name, rather than generated',
      { observedApi: {}, observedWorker: { WORKER_KEY: 'held' }, secrets: [generatedKey] },
      ['create KEY - -> (secret, the one of worker) safe redeploy'],
    ],
    [
      'is not copied from where it is empty',
      { observedApi: {}, observedWorker: { WORKER_KEY: '' }, secrets: [generatedKey] },
      ['create KEY - -> (secret, generated) safe redeploy'],
    ],
    [
      'is not generated anew where a service holds one that is not shown',
      { observedApi: {}, observedWorker: { WORKER_KEY: null }, secrets: [generatedKey] },
      [],
    ],
    [
      'that is empty is made again',
      { observedApi: { KEY: '' }, secrets: [generatedKey] },
      ['create KEY - -> (secret, generated) safe redeploy'],
    ],
    [
      'that is supplied goes before one that could be generated',
      { observedApi: {}, secrets: [generatedKey], supplied: { KEY: 'new' } },
      ['create KEY - -> (secret, supplied) safe redeploy'],
    ],
    [
      'that is supplied replaces another one, which is risky',
      { observedApi: { KEY: 'old' }, supplied: { KEY: 'new' } },
      ['update KEY (secret) -> (secret, supplied) risky redeploy'],
    ],
    [
      'that is supplied is written over one that is not shown',
      { observedApi: { KEY: null }, supplied: { KEY: 'new' } },
      ['update KEY (secret) -> (secret, supplied) risky redeploy'],
    ],
    [
      'that is supplied where an empty one stands replaces nothing',
      { observedApi: { KEY: '' }, supplied: { KEY: 'new' } },
      ['create KEY - -> (secret, supplied) safe redeploy'],
    ],
    [
      'that is supplied is no difference where the same is there',
      { observedApi: { KEY: 'new' }, supplied: { KEY: 'new' } },
      [],
    ],
  ])('%s', (_, more, expected) => {
    expect(compared({ ...world, ...more })).toEqual(expected)
  })

  it('is copied where the service holds it in another variable of its own', () => {
    const twice = { KEY: theSecret('KEY'), KEY_TOO: theSecret('KEY') }
    expect(compared({ api: twice, observedApi: { KEY_TOO: 'held' }, secrets: [generatedKey] })).toEqual([
      'create KEY - -> (secret, the one of api) safe redeploy',
    ])
  })

  it('that cannot be copied, because it is not shown, is said', () => {
    expect(notes({ ...world, observedApi: {}, observedWorker: { WORKER_KEY: null }, secrets: [generatedKey] })).toEqual(
      [
        'masked: KEY is not set. worker holds KEY, but the platform does not show it, so it cannot be copied. Supply it with --secrets-file.',
      ],
    )
  })

  test.each<[string, World, string[]]>([
    ['is missing where nobody holds, makes or supplies it', { observedApi: {}, secrets: [key] }, ['KEY']],
    ['is missing where the service does not exist', { secrets: [key] }, ['KEY']],
    ['is missing where it is empty', { observedApi: { KEY: '' }, secrets: [key] }, ['KEY']],
    [
      'is there where one of those that share it holds it',
      { observedWorker: { WORKER_KEY: 'held' }, secrets: [key] },
      [],
    ],
    ['is there where the platform does not show it', { observedApi: { KEY: null }, secrets: [key] }, []],
    ['is there where it is supplied', { secrets: [key], supplied: { KEY: 'new' } }, []],
    ['is never missing where it is generated', { secrets: [generatedKey] }, []],
  ])('%s', (_, more, expected) => {
    const { desired, state, supplied } = situation({ ...world, ...more })
    expect(missingSecrets(desired, state, supplied)).toEqual(expected)
  })

  it('is missing where there is no environment yet', () => {
    const { desired } = situation({ ...world, secrets: [key] })
    expect(missingSecrets(desired, undefined, new Map())).toEqual(['KEY'])
  })
})

describe("a flag's variable", () => {
  it('is created at its default where it does not exist', () => {
    expect(compared({ api: texts({ FEATURE_X: 'false' }), observedApi: {} })).toEqual([
      'create FEATURE_X - -> false safe redeploy',
    ])
  })

  it('is never changed after that, and its value is said', () => {
    const world = { api: texts({ FEATURE_X: 'false' }), observedApi: { FEATURE_X: 'true' } }
    expect(compared(world)).toEqual([])
    expect(notes(world)).toEqual([
      "flag-differs: FEATURE_X is true, the config's default is false. A deploy never switches an existing flag; it stays.",
    ])
  })

  it('stays out of the plan while it has its default', () => {
    const world = { api: texts({ FEATURE_X: 'false' }), observedApi: { FEATURE_X: 'false' } }
    expect([compared(world), notes(world)]).toEqual([[], []])
  })

  it('is an ordinary variable on a service that the flag does not name', () => {
    const whole = situation({
      worker: texts({ FEATURE_X: 'false' }),
      observedApi: {},
      observedWorker: { FEATURE_X: 'true' },
    })
    const [, worker] = whole.desired.services
    const [, observed] = whole.state.services
    if (worker === undefined) throw new Error('no worker')
    expect(compareVariables({ ...whole, service: worker, observed }).differences.map(told)).toEqual([
      'update FEATURE_X true -> false safe redeploy',
    ])
  })
})

describe('a variable beyond the config', () => {
  const wrote = (value: string) => ourPatch({ services: { [serviceId('api')]: { variables: { OLD: { value } } } } })
  const removed = ourPatch({ services: { [serviceId('api')]: { variables: { OLD: null } } } })

  it('is removed when what is there is what we wrote last, its value hidden: it may have been a secret', () => {
    const world = { observedApi: { OLD: 'letmein' }, lastApplied: lastApplied([wrote('letmein')]) }
    expect(compared(world)).toEqual(['delete OLD (hidden) -> - destructive redeploy'])
    expect(notes(world)).toEqual([])
  })

  test.each<[string, World]>([
    ['when nothing is known', { observedApi: { OLD: '1' } }],
    ['when somebody changed it since', { observedApi: { OLD: '2' }, lastApplied: lastApplied([wrote('1')]) }],
    ['when the platform does not show it', { observedApi: { OLD: null }, lastApplied: lastApplied([wrote('1')]) }],
    [
      'when somebody else wrote it',
      {
        observedApi: { OLD: '1' },
        lastApplied: lastApplied([
          anObservedPatch({ services: { [serviceId('api')]: { variables: { OLD: { value: '1' } } } } }),
        ]),
      },
    ],
    [
      'when we removed it and somebody brought it back',
      { observedApi: { OLD: '1' }, lastApplied: lastApplied([removed, wrote('1')]) },
    ],
    [
      'when we wrote it on another service',
      {
        observedApi: { OLD: '1' },
        lastApplied: lastApplied([ourPatch({ services: { other: { variables: { OLD: { value: '1' } } } } })]),
      },
    ],
  ])('is left alone and named %s', (_, world) => {
    expect(compared(world)).toEqual([])
    expect(notes(world)).toEqual(['unmanaged-variables: 1 variable not in the config, left alone: OLD.'])
  })

  it('is counted and listed with the others', () => {
    expect(notes({ observedApi: { A: '1', B: '2', C: '3' } })).toEqual([
      'unmanaged-variables: 3 variables not in the config, left alone: A, B and C.',
    ])
  })

  it("is not seen at all when it is the tool's own", () => {
    const world = {
      observedApi: { FAKTURINO_LEASE: 'x' },
      lastApplied: lastApplied([
        ourPatch({ services: { [serviceId('api')]: { variables: { FAKTURINO_LEASE: { value: 'x' } } } } }),
      ]),
    }
    expect([compared(world), notes(world)]).toEqual([[], []])
  })
})

test('no difference and no note holds the value of a secret', () => {
  const world = {
    api: { KEY: theSecret('KEY'), ...texts({ URL: ref('b.URL') }) },
    observedApi: { KEY: 'sentinelone', URL: 'sentineltwo', OLD: 'sentinelthree', STRANGE: 'sentinelfour' },
    supplied: { KEY: 'sentinelfive' },
    secrets: [key],
    lastApplied: lastApplied([
      ourPatch({ services: { [serviceId('api')]: { variables: { OLD: { value: 'sentinelthree' } } } } }),
    ]),
  }
  const { differences, notes: said } = compareVariables(situation(world))
  expect(differences).toHaveLength(3)
  expect(JSON.stringify([differences, said])).not.toContain('sentinel')
})
