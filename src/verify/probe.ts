/** The door to what we deployed: one measured request over HTTP, never with credentials. */
export interface Probe {
  /** Never throws for what the network or the app does; that is an answer too. */
  get(url: string, timeoutMs: number): Promise<ProbeAnswer>
}

/** What one request found. */
export type ProbeAnswer =
  | {
      kind: 'answered'
      status: number
      /** The edge answered for the app, because nothing listens where it looks (`x-railway-fallback`). */
      isFallback: boolean
      elapsedMs: number
      /** Looked up without regard to case; null where the answer has none of that name. */
      header(name: string): string | null
      /** As text; absent when it is longer than any answer that we read. */
      body?: string
    }
  | { kind: 'unanswered'; reason: string; elapsedMs: number }
  /** There was no way to ask, so nothing is known about the app. */
  | { kind: 'unasked'; reason: string }
