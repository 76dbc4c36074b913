import { OperatorError } from '../kit/errors.ts'
import { logLines } from '../logs/log-lines.ts'
import { toldMigrations } from '../logs/told-migrations.ts'
import { operationNotes, type ReleaseNote } from '../plan/operation-notes.ts'
import type { LogWindow } from '../platform/log-row.ts'
import type { ObservedState, PastDeployment } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import type { PastRelease } from './release-history.ts'
import { type UndoNeeds, undoable } from './undoable-migrations.ts'

/** A migration that ran after the code that comes back was deployed, and that this code does not know. */
export interface MigrationSince {
  name: string
  /** By what artisan would do; null where it could not be asked, or does not tell. */
  isReversible: boolean | null
}

export interface MigrationsSince {
  /** In the order in which they ran. */
  migrations: MigrationSince[]
  /** False: there may be others, because not everything that tells could be read. */
  areMigrationsKnown: boolean
}

export const noMigrations: MigrationsSince = { migrations: [], areMigrationsKnown: true }

interface SinceNeeds extends UndoNeeds {
  platform: Pick<Platform, 'readDeploymentsRows'>
}

/** So many deployments are asked what they printed, at most. */
const mostAsked = 10
/** Longer than queue, build and pre-deploy command of one deployment may take together. */
const beforeTrafficMs = 60 * 60 * 1000
/** Older rows are not kept, and asking for them fails. */
const keptMs = 29 * 24 * 60 * 60 * 1000
const neverRan: readonly PastDeployment['status'][] = ['queued', 'waiting', 'needs-approval', 'building', 'skipped']

/**
 * What the database had done to it since a release: by the notes of later releases, and by what deployments printed of which no note
 * tells. One request to the platform at most, and artisan is asked twice at most; nothing of it fails a rollback.
 */
export async function migrationsSince(
  release: PastRelease,
  past: readonly PastDeployment[],
  state: ObservedState,
  needs: SinceNeeds,
): Promise<MigrationsSince> {
  const { releases } = operationNotes(state)
  const between = deploymentsBetween(release, past, state)
  const { noted, unread } = told(between, releases)
  const read = await readNames(unread, needs)
  const names = [...new Set([...noted, ...read.names])]
  if (names.length === 0) return { migrations: [], areMigrationsKnown: read.isWhole }
  const artisan = await undoable(names, state, needs)
  return {
    // What was undone since is no longer in the way.
    migrations: names
      .filter((name) => artisan?.undone.has(name) !== true)
      .map((name) => ({ name, isReversible: artisan?.isReversible.get(name) ?? null })),
    areMigrationsKnown: read.isWhole,
  }
}

/** Deployments of other commits of the codebase since this one came first, the oldest first. */
function deploymentsBetween(
  { commit, firstAt, services }: PastRelease,
  past: readonly PastDeployment[],
  state: ObservedState,
): PastDeployment[] {
  const members = state.services.filter(({ name }) => services.some(({ service }) => service === name))
  const migrates = ({ serviceId, settings }: PastDeployment) => {
    const stored = members.find(({ id }) => id === serviceId)
    return (settings ?? stored?.settings)?.preDeploy?.some((command) => command.includes('migrate')) === true
  }
  const isBetween = (one: PastDeployment) =>
    one.createdAt > firstAt && one.commit !== commit && !neverRan.includes(one.status) && migrates(one)
  return past.filter(isBetween).sort((a, b) => a.createdAt - b.createdAt)
}

/** What notes say of these deployments, and those of which none does. */
function told(
  between: readonly PastDeployment[],
  notes: readonly ReleaseNote[],
): { noted: string[]; unread: PastDeployment[] } {
  const noteOf = ({ id }: PastDeployment) =>
    notes.find(({ migrations, deployments }) => migrations !== undefined && Object.values(deployments).includes(id))
  return {
    noted: between.flatMap((one) => noteOf(one)?.migrations ?? []),
    unread: between.filter((one) => noteOf(one) === undefined),
  }
}

/** What these printed of migrations that went well. */
async function readNames(
  unread: readonly PastDeployment[],
  { platform, clock, signal }: SinceNeeds,
): Promise<{ names: string[]; isWhole: boolean }> {
  const asked = unread.filter(({ createdAt }) => createdAt > clock.now() - keptMs).slice(-mostAsked)
  const isWhole = asked.length === unread.length
  if (asked.length === 0) return { names: [], isWhole }
  try {
    const rows = await platform.readDeploymentsRows(
      asked.map(({ id, createdAt }) => ({ deploymentId: id, window: beforeTraffic(createdAt) })),
    )
    const names = [...rows.values()].flatMap(
      (printed) => toldMigrations(logLines(printed).map(({ message }) => message))?.done ?? [],
    )
    return { names, isWhole }
  } catch (error) {
    if (!(error instanceof OperatorError) || signal.aborted) throw error
    return { names: [], isWhole: false }
  }
}

/** Rows of migrations in what a deployment printed before it served; what it prints for hours afterwards does not matter. */
function beforeTraffic(createdAt: number): LogWindow {
  const [from, until] = [createdAt, createdAt + beforeTrafficMs].map((at) => new Date(at).toISOString())
  return {
    filter: 'DONE',
    before: 500,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  }
}
