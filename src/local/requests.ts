import type { IncomingHttpHeaders } from 'node:http'

/** One GraphQL request as it arrived. Headers and variables hold what the client sent, secrets included. */
export interface RequestRecord {
  operationName: string | undefined
  kind: 'query' | 'mutation'
  variables: Record<string, unknown>
  headers: IncomingHttpHeaders
}

/** What can happen to a request: the connection lost before or after it was carried out, time, another answer, no answer. */
export type Misfortune =
  | { kind: 'drop-before' }
  | { kind: 'drop-after' }
  | { kind: 'delay'; ms: number }
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body: string }
  | { kind: 'hang' }
  /** Carried out, and nobody ever hears of it; `whenDone` is called when it is. */
  | { kind: 'hang-after'; whenDone?: () => void }

export type RequestHook = Hook<RequestRecord, Misfortune>

/** Something a socket does: it asks to be opened (message 0), or the platform is about to send its next message. */
export interface SocketMoment {
  /** Of this platform, from 1. */
  socket: number
  /** Of this socket; 0 is the upgrade. */
  message: number
  /** `upgrade`, or the message's own. */
  type: string
  /** What is about to be sent; empty for an upgrade, and for what is past. */
  text: string
  headers: IncomingHttpHeaders
}

/**
 * What can happen to a socket: it is cut, or the upgrade refused; it falls silent for good while it stays open; the message takes
 * time, and so do those behind it; it is another one; it comes late, behind those that follow it; or it comes twice.
 */
export type SocketMisfortune =
  | { kind: 'cut' }
  | { kind: 'refuse'; status: number }
  | { kind: 'silence' }
  | { kind: 'delay'; ms: number }
  | { kind: 'message'; text: string }
  | { kind: 'late'; ms: number }
  /** The second time after so long; 0: at once. */
  | { kind: 'twice'; ms: number }

export type SocketHook = Hook<SocketMoment, SocketMisfortune>

type Hook<Moment, Trouble> = (moment: Moment) => Trouble | undefined

/** Everything so far, in order, and the hooks that are asked about each. */
class HookedLog<Moment, Trouble> {
  readonly records: Moment[] = []
  readonly #hooks = new Set<Hook<Moment, Trouble>>()

  /** The first hook with something to say decides. The returned function takes the hook away again. */
  on(hook: Hook<Moment, Trouble>): () => void {
    // Wrapped, so that the same function can be given twice.
    const own: Hook<Moment, Trouble> = (moment) => hook(moment)
    this.#hooks.add(own)
    return () => this.#hooks.delete(own)
  }

  protected record(moment: Moment): void {
    this.records.push(moment)
  }

  arrived(moment: Moment): Trouble | undefined {
    this.record(moment)
    for (const hook of this.#hooks) {
      const trouble = hook(moment)
      if (trouble !== undefined) return trouble
    }
    return undefined
  }
}

/** The GraphQL requests. */
export class RequestLog extends HookedLog<RequestRecord, Misfortune> {}

/** The WebSockets, message by message. */
export class SocketLog extends HookedLog<SocketMoment, SocketMisfortune> {
  /** Without the texts: a log that is followed for long would be kept here once more. */
  protected override record(moment: SocketMoment): void {
    super.record({ ...moment, text: '' })
  }
}
