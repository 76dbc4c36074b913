/** The door to time. Everything that waits or asks for the hour takes one of these, so that a test decides how fast time goes. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after so many milliseconds; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `act` once after so many milliseconds, unless the returned function is called first. Holds no process open. */
  after(ms: number, act: () => void): () => void
}

/** The clock on the wall. */
export const wallClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      signal?.addEventListener('abort', stop, { once: true })
    }),
  after: (ms, act) => {
    const timer = setTimeout(act, ms)
    timer.unref()
    return () => clearTimeout(timer)
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
