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
    body: { environmentId, serviceId: api, lines },
  })
  expect(answer.status).toBe(201)
  expect(JSON.parse(answer.body)).toEqual({ lines: 3 })
  const rows = caller.platform.world.ledger(environmentId).filter(({ message }) => /twin|late/.test(message))
  expect(rows.map(({ message }) => message)).toEqual(['late', 'twin', 'twin'])
  expect(rows[1]).toEqual(rows[2])
  expect(rows[1]).toMatchObject({ severity: 'warn', attributes: { shop: 1 }, instanceId: 'second' })
})

test('where nothing is live, nothing is printed', async () => {
  const caller = await aProject()
  const serviceId = await caller.makeApp('api')
  const body = { environmentId: caller.environmentId, serviceId, lines: [{ message: 'one' }] }
  const answer = await control(caller, 'lines', { method: 'POST', body })
  expect(answer.status).toBe(404)
  expect(JSON.parse(answer.body).message).toMatch(/^Nothing of the service .* is live$/)
})

const line = { message: 'one' }
test.each<[string, unknown, RegExp]>([
  ['no JSON', '{', /no JSON/],
  ['no object', '[]', /must be an object/],
  ['no service', { environmentId: 'e', lines: [line] }, /must be ids/],
  ['none', { environmentId: 'e', serviceId: 's', lines: [] }, /must be a list/],
  ['a text', { environmentId: 'e', serviceId: 's', lines: [line, 'one'] }, /lines\[1\]: a line must be/],
  ['no message', { environmentId: 'e', serviceId: 's', lines: [{}] }, /message must be/],
  [
    'a severity that is none',
    { environmentId: 'e', serviceId: 's', lines: [{ ...line, severity: 'bad' }] },
    /one of debug/,
  ],
  [
    'attributes in a list',
    { environmentId: 'e', serviceId: 's', lines: [{ ...line, attributes: [] }] },
    /attributes must/,
  ],
  [
    'a number for a container',
    { environmentId: 'e', serviceId: 's', lines: [{ ...line, instanceId: 1 }] },
    /instanceId must/,
  ],
  [
    'a time past its millisecond',
    { environmentId: 'e', serviceId: 's', lines: [{ ...line, nanoseconds: 1e6 }] },
    /999999/,
  ],
  ['a time to come', { environmentId: 'e', serviceId: 's', lines: [{ ...line, lateMs: -1 }] }, /lateMs must/],
  [
    'a key that is none',
    { environmentId: 'e', serviceId: 's', lines: [{ ...line, level: 'info' }] },
    /there is no level/,
  ],
])('lines with %s are refused', async (_, body, message) => {
  const caller = await aProject()
  const answer = await control(caller, 'lines', { method: 'POST', body })
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
