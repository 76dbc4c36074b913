import { createErrorGroups, type ErrorGroup } from '../logs/group-errors.ts'
import { createReading, type ToldLog } from '../logs/reading.ts'
import { followLogs } from './follow-logs.ts'
import { type EntryRequest, rowRequest } from './newest-entries.ts'
import type { TailNeeds } from './tail-log.ts'

export interface ErrorsCounted {
  /** Rows that were looked through. */
  lines: number
  gaps: number
  errors: ErrorGroup[]
}

/** Looks through what was said and counts the errors of it. An abort is thrown: half a count looks like a whole one. */
export async function countErrors(request: EntryRequest, needs: TailNeeds): Promise<ErrorsCounted> {
  const groups = createErrorGroups()
  const reading = createReading(request.filter, request.places.nameOf)
  const count = (told: readonly ToldLog[]) => {
    for (const one of told) if (one.kind === 'entry') groups.take(one.entry)
  }
  const { gaps, rows } = await followLogs(rowRequest(request, request.lines), {
    ...needs,
    tell: (items) => count(reading.take(items)),
  })
  needs.signal.throwIfAborted()
  count(reading.end())
  return { lines: rows, gaps, errors: groups.groups() }
}
