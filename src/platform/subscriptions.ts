import type { WebSocket } from 'ws'
import type { TypedDocumentString } from '../contract/types.ts'
import type { Clock } from '../kit/clock.ts'
import type { Credential } from './credential.ts'
import { headerValue } from './credential.ts'

/** One thing to be followed. */
export interface Subscription {
  document: TypedDocumentString<unknown, never>
  variables: Record<string, unknown>
  /** What it is about: of several subscriptions about the same, one that works is enough. */
  topic: string
}

/** A stream of hints: that something happened, never what. Whoever wants to know asks over HTTP. */
export interface Stream {
  /** Has every topic brought something on the connection that stands now? Only then can silence mean that nothing happens. */
  isConnected(): boolean
  /** Ends it at once; calling it twice is fine. */
  stop(): void
}

/** One thing whose values are wanted, not only word of them. */
export interface Carried<Result, Value> {
  document: TypedDocumentString<Result, never>
  /** Asked for at each connection: what a new one begins with depends on what the last one brought. */
  variables(): Record<string, unknown>
  /** May throw at what makes no sense; the connection counts as broken then. */
  read(result: Result): Value
}

/** What happens to a stream that carries values. The texts may hold what the platform said, secrets included. */
export interface CarriedListener<Value> {
  /** A connection stands, the first or another. */
  connected(): void
  brought(value: Value): void
  /** It is made again after a while, with what `variables` says then. */
  lost(why: string): void
  /** Nothing comes any more. */
  ended(ending: StreamEnding): void
}

/** `over`: there is no more to say. `refused`: it is not wanted. `unreachable`: no connection has lasted. */
export interface StreamEnding {
  because: 'over' | 'refused' | 'unreachable'
  why: string
}

export interface Subscriptions {
  /** Never throws. `onWord` is called when something happened, and when a stream that could be relied on is lost. */
  follow(subscriptions: readonly Subscription[], signal: AbortSignal, onWord: () => void): Stream
  /** Never throws. Stopping it, or the signal, ends it without a word. */
  carry<Result, Value>(
    carried: Carried<Result, Value>,
    signal: AbortSignal,
    listener: CarriedListener<Value>,
  ): { stop(): void }
}

/** Milliseconds, but for `tries`. */
interface StreamTiming {
  /** From the first byte to the server's word that it takes the connection (PLATFORM.md §1.7). */
  connectMs: number
  /** After so long without a message the other side is asked for one, and has `answerMs` to give it. */
  silenceMs: number
  answerMs: number
  firstWaitMs: number
  longestWaitMs: number
  /** Connections in a row that did not last; after them it is left alone. */
  tries: number
  /** A connection that stood so long did last. */
  steadyMs: number
}

const streamTiming: StreamTiming = {
  connectMs: 10_000,
  silenceMs: 10_000,
  answerMs: 5_000,
  firstWaitMs: 1_000,
  longestWaitMs: 8_000,
  tries: 12,
  steadyMs: 30_000,
}

export interface SubscriptionNeeds {
  credential: Pick<Credential, 'endpoint' | 'kind' | 'header' | 'token'>
  clock: Clock
  /** 0 up to 1: spreads the waits between connections. */
  random: () => number
}

/**
 * Subscriptions over `graphql-transport-ws`, to the endpoint of the credential and nowhere else. Every wait goes through the clock
 * as a timer that holds nothing: an operation that is over leaves no socket and no timer behind.
 */
export function createSubscriptions(needs: SubscriptionNeeds): Subscriptions {
  return {
    follow(subscriptions, signal, onWord) {
      if (subscriptions.length === 0) return { isConnected: () => false, stop: () => {} }
      const wanted = subscriptions.map(({ document, variables, topic }) => ({
        document,
        variables: () => variables,
        topic,
        read: () => undefined,
        bring: onWord,
      }))
      return keepConnected(wanted, signal, needs, {
        maxPayload: megabyte,
        needsAll: false,
        connected: () => {},
        broken: (_, couldBeReliedOn) => {
          if (couldBeReliedOn) onWord()
        },
        ended: () => {},
      })
    },
    carry<Result, Value>(carried: Carried<Result, Value>, signal: AbortSignal, listener: CarriedListener<Value>) {
      let broughtSome = false
      const bring = (value: Value) => {
        broughtSome = true
        listener.brought(value)
      }
      return keepConnected([{ ...carried, topic: '', bring }], signal, needs, {
        maxPayload: 64 * megabyte,
        needsAll: true,
        connected: () => listener.connected(),
        broken: ({ kind, why }) => {
          const lasted = broughtSome
          broughtSome = false
          if (kind === 'lost') listener.lost(why)
          return lasted
        },
        ended: ({ kind, why }) => listener.ended({ because: kind === 'lost' ? 'unreachable' : kind, why }),
      })
    },
  }
}

const megabyte = 1024 * 1024

/** What is subscribed to on every connection. */
interface Wanted<Result, Value> extends Carried<Result, Value> {
  topic: string
  bring(value: Value): void
}

interface Upkeep {
  maxPayload: number
  /** Is a connection broken that brings an error among what it brings? */
  needsAll: boolean
  connected(): void
  /** @returns whether the connection counts as one that lasted, however short it was */
  // biome-ignore lint/suspicious/noConfusingVoidType: a listener that has no opinion returns nothing
  broken(ending: Ending, couldBeReliedOn: boolean): boolean | void
  /** No connection is made any more; not called after a stop. */
  ended(ending: Ending): void
}

/** Makes a connection again each time that it is lost, until somebody stops it, the server wants no more, or none has lasted. */
function keepConnected<Result, Value>(
  wanted: readonly Wanted<Result, Value>[],
  signal: AbortSignal,
  needs: SubscriptionNeeds,
  upkeep: Upkeep,
): Stream {
  const { clock, random } = needs
  const timing = streamTiming
  let connection: Connection | undefined
  let cancelWait = () => {}
  let isOver = signal.aborted
  let failures = 0

  const stop = () => {
    isOver = true
    signal.removeEventListener('abort', stop)
    cancelWait()
    connection?.end()
  }
  const connect = () => {
    const startedAt = clock.now()
    connection = openConnection(wanted, needs, timing, upkeep, (ending, couldBeReliedOn) => {
      connection = undefined
      if (isOver) return
      const lasted = upkeep.broken(ending, couldBeReliedOn) === true || clock.now() - startedAt >= timing.steadyMs
      failures = lasted ? 1 : failures + 1
      // Whoever was told may have stopped it.
      if (isOver) return
      if (ending.kind !== 'lost' || failures >= timing.tries) {
        stop()
        return upkeep.ended(ending)
      }
      const waitMs = Math.min(timing.longestWaitMs, timing.firstWaitMs * 1.5 ** (failures - 1) * (1 + random() / 2))
      cancelWait = clock.after(waitMs, connect)
    })
  }
  if (!isOver) {
    signal.addEventListener('abort', stop, { once: true })
    connect()
  }
  return { isConnected: () => connection?.isProven() ?? false, stop }
}

interface Connection {
  isProven(): boolean
  end(): void
}

/** `lost` may be had again; otherwise the server does not want it, or has no more to say, and another try would bring the same. */
interface Ending {
  kind: 'lost' | 'refused' | 'over'
  why: string
}

function openConnection<Result, Value>(
  wanted: readonly Wanted<Result, Value>[],
  { credential, clock }: SubscriptionNeeds,
  timing: StreamTiming,
  upkeep: Pick<Upkeep, 'connected' | 'maxPayload' | 'needsAll'>,
  onEnd: (ending: Ending, couldBeReliedOn: boolean) => void,
): Connection {
  const alive = new Set(wanted)
  const proven = new Set<string>()
  let isDone = false
  let socket: WebSocket | undefined
  let terminateClient = () => {}
  let cancelTimer = clock.after(timing.connectMs, () => lost('it was not answered'))

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
    cancelTimer = clock.after(timing.silenceMs, () => {
      if (socket?.readyState === 1) socket.send('{"type":"ping"}')
      cancelTimer = clock.after(timing.answerMs, () => lost('it fell silent'))
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
          maxPayload: upkeep.maxPayload,
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
          if (!isDone) upkeep.connected()
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
              if (upkeep.needsAll) lost(`the platform says: ${messageOf(errors ?? [])}`)
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
