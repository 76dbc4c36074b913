import { isRecord } from '../kit/json.ts'
import type { OperationEvent } from '../operations/events.ts'
import type { OperationEnd, OperationStart } from '../operations/journal.ts'

/** One line of the journal. `operation` is the id of the operation that it belongs to; `at` is an instant in ISO 8601. */
export type JournalEntry = { at: string; operation: string } & (
  | ({ type: 'began'; pid: number; host: string } & Omit<OperationStart, 'id'>)
  | { type: 'event'; event: OperationEvent }
  | ({ type: 'ended' } & OperationEnd)
)

/** The entries of a journal's text; lines that cannot be read, as a sudden end leaves them, are passed over. */
export function readEntries(text: string | undefined): JournalEntry[] {
  return (text ?? '').split('\n').flatMap((line) => {
    const entry = parsed(line)
    return isEntry(entry) ? [entry] : []
  })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Only this program writes the file; what it wrote once it can read as far as the kind of line says. */
function isEntry(value: unknown): value is JournalEntry {
  if (!isRecord(value) || typeof value.at !== 'string' || typeof value.operation !== 'string') return false
  switch (value.type) {
    case 'began':
      return ['command', 'project', 'environment', 'by', 'host'].every((name) => typeof value[name] === 'string')
    case 'event':
      return isRecord(value.event) && typeof value.event.type === 'string'
    case 'ended':
      return typeof value.outcome === 'string'
    default:
      return false
  }
}
