import { expect, test } from 'vitest'
import type { PrintedLine } from '../../src/local/log-writer.ts'
import { aProject, type ContractCaller } from '../support/contract-caller.ts'
import { openedSocket, type PlainSocket, subscribed } from '../support/plain-socket.ts'
import { until } from '../support/until.ts'

const args =
  'environmentId: $e, filter: $filter, anchorDate: $anchorDate, beforeDate: $beforeDate, beforeLimit: $beforeLimit, afterDate: $afterDate, afterLimit: $afterLimit'
const types =
  '$e: String!, $filter: String, $anchorDate: String, $beforeDate: String, $beforeLimit: Int, $afterDate: String, $afterLimit: Int'
const fields =
  'timestamp message severity attributes { key value } tags { deploymentId deploymentInstanceId serviceId snapshotId }'
const read = `query(${types}) { rows: environmentLogs(${args}) { ${fields} } }`
const follow = `subscription(${types}) { rows: environmentLogs(${args}) { ${fields} } }`

interface Row {
  timestamp: string
  message: string
  severity: string
  attributes: { key: string; value: string }[]
  tags: { deploymentId: string; deploymentInstanceId: string | null; serviceId: string; snapshotId: string | null }
}

async function rows(caller: ContractCaller, asked: object = {}): Promise<Row[]> {
  return (await caller.read('rows', read, { e: caller.environmentId, ...asked })) as Row[]
}

async function messages(caller: ContractCaller, asked: object = {}): Promise<string[]> {
  return (await rows(caller, asked)).map(({ message }) => message)
}

/** What an environment's subscription brought, event by event. */
function told(socket: PlainSocket, id = 'one'): Row[][] {
  return socket.events(id).map(({ data }) => (data?.rows ?? []) as Row[])
}

async function twoLive(options: Parameters<typeof aProject>[0] = {}) {
  const caller = await aProject(options)
  const api = await caller.makeApp('api')
  const worker = await caller.makeApp('worker')
  await caller.deploy(api)
  await caller.deployed(worker)
  // Behind everything that the deployments themselves printed.
  caller.clock.advance(60_000)
  const write = (service: string, ...lines: (string | PrintedLine)[]) =>
    caller.platform.world.write(
      caller.environmentId,
      service,
      lines.map((line) => (typeof line === 'string' ? { message: line } : line)),
    )
  return { caller, api, worker, write }
}

function ledgerTexts({ platform, environmentId }: ContractCaller): string[] {
  return platform.world.ledger(environmentId).map(({ timestamp, message }) => `${timestamp} ${message}`)
}

test('all services are answered together, by their times, builds excluded', async () => {
  const { caller, api, worker, write } = await twoLive()
  write(api, 'one')
  write(worker, 'two')
  write(api, 'three')
  const all = await rows(caller, { beforeLimit: 5_000 })
  expect(all.map(({ timestamp, message }) => `${timestamp} ${message}`)).toEqual(ledgerTexts(caller))
  expect(all.slice(-3).map(({ message, tags }) => [message, tags.serviceId])).toEqual([
    ['one', api],
    ['two', worker],
    ['three', api],
  ])
  expect(all.some(({ message }) => message.startsWith('Cloning'))).toBe(false)
  expect(new Set(all.map(({ timestamp }) => timestamp)).size).toBe(all.length)
})

test('rows can share a time, be equal in everything, and come late', async () => {
  const { caller, api, write } = await twoLive()
  write(
    api,
    { message: 'twin', nanoseconds: 7 },
    { message: 'twin', nanoseconds: 7 },
    { message: 'other', nanoseconds: 7 },
    { message: 'late', nanoseconds: 6, lateMs: 1_500 },
  )
  const last = await rows(caller, { beforeLimit: 3 })
  expect(last.map(({ timestamp, message }) => `${timestamp.slice(17)} ${message}`)).toEqual([
    '00.500000006Z late',
    '02.000000007Z twin',
    '02.000000007Z twin',
    '02.000000007Z other',
  ])
  expect(ledgerTexts(caller).slice(-4)).toEqual(last.map(({ timestamp, message }) => `${timestamp} ${message}`))
})

test.each<[string, object, string[]]>([
  ['up to the anchor, itself included', { anchorDate: 3, beforeLimit: 2 }, ['1', '2', '3']],
  ['one more only where there is one', { anchorDate: 1, beforeDate: 0, beforeLimit: 5 }, ['0', '1']],
  ['not older than its bound', { anchorDate: 5, beforeDate: 4, beforeLimit: 50 }, ['4', '5']],
  ['behind the anchor, itself excluded', { anchorDate: 3, afterLimit: 2 }, ['4', '5']],
  ['up to its bound', { anchorDate: 3, afterLimit: 50, afterDate: 5 }, ['4', '5']],
  ['on both sides', { anchorDate: 3, beforeLimit: 1, afterLimit: 1 }, ['2', '3', '4']],
  ['nothing before it where only later ones are asked for', { anchorDate: 8, afterLimit: 10 }, ['9']],
  ['of a time with a zone', { anchorDate: '2026-11-03T10:01:02.000000001+01:00', beforeLimit: 1 }, ['0', '1']],
])('a look around a moment answers rows %s', async (_, asked, expected) => {
  const { caller, api, write } = await twoLive()
  write(api, ...Array.from({ length: 10 }, (_row, index) => ({ message: `${index}`, nanoseconds: index })))
  const dates = Object.entries(asked).map(([key, value]) => [
    key,
    key.endsWith('Date') && typeof value === 'number' ? `2026-11-03T09:01:02.00000000${value}Z` : value,
  ])
  expect(await messages(caller, Object.fromEntries(dates))).toEqual(expected)
})

test('a structured line becomes its message, its level and its attributes; other lines stay as they are', async () => {
  const { caller, api, write } = await twoLive()
  write(
    api,
    '{"message":"paid","level":"WARNING","user":{"id":7},"tags":["a"]}',
    '{"msg":"short"}',
    '{"level":"error"}',
    { message: '{\n  "message": "split"\n}', severity: 'error' },
    { message: 'plain', severity: 'debug', attributes: { shop: 'one' } },
  )
  const found = (await rows(caller)).slice(-7)
  expect(found.map(({ message, severity }) => `${severity} ${message}`)).toEqual([
    'warn paid',
    'info short',
    'info {"level":"error"}',
    'error {',
    'error   "message": "split"',
    'error }',
    'debug plain',
  ])
  expect(found[0]?.attributes).toEqual([
    { key: 'level', value: '"warn"' },
    { key: 'user', value: '{"id":7}' },
    { key: 'tags', value: '["a"]' },
  ])
  expect(found[6]?.attributes).toContainEqual({ key: 'shop', value: '"one"' })
  expect(await messages(caller, { filter: '@user.id:7 @tags[0]:a' })).toEqual(['paid'])
})

test('what a container prints beyond 500 lines a second is dropped, and one row says so', async () => {
  const { caller, api, write } = await twoLive()
  write(api, ...Array.from({ length: 520 }, (_, index) => `row ${index}`))
  write(api, { message: 'of another', instanceId: 'second' })
  caller.clock.advance(1_000)
  write(api, 'the next second')
  const after = await rows(caller, { beforeLimit: 503 })
  expect(after.filter(({ message }) => /^row/.test(message))).toHaveLength(500)
  expect(after.slice(-3).map(({ message, severity }) => `${severity} ${message}`)).toEqual([
    'info of another',
    expect.stringMatching(/^warn Railway rate limit of 500 logs\/sec .* Messages dropped: 20$/),
    'info the next second',
  ])
})

test('a followed environment tells what was, then what comes, later deployments and new services too', async () => {
  const { caller, api, worker, write } = await twoLive()
  write(api, 'before', 'just before')
  const socket = await openedSocket(caller)
  await subscribed(socket, 'one', follow, { e: caller.environmentId, beforeLimit: 2 })
  write(worker, 'first', 'second')
  await socket.settled()
  expect(told(socket).map((event) => event.map(({ message }) => message))).toEqual([
    ['before', 'just before'],
    ['first', 'second'],
  ])
  await caller.deployed(api)
  const database = await caller.makeService('database', { source: { image: 'postgres:16' } })
  await caller.deployed(database)
  write(database, 'ready')
  await socket.settled()
  const all = told(socket).flat()
  expect(all.at(-1)?.message).toBe('ready')
  expect(all.map(({ timestamp, message }) => `${timestamp} ${message}`)).toEqual(ledgerTexts(caller).slice(-all.length))
  expect(new Set(all.map(({ tags }) => tags.deploymentId)).size).toBeGreaterThan(3)
})

test('what is due happens while an environment is followed, and it ends when the environment goes', async () => {
  const { caller, api, write } = await twoLive()
  const socket = await openedSocket(caller)
  await subscribed(socket, 'one', follow, { e: caller.environmentId, beforeLimit: 0 })
  await caller.deploy(api)
  await caller.clock.sleep(3_000)
  await until(() => told(socket).length > 0)
  expect(
    told(socket)
      .flat()
      .map(({ message }) => message),
  ).toContain('Starting container')
  write(api, 'last')
  await socket.settled()
  expect(socket.messages.some(({ type }) => type === 'complete')).toBe(false)
  caller.platform.world.removeEnvironment(caller.environmentId)
  await socket.settled()
  expect(socket.messages.at(-2)).toEqual({ type: 'complete', id: 'one' })
  expect(await caller.refusal(read, { e: caller.environmentId })).toBe('Environment not found')
})

test('tens of thousands of rows are followed in few events, every one of them once', async () => {
  const { caller, api, worker, write } = await twoLive({ linesPerSecond: Number.POSITIVE_INFINITY })
  const socket = await openedSocket(caller)
  await subscribed(socket, 'one', follow, { e: caller.environmentId, beforeLimit: 0 })
  for (let batch = 0; batch < 400; batch++) {
    write(batch % 2 === 0 ? api : worker, ...Array.from({ length: 100 }, (_, index) => `${batch}.${index}`))
    if (batch % 20 === 19) await socket.settled()
  }
  await socket.settled()
  const all = told(socket).flat()
  expect(all).toHaveLength(40_000)
  expect(all.map(({ timestamp, message }) => `${timestamp} ${message}`)).toEqual(ledgerTexts(caller).slice(-40_000))
  expect(told(socket).length).toBeLessThan(40)
})

test('build rows are told where their snapshot is asked for', async () => {
  const { caller, api } = await twoLive()
  const id = await caller.deployed(api)
  const snapshot = await caller.text(
    'deployment.snapshotId',
    'query($id: String!) { deployment(id: $id) { snapshotId } }',
    {
      id,
    },
  )
  const built = await rows(caller, { filter: `@snapshot:${snapshot} OR @replica:${snapshot}` })
  expect(built[0]?.message).toMatch(/^Cloning/)
  expect(built.every(({ tags }) => tags.snapshotId === snapshot && tags.deploymentId === id)).toBe(true)
  const ran = await rows(caller, { filter: `@deployment:${id} -@replica:${snapshot}` })
  expect(ran.length).toBeGreaterThan(0)
  expect(ran.every(({ tags }) => tags.snapshotId === null && tags.deploymentId === id)).toBe(true)
  expect(await messages(caller, { filter: `@snapshot:${snapshot}`, beforeLimit: 2 })).toEqual(
    built.slice(-3).map(({ message }) => message),
  )
})

test.each<[string, object]>([
  ['a filter that cannot be read', { filter: '(open' }],
  ['a date that is none', { anchorDate: 'yesterday' }],
  ['a time that is kept no more', { anchorDate: '2026-10-03T09:00:00Z', beforeLimit: 10 }],
])('%s is refused without a reason', async (_, asked) => {
  const { caller } = await twoLive()
  expect(await caller.refusal(read, { e: caller.environmentId, ...asked })).toBe('Problem processing request')
})

test('a time that only begins before what is kept is answered as far as it is', async () => {
  const { caller, api, write } = await twoLive()
  write(api, 'old')
  caller.clock.advance(30 * 24 * 60 * 60 * 1000 + 1)
  write(api, 'new')
  expect(await messages(caller, { beforeDate: '1970-01-01T00:00:00Z', beforeLimit: 10 })).toEqual(['new'])
})
