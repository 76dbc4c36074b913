import { isSifted } from '../logs/entry-filter.ts'
import type { LogItem } from '../logs/log-item.ts'
import { createReading, entriesIn, newestOf, type ToldLog } from '../logs/reading.ts'
import { followLogs, type LogState, type LogsFollowed } from './follow-logs.ts'
import { type EntryRequest, rowRequest } from './newest-entries.ts'
import type { TailNeeds } from './tail-log.ts'

export interface FollowEntriesNeeds extends TailNeeds {
  /** @param isHistory it was said before, and is told at once */
  tell(told: readonly ToldLog[], isHistory: boolean): void
  tellState(state: LogState): void
  /** Of what was said before, only the newest so many rows were looked through: more that passes may stand before them. */
  tellLookedThrough(rows: number): void
}

/** So long nothing is said before what belongs together is told as far as it came. */
const quietMs = 1_200
/** Rows that are looked through for those that pass: following begins soon, and not after all that the platform remembers. */
const rowsLookedThrough = 5_000

/** What was said, and from then on what is said, until somebody stops it or the platform has no more to say. */
export async function followEntries(request: EntryRequest, needs: FollowEntriesNeeds): Promise<LogsFollowed['ended']> {
  const { clock, tell, tellLookedThrough } = needs
  const { filter, lines, places } = request
  const reading = createReading(filter, places.nameOf)
  let lastAt = clock.now()
  let cancel: (() => void) | undefined
  const tellWhatIsQuiet = () => {
    cancel = undefined
    tell(reading.quietFor(clock.now() - lastAt), false)
  }
  const read = (items: readonly LogItem[]): ToldLog[] => {
    const told = reading.take(items)
    lastAt = clock.now()
    cancel?.()
    cancel = clock.after(quietMs, tellWhatIsQuiet)
    return told
  }
  // Without a number everything is asked for, and where none is wanted there is nothing to look through.
  const isCut = isSifted(filter) && lines !== undefined && lines > 0
  const rows = isCut ? Math.max(lines, rowsLookedThrough) : lines
  const { ended } = await followLogs(
    { ...rowRequest(request, rows), isFollowed: true },
    {
      ...needs,
      // Only what was said before is cut to what was asked for; what comes from then on never is.
      tellHistory: (items, found) => {
        const told = read(items)
        tell(isCut ? newestOf(told, lines) : told, true)
        if (isCut && found >= rowsLookedThrough && entriesIn(told) < lines) tellLookedThrough(found)
      },
      tell: (items) => tell(read(items), false),
    },
  )
  cancel?.()
  tell(reading.end(), false)
  return ended
}
