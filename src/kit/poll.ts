import type { Clock } from './clock.ts'

/** Waits between looks: the first, and each next one longer by `factor`, up to the longest. Milliseconds. */
export interface Backoff {
  firstMs: number
  factor: number
  longestMs: number
}

export interface Polling {
  clock: Clock
  signal: AbortSignal
  backoff: Backoff
  /** No look starts after so long; looks go on for ever when absent. */
  withinMs?: number
}

/** Looks again and again, less often as time goes by, until a look gives an answer; undefined when time is up. */
export async function poll<Answer>(
  look: () => Promise<Answer | undefined>,
  { clock, signal, backoff, withinMs = Number.POSITIVE_INFINITY }: Polling,
): Promise<Answer | undefined> {
  const until = clock.now() + withinMs
  for (let waitMs = backoff.firstMs; ; waitMs = Math.min(waitMs * backoff.factor, backoff.longestMs)) {
    const answer = await look()
    if (answer !== undefined) return answer
    if (clock.now() + waitMs > until) return undefined
    await clock.sleep(waitMs, signal)
  }
}
