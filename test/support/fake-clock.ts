import type { Clock } from '../../src/kit/clock.ts'

interface Waiting {
  at: number
  wake: () => void
}

/** Turns of the event loop before a jump: what is on its way over loopback arrives first, and whoever it wakes sleeps no more. */
const turnsBeforeJump = 12

/**
 * A clock that jumps: when somebody sleeps, it goes straight to the first hour at which something is due. Work over loopback
 * takes no time on it. `after` alone moves nothing; it fires at its own hour when a sleep passes it, and late on `advance`.
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
    let turns = turnsBeforeJump
    const turn = () => {
      turns -= 1
      if (turns > 0) {
        setImmediate(turn)
        return
      }
      this.#jumping = false
      if (this.#sleeping.length === 0) return
      const first = Math.min(...[...this.#sleeping, ...this.#timers].map(({ at }) => at))
      this.#moveTo(Math.max(this.#now, first))
      if (this.#sleeping.length > 0) this.#jumpSoon()
    }
    setImmediate(turn)
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
