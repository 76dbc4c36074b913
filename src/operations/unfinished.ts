import { type OperationNote, operationNotes } from '../plan/operation-notes.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { OperationEvent } from './events.ts'
import { type LeaseNeeds, leaseInTheWay } from './lease.ts'

/** The operation that has begun in an environment and that nobody is at any more; undefined where there is none. */
export async function unfinishedIn(
  state: ObservedState,
  needs: Pick<LeaseNeeds, 'clock' | 'journal'>,
): Promise<OperationNote | undefined> {
  const { operation } = operationNotes(state)
  return operation === undefined || (await leaseInTheWay(state, needs)) !== undefined ? undefined : operation
}

/** The command that goes on with an operation that was not finished. */
export function goOnWith({ command, commit, services = [] }: OperationNote, environment: string): string {
  if (command === 'init') return 'fakturino init'
  const where = [...services, `-e ${environment}`].join(' ')
  if (command === 'restart') return `fakturino restart ${where}`
  return `fakturino deploy ${where}${commit === undefined ? '' : ` --commit ${commit}`}`
}

/** Says that an operation was not finished, and how to go on. */
export function unfinishedEvent(operation: OperationNote, environment: string): OperationEvent {
  const { command, by, since, commit } = operation
  const date = new Date(since)
  return {
    type: 'operation-unfinished',
    environment,
    command,
    by,
    since: Number.isNaN(date.getTime()) ? 'at an unknown time' : date.toISOString(),
    ...(commit === undefined ? {} : { commit }),
    goOn: goOnWith(operation, environment),
  }
}
