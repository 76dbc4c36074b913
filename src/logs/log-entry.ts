import type { LoggedRequest } from '../platform/log-row.ts'

/** How bad it is by its own words; the platform's word counts only where the text has none. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One thing that was said: a row, or the rows of one stack trace, wrapped line or JSON object put together. */
export interface LogEntry {
  /** Of its first row: RFC 3339 in UTC with nine digits behind the second. */
  time: string
  /** By name; null where the platform does not say, or names none that is there. */
  service: string | null
  deploymentId: string | null
  instanceId: string | null
  level: LogLevel
  /** What was said, in its own lines; may hold anything but known secrets, and is not safe to show. */
  message: string
  /** What a structured line held besides its message and level. */
  fields: Readonly<Record<string, unknown>>
  /** Where something was thrown, if it says so. */
  thrown?: { exception: string; place: string | null }
  /** Only of what the edge logged. */
  request?: LoggedRequest
}

/** Lines that are missing, or may be: from one moment to another, both RFC 3339. */
export interface LogGap {
  from: string
  until: string
  /** Why they could not be had, in a few words. */
  because: string
}
