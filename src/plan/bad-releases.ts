import { isRecord } from '../kit/json.ts'
import { clipped, printable } from '../kit/text.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { redactorOf, valuesRead } from '../platform/redact.ts'
import { noteVariables } from './operation-notes.ts'

/** A commit that somebody left with a rollback and found bad. It is no release to go back to, and no deploy brings it by itself. */
export interface BadRelease {
  commit: string
  /** By the platform's clock. */
  at: number
  by: string
  reason?: string
}

/** Every command reads them, and what was marked long ago is deployed no more. */
const keptMarks = 20
const longestReason = 200

/** What is marked, the newest first; what people wrote beside it without values that are stored. */
export function badReleases(state: ObservedState): BadRelease[] {
  const marked = badReleasesOf(state)
  if (marked.length === 0) return []
  const safe = redactorOf(valuesRead(state))
  return marked.map((one) => (one.reason === undefined ? one : { ...one, reason: safe(one.reason) }))
}

/** Only which commits they are. */
export function badCommits(state: Pick<ObservedState, 'sharedVariables'>): ReadonlySet<string> {
  return new Set(badReleasesOf(state).map(({ commit }) => commit))
}

function badReleasesOf({ sharedVariables }: Pick<ObservedState, 'sharedVariables'>): BadRelease[] {
  const name = noteVariables.bad
  const held = Object.hasOwn(sharedVariables, name) ? sharedVariables[name] : undefined
  return badReleasesIn(held === undefined || 'masked' in held ? undefined : held.value.reveal())
}

/** The same from the text as it is stored, which anybody may have written. */
export function badReleasesIn(text: string | undefined): BadRelease[] {
  if (text === undefined || text === '') return []
  const value = parsed(text)
  return Array.isArray(value) ? value.flatMap((one) => badReleaseIn(one) ?? []) : []
}

/** As it is stored, with new marks at its head; a commit that was marked before keeps the newer mark. */
export function markedText(known: readonly BadRelease[], marks: readonly BadRelease[]): string {
  const news = marks.map((mark) =>
    mark.reason === undefined ? mark : { ...mark, reason: clipped(mark.reason, longestReason) },
  )
  const rest = known.filter(({ commit }) => !news.some((mark) => mark.commit === commit))
  return JSON.stringify([...news, ...rest].slice(0, keptMarks))
}

/** As it is stored once a commit is no longer marked. An empty text is no note. */
export function clearedText(known: readonly BadRelease[], commit: string): string {
  const rest = known.filter((one) => one.commit !== commit)
  return rest.length === 0 ? '' : JSON.stringify(rest)
}

function badReleaseIn(value: unknown): BadRelease | undefined {
  if (!isRecord(value)) return undefined
  const { commit, at, by, reason } = value
  if (typeof commit !== 'string' || !/^[0-9a-f]{40}$/.test(commit)) return undefined
  if (typeof at !== 'number' || Number.isNaN(new Date(at).getTime()) || typeof by !== 'string') return undefined
  return {
    commit,
    at,
    by: printable(by),
    ...(typeof reason === 'string' && reason !== '' ? { reason: clipped(printable(reason), longestReason) } : {}),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
