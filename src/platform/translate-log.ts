import { stripVTControlCharacters } from 'node:util'
import type { ObservedHttpRowFragment, ObservedLogRowFragment } from '../contract/types.ts'
import { id } from './ids.ts'
import type { LogRow } from './log-row.ts'

type Redact = (text: string) => string

/** @param redact takes secrets out of what was printed */
export function toLogRow(
  { timestamp, message, severity, attributes, tags }: ObservedLogRowFragment,
  redact: Redact,
): LogRow {
  return {
    time: toNanoseconds(timestamp),
    message: withoutSecrets(message, redact),
    severity: severity ?? undefined,
    attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, toAttribute(value, redact)])),
    serviceId: tags?.serviceId == null ? undefined : id(tags.serviceId),
    deploymentId: tags?.deploymentId == null ? undefined : id(tags.deploymentId),
    instanceId: tags?.deploymentInstanceId ?? undefined,
  }
}

/** An escape sequence may break a secret in two: then the text is told without its colours. */
function withoutSecrets(text: string, redact: Redact): string {
  const safe = redact(text)
  if (!safe.includes('\u001b') && !safe.includes('\u009b')) return safe
  const plain = stripVTControlCharacters(safe)
  const told = redact(plain)
  return told === plain ? safe : told
}

/** A row of the edge reads like a line of an access log. @param redact takes secrets out of what was asked */
export function toHttpRow(row: ObservedHttpRowFragment, redact: Redact): LogRow {
  const path = redact(row.path)
  return {
    time: toNanoseconds(row.timestamp),
    message: `${row.method} ${path} ${row.httpStatus} ${row.totalDuration} ms`,
    severity: undefined,
    attributes: {},
    serviceId: undefined,
    deploymentId: id(row.deploymentId),
    instanceId: row.deploymentInstanceId,
    request: {
      id: row.requestId,
      method: row.method,
      host: row.host,
      path,
      status: row.httpStatus,
      totalMs: row.totalDuration,
      upstreamMs: row.upstreamRqDuration,
      upstreamErrors: redact(row.upstreamErrors),
      region: row.edgeRegion,
    },
  }
}

/** RFC 3339 with nine digits behind the second, in UTC; what is no such time is left as it is. */
export function toNanoseconds(timestamp: string): string {
  const [, seconds, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/i.exec(timestamp) ?? []
  if (seconds === undefined || zone === undefined) return timestamp
  const isUtc = zone === 'Z' || zone === 'z'
  const moment = isUtc ? 0 : Date.parse(`${seconds}${zone}`)
  if (Number.isNaN(moment)) return timestamp
  const inUtc = isUtc ? seconds : new Date(moment).toISOString().slice(0, 19)
  return `${inUtc}.${fraction.slice(0, 9).padEnd(9, '0')}Z`
}

/** The platform tells attributes as JSON (PLATFORM.md §7.2). */
function toAttribute(value: string, redact: Redact): unknown {
  const safe = redact(value)
  try {
    return JSON.parse(safe)
  } catch {
    return safe
  }
}
