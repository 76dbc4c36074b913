import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../kit/clock.ts'

/** The one address that anything here listens on. */
export const loopback = '127.0.0.1'

const largestBody = 10 * 1024 * 1024

export interface LoopbackServer {
  port: number
  stop(): Promise<void>
}

/** An HTTP server that only this machine can reach, and whose `Date` header is the clock's. */
export async function listenOnLoopback(
  port: number,
  clock: Clock,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  upgrade?: (request: IncomingMessage, connection: Duplex, head: Buffer) => void,
): Promise<LoopbackServer> {
  const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
    response.sendDate = false
    response.setHeader('Date', new Date(clock.now()).toUTCString())
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else
        send(
          response,
          500,
          'text/plain',
          `The local platform failed: ${error instanceof Error ? error.message : error}`,
        )
    })
  })
  if (upgrade !== undefined) server.on('upgrade', upgrade)
  server.on('connection', (socket) => {
    if (!isLoopback(socket.remoteAddress)) socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, loopback, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return { port: portOf(server), stop: () => stop(server) }
}

/** The whole body as text; undefined when it is larger than anything a client has to send. */
export async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > largestBody) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

export function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body), ...headers })
  response.end(body)
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', JSON.stringify(value))
}

export function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '')
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a port')
  return address.port
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
