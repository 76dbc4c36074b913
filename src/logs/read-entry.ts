import { isRecord } from '../kit/json.ts'
import type { LogRow } from '../platform/log-row.ts'
import { plainText } from './joining.ts'
import { levelInFields, levelInText, levelOfPlatform } from './level-in-text.ts'
import type { LogEntry, LogLevel } from './log-entry.ts'
import { redactFields } from './redact-by-shape.ts'
import type { RowGroup } from './regrouping.ts'
import { thrownIn, thrownInFields } from './thrown.ts'

/** What holds the message or the level of a structured line is told as such, and not once more as a field. */
const toldFields = new Set(['message', 'msg', 'level', 'level_name', 'levelname', 'severity'])

/** Reads one thing that was said. @param nameOf the service of an id, where one is there */
export function readEntry({ shape, rows }: RowGroup, nameOf: (row: LogRow) => string | null): LogEntry | undefined {
  const [first] = rows
  if (first === undefined) return undefined
  const said = rows.length === 1 ? first.message : rows.map(({ message }) => message).join('\n')
  const json = shape === 'json' || shape === 'line' ? jsonIn(said) : undefined
  const written = json?.fields
  const structured = written ?? first.attributes
  const message =
    json === undefined ? (shape === 'wrapped' ? unwrapped(rows) : said) : (messageOf(json.fields) ?? json.text)
  const thrown = thrownInFields(structured) ?? thrownIn(shape, message)
  return {
    time: first.time,
    service: nameOf(first),
    deploymentId: first.deploymentId ?? null,
    instanceId: first.instanceId ?? null,
    level: levelOf(shape, first, written, message),
    message,
    fields: fieldsOf(first.attributes, written),
    ...(thrown === undefined ? {} : { thrown }),
    ...(first.request === undefined ? {} : { request: first.request }),
  }
}

function levelOf(
  shape: RowGroup['shape'],
  { attributes, severity, request }: LogRow,
  written: Record<string, unknown> | undefined,
  message: string,
): LogLevel {
  if (request !== undefined) return request.status >= 500 ? 'error' : request.status >= 400 ? 'warn' : 'info'
  const bySelf = written === undefined ? undefined : levelInFields(written)
  // The platform's own word follows the stream; a logger's name for the level, which it passes on, does not.
  const byLogger = Object.hasOwn(attributes, 'level_name') ? levelInFields(attributes) : undefined
  const byText = bySelf ?? byLogger ?? levelInText(plainText(message))
  if (byText !== undefined) return byText
  return shape === 'orphans' ? 'error' : levelOfPlatform(attributes, severity)
}

interface WrittenJson {
  fields: Record<string, unknown>
  /** As it was written, unless its names say that something of it is secret. */
  text: string
}

/** A line as it was written, unless it is JSON whose names say that something of it is secret. */
export function withoutNamedSecrets(line: string): string {
  const value = objectIn(line)
  return value === undefined ? line : safeText(line, value, redactFields(value))
}

function jsonIn(text: string): WrittenJson | undefined {
  const value = objectIn(text)
  if (value === undefined) return undefined
  const fields = redactFields(value)
  return { fields, text: messageOf(fields) === undefined ? safeText(text, value, fields) : text }
}

/** The object that a line consists of; undefined for every other line. */
function objectIn(text: string): Record<string, unknown> | undefined {
  const line = text.trim()
  if (!line.startsWith('{') || !line.endsWith('}')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function safeText(text: string, value: Record<string, unknown>, fields: Record<string, unknown>): string {
  const safe = JSON.stringify(fields)
  try {
    return JSON.stringify(value) === safe ? text : safe
  } catch {
    // Nested too deep to be written again; the safe one is not.
    return safe
  }
}

function messageOf(fields: Readonly<Record<string, unknown>>): string | undefined {
  const message = Object.hasOwn(fields, 'message')
    ? fields.message
    : Object.hasOwn(fields, 'msg')
      ? fields.msg
      : undefined
  return typeof message === 'string' ? message : undefined
}

function fieldsOf(
  attributes: Readonly<Record<string, unknown>>,
  written: Record<string, unknown> | undefined,
): Record<string, unknown> {
  const all = [...Object.entries(attributes), ...Object.entries(written ?? {})]
  // A JSON line without a message is shown as it is; its message must stay readable from its fields too.
  return Object.fromEntries(all.filter(([name, value]) => !toldFields.has(name) || isRecord(value)))
}

/** The first line stays; what was broken below it is put together again. */
function unwrapped(rows: readonly LogRow[]): string {
  const [head = '', ...words] = rows.map(({ message }) => plainText(message).trim())
  const text = words.filter((line) => line !== '').join(' ')
  return text === '' ? head : `${head}\n${text}`
}
