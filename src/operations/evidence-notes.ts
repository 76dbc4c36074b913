import { own } from '../config/own.ts'
import { OperatorError } from '../kit/errors.ts'
import { isRecord } from '../kit/json.ts'
import { Secret } from '../kit/secret.ts'
import { printable, printableJson } from '../kit/text.ts'
import { notesIn } from '../plan/operation-notes.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform, Target } from '../platform/platform.ts'
import { type Evidence, type EvidenceItem, evidenceIn, evidenceItemIn, wordsIn } from '../verify/evidence.ts'

/** Shared variables of an environment that no service refers to; plans leave them alone, and writing them deploys nothing. */
export const evidenceVariables = {
  /** What was validated here, the newest first. */
  evidence: 'FAKTURINO_EVIDENCE',
  /** What people have answered of a checklist that is not green yet. */
  answers: 'FAKTURINO_VALIDATION',
  /** One value for all environments. */
  key: 'FAKTURINO_EVIDENCE_KEY',
} as const

/** Answers of people for one flag; they count as long as the same revisions run. */
export interface AnswersSoFar {
  flag: string
  value: string
  revisions: Record<string, string>
  items: EvidenceItem[]
}

/** Every command reads the notes of an environment, so they are kept short: flags of a config, and a few words beside each item. */
const keptEvidence = 20
const longestNotes = 100_000

type Shared = Pick<ObservedState, 'sharedVariables'>

export function evidenceKey(state: Shared): Secret | undefined {
  const text = textOf(state, evidenceVariables.key)
  return text === undefined || text === '' ? undefined : new Secret(text)
}

/** What was validated in an environment, the newest first. */
export function evidenceNotes(state: Shared): Evidence[] {
  return evidenceInText(textOf(state, evidenceVariables.evidence))
}

/** The newest for one value of a flag. */
export function evidenceFor(state: Shared, flag: string, value: string): Evidence | undefined {
  return evidenceNotes(state).find((one) => one.flag === flag && one.value === value)
}

export function answersSoFar(state: Shared, flag: string, value: string): AnswersSoFar | undefined {
  return answersInText(textOf(state, evidenceVariables.answers)).find((one) => one.flag === flag && one.value === value)
}

/** The list with newer evidence in the place of what was there for the same value; what is of no revision that runs is dropped. */
export function evidenceListText(known: readonly Evidence[], added: Evidence): string {
  const others = known.filter(
    (one) => !(one.flag === added.flag && one.value === added.value) && isOfSame(one.revisions, added.revisions),
  )
  return shortEnough([added, ...others].slice(0, keptEvidence))
}

/** @param answers without items: none are kept for that value of the flag */
export function answersListText(known: readonly AnswersSoFar[], answers: AnswersSoFar): string {
  const others = known.filter((one) => !(one.flag === answers.flag && one.value === answers.value))
  const kept = [...(answers.items.length === 0 ? [] : [answers]), ...others].slice(0, keptEvidence)
  return kept.length === 0 ? '' : shortEnough(kept)
}

export interface NotesNeeds {
  platform: Platform
}

/** Tries to write what a colleague, who writes at the same moment, does not know of. */
const tries = 3

/** Keeps evidence on the platform, and forgets the answers that it was made of. */
export async function keepEvidence(target: Target, evidence: Evidence, { platform }: NotesNeeds): Promise<void> {
  const { flag, value } = evidence
  const none = { flag, value, revisions: {}, items: [] }
  const isKept = await mergeInto(
    target,
    platform,
    (text) => ({
      [evidenceVariables.evidence]: evidenceListText(evidenceInText(text(evidenceVariables.evidence)), evidence),
      [evidenceVariables.answers]: answersListText(answersInText(text(evidenceVariables.answers)), none),
    }),
    (text) =>
      evidenceInText(text(evidenceVariables.evidence)).some(
        (one) => one.flag === flag && one.value === value && one.at >= evidence.at,
      ),
  )
  if (!isKept) throw notKept(flag)
}

/** Keeps what people have answered so far, also while the command is being stopped. */
export async function keepAnswers(target: Target, answers: AnswersSoFar, { platform }: NotesNeeds): Promise<void> {
  const { flag, value, items } = answers
  const written = (text: TextOf) =>
    answersInText(text(evidenceVariables.answers)).find((one) => one.flag === flag && one.value === value)
  await mergeInto(
    target,
    platform,
    (text) => ({
      [evidenceVariables.answers]: answersListText(answersInText(text(evidenceVariables.answers)), answers),
    }),
    (text) => (written(text)?.items.length ?? 0) >= items.length,
    { isParting: true },
  )
}

type TextOf = (name: string) => string | undefined

/** The platform has no compare-and-swap: what is written is read back, and merged anew where somebody else wrote over it. */
async function mergeInto(
  target: Target,
  platform: Platform,
  merged: (text: TextOf) => Record<string, string>,
  isThere: (text: TextOf) => boolean,
  { isParting = false } = {},
): Promise<boolean> {
  const read = async (): Promise<TextOf> => {
    const { variables } = await platform.readSharedVariables(target, { isParting })
    return (name) => own(variables, name)?.reveal()
  }
  let text = await read()
  for (let left = tries; left > 0; left -= 1) {
    const over = [notesIn(text).lease?.nonce ?? '']
    await platform.change('write-shared-variables', { ...target, variables: merged(text), over, isParting })
    text = await read()
    if (isThere(text)) return true
  }
  return false
}

function notKept(flag: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'not-stored',
    message: `The evidence for ${flag} was written ${tries} times, and each time somebody wrote over it, so it is not kept.`,
    hint: 'Run the same command again.',
    retryable: true,
  })
}

function shortEnough(list: readonly unknown[]): string {
  for (let kept = list.length; kept > 1; kept -= 1) {
    const text = printableJson(list.slice(0, kept))
    if (text.length <= longestNotes) return text
  }
  return printableJson(list.slice(0, 1))
}

/** Of services that both know. */
function isOfSame(one: Record<string, string>, other: Record<string, string>): boolean {
  return Object.entries(one).every(([service, revision]) => (own(other, service) ?? revision) === revision)
}

function evidenceInText(text: string | undefined): Evidence[] {
  return listIn(text).flatMap((one) => evidenceIn(one) ?? [])
}

function answersInText(text: string | undefined): AnswersSoFar[] {
  return listIn(text).flatMap((one): AnswersSoFar[] => {
    if (!isRecord(one)) return []
    const { flag, value, revisions, items } = one
    const ran = wordsIn(revisions)
    if (typeof flag !== 'string' || typeof value !== 'string' || ran === undefined || !Array.isArray(items)) return []
    return [
      {
        flag: printable(flag),
        value: printable(value),
        revisions: ran,
        items: items.flatMap((item) => evidenceItemIn(item) ?? []),
      },
    ]
  })
}

function listIn(text: string | undefined): unknown[] {
  if (text === undefined || text === '') return []
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.slice(0, keptEvidence) : []
  } catch {
    return []
  }
}

function textOf({ sharedVariables }: Shared, name: string): string | undefined {
  const held = own(sharedVariables, name)
  return held === undefined || 'masked' in held ? undefined : held.value.reveal()
}
