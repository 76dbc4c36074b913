import { join } from 'node:path'
import type { Clock } from '../kit/clock.ts'
import type { Files } from '../kit/files.ts'
import { printableJson } from '../kit/text.ts'
import type { Journal, OperationEnd, OperationStart } from '../operations/journal.ts'
import type { EnvironmentId } from '../platform/ids.ts'
import { type JournalEntry, readEntries } from './entries.ts'

/** Older lines are dropped when a new operation begins. */
const mostEntries = 1_000

export interface JournalNeeds {
  files: Files
  clock: Clock
  /** Of this process. */
  pid: number
  host: string
  /** Does a process of this machine still run? */
  isRunning: (pid: number) => boolean
}

/** Where the journal of an environment is, in the state directory. */
export function journalPath(stateDirectory: string, environmentId: EnvironmentId): string {
  return join(stateDirectory, 'journal', `${environmentId}.ndjson`)
}

/** The journal in the state directory: one file for each environment, one JSON object a line, only ever added to. */
export function createJournal(stateDirectory: string, needs: JournalNeeds): Journal {
  const { files, clock, pid, host } = needs
  const pathOf = (environmentId: EnvironmentId) => journalPath(stateDirectory, environmentId)
  const add = async (environmentId: EnvironmentId, entry: JournalEntry) => {
    await files.appendText(pathOf(environmentId), `${printableJson(entry)}\n`)
  }
  return {
    async begin(environmentId, operation: OperationStart) {
      await shorten(files, pathOf(environmentId))
      const at = () => new Date(clock.now()).toISOString()
      const of = { operation: operation.id }
      const { id: _id, ...about } = operation
      await add(environmentId, { at: at(), ...of, type: 'began', ...about, pid, host })
      return {
        note: (event) => add(environmentId, { at: at(), ...of, type: 'event', event }),
        end: (ending: OperationEnd) => add(environmentId, { at: at(), ...of, type: 'ended', ...ending }),
      }
    },
    async isAbandoned(environmentId, operation) {
      const entries = readEntries(await files.readText(pathOf(environmentId)).catch(() => undefined))
      const mine = entries.filter((entry) => entry.operation === operation)
      const began = mine.find((entry) => entry.type === 'began')
      if (began?.type !== 'began' || began.host !== host) return false
      if (mine.some(({ type }) => type === 'ended')) return true
      // The number of this very process, given again: whoever had it before is gone.
      return began.pid === pid || !needs.isRunning(began.pid)
    },
  }
}

async function shorten(files: Files, path: string): Promise<void> {
  const text = await files.readText(path)
  if (text === undefined) return
  const lines = text.split('\n').filter(Boolean)
  // A line that was cut off by a sudden end must not swallow the next one.
  if (lines.length > mostEntries) await files.writeText(path, `${lines.slice(-mostEntries).join('\n')}\n`)
  else if (!text.endsWith('\n')) await files.appendText(path, '\n')
}
