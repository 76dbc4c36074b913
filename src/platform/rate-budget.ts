/** How many requests the platform still allows this token, by its own last word. */
export interface RateBudget {
  /** Undefined where the platform did not say. */
  limit: number | undefined
  remaining: number
  /** When all of them are there again, in milliseconds since the epoch; undefined where that was not said, or not understood. */
  resetsAt: number | undefined
}

/** Reads `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`, which come with every answer (PLATFORM.md §1.6). */
export function rateBudget(headers: { get(name: string): string | null }): RateBudget | undefined {
  const remaining = wholeNumber(headers.get('x-ratelimit-remaining'))
  if (remaining === undefined) return undefined
  const limit = wholeNumber(headers.get('x-ratelimit-limit'))
  return { limit, remaining, resetsAt: momentIn(headers.get('x-ratelimit-reset')) }
}

/** `Retry-After` in milliseconds: whole seconds by PLATFORM.md §1.5; the date that HTTP allows too is measured from `now`. */
export function retryAfterMs(headers: { get(name: string): string | null }, now: number): number | undefined {
  const text = headers.get('retry-after')
  if (text === null) return undefined
  const seconds = wholeNumber(text)
  if (seconds !== undefined) return seconds * 1000
  const until = Date.parse(text)
  return Number.isNaN(until) ? undefined : Math.max(0, until - now)
}

/** The format is not documented (PLATFORM.md §1.6): Unix seconds, milliseconds or a date are understood, and nothing is guessed. */
function momentIn(text: string | null): number | undefined {
  const amount = wholeNumber(text)
  if (amount !== undefined) return amount < 1e9 ? undefined : amount < 1e11 ? amount * 1000 : amount
  const moment = Date.parse(text ?? '')
  return Number.isNaN(moment) ? undefined : moment
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\s*\d+\s*$/.test(text) ? Number(text) : undefined
}
