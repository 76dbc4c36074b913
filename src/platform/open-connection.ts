import type { WebSocket } from 'ws'
import type { TypedDocumentString } from '../contract/types.ts'
import type { Clock } from '../kit/clock.ts'
import type { Credential } from './credential.ts'
import { headerValue } from './credential.ts'

/** One thing whose values are wanted, not only word of them. */
export interface Carried<Result, Value> {
  document: TypedDocumentString<Result, never>
  /** Asked for at each connection: what a new one begins with depends on what the last one brought. */
  variables(): Record<string, unknown>
  /** May throw at what makes no sense; the connection counts as broken then. */
  read(result: Result): Value
}

/** What is subscribed to on every connection. */
export interface Wanted<Result, Value> extends Carried<Result, Value> {
  /** What it is about: of several about the same, one that works is enough. */
  topic: string
  bring(value: Value): void
}

export interface ConnectionNeeds {
  credential: Pick<Credential, 'endpoint' | 'kind' | 'header' | 'token'>
  clock: Clock
}

/** What whoever opens a connection wants of it. */
export interface ConnectionWishes {
  /** Bytes of one message; the connection is lost over a longer one. */
  maxPayload: number
  /** Is a connection broken that brings an error among what it brings? */
  needsAll: boolean
  connected(): void
}

export interface Connection {
  /** Has every topic brought something, and does something about each still come? */
  isProven(): boolean
  /** Ends it at once and without a word; calling it twice is fine. */
  end(): void
}

/** `lost` may be had again; otherwise the server does not want it, or has no more to say, and another try would bring the same. */
export interface Ending {
  kind: 'lost' | 'refused' | 'over'
  why: string
}

const connectionTiming = {
  /** From the first byte to the server's word that it takes the connection (PLATFORM.md §1.7). */
  connectMs: 10_000,
  /** After so long without a message the other side is asked for one, and has `answerMs` to give it. */
  silenceMs: 10_000,
  answerMs: 5_000,
}

/**
 * One connection over `graphql-transport-ws`, to the endpoint of the credential and nowhere else. Never throws.
 * @param onEnd told once when it ends by itself; `couldBeReliedOn`: it was proven until then
 */
export function openConnection<Result, Value>(
  wanted: readonly Wanted<Result, Value>[],
  { credential, clock }: ConnectionNeeds,
  { maxPayload, needsAll, connected }: ConnectionWishes,
  onEnd: (ending: Ending, couldBeReliedOn: boolean) => void,
): Connection {
  const alive = new Set(wanted)
  const proven = new Set<string>()
  let isDone = false
  let socket: WebSocket | undefined
  let terminateClient = () => {}
  let cancelTimer = clock.after(connectionTiming.connectMs, () => lost('it was not answered'))

  const isProven = () =>
    !isDone &&
    wanted.every(({ topic }) => proven.has(topic) && [...alive].some((subscription) => subscription.topic === topic))

  const lost = (why: string) => over({ kind: 'lost', why })

  function over(ending: Ending): void {
    if (isDone) return
    const couldBeReliedOn = isProven()
    end()
    onEnd(ending, couldBeReliedOn)
  }

  function end(): void {
    if (isDone) return
    isDone = true
    cancelTimer()
    // Both: the client forgets its promises, and the socket does not wait for a peer that says nothing.
    terminateClient()
    socket?.terminate()
  }

  function expectMessages(): void {
    cancelTimer()
    cancelTimer = clock.after(connectionTiming.silenceMs, () => {
      if (socket?.readyState === 1) socket.send('{"type":"ping"}')
      cancelTimer = clock.after(connectionTiming.answerMs, () => lost('it fell silent'))
    })
  }

  async function open(): Promise<void> {
    // Loaded with the first thing that is followed: no other command waits for them.
    const [{ createClient }, { WebSocket: Socket }] = await Promise.all([import('graphql-ws/client'), import('ws')])
    if (isDone) return
    const header = { [credential.header]: headerValue(credential).reveal() }

    /** The token goes with the upgrade, where a refusal shows as a status; a redirect is never followed, the token would go along. */
    class Door extends Socket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols, {
          headers: header,
          followRedirects: false,
          perMessageDeflate: false,
          maxPayload,
        })
        socket = this
        // What goes wrong after the end has nobody to tell it to.
        this.on('error', () => lost('the connection failed'))
        this.on('unexpected-response', (_request, response) => {
          response.destroy()
          const { statusCode } = response
          over({ kind: isRefusal(statusCode) ? 'refused' : 'lost', why: `it was answered with ${statusCode}` })
        })
      }
    }

    let ids = 0
    const client = createClient({
      url: credential.endpoint.url.replace(/^http/, 'ws'),
      webSocketImpl: Door,
      connectionParams: header,
      retryAttempts: 0,
      generateID: () => String(++ids),
      on: {
        connected: () => {
          expectMessages()
          if (!isDone) connected()
        },
        message: expectMessages,
        closed: (event) => {
          const code = closeCode(event)
          if (isFinal(code)) over({ kind: 'refused', why: `it was closed with ${code}` })
          else lost('it was cut')
        },
        error: () => lost('the connection failed'),
      },
    })
    terminateClient = () => client.terminate()
    for (const subscription of wanted) {
      const ended = (ending: Ending) => {
        alive.delete(subscription)
        if (!isDone && alive.size === 0) over(ending)
      }
      client.subscribe<Result>(
        { query: subscription.document.toString(), variables: subscription.variables() },
        {
          next: ({ data, errors }) => {
            if (isDone) return
            if ((errors?.length ?? 0) > 0 || data == null) {
              if (needsAll) lost(`the platform says: ${messageOf(errors ?? [])}`)
              return
            }
            const value = readable(subscription, data)
            if (value === undefined) return lost('it sent what makes no sense')
            proven.add(subscription.topic)
            subscription.bring(value.value)
          },
          // A refusal comes as a list of errors; anything else is the connection's end, which `on` hears of.
          error: (thrown) => {
            if (Array.isArray(thrown)) ended({ kind: 'refused', why: `the platform says: ${messageOf(thrown)}` })
          },
          complete: () => ended({ kind: 'over', why: 'the platform has no more to say' }),
        },
      )
    }
  }

  open().catch(() => over({ kind: 'refused', why: 'this machine cannot open it' }))
  return { isProven, end }
}

/** The server understood and does not want to: asking again changes nothing. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429
}

/** Undefined where it cannot be read. */
function readable<Result, Value>({ read }: Wanted<Result, Value>, result: Result): { value: Value } | undefined {
  try {
    return { value: read(result) }
  } catch {
    return undefined
  }
}

/** Closed for a reason of the protocol: unauthorized, forbidden, a request that makes no sense to the server. */
function isFinal(code: unknown): boolean {
  return code === 4400 || code === 4401 || code === 4403 || code === 4406
}

function closeCode(event: unknown): unknown {
  return typeof event === 'object' && event !== null && 'code' in event ? event.code : undefined
}

function messageOf(errors: readonly unknown[]): string {
  const [first] = errors
  const message = typeof first === 'object' && first !== null && 'message' in first ? first.message : undefined
  return typeof message === 'string' ? message : 'nothing'
}
