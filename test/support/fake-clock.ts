import type { Clock } from '../../src/kit/clock.ts'

interface Waiting {
  at: number
  wake: () => void
}

/**
 * A clock that jumps: when everybody waits, it goes straight to the first one's hour. Work over loopback takes no time on it.
 * `after` fires when time passes it, by a sleep or by `advance`.
 */
export class FakeClock implements Clock {
  #now: number
  #sleeping: Waiting[] = []
  #timers = new Set<Waiting>()
  #jumping = false

  constructor(start = Date.UTC(2026, 10, 3, 9, 0, 0)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const waiting: Waiting = {
        at: this.#now + ms,
        wake: () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        },
      }
      const stop = () => {
        this.#sleeping = this.#sleeping.filter((other) => other !== waiting)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
      this.#sleeping.push(waiting)
      this.#jumpSoon()
    })
  }

  after(ms: number, act: () => void): () => void {
    const timer: Waiting = { at: this.#now + ms, wake: act }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets so much time pass at once. */
  advance(ms: number): void {
    this.#moveTo(this.#now + ms)
  }

  #jumpSoon(): void {
    if (this.#jumping) return
    this.#jumping = true
    setImmediate(() => {
      this.#jumping = false
      const first = this.#sleeping.reduce<Waiting | undefined>(
        (soonest, waiting) => (soonest === undefined || waiting.at < soonest.at ? waiting : soonest),
        undefined,
      )
      if (first === undefined) return
      this.#moveTo(Math.max(this.#now, first.at))
      if (this.#sleeping.length > 0) this.#jumpSoon()
    })
  }

  #moveTo(time: number): void {
    this.#now = time
    const due = this.#sleeping.filter((waiting) => waiting.at <= time)
    this.#sleeping = this.#sleeping.filter((waiting) => waiting.at > time)
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at > time) continue
      this.#timers.delete(timer)
      timer.wake()
    }
    for (const waiting of due.sort((a, b) => a.at - b.at)) waiting.wake()
  }
}
