import type { IncomingMessage } from 'node:http'
import { Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { gunzip } from 'node:zlib'
import type { Clock } from './clock.ts'
import type { HttpErrorCode } from './http-error.ts'
import { HttpError, httpErrorCode, systemCode } from './http-error.ts'

/** One question over HTTP. */
export interface HttpRequest {
  /** `http:` or `https:`. */
  url: string
  /** POST with a body, else GET. */
  method?: string
  headers?: Record<string, string>
  body?: string
  /** Milliseconds until the connection stands; 10 s when absent. */
  connectMs?: number
  /** Milliseconds from the start to the last byte; 30 s when absent. */
  wholeMs?: number
  signal?: AbortSignal | undefined
  /** Connect here, over plain HTTP, and send the url's host as `Host`: how a rehearsal's edge is asked for a domain. */
  via?: { host: string; port: number }
}

interface HttpAnswer {
  /** Whatever it is: redirects are not followed, and no status is an error. */
  status: number
  headers: HttpHeaders
  /** Unpacked, as UTF-8. */
  body: string
  /** Milliseconds from the start to the last byte. */
  tookMs: number
}

/** Keeps connections open between exchanges; `close` ends them all. */
export interface HttpClient {
  /** Rejects with an `HttpError`, and with nothing else. */
  exchange(request: HttpRequest): Promise<HttpAnswer>
  close(): void
}

export interface HttpClientNeeds {
  clock: Clock
  /** Sent with every request: the platform's edge turns clients without one away (PLATFORM.md §1.1). */
  userAgent: string
  /** Connections at a time to one host; 8 when absent. */
  maxSockets?: number
  /** Of an answer, packed and unpacked; 32 MB when absent. */
  maxBodyBytes?: number
}

/** Looked up without regard to case; cannot be printed, because it holds cookies. */
export class HttpHeaders {
  readonly #values = new Map<string, string>()

  constructor(headers: NodeJS.Dict<string | string[]>) {
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined)
        this.#values.set(name.toLowerCase(), typeof value === 'string' ? value : value.join(', '))
    }
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null
  }
}

// A server drops idle connections without a word; a mutation sent into one could not be told from one that happened. So idle
// connections are dropped here, sooner than servers do.
const idleSocketMs = 4_000

/** The door to HTTP: keep-alive, deadlines on the given clock, gzip, no redirects. */
export function createHttpClient(needs: HttpClientNeeds): HttpClient {
  const { clock, userAgent, maxSockets = 8, maxBodyBytes = 32 * 1024 * 1024 } = needs
  const agents = {
    plain: new PlainAgent({ keepAlive: true, maxSockets, timeout: idleSocketMs }),
    secure: new SecureAgent({ keepAlive: true, maxSockets, timeout: idleSocketMs }),
  }
  const standing = new WeakSet<object>()

  function send(url: URL, request: HttpRequest) {
    const isSecure = url.protocol === 'https:' && request.via === undefined
    const options = {
      host: request.via?.host ?? url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: request.via?.port ?? url.port,
      path: `${url.pathname}${url.search}`,
      method: request.method ?? (request.body === undefined ? 'GET' : 'POST'),
      headers: {
        'user-agent': userAgent,
        'accept-encoding': 'gzip',
        ...request.headers,
        host: url.host,
        ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }),
      },
    }
    const outgoing = isSecure
      ? secureRequest({ ...options, agent: agents.secure })
      : plainRequest({ ...options, agent: agents.plain })
    return { outgoing, connectEvent: isSecure ? 'secureConnect' : 'connect' }
  }

  function arrival(url: URL, host: string, request: HttpRequest): Promise<Arrival> {
    const { connectMs = 10_000, wholeMs = 30_000, signal } = request
    const startedAt = clock.now()
    return new Promise((resolve, reject) => {
      const { outgoing, connectEvent } = send(url, request)
      const atEnd: (() => void)[] = []
      let connected = false
      let status: number | undefined
      let ended = false

      const end = () => {
        ended = true
        for (const act of atEnd) act()
      }
      const fail = (code: HttpErrorCode, reason?: string) => {
        if (ended) return
        end()
        reject(new HttpError({ code, host, sent: connected, reason, status }))
        outgoing.destroy()
      }
      const failWith = (thrown: unknown) => {
        const reason = systemCode(thrown)
        fail(httpErrorCode(reason, connected), reason)
      }

      atEnd.push(clock.after(wholeMs, () => fail('timeout')))
      const giveUp = () => fail('aborted')
      signal?.addEventListener('abort', giveUp, { once: true })
      atEnd.push(() => signal?.removeEventListener('abort', giveUp))

      outgoing.on('error', failWith)
      outgoing.once('socket', (socket) => {
        if (standing.has(socket)) {
          connected = true
          return
        }
        const stopWaiting = clock.after(connectMs, () => fail('timeout', 'while connecting'))
        atEnd.push(stopWaiting)
        socket.once(connectEvent, () => {
          connected = true
          standing.add(socket)
          stopWaiting()
        })
      })
      outgoing.once('response', (message) => {
        status = message.statusCode
        const chunks: Buffer[] = []
        let size = 0
        message.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > maxBodyBytes) fail('too-large')
          else chunks.push(chunk)
        })
        message.on('error', failWith)
        message.once('close', () => fail('cut'))
        message.once('end', () => {
          if (!message.complete) return fail('cut')
          if (ended) return
          end()
          resolve({ message, bytes: Buffer.concat(chunks), tookMs: clock.now() - startedAt })
        })
      })
      outgoing.end(request.body)
    })
  }

  return {
    async exchange(request) {
      const url = parsed(request.url)
      const host = request.via === undefined ? url.host : `${request.via.host}:${request.via.port}`
      if (request.signal?.aborted) throw new HttpError({ code: 'aborted', host, sent: false })
      const { message, bytes, tookMs } = await arrival(url, host, request).catch((thrown: unknown) => {
        if (thrown instanceof HttpError) throw thrown
        throw new HttpError({ code: 'no-connection', host, sent: false, reason: systemCode(thrown) })
      })
      const status = message.statusCode ?? 0
      const unpacked = await unpack(bytes, message.headers['content-encoding'], maxBodyBytes)
      if (typeof unpacked === 'string') throw new HttpError({ code: unpacked, host, sent: true, status })
      return { status, headers: new HttpHeaders(message.headers), body: unpacked.toString('utf8'), tookMs }
    },
    close() {
      agents.plain.destroy()
      agents.secure.destroy()
    },
  }
}

interface Arrival {
  message: IncomingMessage
  bytes: Buffer
  tookMs: number
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new HttpError({
    code: 'no-connection',
    host: 'the given address',
    sent: false,
    reason: 'it is no HTTP address',
  })
}

/** The body, or why there is none. */
function unpack(bytes: Buffer, encoding: string | undefined, maxOutputLength: number): Promise<Buffer | HttpErrorCode> {
  if (bytes.length === 0 || encoding === undefined || encoding === 'identity') return Promise.resolve(bytes)
  if (!/^(x-)?gzip$/i.test(encoding)) return Promise.resolve('unreadable')
  return new Promise((resolve) => {
    gunzip(bytes, { maxOutputLength }, (error, unpacked) => {
      if (error === null) return resolve(unpacked)
      resolve(systemCode(error) === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'unreadable')
    })
  })
}
