import { own } from '../config/own.ts'
import { isRecord } from '../kit/json.ts'
import { printable } from '../kit/text.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { FlagChange } from './flag-change.ts'

/** Where the note of a change of flags stands; an empty text is no note. */
export const rolloutVariable = 'FAKTURINO_ROLLOUT'

/** A change of flags that has begun and has not said that it is over. What it has come to is told by the environment itself. */
export interface RolloutNote {
  /** The operation's id: its patch says it too. */
  id: string
  by: string
  /** By the platform's clock, in milliseconds. */
  since: number
  flags: FlagChange[]
  /** It did not hold, and is being taken back. */
  isReverting: boolean
}

/** The note as it is stored. */
export function rolloutText(note: RolloutNote): string {
  return JSON.stringify(note)
}

/** The note in what was observed; anybody may have written it, and what cannot be read counts as absent. */
export function rolloutIn({ sharedVariables }: Pick<ObservedState, 'sharedVariables'>): RolloutNote | undefined {
  const held = own(sharedVariables, rolloutVariable)
  if (held === undefined || 'masked' in held) return undefined
  return parsedRollout(held.value.reveal())
}

function parsedRollout(text: string): RolloutNote | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(value)) return undefined
  const { id, by, since, flags, isReverting } = value
  if (!isName(id) || !isName(by) || typeof since !== 'number' || !Number.isFinite(since)) return undefined
  const changes = Array.isArray(flags) ? flags.flatMap((flag) => changeIn(flag) ?? []) : []
  if (changes.length === 0) return undefined
  return { id: printable(id), by: printable(by), since, flags: changes, isReverting: isReverting === true }
}

function changeIn(value: unknown): FlagChange | undefined {
  if (!isRecord(value)) return undefined
  const { name, variable, value: wanted, before } = value
  if (!isName(name) || !isName(variable) || !isSwitch(wanted) || !isRecord(before)) return undefined
  if (!/^[A-Z][A-Z0-9_]*$/.test(variable)) return undefined
  const were = Object.entries(before).flatMap(([service, was]): [string, string | null][] =>
    was === null || isSwitch(was) ? [[printable(service), was]] : [],
  )
  return { name: printable(name), variable, value: wanted, before: Object.fromEntries(were) }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 255
}

function isSwitch(value: unknown): value is string {
  return value === 'true' || value === 'false'
}
