import type { LogRow } from '../platform/log-row.ts'
import type { LogGap } from './log-entry.ts'
import type { LogItem } from './log-item.ts'
import { logTime, millisecondsOf } from './log-time.ts'

export interface MergerLimits {
  /** How long a row waits for older ones. */
  behindMs: number
  /** Rows that wait at the same time; past it the oldest go early. */
  most: number
}

/** A row that claims to be further ahead of our clock is put where it came, and moves nothing. */
const aheadMs = 60_000

/**
 * Puts rows from several places into one order: by time, and at the same moment as they came. A row is given when a row comes that
 * is so much younger, or when it has waited so long; none is ever left out. Our clock only bounds how long: one that is wrong costs
 * time, never a row.
 */
export class RowMerger {
  readonly #limits: MergerLimits
  readonly #waiting = new Heap()
  /** When rows came, and the youngest of those that came then. */
  readonly #arrivals: { at: number; youngest: string }[] = []
  #nth = 0
  /** The youngest moment that came, and the youngest that was given. */
  #youngest = ''
  #given = ''
  /** Rows that were given early because too many waited. */
  early = 0

  constructor(limits: Partial<MergerLimits> = {}) {
    this.#limits = { behindMs: 2_000, most: 50_000, ...limits }
  }

  /** @returns what can be given now. */
  add(rows: readonly LogRow[], now: number): LogItem[] {
    if (rows.length === 0) return []
    const ceiling = logTime(now + aheadMs)
    let youngest = ''
    for (const row of rows) {
      const time = row.time > ceiling ? this.#youngest || logTime(now) : row.time
      if (time > this.#youngest) this.#youngest = time
      if (time > youngest) youngest = time
      this.#waiting.push({ time, nth: ++this.#nth, item: { kind: 'row', row } })
    }
    this.#arrivals.push({ at: now, youngest })
    const items = this.#releaseTo(logTime(Math.min(millisecondsOf(this.#youngest) || now, now) - this.#limits.behindMs))
    while (this.#waiting.size > this.#limits.most) {
      this.early += 1
      this.#release(items)
    }
    this.#forgetArrivals()
    return items
  }

  /** It stands before the first row behind it. */
  addGap(gap: LogGap, now: number): void {
    this.#waiting.push({ time: gap.until, nth: -1, item: { kind: 'gap', gap } })
    this.#arrivals.push({ at: now, youngest: gap.until })
  }

  /** What has waited long enough, whether anything younger came or not. */
  due(now: number): LogItem[] {
    let until = ''
    while (this.#arrivals[0] !== undefined && this.#arrivals[0].at + this.#limits.behindMs <= now) {
      const { youngest } = this.#arrivals[0]
      if (youngest > until) until = youngest
      this.#arrivals.shift()
    }
    return until === '' ? [] : this.#releaseTo(until)
  }

  /** When something will have waited long enough; undefined while nothing waits. */
  nextDueAt(): number | undefined {
    this.#forgetArrivals()
    const [first] = this.#arrivals
    return first === undefined ? undefined : first.at + this.#limits.behindMs
  }

  /** Everything that waits. */
  flush(): LogItem[] {
    this.#arrivals.length = 0
    const items: LogItem[] = []
    while (this.#waiting.size > 0) this.#release(items)
    return items
  }

  #releaseTo(time: string): LogItem[] {
    const items: LogItem[] = []
    while (this.#waiting.first !== undefined && this.#waiting.first.time <= time) this.#release(items)
    return items
  }

  /** Those of which every row was given. */
  #forgetArrivals(): void {
    const { first } = this.#waiting
    if (first === undefined) this.#arrivals.length = 0
    while (first !== undefined && this.#arrivals[0] !== undefined && this.#arrivals[0].youngest < first.time) {
      this.#arrivals.shift()
    }
  }

  #release(items: LogItem[]): void {
    const waiting = this.#waiting.pop()
    if (waiting === undefined) return
    const { time, item } = waiting
    if (item.kind === 'row' && time < this.#given) items.push({ ...item, isLate: true })
    else items.push(item)
    if (time > this.#given) this.#given = time
  }
}

interface Waiting {
  time: string
  nth: number
  item: LogItem
}

/** The oldest first. Rows come nearly in order, so that one more costs next to nothing. */
class Heap {
  readonly #all: Waiting[] = []

  get size(): number {
    return this.#all.length
  }

  get first(): Waiting | undefined {
    return this.#all[0]
  }

  push(waiting: Waiting): void {
    const all = this.#all
    let place = all.length
    all.push(waiting)
    while (place > 0) {
      const above = (place - 1) >> 1
      const other = all[above]
      if (other === undefined || !isBefore(waiting, other)) break
      all[place] = other
      place = above
    }
    all[place] = waiting
  }

  pop(): Waiting | undefined {
    const all = this.#all
    const first = all[0]
    const last = all.pop()
    if (last === undefined || all.length === 0) return first
    let place = 0
    for (;;) {
      const left = all[2 * place + 1]
      const right = all[2 * place + 2]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const smaller = isRight ? right : left
      if (!isBefore(smaller, last)) break
      all[place] = smaller
      place = 2 * place + (isRight ? 2 : 1)
    }
    all[place] = last
    return first
  }
}

function isBefore(one: Waiting, other: Waiting): boolean {
  return one.time < other.time || (one.time === other.time && one.nth < other.nth)
}
