/** The door to time. Everything that waits or asks for the hour takes one of these, so that a test decides how fast time goes. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after so many milliseconds; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `act` once after so many milliseconds, unless the returned function is called first. Holds no process open. */
  after(ms: number, act: () => void): () => void
}

/** Timers count no further, nearly 25 days: what is longer would be over at once. */
const longestTimerMs = 2 ** 31 - 1

function timer(act: () => void, ms: number) {
  return setTimeout(act, Math.min(ms, longestTimerMs))
}

/** The clock on the wall. A wait of months ends after 25 days. */
export const wallClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stop = () => {
        clearTimeout(waiting)
        reject(signal?.reason)
      }
      const waiting = timer(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      signal?.addEventListener('abort', stop, { once: true })
    }),
  after: (ms, act) => {
    const waiting = timer(act, ms)
    waiting.unref()
    return () => clearTimeout(waiting)
  },
}

/** The same clock, but its time passes so many times faster, from now on. */
export function faster(clock: Clock, factor: number): Clock {
  const start = clock.now()
  return {
    now: () => start + (clock.now() - start) * factor,
    sleep: (ms, signal) => clock.sleep(ms / factor, signal),
    after: (ms, act) => clock.after(ms / factor, act),
  }
}
