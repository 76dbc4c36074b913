import { isRecord } from '../kit/json.ts'
import type { Severity } from './model.ts'

interface ReadLine {
  message: string
  severity: Severity
  attributes: Record<string, unknown>
}

const words: Readonly<Record<string, Severity>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  information: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  err: 'error',
  error: 'error',
  fatal: 'error',
  critical: 'error',
  alert: 'error',
  emergency: 'error',
}

/** The platform's word for a level, whatever the service calls it; undefined when it is no level. */
export function normalLevel(level: unknown): Severity | undefined {
  return typeof level === 'string' ? words[level.toLowerCase()] : undefined
}

/**
 * A line as the platform keeps it: a JSON object with a message becomes that message, its level and its attributes; anything else
 * stays as it is. @param severity of a line that says none
 */
export function readPrintedLine(line: string, severity: Severity): ReadLine {
  const object = parsed(line)
  if (object === undefined) return { message: line, severity, attributes: {} }
  const key = typeof object.message === 'string' ? 'message' : 'msg'
  const { [key]: message, level, ...attributes } = object
  if (typeof message !== 'string') return { message: line, severity, attributes: {} }
  return { message, severity: normalLevel(level) ?? severity, attributes }
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (!/^\s*\{.*\}\s*$/.test(line)) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
