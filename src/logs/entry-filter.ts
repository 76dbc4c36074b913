import { stripVTControlCharacters } from 'node:util'
import type { LogEntry, LogLevel } from './log-entry.ts'

/** From the least to the worst. */
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** What is asked of entries that the platform cannot judge: it tells rows, and gives them levels of its own. */
export interface EntryFilter {
  /** This bad and worse. */
  level?: LogLevel
  /** Of any line of the message, or of a text among the fields. */
  grep?: (text: string) => boolean
  /** Names; none means all of them. */
  services?: readonly string[]
}

/** Does more than the platform's own filter decide what passes? */
export function isSifted({ level, grep }: EntryFilter): boolean {
  return level !== undefined || grep !== undefined
}

/** Does an entry pass, as a whole? */
export function passes(entry: LogEntry, { level, grep, services = [] }: EntryFilter): boolean {
  if (level !== undefined && logLevels.indexOf(entry.level) < logLevels.indexOf(level)) return false
  if (services.length > 0 && (entry.service === null || !services.includes(entry.service))) return false
  // As it is read: a colour in the middle of a phrase parts it for nobody.
  if (grep === undefined || grep(stripVTControlCharacters(entry.message))) return true
  return Object.values(entry.fields).some((value) => grep(typeof value === 'string' ? value : JSON.stringify(value)))
}
