import { expect, test } from 'vitest'
import type { CommitBehaviour } from '../../src/local/index.ts'
import { aProject, type ContractCaller, repository } from '../support/contract-caller.ts'
import { openedSocket, plainSocket, subscribed } from '../support/plain-socket.ts'

const followDeployment = 'subscription($id: String!) { deployment(id: $id) { id status } }'
const followEvents = 'subscription($id: String!) { deploymentEvents(id: $id) { step completedAt payload { error } } }'
const followLog = (field: string) =>
  `subscription($id: String!, $limit: Int, $filter: String) { lines: ${field}(deploymentId: $id, limit: $limit, filter: $filter) { message } }`
const log = (field: string) =>
  `query($id: String!, $limit: Int, $filter: String) { lines: ${field}(deploymentId: $id, limit: $limit, filter: $filter) { timestamp message severity attributes { key value } tags { deploymentId serviceId } } }`

const migrating = { deploy: { preDeployCommand: 'php artisan migrate --force', healthcheckPath: '/health' } }

async function deploying(behaviour: CommitBehaviour = 'healthy', settings = migrating) {
  const caller = await aProject({ projectTokens: ['production', 'staging'] })
  const service = await caller.makeApp('api', settings)
  const { sha } = caller.platform.world.addCommit(repository, 'main', { behaviour })
  return { caller, service, deploymentId: await caller.deploy(service, sha) }
}

interface Line {
  timestamp: string
  message: string
  severity: string
  attributes: { key: string; value: string }[]
  tags: Record<string, string>
}

async function lines(caller: ContractCaller, field: string, id: string, asked: object = {}): Promise<Line[]> {
  return (await caller.read('lines', log(field), { id, ...asked })) as Line[]
}

/** Lets time pass in steps, so that everything happens at an hour of its own. */
function pass(caller: ContractCaller, ms: number): void {
  for (let passed = 0; passed < ms; passed += 50) caller.clock.advance(50)
}

test('B73 subscriptions speak graphql-transport-ws on the path of the API, and nothing else is spoken there', async () => {
  const { caller, deploymentId } = await deploying()
  const socket = await plainSocket(caller, { headers: caller.asAccount })
  socket.send({ type: 'connection_init' })
  await socket.settled()
  await subscribed(socket, 'one', followDeployment, { id: deploymentId })
  expect(socket.messages.map(({ type }) => type)).toEqual(['connection_ack', 'pong', 'pong'])
  pass(caller, 200)
  await socket.settled()
  expect(socket.messages).toContainEqual({
    type: 'next',
    id: 'one',
    payload: { data: { deployment: { id: deploymentId, status: 'BUILDING' } } },
  })
  socket.send({ type: 'complete', id: 'one' })
  await socket.settled()
  pass(caller, 2_000)
  await socket.settled()
  expect(socket.events('one')).toHaveLength(1)
  await expect(plainSocket(caller, { headers: caller.asAccount, protocol: 'graphql-ws' })).rejects.toThrow('400')
  expect((await caller.post(followDeployment, { id: deploymentId })).status).toBe(400)
})

test('B74 the token comes with the upgrade or with connection_init, and a bad one is turned away', async () => {
  const { caller, deploymentId } = await deploying()
  for (const headers of [caller.asAccount, caller.asProject('production')]) {
    const socket = await openedSocket(caller, headers)
    expect(socket.messages[0]).toMatchObject({ type: 'connection_ack' })
  }
  const { authorization = '' } = caller.asAccount
  for (const payload of [
    { Authorization: authorization },
    { 'Project-Access-Token': caller.asProject('production')['project-access-token'] },
  ]) {
    const socket = await plainSocket(caller)
    socket.send({ type: 'connection_init', payload })
    await socket.settled()
    await subscribed(socket, 'one', followDeployment, { id: deploymentId })
    pass(caller, 50)
    expect(socket.messages[0]).toMatchObject({ type: 'connection_ack' })
  }
  await expect(plainSocket(caller, { headers: { authorization: 'Bearer rehearsal_wrong' } })).rejects.toThrow('401')
  for (const payload of [{ Authorization: 'Bearer rehearsal_wrong' }, undefined]) {
    const socket = await plainSocket(caller)
    socket.send({ type: 'connection_init', ...(payload && { payload }) })
    expect(await socket.closed).toBe(4403)
  }
})

test('B75 what a token may not read it may not follow', async () => {
  const { caller, deploymentId } = await deploying()
  await caller.makeEnvironment('staging')
  const socket = await openedSocket(caller, caller.asProject('staging'))
  await subscribed(socket, 'one', followDeployment, { id: deploymentId })
  await subscribed(socket, 'two', followLog('buildLogs'), { id: deploymentId })
  await subscribed(socket, 'none', followEvents, { id: 'none' })
  expect(socket.events('one')[0]?.errors?.[0]?.message).toBe('Not Authorized')
  expect(socket.events('two')[0]?.errors?.[0]?.message).toBe('Not Authorized')
  expect(socket.events('none')[0]?.errors?.[0]?.message).toBe('Deployment not found')
  expect(socket.messages.filter(({ type }) => type === 'complete').map(({ id }) => id)).toEqual(['one', 'two', 'none'])
})

test('B76 deployment tells each change of status, and ends when it is removed', async () => {
  const { caller, service, deploymentId } = await deploying()
  const socket = await openedSocket(caller)
  await subscribed(socket, 'one', followDeployment, { id: deploymentId })
  pass(caller, 2_000)
  await caller.deploy(service)
  pass(caller, 2_000)
  await socket.settled()
  expect(socket.events('one').map(({ data }) => data?.deployment)).toMatchObject(
    ['BUILDING', 'DEPLOYING', 'SUCCESS', 'REMOVED'].map((status) => ({ id: deploymentId, status })),
  )
  expect(socket.messages).toContainEqual({ type: 'complete', id: 'one' })
})

test('B77 deploymentEvents tells the begin and the end of each step', async () => {
  const { caller, deploymentId } = await deploying('failing-migration')
  const socket = await openedSocket(caller)
  await subscribed(socket, 'one', followEvents, { id: deploymentId })
  pass(caller, 2_000)
  await socket.settled()
  const told = socket.events('one').map(({ data }) => {
    const event = data?.deploymentEvents as {
      step: string
      completedAt: string | null
      payload: { error: string } | null
    }
    return `${event.step} ${event.completedAt === null ? 'begins' : (event.payload?.error ?? 'ends')}`
  })
  expect(told).toEqual([
    'SNAPSHOT_CODE ends',
    'BUILD_IMAGE begins',
    'BUILD_IMAGE ends',
    'PUBLISH_IMAGE begins',
    'PUBLISH_IMAGE ends',
    'PRE_DEPLOY_COMMAND begins',
    'PRE_DEPLOY_COMMAND "php artisan migrate --force" exited with code 1',
  ])
})

test('B78 buildLogs hold what fetching and building printed, deploymentLogs what came after it', async () => {
  const good = await deploying()
  pass(good.caller, 2_000)
  const built = await lines(good.caller, 'buildLogs', good.deploymentId)
  expect(built[0]?.message).toMatch(/^Cloning fakturino\/app at [0-9a-f]{40}$/)
  expect(built.map(({ message }) => message).join('\n')).toContain('composer install')
  const ran = (await lines(good.caller, 'deploymentLogs', good.deploymentId)).map(({ message }) => message)
  expect(ran).toEqual([
    '> php artisan migrate --force',
    'INFO  Preparing database.',
    expect.stringContaining('Creating migration table'),
    'INFO  Running migrations.',
    expect.stringContaining('DONE'),
    expect.stringContaining('DONE'),
    'Starting container',
    'INFO  Server running on [http://0.0.0.0:8080].',
  ])
  for (const [behaviour, field, message] of [
    ['failing-build', 'buildLogs', 'The build command exited with code 1'],
    ['failing-migration', 'deploymentLogs', '"php artisan migrate --force" exited with code 1'],
    ['crash', 'deploymentLogs', 'Container exited with code 1'],
  ] as const) {
    const bad = await deploying(behaviour)
    pass(bad.caller, 30_000)
    expect((await lines(bad.caller, field, bad.deploymentId)).map((line) => line.message)).toContain(message)
  }
})

test('B79 a log answers the newest lines, the oldest of them first, and one more than asked for', async () => {
  const { caller, deploymentId } = await deploying('crash')
  pass(caller, 30_000)
  const all = await lines(caller, 'deploymentLogs', deploymentId, { limit: 5_000 })
  expect(all.map(({ timestamp }) => timestamp)).toEqual(
    all.map(({ timestamp }) => timestamp).toSorted((one, other) => one.localeCompare(other)),
  )
  expect(all.length).toBeGreaterThan(10)
  expect(await lines(caller, 'deploymentLogs', deploymentId, { limit: 3 })).toEqual(all.slice(-4))
  expect(await lines(caller, 'deploymentLogs', deploymentId, { limit: null })).toEqual(all.slice(-101))
  const fatal = await lines(caller, 'deploymentLogs', deploymentId, { filter: 'fatal ERROR' })
  expect(fatal.length).toBeGreaterThan(1)
  expect(fatal.every(({ message }) => message.includes('PHP Fatal error'))).toBe(true)
  expect(await lines(caller, 'deploymentLogs', deploymentId, { filter: '' })).toEqual(all.slice(-101))
})

test('B80 a line has nanoseconds, a severity, its level as JSON, and tags', async () => {
  const { caller, service, deploymentId } = await deploying('crash')
  pass(caller, 30_000)
  const all = await lines(caller, 'deploymentLogs', deploymentId)
  for (const { timestamp } of all) expect(timestamp).toMatch(/^2026-11-03T09:00:\d\d\.\d{9}Z$/)
  expect(new Set(all.map(({ timestamp }) => timestamp)).size).toBe(all.length)
  const line = (text: string) => all.find(({ message }) => message.startsWith(text))
  expect(line('Starting container')).toMatchObject({
    severity: 'info',
    attributes: [{ key: 'level', value: '"info"' }],
    tags: { deploymentId, serviceId: service },
  })
  expect(line('PHP Fatal error')).toMatchObject({
    severity: 'error',
    attributes: [{ key: 'level', value: '"error"' }],
  })
})

test('B81 a followed log repeats recent lines in one event, then tells new ones', async () => {
  const { caller, deploymentId } = await deploying()
  pass(caller, 500)
  const before = (await lines(caller, 'buildLogs', deploymentId)).map(({ message }) => message)
  expect(before).toHaveLength(5)
  const socket = await openedSocket(caller)
  await subscribed(socket, 'one', followLog('buildLogs'), { id: deploymentId, limit: 2, filter: '' })
  await subscribed(socket, 'quiet', followLog('buildLogs'), { id: deploymentId, filter: 'nothing like it' })
  pass(caller, 1_000)
  await socket.settled()
  const told = socket.events('one').map(({ data }) => ((data?.lines ?? []) as Line[]).map(({ message }) => message))
  expect(told).toEqual([before.slice(-2), ['Build took 1 s']])
  expect(socket.events('quiet')).toEqual([])
})
