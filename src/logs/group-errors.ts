import { plainText } from './joining.ts'
import type { LogEntry } from './log-entry.ts'

/** Errors that are one and the same, as far as their words tell. */
export interface ErrorGroup {
  /** The class that was thrown; null where nothing says so. */
  exception: string | null
  /** `file:line`; null where nothing says so. */
  place: string | null
  /** What was said, with what differs from time to time left out. */
  summary: string
  count: number
  /** RFC 3339. */
  first: string
  last: string
  services: string[]
  /** The message of the newest one, whole. */
  sample: string
}

/** More kinds of errors than anybody reads; the rest is counted as one. */
const mostGroups = 1_000
const longestSummary = 300

/** Collects errors by exception and place, or by their words where they name none. */
export function createErrorGroups(): { take(entry: LogEntry): void; groups(): ErrorGroup[] } {
  const groups = new Map<string, ErrorGroup>()
  return {
    take(entry) {
      if (entry.level !== 'error') return
      const summary = summarised(entry.message)
      const { exception = null, place = null } = entry.thrown ?? {}
      const own = exception === null ? `text ${summary}` : `thrown ${exception} at ${place ?? summary}`
      const key = groups.has(own) || groups.size < mostGroups ? own : 'others'
      const group = groups.get(key)
      if (group === undefined) {
        groups.set(key, {
          exception: key === 'others' ? null : exception,
          place: key === 'others' ? null : place,
          summary: key === 'others' ? 'other errors' : summary,
          count: 1,
          first: entry.time,
          last: entry.time,
          services: entry.service === null ? [] : [entry.service],
          sample: entry.message,
        })
        return
      }
      group.count += 1
      if (entry.time < group.first) group.first = entry.time
      if (entry.time >= group.last) {
        group.last = entry.time
        group.sample = entry.message
      }
      if (entry.service !== null && !group.services.includes(entry.service)) group.services.push(entry.service)
    },
    /** The most frequent first; among equals, the newest. */
    groups: () => [...groups.values()].sort((a, b) => b.count - a.count || (a.last < b.last ? 1 : -1)),
  }
}

/** The first line of a message without its time, its level and whatever differs from one time to the next. */
export function summarised(message: string): string {
  const [head = '', below = ''] = plainText(message.slice(0, 4_000)).split('\n')
  const line = /^In [\w.-]{1,100} line \d+:$/.test(head) ? below : head
  return line
    .replace(/^\[\d{4}-\d\d-\d\d[ T][^\]]{1,40}\] [\w-]{1,60}\.[A-Z]+: /, '')
    .replace(/ \{"(?:exception|[\w]{1,60})":.*$/, '')
    .replace(/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, '<id>')
    .replace(/"[^"]{0,1000}"|'[^']{0,1000}'/g, '<text>')
    .replace(/\b(?=[a-f]{0,64}\d)[0-9a-f]{8,64}\b/gi, '<hash>')
    .replace(/\d+(?:[.,:]\d+)*/g, '<n>')
    .trim()
    .slice(0, longestSummary)
}
