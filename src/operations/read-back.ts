import { OperatorError } from '../kit/errors.ts'
import type { LogGap } from '../logs/log-entry.ts'
import { nextPage, oldestOf, rowsInPage } from '../logs/next-page.ts'
import type { LogRow, LogSource } from '../platform/log-row.ts'
import type { Platform } from '../platform/platform.ts'

/** What of a log is read, from the youngest row that is wanted back to the oldest. */
export interface ReadingBack {
  source: LogSource
  filter: string | undefined
  /** The youngest moment; now when absent. */
  anchor?: string | undefined
  /** The oldest moment; as far as the platform remembers when absent. */
  from: string | undefined
  /** Enough rows; as many as there are when absent. */
  lines?: number | undefined
  /** At most so many requests. */
  pages: number
  /** Is a first page that cannot be had a gap too, and no failure? */
  isForgiving: boolean
}

/** Pages overlap where several rows share the moment of a seam. */
export interface RowsRead {
  /** The oldest first. */
  pages: LogRow[][]
  /** The oldest first. */
  gaps: LogGap[]
}

/** Reads page by page, each one request. What cannot be had is a gap; only the first page's failure is thrown. */
export async function readBack(asked: ReadingBack, { readLogRows }: Pick<Platform, 'readLogRows'>): Promise<RowsRead> {
  const { source, filter, from, lines = Number.POSITIVE_INFINITY } = asked
  const read: RowsRead = { pages: [], gaps: [] }
  let { anchor } = asked
  for (let found = 0; ; ) {
    // Later pages begin with rows that are known.
    const rows = read.pages.length === 0 ? Math.min(rowsInPage, lines) : rowsInPage
    let page: LogRow[]
    try {
      page = await readLogRows(source, {
        before: rows,
        after: 0,
        ...(filter === undefined ? {} : { filter }),
        ...(anchor === undefined ? {} : { anchor }),
        ...(from === undefined ? {} : { from }),
      })
    } catch (error) {
      const isFirst = read.pages.length === 0 && !asked.isForgiving
      if (!(error instanceof OperatorError) || error.kind === 'interrupted' || isFirst) throw error
      read.gaps.unshift({ from: from ?? anchor ?? '', until: anchor ?? '', because: error.message })
      return read
    }
    const [before] = read.pages
    read.pages.unshift(page)
    found += page.length - (before?.filter(({ time }) => time === anchor).length ?? 0)
    if (found >= lines) return read
    const next = nextPage(page, { anchor, from, rows })
    if (next.crowded !== undefined) {
      const { crowded } = next
      read.gaps.unshift({ from: crowded, until: crowded, because: `more than ${rows} lines of this moment` })
    }
    if (next.anchor === undefined) return read
    if (read.pages.length >= asked.pages) {
      const until = oldestOf(page) ?? next.anchor
      const because = `more lines than ${asked.pages} answers of ${rowsInPage} hold`
      read.gaps.unshift({ from: from ?? until, until, because })
      return read
    }
    anchor = next.anchor
  }
}
