import { clipped, printable } from '../kit/text.ts'
import type { LogRow } from '../platform/log-row.ts'
import { readEntry, withoutNamedSecrets } from './read-entry.ts'
import { createRowRedactor } from './redact-by-shape.ts'

/** One line that a build or a container printed, safe to show: one line, nothing a terminal obeys, secrets out. */
export interface LogLine {
  /** RFC 3339 in UTC, with nine digits behind the second. */
  time: string
  message: string
  /** By its own words; the platform's word counts only where it has none. */
  isError: boolean
}

const longestLine = 1_000

/** A log as it was printed, a line a row: for a look at its end, where nothing is put together and nothing is left out. */
export function logLines(rows: readonly LogRow[]): LogLine[] {
  const redact = createRowRedactor()
  // An escape sequence could hide the shape of a secret.
  return rows.map((row) => toLine(redact({ ...row, message: printable(row.message) })))
}

function toLine(row: LogRow): LogLine {
  return {
    time: clipped(row.time, 40),
    message: clipped(withoutNamedSecrets(row.message), longestLine),
    isError: readEntry({ shape: 'line', rows: [row] }, () => null)?.level === 'error',
  }
}
