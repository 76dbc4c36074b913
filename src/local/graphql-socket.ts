import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { execute, parse, validate } from 'graphql'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { isRecord } from '../kit/json.ts'
import { type GraphqlNeeds, graphqlPath } from './graphql-route.ts'
import type { SocketLog } from './requests.ts'
import { RequestContext } from './resolvers/request-context.ts'
import { subscribeToRows } from './row-stream.ts'
import { identify, type Requester } from './tokens.ts'

export interface SocketNeeds extends GraphqlNeeds {
  sockets: SocketLog
}

export interface GraphqlSockets {
  /** Takes a connection that asks to become a WebSocket. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void
  /** Ends all of them at once. */
  stop(): void
}

/** What belongs to one socket. */
interface Connection {
  requester: Requester | undefined
}

/**
 * Subscriptions over `graphql-transport-ws`. Who asks is said by the headers of the upgrade, or else by the payload of
 * `connection_init`.
 */
export function graphqlSockets(needs: SocketNeeds): GraphqlSockets {
  const { clock, endpoint, model, sockets, tokens } = needs
  const open = new Set<Duplex>()
  const cancels = new Set<() => void>()
  let opened = 0
  const door = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: 1024 * 1024 })
  const server = makeServer<Record<string, unknown>, Connection>({
    schema: endpoint.schema,
    // Those that the schema was built with: another copy of the library would not know its types.
    parse,
    validate,
    execute,
    subscribe: subscribeToRows,
    onConnect: ({ connectionParams, extra }) => {
      extra.requester ??= identify(model, tokens, headersIn(connectionParams))
      return extra.requester.kind !== 'nobody'
    },
    onSubscribe: () => model.agenda.catchUp(),
    context: ({ extra }) =>
      new RequestContext(model, extra.requester ?? { kind: 'nobody', message: 'Not Authorized' }, needs),
  })

  /** The token of the headers, where there is one: undefined leaves it to `connection_init`. */
  const requesterOf = ({ headers }: IncomingMessage): Requester | undefined =>
    headers.authorization === undefined && headers['project-access-token'] === undefined
      ? undefined
      : identify(model, tokens, headers)

  const after = (ms: number, act: () => void) => {
    const cancel = clock.after(ms, () => {
      cancels.delete(cancel)
      act()
    })
    cancels.add(cancel)
  }

  const serve = (socket: WebSocket, request: IncomingMessage, nth: number) => {
    let message = 0
    let isSilent = false
    let last = Promise.resolve()
    const { headers } = request
    const send = (text: string): Promise<void> =>
      new Promise((resolve) => {
        if (isSilent) return resolve()
        message += 1
        const trouble = sockets.arrived({ socket: nth, message, type: typeOf(text), text, headers })
        const deliver = (what: string) => {
          socket.send(what)
          resolve()
        }
        switch (trouble?.kind) {
          case 'cut':
          case 'refuse':
            socket.terminate()
            return resolve()
          case 'silence':
            isSilent = true
            return resolve()
          case 'delay':
            return after(trouble.ms, () => deliver(text))
          case 'late':
            after(trouble.ms, () => socket.send(text))
            return resolve()
          case 'twice':
            deliver(text)
            return trouble.ms === 0 ? socket.send(text) : after(trouble.ms, () => socket.send(text))
          default:
            deliver(trouble?.text ?? text)
        }
      })
    const ended = server.opened(
      {
        protocol: socket.protocol,
        send: (text) => {
          // One after the other: a message that takes its time holds up those behind it.
          last = last.then(() => send(text))
          return last
        },
        close: (code, reason) => socket.close(code, reason),
        onMessage: (act) => {
          socket.on('message', (data) => {
            if (isSilent) return
            act(String(data)).catch(() => socket.close(4500, 'Internal server error'))
          })
        },
      },
      { requester: requesterOf(request) },
    )
    socket.on('error', () => socket.terminate())
    socket.once('close', (code, reason) => void ended(code, String(reason)))
  }

  const upgrade = (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    open.add(connection)
    connection.on('error', () => connection.destroy())
    connection.once('close', () => open.delete(connection))
    const nth = ++opened
    const { headers } = request
    const trouble = sockets.arrived({ socket: nth, message: 0, type: 'upgrade', text: '', headers })
    const accept = () => {
      if (request.url?.split('?')[0] !== graphqlPath) return refuse(connection, 404)
      if (!isProtocolOffered(headers)) return refuse(connection, 400)
      if (requesterOf(request)?.kind === 'nobody') return refuse(connection, 401)
      door.handleUpgrade(request, connection, head, (socket) => serve(socket, request, nth))
    }
    switch (trouble?.kind) {
      case 'cut':
        connection.destroy()
        return
      case 'refuse':
        return refuse(connection, trouble.status)
      case 'silence':
        return
      case 'delay':
        return after(trouble.ms, accept)
      default:
        accept()
    }
  }

  return {
    upgrade,
    stop() {
      for (const cancel of cancels) cancel()
      for (const connection of open) connection.destroy()
    },
  }
}

function refuse(connection: Duplex, status: number): void {
  connection.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

function isProtocolOffered(headers: IncomingHttpHeaders): boolean {
  const offered = String(headers['sec-websocket-protocol'] ?? '').split(',')
  return offered.some((protocol) => protocol.trim() === GRAPHQL_TRANSPORT_WS_PROTOCOL)
}

/** A browser cannot set headers on an upgrade: what it says in `connection_init` counts like them. */
function headersIn(payload: unknown): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(isRecord(payload) ? payload : {}).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name.toLowerCase(), value]] : [],
    ),
  )
}

function typeOf(text: string): string {
  return /"type":"(\w+)"/.exec(text)?.[1] ?? 'unknown'
}
