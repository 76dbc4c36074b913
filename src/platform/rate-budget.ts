/** How many requests the platform still allows this token, by its own last word. */
export interface RateBudget {
  /** Undefined where the platform did not say. */
  limit: number | undefined
  remaining: number
}

/** Reads `X-RateLimit-Limit` and `X-RateLimit-Remaining`, which come with every answer (PLATFORM.md §1.6). */
export function rateBudget(headers: { get(name: string): string | null }): RateBudget | undefined {
  const remaining = wholeNumber(headers.get('x-ratelimit-remaining'))
  return remaining === undefined ? undefined : { limit: wholeNumber(headers.get('x-ratelimit-limit')), remaining }
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

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\s*\d+\s*$/.test(text) ? Number(text) : undefined
}
