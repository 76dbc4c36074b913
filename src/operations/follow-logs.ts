import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { LogGap } from '../logs/log-entry.ts'
import type { LogItem } from '../logs/log-item.ts'
import { RowMemory } from '../logs/row-memory.ts'
import { RowMerger } from '../logs/row-merger.ts'
import type { LogRow, LogSource } from '../platform/log-row.ts'
import { readBack } from './read-back.ts'
import { type TailNeeds, type TailState, tailLog } from './tail-log.ts'

/** Which rows are wanted. Moments are RFC 3339 in UTC with nine digits behind the second (`logTime`). */
export interface LogRequest {
  /** Read and followed side by side, given in one order. */
  sources: readonly LogSource[]
  /** In the platform's own language; everything when absent. */
  filter?: string
  since?: string
  until?: string
  /** Of what was printed before now, the newest so many; with neither this nor `since`, everything that the platform remembers. */
  lines?: number
  /** Does it go on with what is printed from now on? */
  isFollowed: boolean
}

/** A change in how one of the sources is followed. `over`: it has no more to say, while others may. */
export type LogState = (TailState | { kind: 'over' }) & { source: LogSource }

export interface FollowLogsNeeds extends TailNeeds {
  /** Items in their order: by time, and at the same moment as they came. */
  tell(items: LogItem[]): void
  /**
   * Called once when history is read, before anything is told and even with nothing, with what of history need not wait for late rows; without it
   * `tell` gets that. @param rows how many history has, those that still wait included
   */
  tellHistory?(items: LogItem[], rows: number): void
  tellState?(state: LogState): void
}

/** `read`: only history was asked for. `over`: the platform has no more to say. `stopped`: by the signal. */
export interface LogsFollowed {
  ended: 'read' | 'over' | 'stopped'
  rows: number
  gaps: number
  /** Rows that were followed and did not wait for older ones, because too many waited. */
  early: number
}

/** Answers that the history of one source may cost: 200,000 rows. */
const pagesOfHistory = 40

/** Between signs of life to Node, which ends where nothing but a timer without weight is left. */
const heartbeatMs = 60_000

/**
 * Gives what was printed and, where it is followed, goes on with what is printed, so that nothing between both is lost. An abort
 * ends it quietly, with what had come by then.
 */
export async function followLogs(request: LogRequest, needs: FollowLogsNeeds): Promise<LogsFollowed> {
  const { clock, signal } = needs
  const merger = new RowMerger()
  const followed: LogsFollowed = { ended: 'read', rows: 0, gaps: 0, early: 0 }
  const count = (items: LogItem[]): LogItem[] => {
    const gaps = items.filter(({ kind }) => kind === 'gap').length
    followed.gaps += gaps
    followed.rows += items.length - gaps
    return items
  }
  const tell = (items: LogItem[]) => {
    if (items.length > 0) needs.tell(count(items))
  }
  const tails = request.sources.map((source) => ({ source, memory: new RowMemory() }))
  try {
    const { rows, gaps } = await readHistory(request, tails, needs)
    for (const gap of gaps) merger.addGap(gap, clock.now())
    const history = merger.add(rows, clock.now())
    if (needs.tellHistory === undefined) tell(history)
    else needs.tellHistory(count(history), rows.length)
    // History is whole, and in order however much of it there is.
    const beforeFollowing = merger.early
    if (request.isFollowed) {
      await follow(request, tails, needs, { merger, tell })
      followed.ended = 'over'
      followed.early = merger.early - beforeFollowing
    }
  } catch (error) {
    if (!isInterruption(error, signal)) throw error
  } finally {
    tell(merger.flush())
  }
  if (signal.aborted) followed.ended = 'stopped'
  return followed
}

interface SourceTail {
  source: LogSource
  memory: RowMemory
}

/** Everything that is asked for of what was printed before now. The memories know it afterwards, and what they need not look for. */
async function readHistory(
  { filter, since, until, lines }: LogRequest,
  tails: readonly SourceTail[],
  { clock, platform }: FollowLogsNeeds,
): Promise<{ rows: LogRow[]; gaps: LogGap[] }> {
  const read = await Promise.all(
    tails.map(async ({ source, memory }) => {
      if (since !== undefined) memory.startAt(since)
      // Where no row is wanted, the newest one still says where to begin.
      const enough = lines === undefined ? undefined : Math.max(1, lines)
      const asked = { source, filter, anchor: until, from: since, lines: enough, pages: pagesOfHistory }
      const { pages, gaps } = await readBack({ ...asked, isForgiving: false }, platform)
      return { rows: pages.flatMap((page) => memory.fromPage(page, clock.now())), gaps }
    }),
  )
  const rows = read
    .flatMap((one) => one.rows)
    .sort((one, other) => (one.time < other.time ? -1 : +(one.time > other.time)))
  const gaps = read.flatMap((one) => one.gaps)
  if (lines === undefined || rows.length < lines) return { rows, gaps }
  const [oldest] = rows.slice(-Math.max(1, lines))
  if (oldest !== undefined) for (const { memory } of tails) memory.startAt(oldest.time)
  if (lines === 0) return { rows: [], gaps: [] }
  // What is missing before the first of them was not asked for.
  return { rows: rows.slice(-lines), gaps: gaps.filter(({ until }) => oldest !== undefined && until > oldest.time) }
}

/** Resolves when the platform has no more to say about any of them, or somebody stopped it. */
async function follow(
  { filter }: LogRequest,
  tails: readonly SourceTail[],
  needs: FollowLogsNeeds,
  { merger, tell }: { merger: RowMerger; tell: (items: LogItem[]) => void },
): Promise<void> {
  const { clock } = needs
  const over = new AbortController()
  const signal = AbortSignal.any([needs.signal, over.signal])
  const failures: unknown[] = []
  /** What is thrown while something is told would end in the socket's hands, and not in ours. */
  const guarded = (act: () => void) => {
    try {
      act()
    } catch (error) {
      failures.push(error)
      over.abort()
    }
  }
  let cancel: (() => void) | undefined
  const planDue = () => {
    const at = cancel === undefined && !signal.aborted ? merger.nextDueAt() : undefined
    if (at === undefined) return
    cancel = clock.after(Math.max(0, at - clock.now()), () => {
      cancel = undefined
      guarded(() => tell(merger.due(clock.now())))
      planDue()
    })
  }
  planDue()
  const following = Promise.all(
    tails.map(({ source, memory }) =>
      tailLog(
        source,
        { filter, memory },
        { ...needs, signal },
        {
          rows: (rows) => {
            guarded(() => tell(merger.add(rows, clock.now())))
            planDue()
          },
          gap: (gap) => merger.addGap(gap, clock.now()),
          state: (state) => guarded(() => needs.tellState?.({ ...state, source })),
        },
      ).then(() => {
        if (!signal.aborted) guarded(() => needs.tellState?.({ kind: 'over', source }))
      }),
    ),
  ).finally(() => over.abort())
  try {
    await Promise.all([following, heartbeat(clock, signal)])
  } finally {
    cancel?.()
  }
  if (failures.length > 0) throw failures[0]
}

/** Streams and their timers hold no process open: somebody who waits for them has to. */
async function heartbeat(clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await clock.sleep(heartbeatMs, signal).catch(() => {})
}

function isInterruption(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof OperatorError && error.kind === 'interrupted'))
}
