import { isRecord } from '../kit/json.ts'
import type { LogRow } from '../platform/log-row.ts'

const framework = /\b[a-z][\w-]{0,30}\.(ERROR|CRITICAL|ALERT|EMERGENCY):/
const fatal = /\b(?:PHP Fatal error|Uncaught \w|entered FATAL state)|\bSQLSTATE\[/
/** php-fpm and nginx write what is no error to where errors go. */
const noise =
  /\bNOTICE:|"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) [^"]*" [1-4]\d\d\b|\bINFO\b|\bDEBUG\b|\bWARN(?:ING)?\b/
/** The rows of a stack trace belong to the error before them. */
const trace = /^\s*(?:#\d+ |at |\[stacktrace\]|"\}|Stack trace:)/

/**
 * Does a row say that something went wrong? Judged by its words first: the platform calls whatever is written to stderr an error,
 * and the application's own errors information. Pure.
 */
export function isErrorLine({ message, severity, attributes }: LogRow): boolean {
  if (trace.test(message)) return false
  const level = levelIn(parsed(message)) ?? levelIn(attributes)
  if (level !== undefined && /^(error|critical|alert|emergency|fatal)$/i.test(level) && level !== 'error') return true
  if (framework.test(message) || fatal.test(message)) return true
  if (noise.test(message)) return false
  return (level ?? severity ?? '').toLowerCase() === 'error'
}

/** Structured lines say a level of their own. */
function levelIn(fields: unknown): string | undefined {
  if (!isRecord(fields)) return undefined
  const said = fields.level_name ?? fields.level
  return typeof said === 'string' ? said : undefined
}

function parsed(message: string): unknown {
  if (!message.startsWith('{')) return undefined
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
