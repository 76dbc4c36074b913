interface Timed {
  /** From `timeText`: as texts, times compare as they are. */
  time: string
}

/** Moments are `timeText`s, and belong to the range themselves. */
export interface LedgerWindow {
  anchor: string
  /** At most so many rows up to the anchor, the newest of them, and none older than `from`. */
  before: number
  from: string | undefined
  /** At most so many rows behind the anchor, the oldest of them, and none younger than `until`. */
  after: number
  until: string | undefined
}

/**
 * Rows by their times; of equal times the one that came first stands first. Adding one costs the same however many there are, and
 * the oldest are forgotten.
 */
export class Ledger<Row extends Timed> {
  readonly #most: number
  #rows: Row[] = []
  /** Rows before this one are forgotten already. */
  #first = 0

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#rows.length - this.#first
  }

  get last(): Row | undefined {
    return this.#rows.at(-1)
  }

  add(row: Row): void {
    const rows = this.#rows
    const last = rows.at(-1)
    if (last === undefined || last.time <= row.time) rows.push(row)
    else rows.splice(this.#firstAfter(row.time), 0, row)
    if (this.size <= this.#most) return
    this.#first += 1
    // Moving all rows is worth it only once in a while.
    if (this.#first < this.#most) return
    this.#rows = rows.slice(this.#first)
    this.#first = 0
  }

  rows(): Row[] {
    return this.#rows.slice(this.#first)
  }

  /** Rows of a time, the oldest first. */
  *between(from: string, until: string): Generator<Row> {
    for (let index = this.#firstFrom(from); index < this.#rows.length; index++) {
      const row = this.#rows[index]
      if (row === undefined || row.time > until) return
      yield row
    }
  }

  /** The rows of a window that pass, the oldest first. */
  around(window: LedgerWindow, passes: (row: Row) => boolean): Row[] {
    const { anchor, before, from, after, until } = window
    const behind = this.#firstAfter(anchor)
    const older: Row[] = []
    for (let index = behind - 1; index >= this.#first && older.length < before; index--) {
      const row = this.#rows[index]
      if (row === undefined || (from !== undefined && row.time < from)) break
      if (passes(row)) older.push(row)
    }
    const younger: Row[] = []
    for (let index = behind; index < this.#rows.length && younger.length < after; index++) {
      const row = this.#rows[index]
      if (row === undefined || (until !== undefined && row.time > until)) break
      if (passes(row)) younger.push(row)
    }
    return [...older.reverse(), ...younger]
  }

  /** The index of the first row with a later time. */
  #firstAfter(time: string): number {
    return this.#firstWhere((row) => row.time > time)
  }

  #firstFrom(time: string): number {
    return this.#firstWhere((row) => row.time >= time)
  }

  #firstWhere(isBehind: (row: Row) => boolean): number {
    let low = this.#first
    let high = this.#rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const row = this.#rows[middle]
      if (row !== undefined && !isBehind(row)) low = middle + 1
      else high = middle
    }
    return low
  }
}
