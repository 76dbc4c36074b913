import { isRecord } from '../kit/json.ts'
import { printable } from '../kit/text.ts'
import type { DeploymentId } from '../platform/ids.ts'
import { id } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'

// What commands leave for each other on the platform: shared variables that no service refers to. Anybody can write them, so they
// are read as texts from elsewhere: what cannot be read counts as absent.

/** The shared variables that hold the notes. An empty text is no note. */
export const noteVariables = {
  lease: 'FAKTURINO_LEASE',
  operation: 'FAKTURINO_OPERATION',
  releases: 'FAKTURINO_RELEASES',
} as const

/** One operator at a time in an environment. Times are the platform's, in milliseconds since the epoch. */
export interface LeaseNote {
  /** The operation that holds it; nobody else can have the same. */
  nonce: string
  holder: string
  command: string
  reason?: string
  since: number
  /** It counts no more after this. */
  until: number
}

/** An operation that has begun and has not said that it is over. */
export interface OperationNote {
  nonce: string
  command: string
  by: string
  /** By the platform's clock. */
  since: number
  /** What was asked for: a commit, or `latest`; absent: what runs. */
  commit?: string
  /** Only these; absent: all. */
  services?: string[]
}

/** One release as the next operator finds it. */
export interface ReleaseNote {
  id: string
  /** By the platform's clock: when it was over. */
  at: number
  by: string
  reason?: string
  commit?: string
  previousCommit?: string
  verdict: 'pass' | 'fail' | 'inconclusive' | 'unknown'
  /** What it started, by service. */
  deployments: Record<string, DeploymentId>
  /** The fingerprint of the plan that it carried out. */
  plan?: string
  /** What its pre-deploy command did to the database, by name; the newest, where there are many. */
  migrations?: string[]
}

const keptReleases = 10
/** The notes of an environment are one variable, and each of them is read by every command. */
const mostMigrations = 20
/** A file name is no longer than that. */
const longestMigration = 255

/** The notes of one environment. */
export interface OperationNotes {
  lease: LeaseNote | undefined
  operation: OperationNote | undefined
  /** The newest first. */
  releases: ReleaseNote[]
}

/** Reads the notes out of what was observed. */
export function operationNotes({ sharedVariables }: Pick<ObservedState, 'sharedVariables'>): OperationNotes {
  return notesIn((name) => {
    const variable = Object.hasOwn(sharedVariables, name) ? sharedVariables[name] : undefined
    return variable === undefined || 'masked' in variable ? undefined : variable.value.reveal()
  })
}

/** The state with the notes of an earlier reading: those that an operation writes itself tell it nothing. */
export function withNotesOf(earlier: ObservedState, state: ObservedState): ObservedState {
  const names: readonly string[] = Object.values(noteVariables)
  const pick = ({ sharedVariables }: ObservedState, isNote: boolean) =>
    Object.entries(sharedVariables).filter(([name]) => names.includes(name) === isNote)
  return { ...state, sharedVariables: Object.fromEntries([...pick(state, false), ...pick(earlier, true)]) }
}

/** The same from anything that gives a shared variable's text by its name. */
export function notesIn(textOf: (name: string) => string | undefined): OperationNotes {
  const releases = parsed(textOf(noteVariables.releases))
  return {
    lease: leaseIn(parsed(textOf(noteVariables.lease))),
    operation: operationIn(parsed(textOf(noteVariables.operation))),
    releases: Array.isArray(releases) ? releases.flatMap((release) => releaseIn(release) ?? []) : [],
  }
}

/** A note as it is stored. */
export function noteText(note: LeaseNote | OperationNote): string {
  return JSON.stringify(note)
}

/** The list of releases with a new one at its head, as it is stored. */
export function releasesText(releases: readonly ReleaseNote[], release: ReleaseNote): string {
  const { migrations = [], ...rest } = release
  const names = migrations.filter((name) => name.length <= longestMigration).slice(-mostMigrations)
  const newest = { ...rest, ...(names.length === 0 ? {} : { migrations: names }) }
  return JSON.stringify([newest, ...releases.filter(({ id: other }) => other !== newest.id)].slice(0, keptReleases))
}

function leaseIn(value: unknown): LeaseNote | undefined {
  if (!isRecord(value)) return undefined
  const { nonce, holder, command, since, until, reason } = value
  if (!isText(nonce) || !isText(holder) || !isText(command) || !isTime(since) || !isTime(until)) return undefined
  return {
    nonce,
    holder: printable(holder),
    command: printable(command),
    since,
    until,
    ...(isText(reason) ? { reason: printable(reason) } : {}),
  }
}

function operationIn(value: unknown): OperationNote | undefined {
  if (!isRecord(value)) return undefined
  const { nonce, command, by, since, commit, services } = value
  if (!isText(nonce) || !isText(command) || !isText(by) || !isTime(since)) return undefined
  return {
    nonce,
    command: printable(command),
    by: printable(by),
    since,
    ...(isText(commit) ? { commit: printable(commit) } : {}),
    ...(Array.isArray(services) ? { services: services.filter(isText).map(printable) } : {}),
  }
}

function releaseIn(value: unknown): ReleaseNote | undefined {
  if (!isRecord(value)) return undefined
  const { id: release, at, by, reason, commit, previousCommit, verdict, deployments, plan, migrations } = value
  if (!isText(release) || !isTime(at) || !isText(by) || !isVerdict(verdict)) return undefined
  return {
    id: release,
    at,
    by: printable(by),
    verdict,
    ...(isText(reason) ? { reason: printable(reason) } : {}),
    ...(isText(commit) ? { commit: printable(commit) } : {}),
    ...(isText(previousCommit) ? { previousCommit: printable(previousCommit) } : {}),
    deployments: Object.fromEntries(
      Object.entries(isRecord(deployments) ? deployments : {}).flatMap(([service, deployment]) =>
        isText(deployment) ? [[printable(service), id<'deployment'>(printable(deployment))]] : [],
      ),
    ),
    ...(isText(plan) ? { plan: printable(plan) } : {}),
    ...(Array.isArray(migrations) ? { migrations: migrations.filter(isText).map(printable) } : {}),
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isVerdict(value: unknown): value is ReleaseNote['verdict'] {
  return value === 'pass' || value === 'fail' || value === 'inconclusive' || value === 'unknown'
}
