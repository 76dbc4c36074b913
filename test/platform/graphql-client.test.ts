import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { CreateService, DeployService, FindProject, FindWorkspaces, SetAutoDeploy } from '../../src/contract/types.ts'
import type { Clock } from '../../src/kit/clock.ts'
import { OperatorError } from '../../src/kit/errors.ts'
import { createHttpClient } from '../../src/kit/http.ts'
import { Secret } from '../../src/kit/secret.ts'
import { CombinedRequest } from '../../src/platform/combined-request.ts'
import { createGraphqlClient, type GraphqlClient, type GraphqlClientNeeds } from '../../src/platform/graphql-client.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { answerJson, closedPort, rawServer, type SeenRequest, scriptedServer } from '../support/scripted-server.ts'

const token = 'sentinel-token-1234'
const variable = 'sentinel-variable-5678'
const bodyText = 'sentinel-body-9012'
const workspaces = { data: { apiToken: { workspaces: [{ id: 'w', name: 'Acme' }] } } }
const created = { data: { serviceCreate: { id: 's', name: 'api' } } }

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

type Script = (response: ServerResponse, request: SeenRequest, nth: number, clock: FakeClock) => void

async function setUp(script: Script, needs: Partial<GraphqlClientNeeds> = {}) {
  const clock = new FakeClock()
  const server = await scriptedServer((response, request, nth) => script(response, request, nth, clock))
  closing.push(server.close)
  return { clock, server, client: clientOf(`${server.url}/graphql/v2`, clock, needs) }
}

function clientOf(url: string, clock: FakeClock, needs: Partial<GraphqlClientNeeds> = {}): GraphqlClient {
  const http = createHttpClient({ clock, userAgent: 'fakturino/test', maxBodyBytes: 10_000 })
  closing.push(http.close)
  return createGraphqlClient({
    credential: {
      endpoint: { url, host: new URL(url).host, isLoopback: true },
      kind: 'project',
      header: 'Project-Access-Token',
      token: new Secret(token),
    },
    http,
    clock,
    random: () => 0,
    ...needs,
  })
}

const read = (client: GraphqlClient) => client.read(FindWorkspaces, {})
const mutate = (client: GraphqlClient) =>
  client.mutate(CreateService, { input: { projectId: 'p', name: 'api', variables: { KEY: variable } } }, [variable])

async function failure(asking: Promise<unknown>): Promise<OperatorError> {
  const outcome = await asking.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (outcome instanceof OperatorError) return outcome
  throw new Error(`expected an OperatorError, got ${inspect(outcome)}`)
}

const html =
  (status: number): Script =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/html', 'set-cookie': bodyText })
    response.end(`<html>${bodyText}</html>`)
  }
const refusal =
  (message: string, more: object = {}, status = 200): Script =>
  (response) =>
    answerJson(response, { data: null, errors: [{ message, ...more }], note: bodyText }, { status })
const rateLimited =
  (headers: Record<string, string> = {}): Script =>
  (response) =>
    answerJson(response, { errors: [{ message: 'Too many requests' }] }, { status: 429, headers })

describe('a request', () => {
  it('carries the operation in body and query string, the token in its header, and a user agent', async () => {
    const { client, server } = await setUp((response) => answerJson(response, workspaces))
    const { result } = await read(client)
    expect(result.apiToken.workspaces).toEqual([{ id: 'w', name: 'Acme' }])
    const [request] = server.seen
    expect(request?.path).toBe('/graphql/v2?operationName=FindWorkspaces')
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ operationName: 'FindWorkspaces', variables: {} })
    expect(request?.headers).toMatchObject({
      'project-access-token': token,
      'user-agent': 'fakturino/test',
      'content-type': 'application/json',
    })
    expect(request?.headers.authorization).toBeUndefined()
  })

  it('carries an account token as bearer', async () => {
    const { client, server } = await setUp((response) => answerJson(response, workspaces))
    const url = `${server.url}/graphql/v2`
    const bearer = clientOf(url, new FakeClock(), {
      credential: {
        endpoint: { url, host: 'h', isLoopback: true },
        kind: 'bearer',
        header: 'Authorization',
        token: new Secret(token),
      },
    })
    await read(bearer)
    expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${token}`)
    expect(inspect([client, bearer], { depth: 9, showHidden: true })).not.toContain('sentinel')
  })

  it("tells the platform's time, and keeps its last word on the budget", async () => {
    const { client } = await setUp((response, _, nth) => {
      const date = 'Tue, 03 Nov 2026 09:00:07 GMT'
      const budget = { 'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '990', 'x-ratelimit-reset': '1793700000' }
      answerJson(response, workspaces, { headers: { date, ...(nth === 1 ? budget : {}) } })
    })
    expect(client.budget()).toBeUndefined()
    expect((await read(client)).platformTime).toBe(Date.UTC(2026, 10, 3, 9, 0, 7))
    await read(client)
    expect(client.budget()).toEqual({ limit: 1000, remaining: 990, resetsAt: Date.UTC(2026, 10, 3, 10) })
  })

  it('is counted by operation, repetitions included', async () => {
    const { client } = await setUp((response, request, nth) => {
      if (nth === 1) response.destroy()
      else answerJson(response, request.path.includes('CreateService') ? created : workspaces)
    })
    await read(client)
    await mutate(client)
    expect([...client.requests()]).toEqual([
      ['FindWorkspaces', 2],
      ['CreateService', 1],
    ])
  })
})

describe('a read', () => {
  it.each([
    ['a closed connection', (response: ServerResponse) => response.destroy()],
    ['HTML with 502', html(502)],
    ['a fault of the platform', refusal('Problem processing request')],
    ['a fault with its code', refusal('oops', { extensions: { code: 'INTERNAL_SERVER_ERROR' } })],
    [
      'half an answer',
      (response: ServerResponse) =>
        answerJson(response, { data: { apiToken: workspaces.data.apiToken, more: null }, errors: [{ message: 'x' }] }),
    ],
  ] satisfies [string, Script][])('is repeated after %s', async (_, script) => {
    const { client, server } = await setUp((response, request, nth, clock) =>
      nth < 4 ? script(response, request, nth, clock) : answerJson(response, workspaces),
    )
    expect((await read(client)).result.apiToken.workspaces).toHaveLength(1)
    expect(server.seen).toHaveLength(4)
  })

  it('waits from half a second to eight, twice as long each time, spread by chance', async () => {
    const starts: number[] = []
    const script: Script = (response, _, __, clock) => {
      starts.push(clock.now())
      response.destroy()
    }
    const waits = () =>
      starts
        .splice(0)
        .map((start, nth, all) => start - (all[nth - 1] ?? start))
        .slice(1)
    await failure(read((await setUp(script)).client))
    expect(waits()).toEqual([500, 1_000, 2_000])
    await failure(read((await setUp(script, { random: () => 0.999 })).client))
    expect(waits()).toEqual([1_000, 1_999, 3_998])
    await failure(read((await setUp(script, { random: () => 0.999, timing: { tries: 6 } })).client))
    expect(waits().at(-1)).toBe(8_000)
  })

  it.each([
    ['HTML with 200', html(200)],
    ['a refusal', refusal('Not Authorized')],
    ['a complaint', refusal('Field "x" does not exist')],
    ['a redirect', (response: ServerResponse) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ] satisfies [string, Script][])('is not repeated after %s', async (_, script) => {
    const { client, server } = await setUp(script)
    await failure(read(client))
    expect(server.seen).toHaveLength(1)
  })

  it('is tried twice, no more, when the platform does not answer in time', async () => {
    const { client, server, clock } = await setUp((_response, _request, _nth, time) => time.advance(30_000))
    const start = clock.now()
    expect(await failure(read(client))).toMatchObject({ kind: 'unreachable', code: 'timeout', retryable: true })
    expect(server.seen).toHaveLength(2)
    expect(clock.now() - start).toBe(60_500)
  })

  it('stops at once when it is interrupted, on its way or waiting', async () => {
    const onItsWay = new AbortController()
    const first = await setUp(() => onItsWay.abort(), { signal: onItsWay.signal })
    expect(await failure(read(first.client))).toMatchObject({ kind: 'interrupted', code: 'interrupted' })

    const waiting = new AbortController()
    const second = await setUp(
      (response) => {
        setImmediate(() => waiting.abort())
        response.destroy()
      },
      {
        signal: waiting.signal,
        clock: stopped,
      },
    )
    expect(await failure(read(second.client))).toMatchObject({ kind: 'interrupted' })
    expect(await failure(read(second.client))).toMatchObject({ kind: 'interrupted' })
    expect(second.server.seen).toHaveLength(1)
  })
})

/** A clock on which no time passes: only an interruption ends a sleep. */
const stopped: Clock = {
  now: () => 0,
  after: () => () => undefined,
  sleep: (_, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true })),
}

describe('a mutation', () => {
  it.each([
    ['a closed connection', (response: ServerResponse) => response.destroy()],
    ['no answer in time', (_response, _request, _nth, clock) => clock.advance(90_000)],
    [
      'a body cut off',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('{"data"', () => setImmediate(() => response.destroy()))
      },
    ],
    ['HTML with 200', html(200)],
    ['HTML with 502', html(502)],
    ['neither data nor errors', (response: ServerResponse) => answerJson(response, {})],
    ['data that is null', (response: ServerResponse) => answerJson(response, { data: null })],
    ['an error with 500', refusal('oops', {}, 500)],
    ['half an answer', (response: ServerResponse) => answerJson(response, { ...created, errors: [{ message: 'x' }] })],
  ] satisfies [string, Script][])('is never repeated and may have happened after %s', async (_, script) => {
    const { client, server } = await setUp(script)
    expect(await failure(mutate(client))).toMatchObject({
      kind: 'unfinished',
      code: 'mutation-unknown',
      message: expect.stringContaining('"create service" was sent, and it may have happened'),
    })
    expect(server.seen).toHaveLength(1)
  })

  it.each([
    ['a complaint', refusal('Name is taken'), 'platform-refused'],
    ['a complaint with 400', refusal('Name is taken', {}, 400), 'platform-refused'],
    ['a fault of the platform', refusal('Problem processing request'), 'platform-refused'],
    ['a refusal', refusal('Not Authorized'), 'not-authorized'],
    ['a plain 401', html(401), 'not-authorized'],
    ['a redirect', html(302), 'not-graphql'],
  ] satisfies [string, Script, string][])(
    'is not repeated, and known not to have happened, after %s',
    async (_, script, code) => {
      const { client, server } = await setUp(script)
      expect(await failure(mutate(client))).toMatchObject({ code })
      expect(server.seen).toHaveLength(1)
    },
  )

  it('is sent again after it was turned away for asking too often', async () => {
    const { client, server, clock } = await setUp((response, request, nth, time) =>
      nth < 3 ? rateLimited({ 'retry-after': '7' })(response, request, nth, time) : answerJson(response, created),
    )
    const start = clock.now()
    await mutate(client)
    expect(server.seen).toHaveLength(3)
    expect(clock.now() - start).toBe(14_000)
  })

  it('is sent again after a connection that was never made', async () => {
    const port = await closedPort()
    const clock = new FakeClock()
    const client = clientOf(`http://127.0.0.1:${port}/graphql/v2`, clock)
    expect(await failure(mutate(client))).toMatchObject({ kind: 'unreachable', code: 'unreachable' })
    expect(client.requests().get('CreateService')).toBe(4)
  })

  it('on its way is let through when it is interrupted, and the next is not sent', async () => {
    const controller = new AbortController()
    const { client, server } = await setUp(
      (response) => {
        controller.abort()
        answerJson(response, created)
      },
      { signal: controller.signal },
    )
    expect((await mutate(client)).result.serviceCreate.id).toBe('s')
    expect(await failure(mutate(client))).toMatchObject({ kind: 'interrupted' })
    expect(server.seen).toHaveLength(1)
  })

  it('of several parts may have happened in part when one is refused', async () => {
    const { client } = await setUp(refusal('Trigger is invalid'))
    const request = new CombinedRequest('SetAutoDeploy')
    for (const serviceId of ['s1', 's2']) {
      request.add(SetAutoDeploy, { input: { projectId: 'p', environmentId: 'e', serviceId, enabled: false } })
    }
    expect(await failure(client.mutateCombined(request))).toMatchObject({ code: 'mutation-unknown' })
  })
})

describe('too many requests', () => {
  it('waits as long as the platform asks, a minute in all', async () => {
    const { client, server, clock } = await setUp(rateLimited({ 'retry-after': '25' }))
    const start = clock.now()
    expect(await failure(read(client))).toMatchObject({
      kind: 'unreachable',
      code: 'rate-limited',
      hint: expect.stringContaining('Wait 25 s'),
    })
    expect(server.seen).toHaveLength(3)
    expect(clock.now() - start).toBe(50_000)
  })

  it('says a long wait in minutes', async () => {
    const { client } = await setUp(rateLimited({ 'retry-after': '3600' }))
    expect(await failure(read(client))).toMatchObject({ hint: expect.stringContaining('Wait 60 min') })
  })

  it('does not wait at all for longer than that', async () => {
    const { client, server, clock } = await setUp(rateLimited({ 'retry-after': '61' }))
    const start = clock.now()
    expect(await failure(read(client))).toMatchObject({ code: 'rate-limited' })
    expect([server.seen.length, clock.now() - start]).toEqual([1, 0])
  })

  it.each([
    ['no Retry-After', {}],
    ['a Retry-After of nothing', { 'retry-after': '0' }],
    ['a Retry-After that cannot be read', { 'retry-after': 'soon' }],
  ])('waits longer each time with %s', async (_, headers) => {
    const { client, server, clock } = await setUp(rateLimited(headers))
    const start = clock.now()
    expect(await failure(read(client))).toMatchObject({ code: 'rate-limited' })
    // 0.5 + 1 + 2 + 4 + 6 x 8 s; the next 8 s would be too much.
    expect([server.seen.length, clock.now() - start]).toEqual([11, 55_500])
  })

  it('understands a Retry-After that is a date', async () => {
    const { client, clock } = await setUp((response, request, nth, time) =>
      nth === 1
        ? rateLimited({ 'retry-after': new Date(time.now() + 9_000).toUTCString() })(response, request, nth, time)
        : answerJson(response, workspaces),
    )
    const start = clock.now()
    await read(client)
    expect(clock.now() - start).toBe(9_000)
  })
})

describe('what a failure says', () => {
  const found = (response: ServerResponse) =>
    answerJson(response, { data: { project: null }, errors: [{ message: 'x', path: ['a'] }], note: bodyText })
  const table: [string, Script, kind: string, code: string][] = [
    ['a plain 401', (response) => response.writeHead(401).end(bodyText), 'denied', 'not-authorized'],
    ['HTML with 403', html(403), 'denied', 'not-authorized'],
    ['Not Authorized', refusal('Not Authorized'), 'denied', 'not-authorized'],
    ['Not Authorized with 400', refusal('Not Authorized', {}, 400), 'denied', 'not-authorized'],
    ['an unknown project token', refusal('Project Token not found'), 'denied', 'token-invalid'],
    ['two factors', refusal('Two Factor Authentication Required'), 'denied', 'two-factor-required'],
    ['an unknown commit', refusal('Commit not found'), 'failed', 'commit-not-found'],
    ['an unknown project', refusal('Project not found'), 'failed', 'not-found'],
    ['a complaint', refusal('Name is taken.'), 'failed', 'platform-refused'],
    ['a generic fault', refusal('Problem processing request'), 'failed', 'platform-refused'],
    ['an error without a message', (response) => answerJson(response, { errors: [{}] }), 'failed', 'platform-refused'],
    [
      'errors that are one object',
      (response) => answerJson(response, { errors: { message: 'Name is taken' } }),
      'failed',
      'platform-refused',
    ],
    ['429', rateLimited(), 'unreachable', 'rate-limited'],
    ['429 with HTML', html(429), 'unreachable', 'rate-limited'],
    ['429 with a long Retry-After', rateLimited({ 'retry-after': '999' }), 'unreachable', 'rate-limited'],
    ['a closed connection', (response) => response.destroy(), 'unreachable', 'unreachable'],
    [
      'a body cut off',
      (response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write(bodyText, () => setImmediate(() => response.destroy()))
      },
      'unreachable',
      'unreachable',
    ],
    ['no answer', (_response, _request, _nth, clock) => clock.advance(90_000), 'unreachable', 'timeout'],
    ['too much of an answer', (response) => response.end(bodyText.repeat(1_000)), 'unreachable', 'unreachable'],
    [
      'a body badly packed',
      (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bodyText),
      'unreachable',
      'not-graphql',
    ],
    ['HTML with 200', html(200), 'unreachable', 'not-graphql'],
    ['HTML with 404', html(404), 'unreachable', 'not-graphql'],
    ['HTML with 502', html(502), 'unreachable', 'platform-error'],
    ['an error with 503', refusal('oops', {}, 503), 'unreachable', 'platform-error'],
    ['nothing with 204', (response) => response.writeHead(204).end(), 'unreachable', 'not-graphql'],
    [
      'broken JSON',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(`{"${bodyText}`),
      'unreachable',
      'not-graphql',
    ],
    ['JSON that is a list', (response) => answerJson(response, [bodyText]), 'unreachable', 'not-graphql'],
    ['JSON without data', (response) => answerJson(response, { note: bodyText }), 'unreachable', 'not-graphql'],
    ['data that is null', (response) => answerJson(response, { data: null }), 'unreachable', 'not-graphql'],
    [
      'partial data',
      (response) => answerJson(response, { data: { a: bodyText }, errors: [{ message: 'x' }] }),
      'unreachable',
      'partial-answer',
    ],
    ['data of nulls with errors', found, 'failed', 'platform-refused'],
    [
      'a redirect',
      (response) => response.writeHead(302, { location: `http://127.0.0.1:1/${bodyText}` }).end(bodyText),
      'unreachable',
      'not-graphql',
    ],
  ]

  it.each(table)(
    'has kind, code and a hint, and shows no token, no variable and no body: %s',
    async (_, script, kind, code) => {
      const { client } = await setUp(script)
      const error = await failure(client.read(FindProject, { projectId: variable }))
      expect(error).toMatchObject({ kind, code })
      expect(error.hint).toMatch(/\.$/)
      expect(error.message).not.toMatch(/\.\.|undefined/)
      expect(shownBy(error)).not.toContain('sentinel')
      const written = await failure(mutate((await setUp(script)).client))
      expect(shownBy(written)).not.toContain('sentinel')
    },
  )

  it('never repeats a secret that the platform repeats, nor control characters, nor a long speech', async () => {
    const echo = refusal(`Bad \u001b[31mvalue ${variable} for ${token}: ${'x'.repeat(5_000)}`, { path: [variable] })
    const { client } = await setUp(echo)
    const error = await failure(mutate(client))
    expect(error.message).toContain('The platform refused "create service": Bad value [secret] for [secret]: xxx')
    expect(error.message.length).toBeLessThan(400)
    expect(shownBy(error)).not.toContain('sentinel')
  })

  it('names the host that refused, and what to run where that is a rehearsal', async () => {
    const port = await closedPort()
    const error = await failure(read(clientOf(`http://127.0.0.1:${port}/graphql/v2`, new FakeClock())))
    expect(error.message).toBe(`"find workspaces" failed: no connection to 127.0.0.1:${port} (ECONNREFUSED).`)
    expect(error.hint).toContain('fakturino rehearse up')
  })

  it('knows a peer that cannot prove who it is, and does not ask it again', async () => {
    const clock = new FakeClock()
    const server = await rawServer((socket) => socket.end('not TLS'))
    closing.push(server.close)
    const client = clientOf(`https://127.0.0.1:${server.port}/graphql/v2`, clock)
    expect(await failure(read(client))).toMatchObject({
      code: 'unreachable',
      hint: expect.stringContaining('certificates'),
    })
    expect(client.requests().get('FindWorkspaces')).toBe(1)
  })

  it('tells the deadline of connecting from that of answering: a mutation that was not sent did not happen', async () => {
    const clock = new FakeClock()
    const server = await rawServer(() => clock.advance(10_000))
    closing.push(server.close)
    const client = clientOf(`https://127.0.0.1:${server.port}/graphql/v2`, clock)
    const deploying = client.mutate(DeployService, { serviceId: 's', environmentId: 'e' })
    expect(await failure(deploying)).toMatchObject({ kind: 'unreachable', code: 'timeout' })
    expect(client.requests().get('DeployService')).toBe(2)
  })
})

function shownBy(error: OperatorError): string {
  return [
    error.message,
    error.stack,
    error.hint,
    JSON.stringify(error),
    inspect(error, { depth: 9, showHidden: true }),
    inspect(error.cause),
  ].join('\n')
}
