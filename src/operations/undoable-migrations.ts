import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { RunProcess } from '../kit/run-process.ts'
import { listedMigrations, migrationRun, pretendedMigrations } from '../logs/migration-lines.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { CliPlace, RailwayCli } from '../platform/railway-cli.ts'
import { runOverSsh } from '../platform/railway-ssh.ts'
import { artisanService, runningOf } from './artisan-container.ts'

export interface UndoNeeds {
  clock: Clock
  signal: AbortSignal
  /** Absent where the token opens no container, or nothing does. */
  cli: RailwayCli | undefined
  runProcess: RunProcess
  redact(text: string): string
}

/** What artisan knows of some migrations. */
export interface UndoableMigrations {
  /** They ran and do not count as run any more. */
  undone: ReadonlySet<string>
  /** Those of which it tells. */
  isReversible: ReadonlyMap<string, boolean>
}

/** Both answers have to be there by then: whoever rolls back does not wait for what is only good to know. */
const limitMs = 10_000
/** Nothing that is asked here says more. */
const mostOfAnswer = 200_000

/**
 * Asks artisan, in a container that still runs, whether migrations are there and whether they can be undone; it changes nothing.
 * Undefined where it cannot be asked or does not answer in time.
 */
export async function undoable(
  names: readonly string[],
  state: ObservedState,
  needs: UndoNeeds,
): Promise<UndoableMigrations | undefined> {
  const { cli, clock } = needs
  if (cli === undefined) return undefined
  const limit = new AbortController()
  const over = new OperatorError({
    kind: 'unreachable',
    code: 'ssh-failed',
    message: 'artisan did not answer in time.',
  })
  const forget = clock.after(limitMs, () => limit.abort(over))
  const limited = { ...needs, signal: AbortSignal.any([needs.signal, limit.signal]) }
  try {
    const service = artisanService(undefined, state)
    runningOf(service, state.environment.name)
    const place = { projectId: state.project.id, environmentId: state.environment.id, serviceId: service.id }
    return await askedOf(names, (words) => answerOf(words, place, cli, limited))
  } catch (error) {
    if (needs.signal.aborted || !(error instanceof OperatorError)) throw error
    return undefined
  } finally {
    forget()
  }
}

interface ArtisanAnswer {
  exitCode: number
  lines: string[]
}

async function askedOf(
  names: readonly string[],
  ask: (words: readonly string[]) => Promise<ArtisanAnswer>,
): Promise<UndoableMigrations | undefined> {
  const status = await ask(['migrate:status'])
  if (status.exitCode !== 0) return undefined
  const listed = listedMigrations(status.lines)
  const undone = new Set(listed.flatMap(({ name, batch }) => (batch === undefined ? [name] : [])))
  const newest = listed
    .flatMap(({ name, batch }) => (batch === undefined ? [] : [{ name, batch }]))
    .sort((one, other) => other.batch - one.batch || (one.name < other.name ? 1 : -1))
  const depth = newest.findLastIndex(({ name }) => names.includes(name)) + 1
  if (depth === 0) return { undone, isReversible: new Map() }
  const { lines } = await ask(['migrate:rollback', '--pretend', '--force', `--step=${depth}`])
  const { notFound } = migrationRun(lines)
  const told = pretendedMigrations(lines).filter(({ name }) => !notFound.includes(name))
  return { undone, isReversible: new Map(told.map(({ name, statements }) => [name, statements.length > 0])) }
}

async function answerOf(
  words: readonly string[],
  place: CliPlace,
  cli: RailwayCli,
  needs: UndoNeeds,
): Promise<ArtisanAnswer> {
  let text = ''
  const tell = async (stream: 'stdout' | 'stderr', printed: string) => {
    if (stream === 'stdout' && text.length < mostOfAnswer) text += printed
  }
  const exitCode = await runOverSsh(cli, { place, command: ['php', 'artisan', ...words] }, { ...needs, tell })
  return { exitCode, lines: text.split(/\r?\n/) }
}
