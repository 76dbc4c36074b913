import { describe, expect, test } from 'vitest'
import type { DesiredService, DesiredState } from '../../src/config/desired.ts'
import type { ChangeName } from '../../src/platform/platform.ts'
import { aDesiredService, aDesiredState, ref, texts, theSecret } from '../support/builders.ts'
import { anEnvironment, aPlainEnvironment, changed, onApi, plain } from './an-environment.ts'

function wanting(...services: DesiredService[]): DesiredState {
  return aDesiredState({
    services,
    secrets: [{ name: 'KEY', services: ['api', 'worker'], requiredBy: [], generate: 'hex' }],
  })
}

const api = (overrides: Partial<DesiredService> = {}) =>
  aDesiredService('api', {
    settings: { repo: 'acme/shop', branch: 'main', startCommand: 'serve' },
    variables: { KEY: theSecret('KEY'), ...texts({ APP_ENV: 'staging', URL: ref('api.RAILWAY_PUBLIC_DOMAIN') }) },
    volume: { mountPath: '/data', sizeMB: 6_000 },
    domain: { targetPort: 8080 },
    autoDeploy: false,
    ...overrides,
  })
const worker = (overrides: Partial<DesiredService> = {}) =>
  aDesiredService('worker', {
    settings: { repo: 'acme/shop', branch: 'main', startCommand: 'work' },
    variables: { KEY: theSecret('KEY') },
    autoDeploy: false,
    ...overrides,
  })
test('everything that is missing is created and stored, and nothing is left to store', async () => {
  const world = await anEnvironment()
  const desired = wanting(api(), worker())
  const { plan } = await world.apply(desired, await world.plan(desired))
  expect(plan.deployments.map(({ service }) => service)).toEqual(['api', 'worker'])
  expect((await world.plan(desired)).plan.changes).toEqual([])
  expect(world.written).toEqual([
    'create-service',
    'create-service',
    'create-volume',
    'create-domain',
    'stage-changes',
    'commit-staged',
    'set-auto-deploy',
  ])
  const state = await world.state()
  expect(state.patches).toMatchObject([{ status: 'committed', message: 'fakturino deploy by nina' }])
  expect(state.services.flatMap((service) => service.active)).toEqual([])
  const keys = state.services.map(({ variables: { KEY } }) => KEY !== undefined && 'value' in KEY && KEY.value.reveal())
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(keys[1]).toBe(keys[0])
})

test('every act is reported when it is done, and no report holds a secret', async () => {
  const world = await anEnvironment()
  const desired = wanting(api(), worker())
  const supplied = { KEY: 'sentinel' }
  await world.apply(desired, await world.plan(desired, supplied), supplied)
  expect(world.reported).toMatchObject([
    { type: 'service-created', service: 'api' },
    { type: 'service-created', service: 'worker' },
    { type: 'volume-created', environment: 'staging', service: 'api', mountPath: '/data' },
    { type: 'domain-created', environment: 'staging', service: 'api', domain: expect.any(String) },
    { type: 'changes-stored', environment: 'staging', patchId: expect.any(String) },
    { type: 'auto-deploy-set', environment: 'staging', services: ['api', 'worker'], enabled: false },
  ])
  expect(JSON.stringify(world.reported)).not.toContain('sentinel')
})

test('an empty plan writes nothing', async () => {
  const world = await aPlainEnvironment()
  await world.apply(plain, await world.plan(plain))
  expect([world.written, world.reported]).toEqual([[], []])
})

test('what only differs is stored in one patch, and nothing else is written', async () => {
  const world = await aPlainEnvironment()
  await world.apply(changed, await world.plan(changed))
  expect(world.written).toEqual(['stage-changes', 'commit-staged'])
  expect((await world.plan(changed)).plan.changes).toEqual([])
})

describe('a service that the project has and this environment has not', () => {
  test.each<[string, DesiredService]>([
    ['gets an instance and all that hangs on it', api()],
    ['gets an instance, though nothing hangs on it', worker({ name: 'api' })],
  ])('%s', async (_, service) => {
    const world = await anEnvironment()
    await world.apply(plain, await world.plan(plain))
    await world.someone(onApi({ isDeleted: true }))
    const desired = wanting(service)
    const planned = await world.plan(desired)
    expect(planned.plan.changes[0]?.act.kind).toBe('create-instance')
    await world.apply(desired, planned)
    expect((await world.plan(desired)).plan.changes).toEqual([])
    expect(world.written.filter((name) => name === 'create-service')).toHaveLength(1)
  })
})

test.each<[string, number, ChangeName[]]>([
  ['before anything', 1, []],
  ['after a service', 2, ['create-service']],
  ['after a volume', 3, ['create-service', 'create-volume']],
  ['before the last reading', 4, ['create-service', 'create-volume', 'create-domain']],
  ['before the patch', 5, ['create-service', 'create-volume', 'create-domain']],
  [
    'before deploys on push are set',
    6,
    ['create-service', 'create-volume', 'create-domain', 'stage-changes', 'commit-staged'],
  ],
])('an interruption %s starts nothing more', async (_, at, written) => {
  const world = await anEnvironment()
  const desired = wanting(api())
  const planned = await world.plan(desired)
  let passed = 0
  world.needs.checkpoint = () => {
    passed += 1
    if (passed === at) throw new Error('interrupted')
  }
  await expect(world.apply(desired, planned)).rejects.toThrow('interrupted')
  expect(world.written).toEqual(written)
})
