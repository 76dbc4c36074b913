import type { LogRow } from '../platform/log-row.ts'
import {
  beginGroup,
  beginsTrace,
  frameNumber,
  type GroupShape,
  isEndMark,
  isStackMark,
  type Joining,
  plainText,
} from './joining.ts'

/** More rows than this are told in parts: a trace that never ends must not fill the memory. */
const mostRows = 500
/** As long as nothing of a group has come for this time, nothing more will. */
const quietMs = 1_000
/** Rows of one write carry nearly the same time, and may come in any order. */
const togetherMs = 1
/** So many things wait at most behind a group that is not over; then it is told as far as it came. */
const mostWaiting = 5_000

/** Rows that were printed as one thing, in the order in which they were. */
export interface RowGroup {
  shape: GroupShape
  rows: LogRow[]
}

/** Puts rows together that were printed as one thing and told as many. */
export interface Regrouping {
  /** Takes rows in order; gives back what is over, in the order of first rows. No row is ever left out, or told twice. */
  take(rows: readonly LogRow[]): RowGroup[]
  /** What is over because this moment (milliseconds, by the clock of the rows) has been reached and nothing more was said. */
  passed(now: number): RowGroup[]
  /** Everything that is left. */
  end(): RowGroup[]
}

interface Waiting {
  group: RowGroup
  container: string
  /** Undefined when it is over. */
  joining: Joining | undefined
  /** Milliseconds of its newest row. */
  at: number
}

export function createRegrouping(): Regrouping {
  /** In the order of first rows; from the first one that is not over, everything waits. */
  let queue: Waiting[] = []
  let told = 0
  const open = new Map<string, Waiting>()

  const finish = (waiting: Waiting) => {
    waiting.joining = undefined
    open.delete(waiting.container)
    if (waiting.group.shape === 'trace' || waiting.group.shape === 'orphans') {
      waiting.group.rows = inOrder(waiting.group.rows)
    }
  }
  const expire = (now: number) => {
    for (const waiting of open.values()) {
      const patience = waiting.joining?.isClosed() === true ? togetherMs : quietMs
      if (now - waiting.at > patience) finish(waiting)
    }
  }
  const add = (waiting: Waiting, row: LogRow, at: number, isLast: boolean) => {
    waiting.group.rows.push(row)
    waiting.at = Math.max(waiting.at, at)
    if (isLast || waiting.group.rows.length >= mostRows) finish(waiting)
  }
  /** Does the row go into the group that its container has open? Ends that group where it shows that it is over. */
  const joined = (waiting: Waiting, row: LogRow, text: string, at: number): boolean => {
    const { joining } = waiting
    if (joining === undefined) return false
    if (joining.shape === 'orphans' && beginsTrace(text) && Math.abs(at - waiting.at) <= togetherMs) {
      adopt(waiting, row, text)
      return true
    }
    const fit = joining.fit(text)
    if (fit === 'joins' || fit === 'joins-last') {
      add(waiting, row, at, fit === 'joins-last')
      return true
    }
    if (fit === 'ends' || beginGroup(text) !== undefined) finish(waiting)
    return false
  }
  /** The first row of a trace came after some of its frames. */
  const adopt = (waiting: Waiting, row: LogRow, text: string) => {
    const trace = beginGroup(text)
    if (trace === undefined) return
    const orphans = waiting.group.rows
    waiting.joining = trace
    waiting.group.shape = 'trace'
    waiting.group.rows = [row, ...orphans]
    const isOver = orphans.reduce((_, orphan) => trace.fit(plainText(orphan.message)) === 'joins-last', false)
    if (isOver || waiting.group.rows.length >= mostRows) finish(waiting)
  }
  const takeOne = (row: LogRow) => {
    const text = plainText(row.message)
    let at = 0
    let container: string | undefined
    if (open.size > 0) {
      at = millisecondsOf(row.time)
      expire(at)
      container = containerOf(row)
      const waiting = open.get(container)
      if (waiting !== undefined && joined(waiting, row, text, at)) return
    }
    const joining = row.request === undefined ? beginGroup(text) : undefined
    const group: RowGroup = { shape: joining?.shape ?? 'line', rows: [row] }
    if (joining === undefined) {
      queue.push({ group, container: '', joining, at })
      return
    }
    container ??= containerOf(row)
    if (open.has(container)) {
      // Something else stands in the middle of a group that goes on.
      queue.push({ group: { shape: 'line', rows: [row] }, container: '', joining: undefined, at })
      return
    }
    const waiting: Waiting = { group, container, joining, at: at === 0 ? millisecondsOf(row.time) : at }
    queue.push(waiting)
    open.set(container, waiting)
    if (joining.shape === 'orphans') joining.fit(text)
  }
  const drain = (): RowGroup[] => {
    const over: RowGroup[] = []
    for (let first = queue[told]; first !== undefined; first = queue[told]) {
      if (first.joining !== undefined) {
        if (queue.length - told <= mostWaiting) break
        finish(first)
      }
      over.push(first.group)
      told += 1
    }
    if (told === queue.length || told > mostWaiting) {
      queue = queue.slice(told)
      told = 0
    }
    return over
  }
  return {
    take(rows) {
      for (const row of rows) takeOne(row)
      return drain()
    },
    passed(now) {
      expire(now)
      return drain()
    },
    end() {
      for (const waiting of open.values()) finish(waiting)
      return drain()
    },
  }
}

function containerOf({ serviceId, deploymentId, instanceId }: LogRow): string {
  return `${serviceId ?? ''}/${deploymentId ?? ''}/${instanceId ?? ''}`
}

function millisecondsOf(time: string): number {
  return Date.parse(time) || 0
}

/** Frames know their place; a trace with another one behind it has two sets of them, and is left as it came. */
function inOrder(rows: LogRow[]): LogRow[] {
  const placed = rows.map((row, index) => ({ row, place: placeOf(plainText(row.message)), index }))
  const places = placed.map(({ place }) => place).filter((place) => place !== 0)
  if (new Set(places).size !== places.length) return rows
  if (placed.every(({ place }, index) => index === 0 || place >= (placed[index - 1]?.place ?? 0))) return rows
  return placed.sort((a, b) => a.place - b.place || a.index - b.index).map(({ row }) => row)
}

function placeOf(text: string): number {
  const number = frameNumber(text)
  if (number !== undefined) return 2 + number
  if (isStackMark(text)) return 1
  return isEndMark(text) ? 100_000 : 0
}
