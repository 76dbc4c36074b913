import type { Clock } from './clock.ts'

/** Waits between looks: the first, and each next one longer by `factor`, up to the longest. Milliseconds. */
export interface Backoff {
  firstMs: number
  factor: number
  longestMs: number
}

/** Word from elsewhere that a look is worth it; it says nothing of what will be seen. */
export interface News {
  /** How long a wait may be while word can be counted on; undefined while it cannot. */
  longestMs(): number | undefined
  /** Calls `act` at each word, and when word can be counted on no more; the returned function ends it. */
  onWord(act: () => void): () => void
}

export interface Polling {
  clock: Clock
  signal: AbortSignal
  backoff: Backoff
  /** No look starts after so long; looks go on for ever when absent. */
  withinMs?: number
  /** Ends a wait early, though never before the shortest one is over. */
  news?: News
}

/**
 * Looks again and again, less often as time goes by, until a look gives an answer; undefined when time is up. The answer is always
 * a look's own, whatever news there is.
 */
export async function poll<Answer>(
  look: () => Promise<Answer | undefined>,
  { clock, signal, backoff, withinMs = Number.POSITIVE_INFINITY, news }: Polling,
): Promise<Answer | undefined> {
  const until = clock.now() + withinMs
  for (let waitMs = backoff.firstMs; ; waitMs = Math.min(waitMs * backoff.factor, backoff.longestMs)) {
    const word = news === undefined ? undefined : listenTo(news)
    try {
      const answer = await look()
      if (answer !== undefined) return answer
      if (clock.now() + waitMs > until) return undefined
      if (word === undefined) await clock.sleep(waitMs, signal)
      else {
        await clock.sleep(backoff.firstMs, signal)
        const longestMs = Math.max(waitMs, word.longestMs() ?? 0)
        await sleepUntil(word.heard, Math.min(longestMs, until - clock.now()) - backoff.firstMs, { clock, signal })
      }
    } finally {
      word?.stop()
    }
  }
}

/** Listens from before a look until after the wait that follows: word that comes during the look counts for the next one. */
function listenTo(news: News) {
  const heard = new AbortController()
  return { heard: heard.signal, longestMs: () => news.longestMs(), stop: news.onWord(() => heard.abort()) }
}

async function sleepUntil(heard: AbortSignal, ms: number, { clock, signal }: Pick<Polling, 'clock' | 'signal'>) {
  if (ms <= 0 || heard.aborted) return
  await clock.sleep(ms, AbortSignal.any([signal, heard])).catch((error: unknown) => {
    if (signal.aborted || !heard.aborted) throw error
  })
}
