import { createHash, createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { fingerprint, isSameState } from '../../src/plan/fingerprint.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedService, ObservedState } from '../../src/platform/observed-state.ts'
import {
  anObservedDeployment,
  anObservedPatch,
  anObservedService,
  anObservedState,
  observedVariables,
  serviceId,
} from '../support/builders.ts'

const api = (overrides: Partial<ObservedService> = {}) =>
  anObservedService('api', {
    settings: { startCommand: 'run', replicas: 2 },
    variables: observedVariables({ A: '1', KEY: 'sentinel', HIDDEN: null }),
    volumes: [{ id: id('volume-1'), instanceId: id('volume-1-here'), mountPath: '/data', sizeMB: 1024 }],
    domains: [
      { domain: 'api.up.railway.app', kind: 'generated', targetPort: 8080 },
      { domain: 'api.example.com', kind: 'custom', targetPort: 8080 },
    ],
    ...overrides,
  })
const worker = anObservedService('worker')
const state = (overrides: Partial<ObservedState> = {}) =>
  anObservedState({ services: [api(), worker], sharedVariables: observedVariables({ S: '1' }), ...overrides })
const withApi = (overrides: Partial<ObservedService>) => state({ services: [api(overrides), worker] })
const reversed = <Value>(entries: Record<string, Value>) => Object.fromEntries(Object.entries(entries).reverse())

test.each<[string, ObservedState]>([
  ['read again', state()],
  ['with its services in another order', state({ services: [worker, api()] })],
  ['with its variables in another order', withApi({ variables: reversed(api().variables) })],
  ['with its settings in another order', withApi({ settings: { replicas: 2, startCommand: 'run' } })],
  ['with its domains in another order', withApi({ domains: [...api().domains].reverse() })],
  ["with a note of the tool's own", state({ sharedVariables: observedVariables({ S: '1', FAKTURINO_LEASE: 'x' }) })],
  [
    "with one of the tool's own on a service",
    withApi({ variables: { ...api().variables, ...observedVariables({ FAKTURINO_X: 'x' }) } }),
  ],
  [
    'after a patch of nothing but such notes',
    state({ patches: [anObservedPatch({ sharedVariables: { FAKTURINO_LEASE: { value: 'x' }, FAKTURINO_X: null } })] }),
  ],
  ['with something staged', state({ staged: anObservedPatch({}, { status: 'staged' }), unmergedChanges: 1 })],
  ['at another time', state({ platformTime: 1 })],
  ['with a newer attempt that serves nothing', withApi({ latest: anObservedDeployment({ id: id('failed') }) })],
  ['during an incident', state({ platformStatus: { isStable: false } })],
])('it is the same state %s', (_, later) => {
  expect(isSameState(fingerprint(state(), 'salt'), later)).toBe(true)
})

const someonesPatch = anObservedPatch({ services: { [serviceId('api')]: { build: {} } } })

test.each<[string, ObservedState | undefined]>([
  ['where nothing is any more', undefined],
  ['in another project', state({ project: { id: id('other'), name: 'shop' } })],
  ['in another environment', state({ environment: { id: id('other'), name: 'staging' } })],
  ['without a service', state({ services: [api()] })],
  ['with one more', state({ services: [api(), worker, anObservedService('docs')] })],
  ['with a service of another name', state({ services: [api(), { ...worker, name: 'jobs' }] })],
  ['with another setting', withApi({ settings: { startCommand: 'other', replicas: 2 } })],
  ['with a setting less', withApi({ settings: { replicas: 2 } })],
  [
    'with another value of a variable',
    withApi({ variables: observedVariables({ A: '2', KEY: 'sentinel', HIDDEN: null }) }),
  ],
  ['with an empty value', withApi({ variables: observedVariables({ A: '', KEY: 'sentinel', HIDDEN: null }) })],
  ['with a variable less', withApi({ variables: observedVariables({ A: '1', HIDDEN: null }) })],
  [
    'with a value that is not shown any more',
    withApi({ variables: observedVariables({ A: '1', KEY: null, HIDDEN: null }) }),
  ],
  ['with two values exchanged', withApi({ variables: observedVariables({ A: 'sentinel', KEY: '1', HIDDEN: null }) })],
  [
    'with a larger volume',
    withApi({ volumes: [{ id: id('volume-1'), instanceId: id('volume-1-here'), mountPath: '/data', sizeMB: 2048 }] }),
  ],
  ['without a volume', withApi({ volumes: [] })],
  ['with a domain less', withApi({ domains: api().domains.slice(1) })],
  [
    'with a domain to another port',
    withApi({ domains: [{ domain: 'api.up.railway.app', kind: 'generated', targetPort: 1 }] }),
  ],
  ['with another deployment serving', withApi({ active: [anObservedDeployment({ id: id('newer') })] })],
  ['with nothing serving', withApi({ active: [] })],
  ['with another shared variable', state({ sharedVariables: observedVariables({ S: '2' }) })],
  ['after a patch', state({ patches: [someonesPatch] })],
  [
    'after a patch of a note and something else',
    state({ patches: [anObservedPatch({ sharedVariables: { FAKTURINO_LEASE: null, S: { value: '1' } } })] }),
  ],
  [
    'after a patch behind notes',
    state({
      patches: [anObservedPatch({ sharedVariables: { FAKTURINO_LEASE: null } }, { id: id('note') }), someonesPatch],
    }),
  ],
  ['after a patch of nothing', state({ patches: [anObservedPatch({})] })],
])('it is another state %s', (_, later) => {
  expect(isSameState(fingerprint(state(), 'salt'), later)).toBe(false)
})

test('an environment that does not exist stays the same', () => {
  expect(isSameState(fingerprint(undefined, 'salt'), undefined)).toBe(true)
  expect(isSameState(fingerprint(undefined, 'salt'), state())).toBe(false)
})

test('values cannot be looked up in it, and another salt gives another text', () => {
  const taken = fingerprint(state(), 'salt')
  expect(taken).toMatch(/^salt:[0-9a-f]{64}$/)
  expect(taken).not.toBe(fingerprint(state(), 'pepper').replace('pepper', 'salt'))
  for (const guess of [
    createHash('sha256').update('sentinel').digest('hex'),
    createHmac('sha256', 'salt').update('sentinel').digest('hex'),
    Buffer.from('sentinel').toString('hex'),
  ]) {
    expect(taken).not.toContain(guess)
  }
})
