import type { Clock } from '../kit/clock.ts'

interface Entry {
  at: number
  act: () => void
}

/**
 * What is due when. Nothing here waits: whoever looks at the world calls `catchUp`, and everything due by then happens, in
 * order, each thing at its own hour. So a fake clock can jump a day and a real one needs no timers.
 */
export class Agenda {
  readonly #clock: Clock
  readonly #entries: Entry[] = []
  #now: number
  #lastMoment = 0
  #planned = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
    this.#now = clock.now()
  }

  /** The hour the world stands at: while it catches up, that of the thing that happens. */
  now(): number {
    return this.#now
  }

  /** The hour that it is: ahead of the world's while that catches up. */
  present(): number {
    return Math.max(this.#now, this.#clock.now())
  }

  /** Now, but never the same twice: of two things that were made it can be told which came first. */
  moment(): number {
    this.#lastMoment = Math.max(this.#now, this.#lastMoment + 1)
    return this.#lastMoment
  }

  /** Things due at the same moment happen in the order in which they were planned. */
  in(ms: number, act: () => void): void {
    const at = this.#now + ms
    const later = this.#entries.findIndex((entry) => entry.at > at)
    this.#entries.splice(later === -1 ? this.#entries.length : later, 0, { at, act })
    this.#planned()
  }

  /** When the next thing is due. */
  nextAt(): number | undefined {
    return this.#entries[0]?.at
  }

  /** Called whenever something was planned. */
  onPlanned(act: () => void): void {
    this.#planned = act
  }

  catchUp(): void {
    const until = this.present()
    for (let next = this.#entries[0]; next !== undefined && next.at <= until; next = this.#entries[0]) {
      this.#entries.shift()
      this.#now = next.at
      next.act()
    }
    this.#now = until
  }
}
