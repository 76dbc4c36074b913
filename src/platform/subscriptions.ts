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

export interface Subscriptions {
  /** Never throws. `onWord` is called when something happened, and when a stream that could be relied on is lost. */
  follow(subscriptions: readonly Subscription[], signal: AbortSignal, onWord: () => void): Stream
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
  const { clock, random } = needs
  const timing = streamTiming
  return {
    follow(subscriptions, signal, onWord) {
      let connection: Connection | undefined
      let cancelWait = () => {}
      let isOver = subscriptions.length === 0 || signal.aborted
      let failures = 0

      const stop = () => {
        isOver = true
        signal.removeEventListener('abort', stop)
        cancelWait()
        connection?.end()
      }
      const connect = () => {
        const startedAt = clock.now()
        connection = openConnection(subscriptions, needs, timing, onWord, (ending, couldBeReliedOn) => {
          connection = undefined
          if (isOver) return
          if (couldBeReliedOn) onWord()
          failures = clock.now() - startedAt >= timing.steadyMs ? 1 : failures + 1
          if (ending === 'final' || failures >= timing.tries) return stop()
          const waitMs = Math.min(timing.longestWaitMs, timing.firstWaitMs * 1.5 ** (failures - 1) * (1 + random() / 2))
          cancelWait = clock.after(waitMs, connect)
        })
      }
      if (!isOver) {
        signal.addEventListener('abort', stop, { once: true })
        connect()
      }
      return { isConnected: () => connection?.isProven() ?? false, stop }
    },
  }
}

interface Connection {
  isProven(): boolean
  end(): void
}

/** `final`: the server does not want it, or has no more to say; another try would bring the same. */
type Ending = 'lost' | 'final'

function openConnection(
  subscriptions: readonly Subscription[],
  { credential, clock }: SubscriptionNeeds,
  timing: StreamTiming,
  onWord: () => void,
  onEnd: (ending: Ending, couldBeReliedOn: boolean) => void,
): Connection {
  const alive = new Set(subscriptions)
  const proven = new Set<string>()
  let isDone = false
  let socket: WebSocket | undefined
  let terminateClient = () => {}
  let cancelTimer = clock.after(timing.connectMs, () => over('lost'))

  const isProven = () =>
    !isDone &&
    subscriptions.every(
      ({ topic }) => proven.has(topic) && [...alive].some((subscription) => subscription.topic === topic),
    )

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
      cancelTimer = clock.after(timing.answerMs, () => over('lost'))
    })
  }

  async function open(): Promise<void> {
    // Loaded with the first deployment that is watched: no other command waits for them.
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
          maxPayload: 1024 * 1024,
        })
        socket = this
        // What goes wrong after the end has nobody to tell it to.
        this.on('error', () => over('lost'))
        this.on('unexpected-response', (_request, response) => {
          response.destroy()
          over(isRefusal(response.statusCode) ? 'final' : 'lost')
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
        connected: expectMessages,
        message: expectMessages,
        closed: (event) => over(isFinal(event) ? 'final' : 'lost'),
        error: () => over('lost'),
      },
    })
    terminateClient = () => client.terminate()
    for (const subscription of subscriptions) {
      const ended = () => {
        alive.delete(subscription)
        if (!isDone && alive.size === 0) over('final')
      }
      client.subscribe(
        { query: subscription.document.toString(), variables: subscription.variables },
        {
          next: ({ errors }) => {
            if (isDone || (errors?.length ?? 0) > 0) return
            proven.add(subscription.topic)
            onWord()
          },
          // A refusal comes as a list of errors; anything else is the connection's end, which `on` hears of.
          error: (thrown) => {
            if (Array.isArray(thrown)) ended()
          },
          complete: ended,
        },
      )
    }
  }

  open().catch(() => over('final'))
  return { isProven, end }
}

/** The server understood and does not want to: asking again changes nothing. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429
}

/** Closed for a reason of the protocol: unauthorized, forbidden, a request that makes no sense to the server. */
function isFinal(event: unknown): boolean {
  const code = typeof event === 'object' && event !== null && 'code' in event ? event.code : undefined
  return code === 4400 || code === 4401 || code === 4403 || code === 4406
}
