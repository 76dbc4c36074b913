import type { Timing } from '../config/timing.ts'
import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { LogGap } from '../logs/log-entry.ts'
import { rowsInPage } from '../logs/next-page.ts'
import type { RowMemory } from '../logs/row-memory.ts'
import type { LogRow, LogSource } from '../platform/log-row.ts'
import type { Platform } from '../platform/platform.ts'
import type { StreamEnding } from '../platform/subscriptions.ts'
import { type RowsRead, readBack } from './read-back.ts'

/** How a log is being followed. */
export type TailState =
  | { kind: 'connected'; isAgain: boolean }
  /** It connects again by itself. */
  | { kind: 'lost'; why: string }
  /** No stream can be had: the platform is asked every few seconds instead. */
  | { kind: 'asking'; why: string }
  /** Even that failed for now. */
  | { kind: 'unanswered'; why: string }

export interface TailNeeds {
  platform: Pick<Platform, 'readLogRows' | 'followLogRows'>
  clock: Clock
  signal: AbortSignal
  timing: Pick<Timing, 'polling'>
}

/** Told what a tail brings; nothing twice, and in no order. */
export interface TailListener {
  rows(rows: readonly LogRow[]): void
  gap(gap: LogGap): void
  state(state: TailState): void
}

/** Answers that one catching up may cost. */
const pagesToCatchUp = 20

/** After so long without a stream one is tried for again. */
const streamAgainMs = 60_000

/**
 * Follows one log until the platform has no more to say or the signal aborts. Each connection begins where the memory says, so that
 * what was printed meanwhile is brought, and what was given before is known. Throws where the platform will not answer at all.
 */
export async function tailLog(
  source: LogSource,
  { filter, memory }: { filter: string | undefined; memory: RowMemory },
  needs: TailNeeds,
  listener: TailListener,
): Promise<void> {
  const { clock, signal } = needs
  const tail: Tail = { source, filter, memory, needs, listener }
  let isTold = false
  while (!signal.aborted) {
    const { ending, hasConnected } = await streamed(tail)
    if (ending === undefined) return
    if (ending.because === 'over') return lastLook(tail)
    if (!isTold || hasConnected) listener.state({ kind: 'asking', why: ending.why })
    isTold = true
    await askUntil(clock.now() + streamAgainMs, ending.why, tail)
  }
}

interface Tail {
  source: LogSource
  filter: string | undefined
  memory: RowMemory
  needs: TailNeeds
  listener: TailListener
}

interface Streamed {
  /** Undefined after an abort. */
  ending: StreamEnding | undefined
  hasConnected: boolean
}

function streamed({ source, filter, memory, needs, listener }: Tail): Promise<Streamed> {
  const { clock, platform, signal } = needs
  let connections = 0
  let stands = 0
  let isFirst = true
  let from: string | undefined
  /** What came while older rows are still being read; undefined while none are. */
  let behind: LogRow[][] | undefined

  const give = (rows: readonly LogRow[]) => listener.rows(memory.fromConnection(rows, clock.now()))

  async function fill(first: LogRow[], anchor: string): Promise<void> {
    const connection = connections
    const known = memory.youngest
    behind = [first]
    const read = await readBack({ source, filter, anchor, from, pages: pagesToCatchUp, isForgiving: true }, platform)
    // The next connection brings all of it again.
    if (connection !== connections || signal.aborted) return
    giveRead(read, known, { memory, listener, clock })
    for (const rows of behind ?? []) give(rows)
    behind = undefined
  }

  return new Promise((resolve, reject) => {
    const abort = () => resolve({ ending: undefined, hasConnected: stands > 0 })
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    const finish = (act: () => void) => {
      signal.removeEventListener('abort', abort)
      act()
    }
    const stream = platform.followLogRows(
      source,
      () => {
        connections += 1
        isFirst = true
        behind = undefined
        from = memory.overlapFrom(clock.now())
        memory.begin(from)
        return {
          before: rowsInPage,
          ...(filter === undefined ? {} : { filter }),
          ...(from === undefined ? {} : { from }),
        }
      },
      signal,
      {
        connected: () => listener.state({ kind: 'connected', isAgain: stands++ > 0 }),
        rows: (rows) => {
          const wanted = isFirst && from !== undefined ? rows.filter(({ time }) => time >= (from ?? '')) : rows
          const older = isFirst ? olderThan(rows, from) : undefined
          isFirst = false
          if (behind !== undefined) behind.push(wanted)
          else if (older === undefined) give(wanted)
          else
            fill(wanted, older).catch((error: unknown) => {
              if (signal.aborted) return
              stream.stop()
              finish(() => reject(error))
            })
        },
        lost: (why) => listener.state({ kind: 'lost', why }),
        ended: (ending) => finish(() => resolve({ ending, hasConnected: stands > 0 })),
      },
    )
  })
}

/**
 * Up to which moment rows may be missing of those that a connection had to begin with; undefined where it brought all of them. The
 * first one says it: behind them may stand what was printed meanwhile, and that may bear an older time.
 */
function olderThan(rows: readonly LogRow[], from: string | undefined): string | undefined {
  const [first] = rows
  const isWhole = first === undefined || rows.length < rowsInPage || (from !== undefined && first.time < from)
  return isWhole ? undefined : first.time
}

/** Asks again and again: quickly while something comes, less often while nothing does. */
async function askUntil(end: number, why: string, tail: Tail): Promise<void> {
  const { listener, needs } = tail
  const { clock, signal, timing } = needs
  const { firstMs, factor, longestMs } = timing.polling
  let isAnswered = true
  for (let waitMs = firstMs; clock.now() < end && !signal.aborted; ) {
    try {
      waitMs = (await look(tail)) ? firstMs : Math.min(waitMs * factor, longestMs)
      if (!isAnswered) listener.state({ kind: 'asking', why })
      isAnswered = true
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof OperatorError) || !error.retryable) throw error
      if (isAnswered) listener.state({ kind: 'unanswered', why: error.message })
      isAnswered = false
      waitMs = longestMs
    }
    await clock.sleep(waitMs, signal).catch(() => {})
  }
}

/** @returns whether anything new was there */
async function look({ source, filter, memory, needs, listener }: Tail): Promise<boolean> {
  const { clock, platform } = needs
  const known = memory.youngest
  const from = memory.overlapFrom(clock.now())
  const read = await readBack({ source, filter, from, pages: pagesToCatchUp, isForgiving: false }, platform)
  return giveRead(read, known, { memory, listener, clock })
}

/** What no connection brought any more. That the log cannot be read now is its end as well. */
async function lastLook(tail: Tail): Promise<void> {
  await look(tail).catch((error: unknown) => {
    if (!(error instanceof OperatorError)) throw error
  })
}

/** @param known the youngest moment that was given before: nothing up to it is missing */
function giveRead(
  { pages, gaps }: RowsRead,
  known: string | undefined,
  { memory, listener, clock }: Pick<Tail, 'memory' | 'listener'> & { clock: Clock },
): boolean {
  let isAny = false
  for (const gap of gaps) {
    const from = known !== undefined && known > gap.from ? known : gap.from
    if (from <= gap.until) listener.gap({ ...gap, from })
  }
  for (const page of pages) {
    const rows = memory.fromPage(page, clock.now())
    isAny ||= rows.length > 0
    listener.rows(rows)
  }
  return isAny
}
