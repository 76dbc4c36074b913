import { expect, test } from 'vitest'
import type { Condition } from '../../src/local/index.ts'
import { aProject, type ContractCaller } from '../support/contract-caller.ts'
import { printed } from '../support/printed-lines.ts'

const flag = 'FEATURE_MONITORING'
const onlyWhile = { variable: flag, value: 'true' }

interface Flagged {
  caller: ContractCaller
  id: string
  domain: string
  feels(condition: Condition): void
  /** Commits the flag's value and waits until its deployment has ended. */
  turn(value: string): Promise<void>
  statusOf(path: string): Promise<number>
}

async function aFlagged(startCommand?: string): Promise<Flagged> {
  const caller = await aProject()
  const id = await caller.makeApp(startCommand === undefined ? 'api' : 'worker', {
    variables: { [flag]: { value: 'false' }, QUEUE_CONNECTION: { value: 'redis' } },
    ...(startCommand === undefined ? {} : { deploy: { startCommand, restartPolicyType: 'ALWAYS' } }),
  })
  const domain = await caller.makeDomain(id)
  await caller.deployed(id)
  return {
    caller,
    id,
    domain,
    feels: (condition) => caller.platform.world.setCondition(caller.environmentId, id, condition),
    turn: async (value) => {
      await caller.commit({ services: { [id]: { variables: { [flag]: { value } } } } })
      caller.clock.advance(4_000)
    },
    statusOf: async (path) => (await caller.edge(domain, path)).status,
  }
}

test.each<[string, Condition, string, number]>([
  ['its health', { failingChecks: ['storage'] }, '/health', 503],
  ['every request', { failsEvery: 1 }, '/invoices', 500],
  ['its database', { database: 'down' }, '/invoices', 500],
])('a flag that breaks %s breaks it while it is on, and not before or after', async (_, condition, path, status) => {
  const { feels, turn, statusOf } = await aFlagged()
  feels({ ...condition, onlyWhile })
  expect(await statusOf(path)).toBe(200)
  await turn('true')
  expect(await statusOf(path)).toBe(status)
  await turn('false')
  expect(await statusOf(path)).toBe(200)
})

test('what a flag breaks after a while passes the health check of its deployment, and each start begins anew', async () => {
  const { caller, id, feels, turn, statusOf } = await aFlagged()
  await caller.store({ services: { [id]: { deploy: { healthcheckPath: '/health' } } } })
  feels({ failingChecks: ['storage'], onlyWhile, onlyAfterMs: 5_000 })
  await turn('true')
  expect((await caller.deployments(id))[0]?.status).toBe('SUCCESS')
  expect(await statusOf('/health')).toBe(200)
  caller.clock.advance(5_000)
  expect(await statusOf('/health')).toBe(503)
  const [live] = await caller.active(id)
  await caller.read('deploymentRestart', 'mutation($id: String!) { deploymentRestart(id: $id) }', { id: live })
  caller.clock.advance(1_000)
  expect(await statusOf('/health')).toBe(200)
})

test('a flag that breaks its health at once never gets past the health check of its deployment', async () => {
  const { caller, id, feels, turn, statusOf } = await aFlagged()
  await caller.store({ services: { [id]: { deploy: { healthcheckPath: '/health', healthcheckTimeout: 2 } } } })
  feels({ failingChecks: ['storage'], onlyWhile })
  await turn('true')
  expect((await caller.deployments(id))[0]?.status).toBe('FAILED')
  expect(await statusOf('/health')).toBe(200)
})

test('a flag that makes answers slow does so in its own containers only', async () => {
  const { caller, feels, turn, statusOf } = await aFlagged()
  feels({ latencyMs: 1_500, onlyWhile })
  const tookMs = async () => {
    const start = caller.clock.now()
    await statusOf('/up')
    return caller.clock.now() - start
  }
  expect(await tookMs()).toBe(0)
  await turn('true')
  expect(await tookMs()).toBe(1_500)
})

test('a flag can break the jobs of a worker', async () => {
  const { caller, id, feels, turn } = await aFlagged('php artisan queue:work redis --tries=1 --sleep=1')
  const { world } = caller.platform
  const api = await caller.makeApp('api', { variables: { QUEUE_CONNECTION: { value: 'redis' } } })
  await caller.deployed(api)
  feels({ jobs: 'failing', onlyWhile })
  const failedAfterOne = () => {
    world.dispatch(caller.environmentId, 'default')
    caller.clock.advance(2_000)
    return world.dispatch(caller.environmentId, 'other')?.failed
  }
  expect(failedAfterOne()).toBe(0)
  await turn('true')
  expect(failedAfterOne()).toBe(1)
  expect(world.deployments(caller.environmentId, id).at(-1)?.status).toBe('SUCCESS')
})

test('a service whose new containers never come up has a failed deployment, and the old one serves on', async () => {
  const { caller, id, feels, turn, statusOf } = await aFlagged()
  feels({ failsToStart: true, onlyWhile })
  await turn('true')
  const [newest] = await caller.deployments(id)
  expect(newest?.status).toBe('FAILED')
  expect(await caller.events(String(newest?.id))).toMatchObject([
    ...Array.from({ length: 3 }, () => ({ payload: { error: null } })),
    { step: 'CREATE_CONTAINER', payload: { error: 'The container exited with code 1' } },
  ])
  expect(await statusOf('/up')).toBe(200)
  await turn('false')
  expect((await caller.deployments(id))[0]?.status).toBe('SUCCESS')
})

test('a worker that fails to start fails whatever its restart policy says', async () => {
  const { caller, id, feels, turn } = await aFlagged('php artisan queue:work redis')
  feels({ failsToStart: true, onlyWhile })
  await turn('true')
  expect((await caller.deployments(id)).map(({ status }) => status)).toEqual(['FAILED', 'SUCCESS'])
})

test('a worker that crashes on start is live at first and starts again and again', async () => {
  const { caller, id, feels, turn } = await aFlagged('php artisan queue:work redis')
  feels({ crashesOnStart: true, onlyWhile })
  await turn('true')
  const [newest] = await caller.deployments(id)
  expect(newest?.status).toBe('SUCCESS')
  const crashes = (await printed(caller, String(newest?.id))).filter((line) => line.startsWith('PHP Fatal error'))
  expect(crashes.length).toBeGreaterThan(1)
  await turn('false')
  const [last] = await caller.deployments(id)
  expect(await caller.deployment(String(last?.id))).toMatchObject({
    status: 'SUCCESS',
    instances: [{ status: 'RUNNING' }],
  })
})

test('with a cached config the app goes on as before, whatever its containers were given', async () => {
  const { caller, id, feels, turn, statusOf } = await aFlagged()
  const given = async () => (await caller.snapshot(String((await caller.active(id))[0])))[flag]
  feels({ cachedVariables: [flag] })
  await turn('true')
  expect([await given(), await statusOf('/metrics')]).toEqual(['true', 403])
  feels({})
  expect(await statusOf('/metrics')).toBe(200)
  feels({ cachedVariables: [flag] })
  await turn('false')
  expect([await given(), await statusOf('/metrics')]).toEqual(['false', 200])
})

test('where nothing ran when the config was said to be cached, the first container caches it', async () => {
  const caller = await aProject()
  const id = await caller.makeApp('api', { variables: { [flag]: { value: 'true' } } })
  const domain = await caller.makeDomain(id)
  caller.platform.world.setCondition(caller.environmentId, id, { cachedVariables: [flag] })
  await caller.deployed(id)
  await caller.commit({ services: { [id]: { variables: { [flag]: null } } } })
  caller.clock.advance(4_000)
  expect((await caller.edge(domain, '/metrics')).status).toBe(200)
})

test('a variable that the cache never had stays unset', async () => {
  const { caller, id, feels, statusOf } = await aFlagged()
  feels({ cachedVariables: ['FEATURE_MCP_AI_TOOLS'] })
  await caller.commit({ services: { [id]: { variables: { FEATURE_MCP_AI_TOOLS: { value: 'true' } } } } })
  caller.clock.advance(4_000)
  expect(await statusOf('/internal/mcp/health')).toBe(403)
})

test('a scheduler with a cached config goes on with the schedule it had', async () => {
  const caller = await aProject()
  const id = await caller.makeApp('scheduler', {
    deploy: { startCommand: 'php artisan schedule:work' },
    variables: { FEATURE_PSD2_BANKING: { value: 'false' } },
  })
  await caller.deployed(id)
  const lines = async () => {
    caller.clock.advance(3_600_000)
    const [newest] = await caller.deployments(id)
    return (await printed(caller, String(newest?.id))).filter((line) => line.includes('Bank sync'))
  }
  caller.platform.world.setCondition(caller.environmentId, id, { cachedVariables: ['FEATURE_PSD2_BANKING'] })
  await caller.commit({ services: { [id]: { variables: { FEATURE_PSD2_BANKING: { value: 'true' } } } } })
  expect(await lines()).toEqual([])
  caller.platform.world.setCondition(caller.environmentId, id, {})
  expect(await lines()).toHaveLength(1)
})
