import type { TypedDocumentString } from '../contract/types.ts'
import type { Carried, Connection, ConnectionNeeds, ConnectionWishes, Ending, Wanted } from './open-connection.ts'
import { openConnection } from './open-connection.ts'

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

const streamTiming = {
  firstWaitMs: 1_000,
  longestWaitMs: 8_000,
  /** Connections in a row that did not last; after them it is left alone. */
  tries: 12,
  /** A connection that stood so long did last. */
  steadyMs: 30_000,
}

export interface SubscriptionNeeds extends ConnectionNeeds {
  /** 0 up to 1: spreads the waits between connections. */
  random: () => number
}

/**
 * Subscriptions that are kept connected. Every wait goes through the clock as a timer that holds nothing: an operation that is over
 * leaves no socket and no timer behind.
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

interface Upkeep extends ConnectionWishes {
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
    connection = openConnection(wanted, needs, upkeep, (ending, couldBeReliedOn) => {
      connection = undefined
      if (isOver) return
      const lasted = upkeep.broken(ending, couldBeReliedOn) === true || clock.now() - startedAt >= streamTiming.steadyMs
      failures = lasted ? 1 : failures + 1
      // Whoever was told may have stopped it.
      if (isOver) return
      if (ending.kind !== 'lost' || failures >= streamTiming.tries) {
        stop()
        return upkeep.ended(ending)
      }
      const waitMs = Math.min(
        streamTiming.longestWaitMs,
        streamTiming.firstWaitMs * 1.5 ** (failures - 1) * (1 + random() / 2),
      )
      cancelWait = clock.after(waitMs, connect)
    })
  }
  if (!isOver) {
    signal.addEventListener('abort', stop, { once: true })
    connect()
  }
  return { isConnected: () => connection?.isProven() ?? false, stop }
}
