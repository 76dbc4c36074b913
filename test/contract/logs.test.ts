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

test('B87 environmentLogs answers what all services printed, by their times, builds excluded', async () => {
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

test('B95 rows can share a time, be equal in everything, and come late', async () => {
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

test('B88 environmentLogs answers rows around a moment, up to it, behind it, or both', async () => {
  const { caller, api, write } = await twoLive()
  write(api, ...Array.from({ length: 10 }, (_row, index) => ({ message: `${index}`, nanoseconds: index })))
  const looks: [string, Record<string, number | string>, string][] = [
    ['up to the anchor, itself included', { anchorDate: 3, beforeLimit: 2 }, '123'],
    ['one more only where there is one', { anchorDate: 1, beforeDate: 0, beforeLimit: 5 }, '01'],
    ['not older than its bound', { anchorDate: 5, beforeDate: 4, beforeLimit: 50 }, '45'],
    ['behind the anchor, itself excluded', { anchorDate: 3, afterLimit: 2 }, '45'],
    ['up to its bound', { anchorDate: 3, afterLimit: 50, afterDate: 5 }, '45'],
    ['on both sides', { anchorDate: 3, beforeLimit: 1, afterLimit: 1 }, '234'],
    ['nothing before it where only later ones are asked for', { anchorDate: 8, afterLimit: 10 }, '9'],
    ['of a time with a zone', { anchorDate: '2026-11-03T10:01:02.000000001+01:00', beforeLimit: 1 }, '01'],
    ['up to now', { beforeLimit: 1 }, '89'],
    ['none', { anchorDate: 3, beforeLimit: 0 }, ''],
  ]
  for (const [what, asked, expected] of looks) {
    const dates = Object.entries(asked).map(([key, value]) => [
      key,
      key.endsWith('Date') && typeof value === 'number' ? `2026-11-03T09:01:02.00000000${value}Z` : value,
    ])
    expect((await messages(caller, Object.fromEntries(dates))).join(''), what).toBe(expected)
  }
})

test('B91 a structured line becomes its message, its level and its attributes; other lines stay as they are', async () => {
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

test('B92 what a container prints beyond 500 lines a second is dropped, and one row says so', async () => {
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

test('B93 a followed environment tells what was, then what comes, later deployments and new services too', async () => {
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

test('B94 a followed environment ends when it goes, and not with one of its deployments', async () => {
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
  expect(await rows(caller, { beforeLimit: 100_000 })).toHaveLength(5_001)
  expect(await rows(caller, { beforeLimit: -1, afterLimit: -1 })).toEqual([])
})

test('B89 build rows are told where their snapshot is asked for', async () => {
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

test('B86 a filter asks for words, phrases and fields, and combines them', async () => {
  const { caller, api, worker, write } = await twoLive()
  write(api, 'Payment failed', { message: '{"message":"Payment took long","level":"warn","ms":1200}' })
  write(worker, 'payment retried')
  for (const [filter, expected] of [
    ['payment', ['Payment failed', 'Payment took long', 'payment retried']],
    ['"payment took"', ['Payment took long']],
    ['payment -failed', ['Payment took long', 'payment retried']],
    ['failed OR retried', ['Payment failed', 'payment retried']],
    ['(failed OR retried) AND @service:%s', ['payment retried']],
    ['@level:warn', ['Payment took long']],
    ['@ms:>=1200', ['Payment took long']],
    ['@ms:1..1199', []],
  ] as const) {
    expect(await messages(caller, { filter: filter.replace('%s', worker), beforeLimit: 50 }), filter).toEqual(expected)
  }
  for (const filter of ['(open', '@ms:>many', 'payment OR']) {
    expect(await caller.refusal(read, { e: caller.environmentId, filter })).toBe('Problem processing request')
  }
})

test('B90 rows are kept for 30 days; a time before that is refused, one that reaches into it is answered in part', async () => {
  const { caller, api, write } = await twoLive()
  write(api, 'old')
  caller.clock.advance(30 * 24 * 60 * 60 * 1000 + 1)
  write(api, 'new')
  expect(await messages(caller, { beforeDate: '1970-01-01T00:00:00Z', beforeLimit: 10 })).toEqual(['new'])
  for (const anchorDate of ['2026-11-03T09:01:02Z', 'yesterday']) {
    const asked = { e: caller.environmentId, anchorDate, beforeLimit: 10 }
    expect(await caller.refusal(read, asked)).toBe('Problem processing request')
  }
  const [id] = await caller.active(api)
  const logs = `query($id: String!, $startDate: DateTime, $endDate: DateTime) { rows: deploymentLogs(deploymentId: $id, startDate: $startDate, endDate: $endDate) { message } }`
  const of = async (asked: object) => caller.read('rows', logs, { id, ...asked })
  expect(await of({ startDate: '2026-11-04T00:00:00Z' })).toEqual([{ message: 'new' }])
  expect(await of({ startDate: '2026-12-01T00:00:00Z', endDate: '2026-12-02T00:00:00Z' })).toEqual([])
  expect(await caller.refusal(logs, { id, endDate: '2026-11-03T09:01:02Z' })).toBe('Problem processing request')
})

const httpFields =
  'timestamp requestId method path host httpStatus totalDuration upstreamRqDuration upstreamErrors responseDetails srcIp clientUa edgeRegion txBytes rxBytes deploymentId deploymentInstanceId'
const httpArgs = '$id: String!, $filter: String, $beforeLimit: Int'
const httpRead = `query(${httpArgs}) { rows: httpLogs(deploymentId: $id, filter: $filter, beforeLimit: $beforeLimit) { ${httpFields} } }`
const httpFollow = `subscription(${httpArgs}) { rows: httpLogs(deploymentId: $id, filter: $filter, beforeLimit: $beforeLimit) { ${httpFields} } }`

test('B96 httpLogs answers and tells every request that the edge answered for a deployment', async () => {
  const { caller, api } = await twoLive()
  const host = await caller.makeDomain(api)
  const [id] = await caller.active(api)
  const answer = await caller.edge(host, '/ping?x=1')
  const [row] = (await caller.read('rows', httpRead, { id })) as Record<string, unknown>[]
  const { instances } = await caller.deployment(String(id))
  expect(row).toMatchObject({
    requestId: answer.headers['x-railway-request-id'],
    method: 'GET',
    path: '/ping?x=1',
    host,
    httpStatus: 200,
    totalDuration: 0,
    upstreamErrors: '',
    srcIp: '127.0.0.1',
    txBytes: Buffer.byteLength(answer.body),
    deploymentId: id,
    deploymentInstanceId: (instances as { id: string }[])[0]?.id,
  })
  const socket = await openedSocket(caller)
  await subscribed(socket, 'one', httpFollow, { id, beforeLimit: 1 })
  await subscribed(socket, 'bad', httpFollow, { id, filter: '@httpStatus:>=500' })
  await caller.edge(host, '/health')
  await caller.edge(host, '/up')
  await socket.settled()
  const paths = (name: string) =>
    told(socket, name).map((event) => event.map((one) => (one as unknown as { path: string }).path))
  expect(paths('one').flat()).toEqual(['/ping?x=1', '/health', '/up'])
  expect(paths('bad')).toEqual([])
  for (const [filter, count] of [
    ['@path:/health', 1],
    ['@method:GET', 3],
    ['@method:POST', 0],
    ['@httpStatus:200..299 -@path:/up', 2],
    [`@requestId:${row?.requestId}`, 1],
    ['health', 1],
  ] as const) {
    expect(await caller.read('rows', httpRead, { id, filter }), filter).toHaveLength(count)
  }
})

test('B97 where nothing listens, the request is logged for the newest live deployment', async () => {
  const { caller, api } = await twoLive()
  const host = await caller.makeDomain(api, 3000)
  const [id] = await caller.active(api)
  const { headers } = await caller.edge(host)
  const found = await caller.read('rows', httpRead, { id })
  expect(found).toMatchObject([
    {
      requestId: headers['x-railway-request-id'],
      httpStatus: 502,
      upstreamErrors: '[{"error":"connection refused"}]',
      responseDetails: 'failed to forward request to upstream',
    },
  ])
  const later = await caller.makeApp('later')
  const nobodys = await caller.makeDomain(later)
  expect((await caller.edge(nobodys)).status).toBe(502)
})

test('B98 httpMetricsGroupedByStatus counts the answers of a service by status and step', async () => {
  const { caller, api } = await twoLive()
  const host = await caller.makeDomain(api)
  const from = new Date(caller.clock.now()).toISOString()
  const start = Math.floor(caller.clock.now() / 60_000) * 60
  await caller.edge(host, '/ping')
  await caller.edge(host, '/ping')
  caller.clock.advance(60_000)
  await caller.edge(host, '/ping?again')
  await caller.store({ services: { [api]: { networking: { serviceDomains: { [host]: { port: 3000 } } } } } })
  await caller.edge(host, '/')
  const query =
    'query($e: String!, $s: String!, $startDate: DateTime!, $endDate: DateTime!, $stepSeconds: Int, $method: String, $path: String) { statuses: httpMetricsGroupedByStatus(environmentId: $e, serviceId: $s, startDate: $startDate, endDate: $endDate, stepSeconds: $stepSeconds, method: $method, path: $path) { statusCode samples { ts value } } }'
  const ask = (asked: object) =>
    caller.read('statuses', query, {
      e: caller.environmentId,
      s: api,
      startDate: from,
      endDate: '2026-11-03T10:00:00Z',
      ...asked,
    })
  const of200 = {
    statusCode: 200,
    samples: [
      { ts: start, value: 2 },
      { ts: start + 60, value: 1 },
    ],
  }
  expect(await ask({})).toEqual([of200, { statusCode: 502, samples: [{ ts: start + 60, value: 1 }] }])
  expect(await ask({ path: '/ping', method: 'get' })).toEqual([of200])
  expect(await ask({ path: '/ping', stepSeconds: 3600 })).toMatchObject([{ samples: [{ value: 3 }] }])
  expect(await ask({ endDate: from })).toMatchObject([{ samples: [{ ts: start, value: 2 }] }])
  expect(await ask({ method: 'POST' })).toEqual([])
})

test('B99 platformStatus tells an incident while there is one', async () => {
  const caller = await aProject()
  const status = () => caller.read('platformStatus', 'query { platformStatus { isStable incident { message url } } }')
  expect(await status()).toEqual({ isStable: true, incident: null })
  const incident = { message: 'Builds are slow', url: 'https://status.example.com/1' }
  caller.platform.world.setIncident(incident)
  expect(await status()).toEqual({ isStable: false, incident })
  caller.platform.world.setIncident(undefined)
  expect(await status()).toEqual({ isStable: true, incident: null })
})
