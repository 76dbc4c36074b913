import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpClient, HttpRequest } from '../../src/kit/http.ts'
import { createHttpClient } from '../../src/kit/http.ts'
import { HttpError } from '../../src/kit/http-error.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { closedPort, rawServer, scriptedServer } from '../support/scripted-server.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function serving(...args: Parameters<typeof scriptedServer>) {
  const server = await scriptedServer(...args)
  closing.push(server.close)
  return server
}

async function raw(...args: Parameters<typeof rawServer>) {
  const server = await rawServer(...args)
  closing.push(server.close)
  return server
}

function client(clock = new FakeClock(), options: { maxBodyBytes?: number } = {}): HttpClient {
  const http = createHttpClient({ clock, userAgent: 'fakturino/test', ...options })
  closing.push(http.close)
  return http
}

async function failure(exchange: Promise<unknown>): Promise<HttpError> {
  const outcome = await exchange.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (outcome instanceof HttpError) return outcome
  throw new Error(`expected an HttpError, got ${String(outcome)}`)
}

describe('an exchange', () => {
  it('brings status, headers whatever their case, body, and the time it took by the clock', async () => {
    const clock = new FakeClock()
    const server = await serving((response) => {
      clock.advance(250)
      response.writeHead(503, { 'X-Fact': 'yes', 'Set-Cookie': ['a=1', 'b=2'] })
      response.end('grün')
    })
    const answer = await client(clock).exchange({ url: `${server.url}/health?deep=1` })
    expect(answer).toMatchObject({ status: 503, body: 'grün', tookMs: 250 })
    expect(answer.headers.get('x-fact')).toBe('yes')
    expect(answer.headers.get('X-FACT')).toBe('yes')
    expect(answer.headers.get('set-cookie')).toBe('a=1, b=2')
    expect(answer.headers.get('absent')).toBeNull()
    expect(server.seen[0]).toMatchObject({ method: 'GET', path: '/health?deep=1' })
    expect(server.seen[0]?.headers).toMatchObject({ 'user-agent': 'fakturino/test', 'accept-encoding': 'gzip' })
  })

  it('sends a body as POST, with its length in bytes', async () => {
    const server = await serving((response) => response.end())
    await client().exchange({ url: server.url, body: 'ä', headers: { 'X-One': '1' } })
    expect(server.seen[0]).toMatchObject({ method: 'POST', body: 'ä' })
    expect(server.seen[0]?.headers).toMatchObject({ 'content-length': '2', 'x-one': '1' })
  })

  it('uses one connection for several exchanges', async () => {
    const server = await serving((response) => response.end('x'))
    const http = client()
    for (let nth = 0; nth < 5; nth++) await http.exchange({ url: server.url })
    expect(server.connections()).toBe(1)
  })

  it('unpacks gzip', async () => {
    const server = await serving((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(gzipSync('packed'))
    })
    expect((await client().exchange({ url: server.url })).body).toBe('packed')
  })

  it('follows no redirect', async () => {
    const elsewhere = await serving((response) => response.end('never'))
    const server = await serving((response) => {
      response.writeHead(307, { location: elsewhere.url })
      response.end()
    })
    const answer = await client().exchange({ url: server.url, headers: { authorization: 'x' } })
    expect(answer.status).toBe(307)
    expect(elsewhere.seen).toHaveLength(0)
  })

  it('connects to `via` over plain HTTP and keeps the name of the url', async () => {
    const edge = await serving((response) => response.end('from the edge'))
    const answer = await client().exchange({
      url: 'https://api.example.test/health',
      headers: { Host: 'other.test' },
      via: { host: '127.0.0.1', port: edge.port },
    })
    expect(answer.body).toBe('from the edge')
    expect(edge.seen[0]?.headers.host).toBe('api.example.test')
  })

  it('never shows headers when printed', async () => {
    const server = await serving((response) => {
      response.writeHead(200, { 'set-cookie': 'session=sentinel' })
      response.end()
    })
    const answer = await client().exchange({ url: server.url })
    const { inspect } = await import('node:util')
    expect(inspect(answer, { depth: 9, showHidden: true }) + JSON.stringify(answer)).not.toContain('sentinel')
  })
})

describe('an exchange that comes to nothing', () => {
  it('says that a refused connection was not sent', async () => {
    const error = await failure(client().exchange({ url: `http://127.0.0.1:${await closedPort()}`, body: 'x' }))
    expect(error).toMatchObject({ code: 'no-connection', reason: 'ECONNREFUSED', sent: false, status: undefined })
    expect(error.message).toMatch(/^no connection to 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/)
  })

  it('knows a host without an address', async () => {
    const error = await failure(client().exchange({ url: 'http://nowhere.invalid/' }))
    expect(error).toMatchObject({ code: 'no-such-host', sent: false, host: 'nowhere.invalid' })
  })

  it('knows a peer that speaks no TLS', async () => {
    const server = await serving((response) => response.end())
    const error = await failure(client().exchange({ url: `https://127.0.0.1:${server.port}/` }))
    expect(error).toMatchObject({ code: 'tls', sent: false })
  })

  it('gives up connecting after its own deadline', async () => {
    const clock = new FakeClock()
    const silent = await raw(() => clock.advance(10_000))
    const error = await failure(client(clock).exchange({ url: `https://127.0.0.1:${silent.port}/`, wholeMs: 60_000 }))
    expect(error).toMatchObject({ code: 'timeout', reason: 'while connecting', sent: false })
  })

  it('gives up waiting for an answer, which may still have been a request', async () => {
    const clock = new FakeClock()
    const server = await serving(() => clock.advance(30_000))
    const error = await failure(client(clock).exchange({ url: server.url, body: 'x' }))
    expect(error).toMatchObject({ code: 'timeout', sent: true, reason: undefined })
  })

  it('holds the whole exchange to one deadline, not each byte', async () => {
    const clock = new FakeClock()
    const server = await serving((response) => {
      response.write('first')
      clock.advance(29_999)
      response.write('second', () => clock.advance(1))
    })
    expect(await failure(client(clock).exchange({ url: server.url }))).toMatchObject({ code: 'timeout', sent: true })
  })

  it.each([
    ['declared length', { 'content-length': '100' }],
    ['chunked', {}],
  ])('notices a body that was cut off (%s)', async (_, headers) => {
    const server = await serving((response) => {
      response.writeHead(200, headers)
      response.write('half of', () => setImmediate(() => response.destroy()))
    })
    expect(await failure(client().exchange({ url: server.url }))).toMatchObject({ code: 'cut', sent: true })
  })

  it('notices a connection closed without an answer', async () => {
    const server = await serving((response) => response.destroy())
    expect(await failure(client().exchange({ url: server.url }))).toMatchObject({
      code: 'cut',
      sent: true,
      status: undefined,
    })
  })

  it('knows an answer that is not HTTP', async () => {
    const server = await raw((socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n'))
    const error = await failure(client().exchange({ url: `http://127.0.0.1:${server.port}/` }))
    expect(error).toMatchObject({ code: 'unreadable', sent: true })
    expect(error.message).not.toContain('SSH')
  })

  it.each([
    ['plain', (text: string) => Buffer.from(text), undefined],
    ['packed', (text: string) => gzipSync(text), 'gzip'],
  ] as const)('refuses a body larger than its limit (%s)', async (_, packed, encoding) => {
    const server = await serving((response) => {
      response.writeHead(200, encoding === undefined ? {} : { 'content-encoding': encoding })
      response.end(packed('x'.repeat(5_000)))
    })
    const error = await failure(client(new FakeClock(), { maxBodyBytes: 1_000 }).exchange({ url: server.url }))
    expect(error).toMatchObject({ code: 'too-large', sent: true, status: 200 })
  })

  it.each(['gzip', 'br'])('refuses a body it cannot unpack (%s)', async (encoding) => {
    const server = await serving((response) => {
      response.writeHead(200, { 'content-encoding': encoding })
      response.end('not packed')
    })
    expect(await failure(client().exchange({ url: server.url }))).toMatchObject({ code: 'unreadable', status: 200 })
  })

  it('is given up before it starts and while it waits', async () => {
    const controller = new AbortController()
    const server = await serving(() => controller.abort())
    const http = client()
    const request: HttpRequest = { url: server.url, signal: controller.signal }
    expect(await failure(http.exchange(request))).toMatchObject({ code: 'aborted', sent: true })
    expect(await failure(http.exchange(request))).toMatchObject({ code: 'aborted', sent: false })
    expect(server.seen).toHaveLength(1)
  })

  it('ends what is under way when the client is closed', async () => {
    const server = await serving(() => http.close())
    const http = client()
    expect(await failure(http.exchange({ url: server.url }))).toMatchObject({ code: 'cut', sent: true })
  })

  it.each(['nonsense', 'ftp://127.0.0.1/'])('refuses the address %s', async (url) => {
    expect(await failure(client().exchange({ url }))).toMatchObject({ code: 'no-connection', sent: false })
  })

  it('does not repeat a header that cannot be sent', async () => {
    const server = await serving((response) => response.end())
    const error = await failure(client().exchange({ url: server.url, headers: { authorization: 'sentinel\r\n' } }))
    expect(error).toMatchObject({ code: 'no-connection', sent: false })
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain('sentinel')
  })
})
