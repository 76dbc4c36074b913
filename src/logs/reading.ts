import type { LogRow } from '../platform/log-row.ts'
import { type EntryFilter, passes } from './entry-filter.ts'
import type { LogEntry, LogGap } from './log-entry.ts'
import type { LogItem } from './log-item.ts'
import { millisecondsOf } from './log-time.ts'
import { readEntry } from './read-entry.ts'
import { createRowRedactor } from './redact-by-shape.ts'
import { createRegrouping, type RowGroup } from './regrouping.ts'

/** One thing of a log as it is told. */
export type ToldLog = { kind: 'entry'; entry: LogEntry } | { kind: 'gap'; gap: LogGap }

/** Reads rows as they come: secrets out, what belongs together put together, and only what was asked for. */
export interface Reading {
  take(items: readonly LogItem[]): ToldLog[]
  /** What is over because for so long nothing more of it was said, while nothing else was either. */
  quietFor(ms: number): ToldLog[]
  end(): ToldLog[]
}

/** @param nameOf the service that a row is of, as far as one is known */
export function createReading(filter: EntryFilter, nameOf: (row: LogRow) => string | null): Reading {
  const redact = createRowRedactor()
  const regrouping = createRegrouping()
  let newest = ''
  const read = (groups: readonly RowGroup[], told: ToldLog[]) => {
    for (const group of groups) {
      const entry = readEntry(group, nameOf)
      if (entry !== undefined && passes(entry, filter)) told.push({ kind: 'entry', entry })
    }
  }
  return {
    take(items) {
      const told: ToldLog[] = []
      let rows: LogRow[] = []
      for (const item of items) {
        if (item.kind === 'row') {
          if (item.row.time > newest) newest = item.row.time
          rows.push(redact(item.row))
          continue
        }
        // What is missing may be the rest of what is open.
        read(regrouping.take(rows), told)
        read(regrouping.end(), told)
        rows = []
        told.push(item)
      }
      read(regrouping.take(rows), told)
      return told
    },
    quietFor(ms) {
      const told: ToldLog[] = []
      const at = millisecondsOf(newest)
      // A row that bears no time cannot say when anything else is over.
      read(regrouping.passed(Number.isNaN(at) ? Number.POSITIVE_INFINITY : at + ms), told)
      return told
    },
    end() {
      const told: ToldLog[] = []
      read(regrouping.end(), told)
      return told
    },
  }
}

export function entriesIn(told: readonly ToldLog[]): number {
  return told.filter(({ kind }) => kind === 'entry').length
}

/** The newest so many entries, with the gaps from the first of them on. */
export function newestOf(told: readonly ToldLog[], entries: number): ToldLog[] {
  let more = entriesIn(told) - entries
  if (more <= 0) return [...told]
  const from = told.findIndex(({ kind }) => kind === 'entry' && more-- === 0)
  return from === -1 ? [] : told.slice(from)
}
