import type { FailureCode, FailureKind } from '../kit/errors.ts'
import type { DeploymentId, PatchId } from '../platform/ids.ts'
import type { JournalEntry } from './entries.ts'

/** One operation as the journal tells it. Instants are ISO 8601. */
export interface PastOperation {
  id: string
  command: string
  by: string
  reason?: string
  /** Which one `artisan` ran: its name alone, what follows it may be a secret. */
  artisanCommand?: string
  /** What flags were to have: `partner_portal=true`. */
  flags?: readonly string[]
  /** What was asked for: a commit, or `latest`; absent: what ran. */
  commit?: string
  began: string
  /** Null: it did not say that it was over. */
  ended: string | null
  durationMs: number | null
  /** When it last wrote a line. */
  lastAt: string
  /** `open`: its end is not in the journal. */
  outcome: 'done' | FailureKind | 'open'
  code?: FailureCode
  message?: string
  /** What it deployed, restarted or rolled back. */
  services: string[]
  /** How many changes it stored. */
  changes: number
  /** What it stored them as, and what it started. */
  patches: PatchId[]
  deployments: DeploymentId[]
}

/** The operations of a journal, the newest first. Those whose beginning was dropped are not told: nobody knows what they were. */
export function history(entries: readonly JournalEntry[]): PastOperation[] {
  const byId = new Map<string, PastOperation>()
  for (const entry of entries) {
    // When it was is all that orders it.
    if (Number.isNaN(Date.parse(entry.at))) continue
    if (entry.type === 'began') {
      const { at, operation: id, command, by, reason, flags, commit } = entry
      byId.set(id, {
        id,
        command,
        by,
        ...(reason === undefined ? {} : { reason }),
        ...(flags === undefined ? {} : { flags }),
        ...(commit === undefined ? {} : { commit }),
        began: at,
        ended: null,
        durationMs: null,
        lastAt: at,
        outcome: 'open',
        services: [],
        changes: 0,
        patches: [],
        deployments: [],
      })
      continue
    }
    const operation = byId.get(entry.operation)
    if (operation !== undefined) byId.set(entry.operation, { ...after(operation, entry), lastAt: entry.at })
  }
  return [...byId.values()].reverse()
}

function after(operation: PastOperation, entry: Exclude<JournalEntry, { type: 'began' }>): PastOperation {
  if (entry.type === 'ended') {
    const { at, outcome, code, message } = entry
    return {
      ...operation,
      ended: at,
      durationMs: Date.parse(at) - Date.parse(operation.began),
      outcome,
      ...(code === undefined ? {} : { code }),
      ...(message === undefined ? {} : { message }),
    }
  }
  const { event } = entry
  switch (event.type) {
    case 'deployment-created':
    case 'deployment-followed':
    case 'deployment-rolled-back':
      return {
        ...operation,
        services: [...new Set([...operation.services, event.service])],
        deployments: [...new Set([...operation.deployments, event.deploymentId])],
      }
    // It was started by another one.
    case 'deployment-restarted':
    case 'migrations-started':
      return { ...operation, services: [...new Set([...operation.services, event.service])] }
    case 'artisan-started':
      return {
        ...operation,
        services: [...new Set([...operation.services, event.service])],
        artisanCommand: event.command,
      }
    case 'changes-stored':
      return {
        ...operation,
        changes: operation.changes + event.changes,
        patches: [...operation.patches, ...(event.patchId === undefined ? [] : [event.patchId])],
      }
    case 'flags-changed':
    case 'changes-put-back':
      return { ...operation, patches: [...operation.patches, event.patchId] }
    default:
      return operation
  }
}
