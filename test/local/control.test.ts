import { expect, test } from 'vitest'
import { aProject, type ContractCaller, oneDeployment, repository } from '../support/contract-caller.ts'
import { type PlainAnswer, plainRequest } from '../support/graphql-request-to.ts'

function control(
  { platform }: ContractCaller,
  route: string,
  { method = 'GET', body, headers = {} }: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<PlainAnswer> {
  const url = new URL(`/control/${route}`, platform.address.endpoint).href
  return plainRequest(url, {
    method,
    headers: { authorization: `Bearer ${platform.address.controlToken}`, ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

test('a commit that is pushed is deployed where pushes are', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const body = { repo: repository, branch: 'main', message: 'Next', behaviour: 'failing-build' }
  const answer = await control(caller, 'commits', { method: 'POST', body })
  expect(answer.status).toBe(201)
  const { sha } = JSON.parse(answer.body) as { sha: string }
  caller.clock.advance(oneDeployment)
  expect(await caller.deployments(api)).toMatchObject([
    { status: 'FAILED', meta: { commitHash: sha, commitMessage: 'Next' } },
  ])
})

test.each<[string, unknown, RegExp]>([
  ['no JSON', '{', /no JSON/],
  ['no object', '[]', /must be an object/],
  ['no repository', { branch: 'main' }, /repo must read/],
  ['a repository without an owner', { repo: 'app', branch: 'main' }, /repo must read/],
  ['no branch', { repo: 'a/b', branch: '' }, /branch must be/],
  ['a message that is no text', { repo: 'a/b', branch: 'main', message: 1 }, /message must be/],
  ['an unknown behaviour', { repo: 'a/b', branch: 'main', behaviour: 'odd' }, /behaviour must be one of healthy/],
])('a commit with %s is refused', async (_, body, message) => {
  const caller = await aProject()
  const answer = await control(caller, 'commits', { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.body)).toEqual({ message: expect.stringMatching(message) })
})

test('lines are printed by what is live, as they are given', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  await caller.deployed(api)
  const { environmentId } = caller
  const twin = { message: 'twin', severity: 'warn', attributes: { shop: 1 }, instanceId: 'second', nanoseconds: 5 }
  const lines = [twin, twin, { message: 'late', lateMs: 1 }]
  const answer = await control(caller, 'lines', {
    method: 'POST',
    body: { environment: 'production', service: 'api', lines },
  })
  expect(answer.status).toBe(201)
  expect(JSON.parse(answer.body)).toEqual({ rows: 3 })
  const rows = caller.platform.world.ledger(environmentId).filter(({ message }) => /twin|late/.test(message))
  expect(rows.map(({ message }) => message)).toEqual(['late', 'twin', 'twin'])
  expect(rows[1]).toEqual(rows[2])
  expect(rows[1]).toMatchObject({ severity: 'warn', attributes: { shop: 1 }, instanceId: 'second' })
})

test('where nothing is live, nothing is printed', async () => {
  const caller = await aProject()
  await caller.makeApp('api')
  const body = { environment: 'production', service: 'api', lines: [{ message: 'one' }] }
  const answer = await control(caller, 'lines', { method: 'POST', body })
  expect(answer.status).toBe(409)
  expect(JSON.parse(answer.body)).toEqual({ message: 'Nothing of api is live' })
})

const line = { message: 'one' }
test.each<[string, unknown, RegExp]>([
  ['no JSON', '{', /no JSON/],
  ['no object', '[]', /must be an object/],
  ['no service', { environment: 'production', lines: [line] }, /^service must be one of/],
  ['none', { environment: 'production', service: 'api', lines: [] }, /must be a list/],
  ['a text', { environment: 'production', service: 'api', lines: [line, 'one'] }, /lines\[1\]: a line must be/],
  ['no message', { environment: 'production', service: 'api', lines: [{}] }, /message must be/],
  [
    'a severity that is none',
    { environment: 'production', service: 'api', lines: [{ ...line, severity: 'bad' }] },
    /one of debug/,
  ],
  [
    'attributes in a list',
    { environment: 'production', service: 'api', lines: [{ ...line, attributes: [] }] },
    /attributes must/,
  ],
  [
    'a number for a container',
    { environment: 'production', service: 'api', lines: [{ ...line, instanceId: 1 }] },
    /instanceId must/,
  ],
  [
    'a time past its millisecond',
    { environment: 'production', service: 'api', lines: [{ ...line, nanoseconds: 1e6 }] },
    /999999/,
  ],
  ['a time to come', { environment: 'production', service: 'api', lines: [{ ...line, lateMs: -1 }] }, /lateMs must/],
  [
    'a key that is none',
    { environment: 'production', service: 'api', lines: [{ ...line, level: 'info' }] },
    /there is no level/,
  ],
])('lines with %s are refused', async (_, body, message) => {
  const caller = await aProject()
  await caller.makeApp('api')
  const answer = await control(caller, 'lines', { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.body)).toEqual({ message: expect.stringMatching(message) })
})

test('a running rehearsal can be driven: how a service feels, what it has to do, what it prints', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const domain = await caller.makeDomain(api)
  const place = { environment: 'production', service: 'api' }
  const post = async (route: string, body: unknown) => {
    const answer = await control(caller, route, { method: 'POST', body })
    return { status: answer.status, body: JSON.parse(answer.body) as unknown }
  }
  expect(await post('jobs', { environment: 'production', queue: 'banking' })).toMatchObject({ status: 409 })
  expect(await post('lines', { ...place, shape: 'exception' })).toMatchObject({ status: 409 })
  await caller.deployed(api)
  const condition = { failingChecks: ['storage'], certificateDays: 6 }
  expect(await post('condition', { ...place, condition })).toEqual({ status: 200, body: { ...place, condition } })
  expect((await caller.edge(domain, '/health')).status).toBe(503)
  expect((await control(caller, 'state')).body).toContain('"condition":{"failingChecks":["storage"]')
  expect(await post('condition', { environment: caller.environmentId, service: api, condition: {} })).toMatchObject({
    status: 200,
  })
  expect((await caller.edge(domain, '/health')).status).toBe(200)
  const jobs = { environment: 'production', queue: 'banking' }
  expect(await post('jobs', { ...jobs, jobs: 3 })).toMatchObject({ status: 201, body: { pending: 3, failed: 0 } })
  expect(await post('jobs', jobs)).toMatchObject({ body: { pending: 4 } })
  expect(await post('lines', { ...place, shape: 'exception' })).toEqual({ status: 201, body: { rows: 12 } })
})

test('visitors come and go as they are told to, and only where there is a domain', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const visitors = async (perSecond: number) => {
    const body = { environment: 'production', service: 'api', perSecond }
    const answer = await control(caller, 'visitors', { method: 'POST', body })
    return { status: answer.status, body: JSON.parse(answer.body) as unknown }
  }
  const state = async () => (await control(caller, 'state')).body
  expect(await visitors(2)).toEqual({ status: 409, body: { message: 'api has no domain to be visited at' } })
  await caller.makeDomain(api)
  expect(await state()).toContain('"visitorsPerSecond":0')
  expect(await visitors(0.5)).toEqual({
    status: 200,
    body: { environment: 'production', service: 'api', perSecond: 0.5 },
  })
  expect(await state()).toContain('"visitorsPerSecond":0.5')
  expect(await visitors(0)).toMatchObject({ status: 200 })
  expect(await state()).toContain('"visitorsPerSecond":0')
})

test.each<[string, unknown, RegExp]>([
  ['condition', '{', /no JSON/],
  ['condition', '[]', /must be an object/],
  ['condition', {}, /^environment must be production$/],
  ['condition', { environment: 'staging' }, /^environment must be production$/],
  ['condition', { environment: 'production', project: 'other' }, /^project must be/],
  ['condition', { environment: 'production', service: 'web' }, /^service must be one of production: api or worker$/],
  ['condition', { environment: 'production', service: 'api' }, /^condition must be an object/],
  [
    'condition',
    { environment: 'production', service: 'api', condition: { odd: 1 } },
    /^condition has no "odd"; it may/,
  ],
  ['condition', { environment: 'production', service: 'api', mood: {} }, /^There is no "mood" here; there may be/],
  ['visitors', { environment: 'production', service: 'web', perSecond: 1 }, /^service must be one of/],
  ['visitors', { environment: 'production', service: 'api' }, /^perSecond must be a number from 0 to 100$/],
  ['visitors', { environment: 'production', service: 'api', perSecond: -1 }, /^perSecond must be/],
  ['visitors', { environment: 'production', service: 'api', perSecond: 101 }, /^perSecond must be/],
  ['visitors', { environment: 'production', service: 'api', perSecond: '5' }, /^perSecond must be/],
  ['jobs', { environment: 'production' }, /^queue must be a name$/],
  ['jobs', { environment: 'production', queue: 'default', jobs: 0 }, /^jobs must be a whole number from 1 to/],
  ['jobs', { environment: 'production', queue: 'default', jobs: 1e9 }, /^jobs must be a whole number from 1 to/],
  ['lines', { environment: 'production', service: 'api', shape: 'odd' }, /^shape must be container-start, /],
  ['lines', { environment: 'production', service: 'api', shape: 'constructor' }, /^shape must be/],
])('to %s, %j is refused with what would be right', async (route, body, message) => {
  const caller = await aProject()
  await caller.makeApp('api')
  await caller.makeApp('worker')
  const answer = await control(caller, route, { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.body)).toEqual({ message: expect.stringMatching(message) })
})

test('an incident is told until it is taken back', async () => {
  const caller = await aProject()
  const isStable = () => caller.read('platformStatus.isStable', '{ platformStatus { isStable } }')
  const incident = { message: 'Builds are slow', url: 'https://status.example.com/1' }
  const set = await control(caller, 'incident', { method: 'POST', body: incident })
  expect([set.status, JSON.parse(set.body)]).toEqual([200, { incident }])
  expect(await isStable()).toBe(false)
  const ended = await control(caller, 'incident', { method: 'POST', body: {} })
  expect([ended.status, JSON.parse(ended.body)]).toEqual([200, { incident: null }])
  expect(await isStable()).toBe(true)
})

test.each<[string, unknown, RegExp]>([
  ['no JSON', '', /no JSON/],
  ['no message', { url: 'https://status.example.com' }, /message must be/],
  ['no address', { message: 'Slow', url: 'javascript:alert(1)' }, /url must begin/],
])('an incident with %s is refused', async (_, body, message) => {
  const caller = await aProject()
  const answer = await control(caller, 'incident', { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.body)).toEqual({ message: expect.stringMatching(message) })
})

test('an environment that several projects have is told apart by its project', async () => {
  const caller = await aProject()
  await caller.makeApp('api')
  caller.platform.world.addProject('other')
  const body = { environment: 'production', service: 'api', condition: {} }
  const answer = await control(caller, 'condition', { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(answer.body).toContain('name the project too')
  const named = await control(caller, 'condition', { method: 'POST', body: { ...body, project: 'shop' } })
  expect(named.status).toBe(200)
})

test('the state says what is there and what runs, and no variable', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', { variables: { KEY: { value: 'sentinel' } } })
  const domain = await caller.makeDomain(api)
  const id = await caller.deployed(api)
  const { status, body } = await control(caller, 'state')
  expect(status).toBe(200)
  expect(body).not.toContain('sentinel')
  expect(JSON.parse(body)).toMatchObject({
    time: new Date(caller.clock.now()).toISOString(),
    projects: [
      {
        name: 'shop',
        environments: [
          { name: 'production', services: [{ name: 'api', domains: [domain], active: [{ id, status: 'SUCCESS' }] }] },
        ],
      },
    ],
  })
})

test('a request to stop reaches whoever started the platform', async () => {
  const caller = await aProject()
  let stopped = 0
  caller.platform.onStopRequested(() => {
    stopped++
  })
  expect((await control(caller, 'stop')).status).toBe(404)
  expect((await control(caller, 'stop', { method: 'POST' })).status).toBe(202)
  expect(stopped).toBe(1)
})

test.each<[string, Record<string, string>, number]>([
  ['without the token', { authorization: '' }, 401],
  ['with another token', { authorization: 'Bearer rehearsal_other' }, 401],
  ['for a foreign host', { host: 'evil.example.com' }, 403],
  ['for another port', { host: '127.0.0.1:1' }, 403],
  ['from a page of a browser', { origin: 'http://127.0.0.1' }, 403],
])('a request %s is refused', async (_, headers, status) => {
  const caller = await aProject()
  let stopped = 0
  caller.platform.onStopRequested(() => {
    stopped++
  })
  expect((await control(caller, 'stop', { method: 'POST', headers })).status).toBe(status)
  expect(stopped).toBe(0)
})

test('the API’s own tokens open no control route', async () => {
  const caller = await aProject()
  expect((await control(caller, 'state', { headers: caller.asAccount })).status).toBe(401)
})

test('localhost is as good a name as the address', async () => {
  const caller = await aProject()
  const { port } = new URL(caller.platform.address.endpoint)
  expect((await control(caller, 'state', { headers: { host: `localhost:${port}` } })).status).toBe(200)
})
