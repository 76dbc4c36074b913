import { describe, expect, it, test } from 'vitest'
import type { EnvironmentConfig } from '../../src/contract/environment-config.ts'
import { Secret } from '../../src/kit/secret.ts'
import type { Change, PlannedAct } from '../../src/plan/plan.ts'
import { beyond, colliding, type StoreIds, storePatch, touchedPlaces } from '../../src/plan/store-patch.ts'
import { id } from '../../src/platform/ids.ts'
import type { ServiceSettings } from '../../src/platform/service-settings.ts'
import { aChange } from '../support/builders.ts'

function ids(settings: ServiceSettings = {}): StoreIds {
  return {
    service: (name) => id(`s-${name}`),
    volume: (name) => id(`v-${name}`),
    settings: () => settings,
    secret: ({ variable }) => new Secret(`value of ${variable}`),
  }
}

function patch(acts: PlannedAct[], settings?: ServiceSettings) {
  return storePatch(
    acts.map((act) => aChange({ act })),
    ids(settings),
  )
}

test.each<[string, PlannedAct, EnvironmentConfig]>([
  [
    'a variable',
    { kind: 'set-variable', variable: 'A', value: '1' },
    { services: { 's-api': { variables: { A: { value: '1' } } } } },
  ],
  ['its removal', { kind: 'remove-variable', variable: 'A' }, { services: { 's-api': { variables: { A: null } } } }],
  [
    'a secret, with its value',
    { kind: 'set-secret', variable: 'KEY', secret: 'KEY', source: { from: 'generated' } },
    { services: { 's-api': { variables: { KEY: { value: 'value of APP_ENV' } } } } },
  ],
  [
    'a setting',
    { kind: 'set', setting: 'startCommand', value: 'run' },
    { services: { 's-api': { deploy: { startCommand: 'run' } } } },
  ],
  [
    'the reset of a setting',
    { kind: 'set', setting: 'healthcheckPath', value: null },
    { services: { 's-api': { deploy: { healthcheckPath: null } } } },
  ],
  ['an instance', { kind: 'create-instance' }, { services: { 's-api': { isCreated: true } } }],
  ['the size of a volume', { kind: 'resize-volume', sizeMB: 2048 }, { volumes: { 'v-api': { sizeMB: 2048 } } }],
  [
    'the place of a volume',
    { kind: 'mount-volume', mountPath: '/data' },
    { services: { 's-api': { volumeMounts: { 'v-api': { mountPath: '/data' } } } } },
  ],
  [
    'the port of a generated domain',
    { kind: 'set-domain-port', domain: 'a.up.railway.app', domainKind: 'generated', targetPort: 80 },
    { services: { 's-api': { networking: { serviceDomains: { 'a.up.railway.app': { port: 80 } } } } } },
  ],
  [
    'the port of a custom domain',
    { kind: 'set-domain-port', domain: 'a.example.com', domainKind: 'custom', targetPort: 80 },
    { services: { 's-api': { networking: { customDomains: { 'a.example.com': { port: 80 } } } } } },
  ],
])('it stores %s', (_, act, expected) => {
  expect(patch([act])).toEqual(expected)
})

test.each<PlannedAct>([
  { kind: 'create-project' },
  { kind: 'create-environment' },
  { kind: 'create-service' },
  { kind: 'create-volume', mountPath: '/data' },
  { kind: 'create-domain', targetPort: 80 },
  { kind: 'set-auto-deploy', enabled: false },
])('$kind is no part of a patch', (act) => {
  expect(patch([act])).toBeUndefined()
})

test('nothing to store is no patch', () => {
  expect(storePatch([], ids())).toBeUndefined()
})

test('all changes come together in one patch', () => {
  const changes: Change[] = [
    aChange({ act: { kind: 'set', setting: 'startCommand', value: 'run' } }),
    aChange({ act: { kind: 'set', setting: 'buildCommand', value: null } }),
    aChange({ act: { kind: 'set-variable', variable: 'A', value: '1' } }),
    aChange({ act: { kind: 'set-variable', variable: 'B', value: '2' } }),
    aChange({ act: { kind: 'resize-volume', sizeMB: 1 } }),
    aChange({ service: 'worker', act: { kind: 'remove-variable', variable: 'A' } }),
    aChange({ service: 'worker', act: { kind: 'resize-volume', sizeMB: 2 } }),
  ]
  expect(storePatch(changes, ids())).toEqual({
    services: {
      's-api': {
        build: { buildCommand: null },
        deploy: { startCommand: 'run' },
        variables: { A: { value: '1' }, B: { value: '2' } },
      },
      's-worker': { variables: { A: null } },
    },
    volumes: { 'v-api': { sizeMB: 1 }, 'v-worker': { sizeMB: 2 } },
  })
})

describe('replicas and region share a place', () => {
  const replicas: PlannedAct = { kind: 'set', setting: 'replicas', value: 3 }
  const region: PlannedAct = { kind: 'set', setting: 'region', value: 'us-west2' }
  const deploy = (acts: PlannedAct[], settings: ServiceSettings) => patch(acts, settings)?.services?.['s-api']?.deploy

  it('so they are written together', () => {
    expect(deploy([replicas, region], {})).toEqual({ multiRegionConfig: { 'us-west2': { numReplicas: 3 } } })
  })

  it('so a new number keeps the region that is there', () => {
    expect(deploy([replicas], { region: 'us-west2', replicas: 1 })).toEqual({
      multiRegionConfig: { 'us-west2': { numReplicas: 3 } },
    })
  })

  it('so a move takes the number along and names the region that is left', () => {
    expect(deploy([region], { region: 'asia', replicas: 2 })).toEqual({
      multiRegionConfig: { asia: null, 'us-west2': { numReplicas: 2 } },
    })
  })
})

const ours: EnvironmentConfig = {
  services: { a: { variables: { A: { value: '1' }, OLD: null }, deploy: { preDeployCommand: ['x'] } } },
}

test.each<[string, EnvironmentConfig, EnvironmentConfig | undefined]>([
  ['nothing where nothing is staged', {}, undefined],
  ['nothing where exactly ours is staged', ours, undefined],
  ['nothing where a part of ours is staged', { services: { a: { variables: { OLD: null } } } }, undefined],
  ['nothing where maps that we fill are empty', { services: { a: { variables: {} } } }, undefined],
  [
    'another variable',
    { services: { a: { variables: { A: { value: '1' }, B: { value: '2' } } } } },
    { services: { a: { variables: { B: { value: '2' } } } } },
  ],
  [
    'another value at a place of ours',
    { services: { a: { variables: { A: { value: '2' } } } } },
    { services: { a: { variables: { A: { value: '2' } } } } },
  ],
  [
    'a removal of what we set',
    { services: { a: { variables: { A: null } } } },
    { services: { a: { variables: { A: null } } } },
  ],
  [
    'a value where we remove',
    { services: { a: { variables: { OLD: { value: '1' } } } } },
    { services: { a: { variables: { OLD: { value: '1' } } } } },
  ],
  [
    'more about a variable of ours',
    { services: { a: { variables: { A: { value: '1', isSealed: true } } } } },
    { services: { a: { variables: { A: { isSealed: true } } } } },
  ],
  [
    'another list, whole',
    { services: { a: { deploy: { preDeployCommand: ['x', 'y'] } } } },
    { services: { a: { deploy: { preDeployCommand: ['x', 'y'] } } } },
  ],
  ['another service', { services: { b: { isDeleted: true } } }, { services: { b: { isDeleted: true } } }],
  ['the end of a service of ours', { services: { a: null } }, { services: { a: null } }],
  ['another part', { sharedVariables: { S: null } }, { sharedVariables: { S: null } }],
  ['an empty map that declares something', { services: { b: {} } }, { services: { b: {} } }],
])('beyond ours stands %s', (_, staged, expected) => {
  expect(beyond(staged, ours)).toEqual(expected)
})

test.each<[EnvironmentConfig, string[]]>([
  [{}, []],
  [{ services: { 's-api': { variables: { A: null, B: { value: '2' } } } } }, ['api.variables.A', 'api.variables.B']],
  [
    { services: { 's-api': { isDeleted: true, deploy: { startCommand: 'x' } } } },
    ['api.isDeleted', 'api.deploy.startCommand'],
  ],
  [{ services: { 's-api': { deploy: null, networking: {} } } }, ['api.deploy', 'api.networking']],
  [{ services: { 's-api': null } }, ['api']],
  [{ services: { unknown: { isCreated: true } } }, ['unknown.isCreated']],
  [{ sharedVariables: { S: { value: '1' } }, volumes: { v: { sizeMB: 1 } } }, ['sharedVariables.S', 'volumes.v']],
  [{ privateNetworkDisabled: true }, ['privateNetworkDisabled']],
])('%j touches %j', (config, places) => {
  expect(touchedPlaces(config, (serviceId) => (serviceId === 's-api' ? 'api' : undefined))).toEqual(places)
})

test('places never hold values', () => {
  expect(
    JSON.stringify(touchedPlaces({ services: { a: { variables: { A: { value: 'sentinel' } } } } }, () => 'api')),
  ).toBe('["api.variables.A"]')
})

const mine: EnvironmentConfig = { services: { a: { variables: { A: { value: '1' }, OLD: null } } }, volumes: {} }

test.each<[string, EnvironmentConfig, EnvironmentConfig | undefined]>([
  ['nothing where nothing is staged', {}, undefined],
  ['nothing where the same is staged', mine, undefined],
  [
    'nothing where something else is staged',
    { services: { a: { variables: { B: { value: '2' } } }, b: null } },
    undefined,
  ],
  ['nothing where more is said about ours', { services: { a: { variables: { A: { isSealed: true } } } } }, undefined],
  [
    'another value',
    { services: { a: { variables: { A: { value: '2' }, B: { value: '2' } } } } },
    { services: { a: { variables: { A: { value: '2' } } } } },
  ],
  [
    'a value where we remove',
    { services: { a: { variables: { OLD: { value: '1' } } } } },
    { services: { a: { variables: { OLD: { value: '1' } } } } },
  ],
  ['the end of a service of ours', { services: { a: null } }, { services: { a: null } }],
])('colliding with ours is %s', (_, staged, expected) => {
  expect(colliding(staged, mine)).toEqual(expected)
})
