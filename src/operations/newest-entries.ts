import { type EntryFilter, isSifted } from '../logs/entry-filter.ts'
import { logTime } from '../logs/log-time.ts'
import { createReading, entriesIn, newestOf, type ToldLog } from '../logs/reading.ts'
import { followLogs, type LogRequest } from './follow-logs.ts'
import type { LogPlaces } from './log-places.ts'
import type { TailNeeds } from './tail-log.ts'

/** Which entries of a log are wanted. Moments are milliseconds. */
export interface EntryRequest {
  places: Pick<LogPlaces, 'sources' | 'filter' | 'nameOf'>
  filter: EntryFilter
  since: number | undefined
  until: number | undefined
  /** Of what was said before now, the newest so many; undefined means all since `since`. */
  lines: number | undefined
}

/** How many rows are looked through for those that pass, one step after the other; then all that the platform remembers. */
const rowsLookedThrough = [5_000, 40_000, undefined]

/** What was said: looked through in larger and larger steps where only some of it passes. An abort gives what had come by then. */
export async function newestEntries(request: EntryRequest, needs: TailNeeds): Promise<ToldLog[]> {
  const { filter, lines, places } = request
  const steps = lines === undefined || !isSifted(filter) ? [lines] : rowsLookedThrough
  let told: ToldLog[] = []
  for (const looked of steps) {
    told = []
    const reading = createReading(filter, places.nameOf)
    const { rows } = await followLogs(rowRequest(request, looked), {
      ...needs,
      tell: (items) => {
        told = told.concat(reading.take(items))
      },
    })
    told = told.concat(reading.end())
    const isEnough = lines !== undefined && entriesIn(told) >= lines
    if (isEnough || looked === undefined || rows < looked || needs.signal.aborted) break
  }
  return isSifted(filter) && lines !== undefined ? newestOf(told, lines) : told
}

/** @param lines how many rows of what was said before; undefined means all since `since` */
export function rowRequest({ places, since, until }: EntryRequest, lines: number | undefined): LogRequest {
  const { sources, filter } = places
  return {
    sources,
    isFollowed: false,
    ...(filter === '' ? {} : { filter }),
    ...(since === undefined ? {} : { since: logTime(since) }),
    ...(until === undefined ? {} : { until: logTime(until) }),
    ...(lines === undefined ? {} : { lines }),
  }
}
