import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { ContractCaller } from './contract-caller.ts'

export interface PlainMessage {
  type: string
  id?: string
  payload?: { data?: Record<string, unknown>; errors?: { message: string }[] }
}

/** A WebSocket to the API without any client in between. */
export interface PlainSocket {
  /** What came so far, in order. */
  messages: PlainMessage[]
  send(message: PlainMessage | { type: string; [key: string]: unknown }): void
  /** Everything that was sent is answered, and what it caused has arrived. */
  settled(): Promise<void>
  /** What a subscription brought so far. */
  events(id: string): NonNullable<PlainMessage['payload']>[]
  /** The code that the other side closed it with. */
  closed: Promise<number>
  close(): void
}

export interface SocketRequest {
  headers?: Record<string, string>
  protocol?: string
}

/** Opens one; rejects with the status where the upgrade is refused. */
export function plainSocket(
  caller: ContractCaller,
  { headers = {}, protocol }: SocketRequest = {},
): Promise<PlainSocket> {
  const url = caller.platform.address.endpoint.replace(/^http/, 'ws')
  const socket = new WebSocket(url, protocol ?? 'graphql-transport-ws', { headers })
  const messages: PlainMessage[] = []
  const waiting = new Set<() => void>()
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)) as PlainMessage)
    for (const act of [...waiting]) act()
  })
  onTestFinished(() => socket.terminate())
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve)
  })
  const send: PlainSocket['send'] = (message) => socket.send(JSON.stringify(message))
  const pongs = () => messages.filter(({ type }) => type === 'pong').length
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('unexpected-response', (_request, response) => {
      reject(new Error(`refused with ${response.statusCode}`))
      socket.terminate()
    })
    socket.on('open', () =>
      resolve({
        messages,
        send,
        closed,
        close: () => socket.close(1000),
        events: (id) =>
          messages.flatMap(({ type, id: of, payload }) => (type === 'next' && of === id && payload ? [payload] : [])),
        settled: () => {
          const wanted = pongs() + 1
          send({ type: 'ping' })
          return new Promise((done, fail) => {
            closed.then((code) => fail(new Error(`closed with ${code}`)), fail)
            const act = () => {
              if (pongs() < wanted) return
              waiting.delete(act)
              done()
            }
            waiting.add(act)
          })
        },
      }),
    )
  })
}

/** One that is ready for subscriptions, as the account or with these headers. */
export async function openedSocket(caller: ContractCaller, headers = caller.asAccount): Promise<PlainSocket> {
  const socket = await plainSocket(caller, { headers })
  socket.send({ type: 'connection_init' })
  await socket.settled()
  return socket
}

/** Subscribes, and comes back when the platform has taken it. */
export async function subscribed(
  socket: PlainSocket,
  id: string,
  query: string,
  variables: Record<string, unknown>,
): Promise<void> {
  socket.send({ type: 'subscribe', id, payload: { query, variables } })
  await socket.settled()
}
