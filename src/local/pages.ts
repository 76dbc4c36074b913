import { cannotProcess } from './platform-error.ts'

/** The arguments of every list; null counts as absent. */
export interface PageArgs {
  first?: number | null
  last?: number | null
  after?: string | null
  before?: string | null
}

export interface Page<Row> {
  edges: { cursor: string; node: Row }[]
  pageInfo: { startCursor: string | null; endCursor: string | null; hasNextPage: boolean; hasPreviousPage: boolean }
}

const defaultPageSize = 5
const largestPageSize = 500

/** The rows after and before the cursors, at most so many; cursors belong to rows, so they stay true when others come and go. */
export function page<Row extends { id: string }>(rows: readonly Row[], args: PageArgs, cap: number): Page<Row> {
  const start = args.after == null ? 0 : position(rows, args.after) + 1
  const end = args.before == null ? rows.length : position(rows, args.before)
  const fromTheEnd = args.last != null && args.first == null
  const size = Math.min(sizeOf(args.first ?? args.last ?? defaultPageSize), cap)
  const from = fromTheEnd ? Math.max(start, end - size) : start
  const to = Math.max(from, Math.min(end, from + size))
  const edges = rows.slice(from, to).map((node) => ({ cursor: cursorOf(node), node }))
  return {
    edges,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: to < rows.length,
      hasPreviousPage: from > 0,
    },
  }
}

function sizeOf(asked: number): number {
  if (asked < 0) throw cannotProcess('A page cannot have less than no rows')
  return Math.min(asked, largestPageSize)
}

function position(rows: readonly { id: string }[], cursor: string): number {
  const id = Buffer.from(cursor, 'base64url').toString()
  const index = rows.findIndex((row) => row.id === id)
  if (index === -1) throw cannotProcess('The cursor is not of this list')
  return index
}

function cursorOf({ id }: { id: string }): string {
  return Buffer.from(id).toString('base64url')
}
