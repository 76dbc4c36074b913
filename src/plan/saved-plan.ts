import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../kit/json.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { isSameState, saltOf } from './fingerprint.ts'
import { type Change, isSetting, type Plan, type PlannedDeployment, subjectOf } from './plan.ts'
import type { WantedCommit } from './plan-deployments.ts'
import { differingPlaces, type StateMarks, stateMarks } from './state-marks.ts'

/**
 * A plan in a file, to be applied later exactly as it was looked at. It is not carried out from the file: what would be done is
 * planned anew and has to be the same, so that nothing is done that only the file says. Holds no secret.
 */
export interface SavedPlan {
  project: string
  environment: string
  /** Made on a local platform, not on the real one. */
  isRehearsal: boolean
  commit: WantedCommit
  /** Only these services; all when absent. */
  services?: readonly string[]
  /** Names of the secrets that were supplied and that the plan writes. */
  suppliedSecrets: readonly string[]
  fingerprint: string
  marks: StateMarks
  changes: readonly SavedChange[]
  deployments: readonly SavedDeployment[]
}

/** Everything else of a change is compared as it stands. */
type SavedChange = Pick<Change, 'service' | 'setting' | 'variable'>
type SavedDeployment = Pick<PlannedDeployment, 'service'>

const type = 'saved-plan'
const format = 1

/** What a plan was made for and from. */
export interface PlanOrigin {
  observed: ObservedState | undefined
  commit: WantedCommit
  services?: readonly string[]
  isRehearsal: boolean
}

export function savedPlan(plan: Plan, { observed, ...origin }: PlanOrigin): SavedPlan {
  const supplied = plan.changes.flatMap(({ act }) =>
    act.kind === 'set-secret' && act.source.from === 'supplied' ? [act.secret] : [],
  )
  return {
    project: plan.project,
    environment: plan.environment,
    ...origin,
    suppliedSecrets: [...new Set(supplied)],
    fingerprint: plan.fingerprint,
    marks: stateMarks(observed, saltOf(plan.fingerprint)),
    changes: plan.changes,
    deployments: plan.deployments,
  }
}

/** The text of the file. */
export function savedPlanText(saved: SavedPlan): string {
  return `${JSON.stringify({ type, format, ...saved }, null, 2)}\n`
}

/** Reads the text of a file back, or says what is wrong with it. */
export function readSavedPlan(text: string): SavedPlan | { problem: string } {
  const read = parsed(text)
  if (!isRecord(read) || read.type !== type) return { problem: 'is no saved plan' }
  if (read.format !== format) return { problem: 'is a saved plan of another version of fakturino' }
  return isSavedPlan(read) ? read : { problem: 'is a saved plan that is damaged' }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * What is not as it was when the plan was saved, in words: first what moved on the platform, then what would be done otherwise.
 * Undefined when nothing is: then the plan made now is the saved one.
 */
export function movedSinceSaved(
  saved: SavedPlan,
  plan: Plan,
  observed: ObservedState | undefined,
): { isSameState: boolean; places: string[] } | undefined {
  const isSame = isSameState(saved.fingerprint, observed)
  const marks = isSame ? [] : differingPlaces(saved.marks, stateMarks(observed, saltOf(saved.fingerprint)))
  const changes = differing(saved.changes, plan.changes, subjectOf)
  const deployments = differing(saved.deployments, plan.deployments, ({ service }) => `deployment of ${service}`)
  const places = [...new Set([...marks, ...changes, ...deployments])]
  return isSame && places.length === 0 ? undefined : { isSameState: isSame, places }
}

/** Names of what is in one list and not in the other. Several may have the same name. */
function differing<Item>(before: readonly Item[], after: readonly Item[], name: (item: Item) => string): string[] {
  const named = (items: readonly Item[]) => {
    const groups = new Map<string, Item[]>()
    for (const item of items) groups.set(name(item), [...(groups.get(name(item)) ?? []), item])
    return groups
  }
  const [then, now] = [named(before), named(after)]
  return [...new Set([...then.keys(), ...now.keys()])].filter(
    (one) => !isDeepStrictEqual(plain(then.get(one)), plain(now.get(one))),
  )
}

/** As it reads in a file. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

function isSavedPlan(read: Record<string, unknown>): read is Record<string, unknown> & SavedPlan {
  return (
    typeof read.project === 'string' &&
    typeof read.environment === 'string' &&
    typeof read.isRehearsal === 'boolean' &&
    isWantedCommit(read.commit) &&
    (read.services === undefined || isListOf(read.services, isText)) &&
    isListOf(read.suppliedSecrets, isText) &&
    isText(read.fingerprint) &&
    isTableOf(read.marks, (marks) => isTableOf(marks, isText)) &&
    isListOf(read.changes, isSavedChange) &&
    isListOf(read.deployments, (deployment) => isRecord(deployment) && isText(deployment.service))
  )
}

function isWantedCommit(value: unknown): value is WantedCommit {
  if (!isRecord(value)) return false
  if (value.kind !== 'given') return value.kind === 'latest' || value.kind === 'running'
  return isText(value.commit) && /^[0-9a-f]{40}$/.test(value.commit)
}

function isSavedChange(value: unknown): value is SavedChange {
  if (!isRecord(value)) return false
  const { service, setting, variable } = value
  const areTexts = [service, variable].every((text) => text === undefined || isText(text))
  return areTexts && isText(setting) && isSetting(setting)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is)
}

function isTableOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return isRecord(value) && Object.values(value).every(is)
}
