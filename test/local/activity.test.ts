import { expect, test } from 'vitest'
import { aProject, type ContractCaller } from '../support/contract-caller.ts'
import { printed } from '../support/printed-lines.ts'

const flag = 'FEATURE_MONITORING'

async function aShop() {
  const caller = await aProject()
  const id = await caller.makeApp('api', { variables: { [flag]: { value: 'false' } } })
  const domain = await caller.makeDomain(id)
  const deploymentId = await caller.deployed(id)
  return { caller, id, domain, deploymentId, world: caller.platform.world }
}

const metrics =
  'query($e: String!, $s: String!, $from: DateTime!, $until: DateTime!) { httpMetricsGroupedByStatus(environmentId: $e, serviceId: $s, startDate: $from, endDate: $until, stepSeconds: 3600) { statusCode samples { value } } }'

/** How many requests of one status the platform counted in the last so many milliseconds. */
async function counts(caller: ContractCaller, serviceId: string, lastMs: number): Promise<Record<string, number>> {
  const now = caller.clock.now()
  const rows = (await caller.read('httpMetricsGroupedByStatus', metrics, {
    e: caller.environmentId,
    s: serviceId,
    from: new Date(now - lastMs).toISOString(),
    until: new Date(now).toISOString(),
  })) as { statusCode: number; samples: { value: number }[] }[]
  return Object.fromEntries(
    rows.map(({ statusCode, samples }) => [statusCode, samples.reduce((sum, { value }) => sum + value, 0)]),
  )
}

test('visitors are counted by status, as many a second as were said, and no more once they are gone', async () => {
  const { caller, id, world } = await aShop()
  world.setVisitors(caller.environmentId, id, 5)
  caller.clock.advance(10_000)
  expect(await counts(caller, id, 10_000)).toEqual({ 200: 50 })
  world.setVisitors(caller.environmentId, id, 0)
  caller.clock.advance(10_000)
  expect(await counts(caller, id, 9_999)).toEqual({})
})

test('a rate takes the place of the one before, and may be less than one a second', async () => {
  const { caller, id, world } = await aShop()
  world.setVisitors(caller.environmentId, id, 50)
  world.setVisitors(caller.environmentId, id, 0.5)
  caller.clock.advance(10_000)
  expect(await counts(caller, id, 10_000)).toEqual({ 200: 5 })
})

test('visitors get the answers that the service gives: every fourth fails while the flag is on', async () => {
  const { caller, id, world } = await aShop()
  world.setVisitors(caller.environmentId, id, 4)
  world.setCondition(caller.environmentId, id, { failsEvery: 4, onlyWhile: { variable: flag, value: 'true' } })
  caller.clock.advance(10_000)
  expect(await counts(caller, id, 10_000)).toEqual({ 200: 40 })
  await caller.commit({ services: { [id]: { variables: { [flag]: { value: 'true' } } } } })
  caller.clock.advance(4_000)
  const since = caller.clock.now()
  caller.clock.advance(10_000)
  const after = await counts(caller, id, caller.clock.now() - since - 1)
  expect(after).toEqual({ 200: 30, 500: 10 })
  const [newest] = await caller.deployments(id)
  expect((await printed(caller, String(newest?.id))).filter((line) => line.includes('production.ERROR'))).not.toEqual(
    [],
  )
})

test('an answer that takes long is logged when it is given, with its time', async () => {
  const { caller, id, deploymentId, world } = await aShop()
  world.setCondition(caller.environmentId, id, { latencyMs: 400 })
  world.setVisitors(caller.environmentId, id, 1)
  caller.clock.advance(3_399)
  const query =
    'query($d: String!) { httpLogs(deploymentId: $d, limit: 10, beforeLimit: 10) { path host totalDuration httpStatus } }'
  const rows = (await caller.read('httpLogs', query, { d: deploymentId })) as Record<string, unknown>[]
  expect(rows).toMatchObject([
    { path: '/invoices', totalDuration: 400, httpStatus: 200 },
    { path: '/customers', totalDuration: 400, httpStatus: 200 },
  ])
})

test('visitors of a service that nothing answers for are counted as 502', async () => {
  const { caller, id, deploymentId, world } = await aShop()
  world.setCondition(caller.environmentId, id, { crashesOnStart: true })
  world.setVisitors(caller.environmentId, id, 10)
  await caller.read('deploymentRestart', 'mutation($id: String!) { deploymentRestart(id: $id) }', { id: deploymentId })
  caller.clock.advance(1_000)
  expect((await counts(caller, id, 1_000))['502']).toBeGreaterThan(0)
})

test('a jump of a day costs no more than its last minutes', async () => {
  const { caller, id, world } = await aShop()
  world.setVisitors(caller.environmentId, id, 10)
  caller.clock.advance(24 * 3_600_000)
  expect(await counts(caller, id, 24 * 3_600_000)).toEqual({ 200: expect.closeTo(6_000, -1) })
})

test('visitors go with their environment', async () => {
  const { caller, id, world } = await aShop()
  world.setVisitors(caller.environmentId, id, 1)
  const staging = await caller.makeEnvironment('staging')
  world.removeEnvironment(caller.environmentId)
  caller.clock.advance(60_000)
  expect(world.environment(staging).name).toBe('staging')
})

test('a flag that prints errors prints them while it is on, whether anybody asks or not', async () => {
  const { caller, id, world } = await aShop()
  world.setCondition(caller.environmentId, id, { errorsPerMinute: 30, onlyWhile: { variable: flag, value: 'true' } })
  const errors = async () => {
    const [newest] = await caller.deployments(id)
    const lines = await printed(caller, String(newest?.id))
    return lines.filter((line) => line.includes('production.ERROR')).length
  }
  caller.clock.advance(20_000)
  expect(await errors()).toBe(0)
  await caller.commit({ services: { [id]: { variables: { [flag]: { value: 'true' } } } } })
  caller.clock.advance(4_000)
  const before = await errors()
  caller.clock.advance(20_000)
  expect((await errors()) - before).toBe(10)
  world.setCondition(caller.environmentId, id, {})
  caller.clock.advance(20_000)
  expect((await errors()) - before).toBe(10)
})
