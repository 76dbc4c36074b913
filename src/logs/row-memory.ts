import type { LogRow } from '../platform/log-row.ts'
import { justAfter, logTime, millisecondsOf } from './log-time.ts'

export interface MemoryLimits {
  /** How far behind the youngest row a new look begins: late rows must have come by then. */
  overlapMs: number
  /** Rows are remembered for so long behind the youngest one, and at most so many. */
  keepMs: number
  most: number
}

/** Moving what is left is worth it only once in a while; until then the forgotten ones still take room. */
const forgottenAtOnce = 8_000

/**
 * Which rows of one source were given, so that looking again gives none twice. The platform may print the same line twice at the
 * same nanosecond: rows are told apart by number. A row has been printed as often as the look that saw it most often saw it, where
 * a look is a connection from its beginning, or one page of a reading.
 */
export class RowMemory {
  readonly #limits: MemoryLimits
  readonly #given = new Map<string, number>()
  /** How often the connection that stands now will bring what was given before. */
  readonly #owed = new Map<string, number>()
  /** In the order in which they came, from `#forgotten` on. */
  #rows: { time: string; key: string }[] = []
  #forgotten = 0
  /** Nothing from here on has been forgotten. */
  #start: string | undefined
  #youngest = ''

  constructor(limits: Partial<MemoryLimits> = {}) {
    this.#limits = { overlapMs: 10_000, keepMs: 60_000, most: 50_000, ...limits }
  }

  /** The youngest moment of which a row was given. */
  get youngest(): string | undefined {
    return this.#youngest === '' ? undefined : this.#youngest
  }

  /** Nothing older is asked for again. */
  startAt(time: string): void {
    if (this.#start === undefined || time > this.#start) this.#start = time
  }

  /** Where a new look should begin; undefined where nothing is known that it could begin at. */
  overlapFrom(now: number): string | undefined {
    const present = Math.min(millisecondsOf(this.#youngest), now)
    if (Number.isNaN(present)) return this.#start
    const from = logTime(present - this.#limits.overlapMs)
    return this.#start !== undefined && this.#start > from ? this.#start : from
  }

  /** A new connection, which begins with everything from that moment on. */
  begin(from: string | undefined): void {
    this.#owed.clear()
    for (let nth = this.#forgotten; nth < this.#rows.length; nth++) {
      const row = this.#rows[nth]
      if (row !== undefined && (from === undefined || row.time >= from)) count(this.#owed, row.key, 1)
    }
  }

  /** Of rows that the connection brought, those that were not given yet. */
  fromConnection(rows: readonly LogRow[], now: number): LogRow[] {
    const fresh: LogRow[] = []
    for (const row of rows) {
      const key = keyOf(row)
      if (this.#owed.size > 0 && count(this.#owed, key, -1)) continue
      this.#give(row, key)
      fresh.push(row)
    }
    this.#forget(now)
    return fresh
  }

  /** The same for one page of a reading, which holds all rows between its oldest and its youngest. */
  fromPage(rows: readonly LogRow[], now: number): LogRow[] {
    const inPage = new Map<string, number>()
    const fresh: LogRow[] = []
    for (const row of rows) {
      const key = keyOf(row)
      const nth = (inPage.get(key) ?? 0) + 1
      inPage.set(key, nth)
      if (nth <= (this.#given.get(key) ?? 0)) continue
      this.#give(row, key)
      // It may be on its way over the connection, too.
      count(this.#owed, key, 1)
      fresh.push(row)
    }
    this.#forget(now)
    return fresh
  }

  #give(row: LogRow, key: string): void {
    count(this.#given, key, 1)
    this.#rows.push({ time: row.time, key })
    if (row.time > this.#youngest) this.#youngest = row.time
  }

  #forget(now: number): void {
    if (this.#youngest === '') return
    // What bears no time must not keep everything else from being forgotten.
    const present = Math.min(millisecondsOf(this.#youngest) || now, now)
    const [oldest, youngest] = [logTime(present - this.#limits.keepMs), logTime(present)]
    for (;;) {
      const row = this.#rows[this.#forgotten]
      const tooMany = this.#rows.length - this.#forgotten > this.#limits.most
      if (row === undefined || (row.time >= oldest && !tooMany)) break
      this.#forgotten += 1
      count(this.#given, row.key, -1)
      this.#owed.delete(row.key)
      // A row that claims to come from the future says nothing of where the others end.
      if (row.time <= youngest && (this.#start === undefined || row.time >= this.#start)) {
        this.#start = justAfter(row.time)
      }
    }
    if (this.#forgotten >= forgottenAtOnce) {
      this.#rows = this.#rows.slice(this.#forgotten)
      this.#forgotten = 0
    }
  }
}

/** Was there one to take away? */
function count(counts: Map<string, number>, key: string, by: 1 | -1): boolean {
  const before = counts.get(key) ?? 0
  if (before + by > 0) counts.set(key, before + by)
  else counts.delete(key)
  return before > 0
}

/** The deployment instance, time and message tell a row; what the edge wrote has an id of its own besides. */
function keyOf({ time, instanceId, deploymentId, serviceId, message, request }: LogRow): string {
  return `${time}\u0000${instanceId ?? deploymentId ?? serviceId ?? ''}\u0000${request?.id ?? ''}\u0000${message}`
}
