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
