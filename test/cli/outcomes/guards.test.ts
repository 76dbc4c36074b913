import { describe, expect, it, test } from 'vitest'
import type { ServiceConfig } from '../../../src/contract/environment-config.ts'
import { repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  deploymentsOf,
  failureOf,
  idOf,
  mutationsSince,
  services,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const healthcheck =
  "      healthcheck: { path: '/health', deployTimeout: '300s', interval: '30s', timeout: '10s', status: 200 },\n      domain: true,"
const withoutHealthcheck = { [healthcheck]: '      domain: true,' }
const withoutVolume = { "      volume: { mountPath: '/app/storage/certificates', size: '1GB' },\n": '' }
const withMovedVolume = { "mountPath: '/app/storage/certificates'": "mountPath: '/app/storage/other'" }
const withoutWorkers = { "restart: 'always',": "restart: 'always',\n      replicas: 0," }

function staging({ platform }: Stage) {
  return platform.world.environmentNamed('staging')
}

function newestMessage(stage: Stage): string | undefined {
  return staging(stage).patches.at(-1)?.message ?? undefined
}

/** Somebody else gives every service another restart policy than the config's. */
function restartOtherwise(stage: Stage): void {
  const settings: ServiceConfig = { deploy: { restartPolicyType: 'NEVER' } }
  stage.platform.world.commit(
    staging(stage).id,
    { services: Object.fromEntries(services.map((service) => [idOf(stage, service), settings])) },
    { skipDeploys: true },
  )
}

describe.each<[guard: string, prepare: (stage: Stage) => unknown, told: string]>([
  ['health-check-removed', async (stage) => stage.useConfig(await shippedConfig(withoutHealthcheck)), 'api (/health)'],
  [
    'volume-shrink-or-detach',
    async (stage) => stage.useConfig(await shippedConfig(withMovedVolume)),
    'api from /app/storage/certificates to /app/storage/other',
  ],
  ['worker-to-zero', async (stage) => stage.useConfig(await shippedConfig(withoutWorkers)), 'worker to 0 replicas'],
  ['too-many-services', restartOtherwise, '5 services'],
])('%s', (guard, prepare, told) => {
  it('is refused with 5 under --yes alone, named, with nothing written', async () => {
    const stage = await aDeployedStage()
    await prepare(stage)
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      code: 'guard',
      message: expect.stringContaining(told),
      hint: expect.stringContaining(`--allow ${guard}`),
      findings: [{ code: guard }],
    })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('goes through when allowed, and the history says so', async () => {
    const stage = await aDeployedStage()
    await prepare(stage)
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--allow', guard, '--reason', 'asked for'])
    expect(newestMessage(stage)).toBe(`fakturino deploy by nina: asked for (allowed: ${guard})`)
    await succeeding(stage, ['plan', '-e', 'staging', '--detailed-exit-code'])
  })
})

test('a service that is scaled to nothing can be deployed, and scaled up again', async () => {
  const stage = await aDeployedStage()
  await stage.useConfig(await shippedConfig(withoutWorkers))
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--allow', 'worker-to-zero'])
  const { sha } = stage.platform.world.push(repository, 'main', { message: 'Second' })
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', sha])
  expect(deploymentsOf(stage, 'staging', 'worker').at(-1)?.instances).toEqual([])
  await stage.useConfig(await shippedConfig({ "restart: 'always',": "restart: 'always',\n      replicas: 2," }))
  const { sha: third } = stage.platform.world.push(repository, 'main', { message: 'Third' })
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', third])
  expect(deploymentsOf(stage, 'staging', 'worker').at(-1)?.instances).toHaveLength(2)
})

test('a guard that was allowed and had nothing to refuse is not in the history', async () => {
  const stage = await aDeployedStage()
  await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'file'" }))
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--allow', 'too-many-services'])
  expect(newestMessage(stage)).toBe('fakturino deploy by nina')
})

test('what others staged and was allowed is in the history', async () => {
  const stage = await aDeployedStage()
  await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'file'" }))
  stage.platform.world.stage(staging(stage).id, {
    services: { [idOf(stage, 'worker')]: { variables: { TITLE: { value: 'night shift' } } } },
  })
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--allow', 'staged-changes'])
  expect(newestMessage(stage)).toBe('fakturino deploy by nina (allowed: staged-changes)')
})

describe('what the config no longer has is never removed by --yes alone', () => {
  it.each<[what: string, config: () => Promise<string>, note: object]>([
    [
      'a volume',
      () => shippedConfig(withoutVolume),
      { code: 'unmanaged-volume', service: 'api', message: expect.stringContaining('/app/storage/certificates') },
    ],
    ['a service', withoutScheduler, { code: 'unmanaged-service', service: 'scheduler' }],
  ])('%s stays, which is said', async (_, config, note) => {
    const stage = await aDeployedStage()
    await stage.useConfig(await config())
    const before = [...staging(stage).instances.keys(), ...staging(stage).volumeInstances.keys()]
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--json'])
    expect(documents.find(({ type }) => type === 'plan-made')?.notes).toContainEqual(expect.objectContaining(note))
    expect(mutationsSince(stage, start)).toEqual([])
    expect([...staging(stage).instances.keys(), ...staging(stage).volumeInstances.keys()]).toEqual(before)
    expect(storedValue(stage, 'staging', 'scheduler', 'CACHE_STORE')).toBe('redis')
  })
})

async function withoutScheduler(): Promise<string> {
  const text = await shippedConfig({})
  const start = text.indexOf('    scheduler: {')
  return shippedConfig({
    [text.slice(start, text.indexOf("    'mcp-server': {"))]: '',
    "const laravel = ['api', 'worker', 'scheduler']": "const laravel = ['api', 'worker']",
  })
}
