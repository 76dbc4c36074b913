import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { deployInstance } from '../../src/local/deploying.ts'
import type { Condition } from '../../src/local/index.ts'
import { PlatformModel } from '../../src/local/platform-model.ts'
import { simulatedTiming } from '../../src/local/runtime/simulated.ts'
import { World } from '../../src/local/world.ts'
import { aProject, type ContractCaller, repository } from '../support/contract-caller.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { printed } from '../support/printed-lines.ts'

const onRedis = { QUEUE_CONNECTION: { value: 'redis' }, FEATURE_MONITORING: { value: 'true' } }
const shipped = 'php artisan queue:work redis --queue=default,migration,banking --sleep=3 --tries=3'

/** From the start of a test to the worker's next look: it has slept for half a second of its three. */
const lookMs = 2_500

interface Shop {
  caller: ContractCaller
  worker: string
  workerDeployment: string
  dispatch(queue: string, amount?: number): void
  /** What /metrics says: pending and failed. */
  counts(): Promise<[number, number]>
}

async function aShop({ startCommand = shipped, variables = onRedis, replicas = 1 } = {}): Promise<Shop> {
  const caller = await aProject()
  const api = await caller.makeApp('api', { variables })
  const domain = await caller.makeDomain(api)
  const worker = await caller.makeApp('worker', {
    variables,
    deploy: { startCommand, multiRegionConfig: { 'europe-west4': { numReplicas: replicas } } },
  })
  await caller.deployed(api)
  const workerDeployment = await caller.deployed(worker)
  return {
    caller,
    worker,
    workerDeployment,
    dispatch: (queue, amount) => {
      caller.platform.world.dispatch(caller.environmentId, queue, amount)
    },
    counts: async () => {
      const { body } = await caller.edge(domain, '/metrics')
      const value = (name: string) =>
        Number(new RegExp(`^invoiceshelf_queue_jobs_${name} (\\d+)$`, 'm').exec(body)?.[1])
      return [value('pending'), value('failed')]
    },
  }
}

test('a job is taken at the worker’s next look and finished, as artisan prints it', async () => {
  const { caller, workerDeployment, dispatch, counts } = await aShop()
  dispatch('banking')
  expect(await counts()).toEqual([1, 0])
  caller.clock.advance(lookMs)
  expect(await counts()).toEqual([1, 0])
  caller.clock.advance(400)
  expect(await counts()).toEqual([0, 0])
  expect(await printed(caller, workerDeployment)).toEqual([
    'Starting container',
    '   INFO  Processing jobs from the [default,migration,banking] queues.',
    expect.stringMatching(/^ {2}2026-11-03 09:00:0\d App\\Jobs\\SyncBank \.{3,} RUNNING$/),
    expect.stringMatching(/^ {2}2026-11-03 09:00:0\d App\\Jobs\\SyncBank \.{3,} 400\.00ms DONE$/),
  ])
})

test('jobs that wait are done one after the other, queue by queue in the worker’s order', async () => {
  const { caller, workerDeployment, dispatch, counts } = await aShop()
  dispatch('banking', 2)
  dispatch('default', 2)
  caller.clock.advance(lookMs + 2 * 400)
  expect(await counts()).toEqual([2, 0])
  caller.clock.advance(60_000)
  expect(await counts()).toEqual([0, 0])
  const done = (await printed(caller, workerDeployment)).filter((line) => line.endsWith('DONE'))
  expect(done.map((line) => /Jobs\\(\w+)/.exec(line)?.[1])).toEqual([
    'SendInvoice',
    'SendInvoice',
    'SyncBank',
    'SyncBank',
  ])
})

test('two containers do twice as much', async () => {
  const { caller, dispatch, counts } = await aShop({ replicas: 2 })
  dispatch('default', 10)
  caller.clock.advance(lookMs + 2 * 400)
  expect(await counts()).toEqual([6, 0])
  caller.clock.advance(3 * 400)
  expect(await counts()).toEqual([0, 0])
})

test.each<[string, Parameters<typeof aShop>[0], string]>([
  [
    'a queue that the worker does not name',
    { startCommand: 'php artisan queue:work redis --queue=default' },
    'banking',
  ],
  ['a worker on another connection', { startCommand: 'php artisan queue:work database' }, 'default'],
  ['an idle container that runs something else', { startCommand: 'php artisan schedule:work' }, 'default'],
])('with %s jobs stay where they are', async (_, options, queue) => {
  const { caller, dispatch, counts } = await aShop(options)
  dispatch(queue, 5)
  caller.clock.advance(24 * 60 * 60 * 1000)
  expect(await counts()).toEqual([5, 0])
})

test('jobs wait for a worker that comes back, the one it had in hand too', async () => {
  const { caller, worker, workerDeployment, dispatch, counts } = await aShop()
  const { world } = caller.platform
  dispatch('default', 3)
  caller.clock.advance(lookMs + 200)
  world.forceStatus(workerDeployment, 'CRASHED')
  caller.clock.advance(60_000)
  expect(await counts()).toEqual([3, 0])
  dispatch('default')
  expect(await counts()).toEqual([4, 0])
  const next = await caller.deployed(worker)
  caller.clock.advance(10_000)
  expect(await counts()).toEqual([0, 0])
  expect((await printed(caller, next)).filter((line) => line.endsWith('DONE'))).toHaveLength(4)
})

test('a worker that is replaced hands its jobs to its successor, and none is done twice', async () => {
  const { caller, worker, workerDeployment, dispatch, counts } = await aShop()
  dispatch('default', 50)
  const next = await caller.deploy(worker)
  caller.clock.advance(60_000)
  expect(await counts()).toEqual([0, 0])
  const lines = [...(await printed(caller, workerDeployment)), ...(await printed(caller, next))]
  expect(lines.filter((line) => line.endsWith('DONE'))).toHaveLength(50)
})

test('a worker that drains finishes what it has in hand and takes no more', async () => {
  const { caller, worker, workerDeployment, dispatch, counts } = await aShop()
  await caller.store({ services: { [worker]: { deploy: { drainingSeconds: 30 } } } })
  const draining = await caller.deployed(worker)
  // The one before has no draining time of its own.
  expect(await caller.status(workerDeployment)).toBe('REMOVED')
  dispatch('default', 50)
  caller.clock.advance(lookMs)
  const next = await caller.deployed(worker)
  expect(await caller.status(draining)).toBe('REMOVING')
  caller.clock.advance(60_000)
  expect(await counts()).toEqual([0, 0])
  const byOld = await printed(caller, draining)
  expect(byOld.filter((line) => line.endsWith('RUNNING'))).toHaveLength(
    byOld.filter((line) => line.endsWith('DONE')).length,
  )
  const byNew = (await printed(caller, next)).filter((line) => line.endsWith('DONE'))
  expect(byOld.filter((line) => line.endsWith('DONE')).length + byNew.length).toBe(50)
  expect(byNew.length).toBeGreaterThan(10)
})

test('a job that throws is tried as often as the worker says, logged each time, and stays failed', async () => {
  const { caller, worker, workerDeployment, dispatch, counts } = await aShop()
  const { world } = caller.platform
  world.setCondition(caller.environmentId, worker, { jobs: 'failing' })
  dispatch('banking', 2)
  caller.clock.advance(60_000)
  expect(await counts()).toEqual([0, 2])
  const lines = await printed(caller, workerDeployment)
  expect(lines.filter((line) => /SyncBank \.+ 400\.00ms FAIL$/.test(line))).toHaveLength(6)
  expect(lines.filter((line) => line.includes('production.ERROR: Connection timed out'))).toHaveLength(6)
  world.setCondition(caller.environmentId, worker, {})
  dispatch('banking')
  caller.clock.advance(24 * 60 * 60 * 1000)
  expect(await counts()).toEqual([0, 2])
})

test.each<[string, Condition, number, number]>([
  ['more than 10,000 wait', {}, 10_001, 0],
  ['more than 100 failed within the hour', { jobs: 'failing' }, 101, 200_000],
])('the api’s health says so once %s', async (_, condition, jobs, ms) => {
  const startCommand = 'php artisan queue:work redis'
  const { caller, worker, dispatch } = await aShop({ startCommand })
  const { world } = caller.platform
  world.setCondition(caller.environmentId, worker, condition)
  const api = world.serviceNamed('api').id
  const domain = world.environment(caller.environmentId).instances.get(api)?.domains[0]?.domain ?? ''
  const queues = async () => (JSON.parse((await caller.edge(domain, '/health')).body) as { checks: object }).checks
  dispatch('default', jobs - 1)
  caller.clock.advance(ms)
  expect(await queues()).toMatchObject({ queues: true })
  dispatch('default')
  if (ms > 0) caller.clock.advance(10_000)
  expect(await queues()).toMatchObject({ queues: false })
})

test('on a connection named sync nothing ever waits, and without a live api nothing is dispatched', async () => {
  const { caller, dispatch, counts } = await aShop({ variables: { ...onRedis, QUEUE_CONNECTION: { value: 'sync' } } })
  dispatch('default', 5)
  expect(await counts()).toEqual([0, 0])
  const { world } = caller.platform
  const empty = world.addEnvironment(caller.projectId, 'staging')
  expect(world.dispatch(empty.id, 'default')).toBeUndefined()
})

test('nothing is on the agenda while no job waits', () => {
  const clock = new FakeClock()
  const repositories = [{ name: repository, branches: { main: [{}] } }]
  const model = new PlatformModel({
    clock,
    repositories,
    timing: simulatedTiming,
    random: randomBytes,
    linesPerSecond: 500,
  })
  const world = new World(model)
  const { id } = world.addProject('shop')
  const source = { repo: repository, branch: 'main' }
  const environment = world.environmentNamed('production')
  for (const [name, startCommand] of [['api'], ['worker', 'php artisan queue:work']] as const) {
    const service = world.addService(id, name, { source, deploy: { startCommand: startCommand ?? '' } })
    deployInstance(model, model.instance(environment, service.id))
  }
  const later = () => {
    clock.advance(60_000)
    model.agenda.catchUp()
    return model.agenda.nextAt()
  }
  expect(later()).toBeUndefined()
  world.dispatch(environment.id, 'default', 9)
  world.dispatch(environment.id, 'banking', 9)
  expect(model.agenda.nextAt()).toBeLessThanOrEqual(clock.now() + 60_000)
  expect(later()).toBeUndefined()
  expect(world.dispatch(environment.id, 'other')).toMatchObject({ pending: 10 })
})

test('a worker without a job prints nothing, however long it waits', async () => {
  const { caller, workerDeployment } = await aShop()
  caller.clock.advance(29 * 24 * 60 * 60 * 1000)
  expect(await printed(caller, workerDeployment)).toHaveLength(2)
})
