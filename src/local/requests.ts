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

export type RequestHook = (request: RequestRecord) => Misfortune | undefined

/** Every request so far, in order, and the hooks that are asked about each. */
export class RequestLog {
  readonly records: RequestRecord[] = []
  readonly #hooks = new Set<RequestHook>()

  /** The first hook with something to say decides. The returned function takes the hook away again. */
  onRequest(hook: RequestHook): () => void {
    // Wrapped, so that the same function can be given twice.
    const own: RequestHook = (request) => hook(request)
    this.#hooks.add(own)
    return () => this.#hooks.delete(own)
  }

  arrived(record: RequestRecord): Misfortune | undefined {
    this.records.push(record)
    for (const hook of this.#hooks) {
      const misfortune = hook(record)
      if (misfortune !== undefined) return misfortune
    }
    return undefined
  }
}
