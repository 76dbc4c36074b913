import type { LogRow } from '../platform/log-row.ts'
import { justBefore } from './log-time.ts'

/** As many rows as the platform gives in one answer (PLATFORM.md §7.1). */
export const rowsInPage = 5_000

export interface AskedPage {
  /** The page holds rows up to this moment; up to now when absent. */
  anchor: string | undefined
  /** What is older is not wanted. */
  from: string | undefined
  rows: number
}

export interface NextPage {
  /** Of the next older page; undefined where nothing older is left to ask for. */
  anchor: string | undefined
  /** A moment of which more was printed than fits in a page: the rest of it cannot be had. */
  crowded?: string
}

/** What to ask for after a page: it is anchored at the oldest row, whose moment may have more rows than the page held. */
export function nextPage(page: readonly LogRow[], { anchor, from, rows }: AskedPage): NextPage {
  const oldest = oldestOf(page)
  if (oldest === undefined || page.length < rows || (from !== undefined && oldest < from)) return { anchor: undefined }
  if (anchor === undefined || oldest < anchor) return { anchor: oldest }
  const older = justBefore(oldest)
  const isLast = older === oldest || (from !== undefined && older < from)
  return { anchor: isLast ? undefined : older, crowded: oldest }
}

export function oldestOf(rows: readonly LogRow[]): string | undefined {
  let oldest = rows[0]?.time
  for (const { time } of rows) if (oldest !== undefined && time < oldest) oldest = time
  return oldest
}
