import type { LogItem } from '../../src/logs/log-item.ts'
import { logTime } from '../../src/logs/log-time.ts'
import { RowMemory } from '../../src/logs/row-memory.ts'
import { RowMerger } from '../../src/logs/row-merger.ts'
import { id } from '../../src/platform/ids.ts'
import type { LogRow } from '../../src/platform/log-row.ts'

/** What stands between the platform's rows and the screen; the reading of lines is put behind it here. */
export interface LineSink {
  take(items: readonly LogItem[]): void
}

const services = 6
const rowsInEvent = 40
const start = Date.UTC(2026, 10, 3, 9, 0, 0)

export interface LinesTaken {
  rows: number
  seconds: number
  /** Bytes of heap in use after a collection, from time to time; empty where nothing can collect. */
  heap: number[]
}

/**
 * So many rows of six services, five each millisecond and some of them late, through memory and merger; every
 * twelve seconds of theirs the stream is cut and brings the last second again.
 */
export function takeLines(total: number, sink: LineSink, collect?: () => number): LinesTaken {
  const memory = new RowMemory()
  const merger = new RowMerger()
  const heap: number[] = []
  let printed = 0
  let taken = 0
  let lastRows: LogRow[] = []
  let cpu = 0
  const collectEvery = Math.floor(total / 10)
  memory.begin(undefined)
  while (printed < total) {
    const rows: LogRow[] = []
    for (let nth = 0; nth < rowsInEvent; nth++) rows.push(aRow(printed++))
    const now = start + printed / 5
    const isCut = printed % 60_000 < rowsInEvent
    const replay = isCut ? [...lastRows] : []
    if (lastRows.length >= 5_000) lastRows = lastRows.slice(-2_000)
    lastRows.push(...rows)

    const before = process.cpuUsage()
    if (isCut) memory.begin(memory.overlapFrom(now))
    const fresh = memory.fromConnection([...replay, ...rows], now)
    const items = merger.add(fresh, now)
    sink.take(items)
    const spent = process.cpuUsage(before)
    cpu += spent.user + spent.system
    taken += items.length
    if (collect !== undefined && printed % collectEvery < rowsInEvent) heap.push(collect())
  }
  const rest = merger.flush()
  sink.take(rest)
  return { rows: taken + rest.length, seconds: cpu / 1e6, heap }
}

/** Every seventh is up to 1.9 s late, every fortieth a stack trace's line. */
function aRow(nth: number): LogRow {
  const lateMs = nth % 7 === 0 ? (nth * 37) % 1_900 : 0
  const service = nth % services
  const message =
    nth % 40 === 39
      ? `#${nth % 30} /app/vendor/laravel/framework/src/Illuminate/Pipeline/Pipeline.php(${nth % 400}): handle()`
      : `[2026-11-03 09:00:00] production.INFO: invoice ${nth} sent {"company":${nth % 97},"ms":${nth % 211}}`
  return {
    time: logTime(start + Math.floor(nth / 5) - lateMs),
    message,
    severity: 'info',
    attributes: { level: 'info' },
    serviceId: id(`service-${service}`),
    deploymentId: id(`deployment-${service}`),
    instanceId: `instance-${service}`,
  }
}
