import { expect, test } from 'vitest'
import { type DifferingFlag, differingFlags } from '../../src/plan/differing-flags.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedState } from '../../src/platform/observed-state.ts'
import {
  aDesiredState,
  anObservedDeployment,
  anObservedPatch,
  anObservedService,
  deployedAt,
  hour,
  observedVariables,
  serviceId,
} from '../support/builders.ts'

const variable = 'FEATURE_X'
const desired = aDesiredState({
  flags: [{ name: 'x', variable, default: 'false', riskyValue: 'true', services: ['api', 'worker'] }],
})
type Held = string | null | undefined

function services(api: Held, worker: Held) {
  const one = (name: string, value: Held) =>
    anObservedService(name, { variables: value === undefined ? {} : observedVariables({ [variable]: value }) })
  return [one('api', api), one('worker', worker)]
}

const storedSince = (hours: number, parts = {}) =>
  anObservedPatch(
    { services: { [serviceId('api')]: { variables: { [variable]: { value: 'true' } } } } },
    { appliedAt: deployedAt + hours * hour, ...parts },
  )

test.each<[string, [Held, Held], ObservedState['patches'], DifferingFlag['differs'], string[]]>([
  ['as the config says: nothing', ['false', 'false'], [], [], []],
  ['never stored: nothing', [undefined, undefined], [], [], []],
  ['masked everywhere: nothing can be compared', [null, null], [], [], []],
  ['another value everywhere', ['true', 'true'], [], ['default'], []],
  ['another value on one', ['true', 'false'], [], ['default', 'services'], []],
  ['missing on one', [undefined, 'false'], [], ['default', 'services'], []],
  ['masked on one: only the other is compared', [null, 'true'], [], ['default'], []],
  ['stored since what runs was deployed', ['false', 'false'], [storedSince(1)], ['running'], ['api']],
  ['stored before', ['false', 'false'], [storedSince(-1)], [], []],
  ['where the history is denied', ['false', 'false'], undefined, [], []],
])('%s', (_, [api, worker], patches, differs, notRunning) => {
  const [flag] = differingFlags({ services: services(api, worker), patches }, desired)
  expect([flag?.differs ?? [], flag?.notRunning ?? []]).toEqual([differs, notRunning])
})

test('values are shown only when they are a switch', () => {
  const secret = 'sentinel-4f9a1c'
  const [flag] = differingFlags({ services: services(secret, 'true'), patches: [] }, desired)
  expect(flag).toEqual({
    flag: 'x',
    variable,
    default: 'false',
    values: { api: '(hidden)', worker: 'true' },
    differs: ['default', 'services'],
    notRunning: [],
  })
})

test('a deployment that the patch caused runs what it stored', () => {
  const [api] = services('false', 'false')
  const active = [anObservedDeployment({ patchId: id('patch-1') })]
  expect(
    differingFlags({ services: api === undefined ? [] : [{ ...api, active }], patches: [storedSince(1)] }, desired),
  ).toEqual([])
})

test('without a config, variables of features are compared between services', () => {
  expect(differingFlags({ services: services('true', 'false'), patches: [] }, undefined)).toMatchObject([
    { flag: 'x', variable, default: null, differs: ['services'] },
  ])
  expect(differingFlags({ services: services('true', 'true'), patches: [] }, undefined)).toEqual([])
})
