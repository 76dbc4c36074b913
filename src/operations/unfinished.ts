import { shellWord } from '../kit/shell-word.ts'
import { codeOption } from '../kit/uploaded-revision.ts'
import { type OperationNote, operationNotes } from '../plan/operation-notes.ts'
import { rolloutIn } from '../plan/rollout-note.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { redactorOf, valuesRead } from '../platform/redact.ts'
import { type AwaitNeeds, instant, leaseInTheWay } from './await-lease.ts'
import type { OperationEvent } from './events.ts'

/** The operation that has begun in an environment and that nobody is at any more; undefined where there is none. */
export async function unfinishedIn(
  state: ObservedState,
  needs: Pick<AwaitNeeds, 'clock' | 'journal'>,
): Promise<OperationNote | undefined> {
  const { operation } = operationNotes(state)
  return operation === undefined || (await leaseInTheWay(state, needs)) !== undefined ? undefined : operation
}

/** What is said of the operation of an environment: one that somebody is at, or one that was left. Times are ISO 8601. */
export type TopicalOperation =
  | { state: 'under-way'; command: string; by: string; since: string; reason?: string }
  | { state: 'unfinished'; command: string; by: string; since: string; commit?: string; goOn: string }

/** Who is at work, or what was not finished; undefined where there is neither. Read off one observation. */
export async function topicalOperation(
  state: ObservedState,
  needs: Pick<AwaitNeeds, 'clock' | 'journal'>,
): Promise<TopicalOperation | undefined> {
  const held = await leaseInTheWay(state, needs)
  if (held !== undefined) {
    const { command, holder, since, reason } = held
    const safe = redactorOf(valuesRead(state))
    return {
      state: 'under-way',
      command,
      by: holder,
      since: instant(since),
      ...(reason === undefined ? {} : { reason: safe(reason) }),
    }
  }
  const { operation } = operationNotes(state)
  const environment = state.environment.name
  if (operation !== undefined) return { state: 'unfinished', ...leftOperation(operation, environment) }
  const rollout = rolloutIn(state)
  const [flag] = rollout?.flags ?? []
  if (rollout === undefined || flag === undefined) return undefined
  const { by, since } = rollout
  const goOn = `fakturino flags resume ${shellWord(flag.name)} -e ${shellWord(environment)}`
  return { state: 'unfinished', command: 'flags', by, since: instant(since), goOn }
}

/**
 * The command that goes on with an operation that was not finished. Anybody may have written the note, and somebody will copy the
 * command: what it says is one word each, and never an option.
 */
export function goOnWith({ command, commit, services = [] }: OperationNote, environment: string): string {
  if (command === 'init') return 'fakturino init'
  // What it did is told by the database, and by nothing else.
  if (command === 'migrate') return `fakturino migrate status -e ${shellWord(environment)}`
  const safe = services.filter((name) => !name.startsWith('-')).map(shellWord)
  if (command === 'rollback') {
    const to = commit === undefined || commit.startsWith('-') ? [] : ['--to', shellWord(commit)]
    const only = safe.flatMap((name) => ['--service', name])
    return ['fakturino rollback services', ...to, ...only, '-e', shellWord(environment)].join(' ')
  }
  const where = [...safe, '-e', shellWord(environment)].join(' ')
  if (command === 'restart') return `fakturino restart ${where}`
  return `fakturino deploy ${where}${commit === undefined ? '' : ` ${codeOption(commit)}`}`
}

/** Says that an operation was not finished, and how to go on. */
export function unfinishedEvent(operation: OperationNote, environment: string): OperationEvent {
  return { type: 'operation-unfinished', environment, ...leftOperation(operation, environment) }
}

function leftOperation(operation: OperationNote, environment: string) {
  const { command, by, since, commit } = operation
  return {
    command,
    by,
    since: instant(since),
    ...(commit === undefined ? {} : { commit }),
    goOn: goOnWith(operation, environment),
  }
}
