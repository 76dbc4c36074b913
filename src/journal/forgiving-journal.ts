import { OperatorError } from '../kit/errors.ts'
import type { Journal } from '../operations/journal.ts'

/** A journal that does not stand in the way of a rescue: where the disk refuses, that is said once, and the work goes on. */
export function forgivingJournal(journal: Journal, notice: (problem: string) => void): Journal {
  let isSaid = false
  const forgive = (error: unknown): undefined => {
    if (!(error instanceof OperatorError)) throw error
    if (!isSaid) notice(`${error.message} Going on; the journal will not tell what is done now.`)
    isSaid = true
    return undefined
  }
  return {
    begin: async (environmentId, operation) => {
      const record = await journal.begin(environmentId, operation).catch(forgive)
      return {
        note: async (event) => void (await record?.note(event).catch(forgive)),
        end: async (ending) => void (await record?.end(ending).catch(forgive)),
      }
    },
    isAbandoned: (environmentId, operation) => journal.isAbandoned(environmentId, operation),
  }
}
