import { clipped } from '../kit/text.ts'

/** A migration as `migrate:status` lists it. */
export interface ListedMigration {
  name: string
  /** All that were run together are one batch; absent while it is pending. */
  batch?: number
}

/** What a run of migrations printed, up or down. */
export interface MigrationRun {
  /** That went well, in their order. */
  done: string[]
  /** The first that failed ended the run. `message` may quote what the database was asked. */
  failed?: { name: string; sqlState?: string; message: string }
  /** The code that ran does not have them, so nothing was done about them. */
  notFound: string[]
  /** Artisan had nothing to do. */
  isNothing: boolean
}

/** A migration and the statements that it would run; none: it does nothing, or cannot tell. */
export interface PretendedMigration {
  name: string
  statements: string[]
}

/** `2026_11_02_090000_add_reference_to_invoices` and what stands at the other end of its line. */
const row = /^(\d{4}_\d{2}_\d{2}_\w+)(?:\s+(.*))?$/
const statement = /^⇂\s*(.+)$/
const thrownIn = /^In \S+ line \d+:$/
/** Of a terminal of 80 columns, which is what artisan takes where there is none. */
const longestPiece = 75
/** What follows the text of the error: how artisan was connected, and what it asked. */
const behindMessage = /\s*\((?:Connection|Host|SQL): /

/** Reads what `migrate:status` prints; with `--pending` that is only what is pending. */
export function listedMigrations(lines: readonly string[]): ListedMigration[] {
  return rows(lines).flatMap(({ name, end }): ListedMigration[] => {
    if (end === 'Pending') return [{ name }]
    const batch = /^\[(\d+)\] Ran$/.exec(end)?.[1]
    return batch === undefined ? [] : [{ name, batch: Number(batch) }]
  })
}

/** Reads what `migrate` and `migrate:rollback` print. */
export function migrationRun(lines: readonly string[]): MigrationRun {
  const all = rows(lines)
  const named = (ending: RegExp) => all.flatMap(({ name, end }) => (ending.test(end) ? [name] : []))
  const failure = all.find(({ end }) => /\bFAIL$/.test(end))
  return {
    done: named(/\bDONE$/),
    ...(failure === undefined ? {} : { failed: { name: failure.name, ...reason(lines.slice(failure.at + 1)) } }),
    notFound: named(/\bMigration not found$/),
    isNothing: lines.some((line) => /^\s*INFO\s+Nothing to (?:migrate|rollback)\.\s*$/.test(line)),
  }
}

/** Reads what either prints with `--pretend`. */
export function pretendedMigrations(lines: readonly string[]): PretendedMigration[] {
  const found: PretendedMigration[] = []
  for (const line of lines) {
    const text = line.trim()
    const name = row.exec(text)?.[1]
    const asked = statement.exec(text)?.[1]
    if (name !== undefined) found.push({ name, statements: [] })
    else if (asked !== undefined) found.at(-1)?.statements.push(asked)
    // What is too long for a line goes on in the next ones.
    else if (text !== '' && !/^INFO\b/.test(text)) continueStatement(found.at(-1), text)
  }
  return found
}

/** What a list of pending migrations and a run tell together. */
export function notRun(pending: readonly ListedMigration[], { done, failed }: MigrationRun): string[] {
  return pending.flatMap(({ name, batch }) =>
    batch === undefined && name !== failed?.name && !done.includes(name) ? [name] : [],
  )
}

function rows(lines: readonly string[]): { name: string; end: string; at: number }[] {
  return lines.flatMap((line, at) => {
    const [, name, rest = ''] = row.exec(line.trim()) ?? []
    return name === undefined ? [] : [{ name, end: rest.replace(/^\.+\s*/, ''), at }]
  })
}

/** The error below the row that failed, up to the one that it was thrown for. */
function reason(lines: readonly string[]): { sqlState?: string; message: string } {
  const texts = lines.map((line) => line.trim())
  const begin = texts.findIndex((text) => text !== '' && !thrownIn.test(text))
  if (begin === -1) return { message: 'it said no more' }
  const isEnd = (text: string) => text === '' || thrownIn.test(text) || /^at \S+:\d+$/.test(text)
  const end = texts.findIndex((text, at) => at > begin && isEnd(text))
  const whole = unwrapped(lines.slice(begin, end === -1 ? begin + 12 : end))
  const message = clipped(whole.split(behindMessage)[0] ?? whole, 300)
  const sqlState = /\bSQLSTATE\[(\w{5})\]/.exec(whole)?.[1]
  return { ...(sqlState === undefined ? {} : { sqlState }), message }
}

/**
 * Artisan cuts a message at the width of a terminal, in the middle of a word too: such a piece is as long as one can be. Where rows
 * were trimmed, whether a space stood at the cut is a guess.
 */
function unwrapped(lines: readonly string[]): string {
  return lines.reduce((whole, line, at) => {
    const isIndented = line.startsWith('  ')
    const piece = isIndented ? line.slice(2).trimEnd() : line.trim()
    const before = lines[at - 1]?.trim() ?? ''
    if (at === 0) return piece
    const isCut = before.length >= longestPiece && (isIndented || (/\w$/.test(before) && /^\w/.test(piece)))
    return isCut ? whole + piece : `${whole} ${piece.trimStart()}`
  }, '')
}

function continueStatement(migration: PretendedMigration | undefined, text: string): void {
  const last = migration?.statements.pop()
  if (last !== undefined) migration?.statements.push(`${last} ${text}`)
}
