import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { PrintedStream, RunProcess } from '../kit/run-process.ts'
import { shellWord } from '../kit/shell-word.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import type { RailwayCli } from '../platform/railway-cli.ts'
import { runOverSsh } from '../platform/railway-ssh.ts'
import type { Approve } from './approval.ts'
import type { ArtisanCommand } from './artisan-command.ts'
import { artisanService, runningOf } from './artisan-container.ts'
import { leaseHeld, leaseInTheWay } from './await-lease.ts'
import type { Report } from './events.ts'
import type { Journal } from './journal.ts'
import { operationOf } from './lease.ts'
import type { KnownIds } from './observe-environment.ts'
import type { Author } from './patch-message.ts'
import { type PlaceRequest, placeToChange } from './place-to-change.ts'

export interface ArtisanRequest extends PlaceRequest {
  /** Absent: the api, or the one that runs artisan. */
  service?: string
  command: ArtisanCommand
  /** As they were given, all of them. */
  words: readonly string[]
  author: Author
  /** Goes on although somebody else is at work. */
  takesLease: boolean
  isDryRun: boolean
}

export interface ArtisanNeeds {
  platform: Platform
  knownIds: KnownIds
  approve: Approve
  report: Report
  journal: Journal
  clock: Clock
  signal: AbortSignal
  checkpoint: () => void
  random: (bytes: number) => Uint8Array
  isRehearsal: boolean
  cli: RailwayCli
  runProcess: RunProcess
  /** Takes secrets out of a text. */
  redact(text: string): string
  /** Takes what the command prints, as it comes. */
  tell(stream: PrintedStream, text: string): Promise<void>
}

/** One command that was run in a container. */
export interface ArtisanRun {
  project: string
  environment: string
  service: string
  deploymentId: DeploymentId
  /** Its name; what follows it may be a secret. */
  command: string
  /** Of the command itself; null where it was not run. */
  remoteExitCode: number | null
  isDryRun?: true
  elapsedMs: number
}

/** Runs artisan once in a container that serves. Where that is gets said before anything is started. */
export async function runArtisan(request: ArtisanRequest, needs: ArtisanNeeds): Promise<ArtisanRun> {
  const { command, words } = request
  const { clock, report, platform } = needs
  const startedAt = clock.now()
  // What only looks may do so where no change would be allowed.
  const isSpelledOut = request.isSpelledOut || !command.changes
  const { state, isProtected } = await placeToChange({ ...request, isSpelledOut }, needs)
  const project = state.project.name
  const environment = state.environment.name
  const service = artisanService(request.service, state)
  const deployment = runningOf(service, environment)
  // What a container prints may hold what it was started with, and whatever is read here is kept out of it.
  await platform.observeRunning(state)
  const place = { environment, service: service.name, deploymentId: deployment.id, command: command.name }
  const ended = (remoteExitCode: number | null): ArtisanRun => ({
    project,
    ...place,
    remoteExitCode,
    elapsedMs: clock.now() - startedAt,
  })
  if (request.isDryRun) return { ...ended(null), isDryRun: true }
  if (command.changes) await agree(request, needs, state, { ...place, isProtected })
  const { commit } = deployment
  const run = async (tell: Report) => {
    await tell({ type: 'artisan-started', ...place, ...(commit === undefined ? {} : { commit }) })
    const at = { projectId: state.project.id, environmentId: state.environment.id, serviceId: service.id }
    needs.checkpoint()
    const exitCode = await runOverSsh(needs.cli, { place: at, command: ['php', 'artisan', ...words] }, needs).catch(
      (error: unknown) => {
        throw command.changes && needs.signal.aborted ? leftRunning(needs.signal.reason, place) : error
      },
    )
    const done = ended(exitCode)
    await tell({ type: 'artisan-ended', ...place, exitCode, elapsedMs: done.elapsedMs })
    return done
  }
  return command.changes ? noted(request, needs, state, run) : run(report)
}

/** What may change something is agreed to, and not begun while somebody else is at work. */
async function agree(
  { takesLease }: ArtisanRequest,
  needs: ArtisanNeeds,
  state: ObservedState,
  place: { environment: string; service: string; command: string; isProtected: boolean },
): Promise<void> {
  const { environment, service, isProtected } = place
  const held = await leaseInTheWay(state, needs)
  if (held !== undefined && !takesLease) throw leaseHeld(environment, held)
  const what = `run artisan ${place.command} in ${service} of ${environment}`
  const by = await needs.approve({ what, environments: [{ name: environment, isProtected }], plans: [] })
  if (by !== 'dry-run') await needs.report({ type: 'approval-given', by, what })
}

/** The connection is ended with us, what runs in the container is not: running it again may do it twice. */
function leftRunning(reason: unknown, place: { environment: string; service: string; command: string }): unknown {
  if (!(reason instanceof OperatorError)) return reason
  const { environment, service, command } = place
  const { kind, code } = reason
  const why = kind === 'interrupted' ? 'Interrupted' : 'The time ran out'
  const look = command.startsWith('migrate')
    ? `fakturino artisan -e ${shellWord(environment)} -- migrate:status`
    : `fakturino logs ${shellWord(service)} -e ${shellWord(environment)} --since 10m`
  return new OperatorError(
    {
      kind,
      code,
      message: `${why} while artisan ${command} ran in ${service} of ${environment}. Whether it goes on in the container, or was carried out, is not known.`,
      hint: `Look before it is run again: ${look}`,
    },
    { cause: reason },
  )
}

/** What may change something stands in the journal before it begins, and how it ended behind it. */
async function noted(
  { author }: ArtisanRequest,
  { journal, random, report }: ArtisanNeeds,
  state: ObservedState,
  run: (report: Report) => Promise<ArtisanRun>,
): Promise<ArtisanRun> {
  const record = await journal.begin(state.environment.id, {
    id: Buffer.from(random(8)).toString('hex'),
    ...operationOf(author),
    project: state.project.name,
    environment: state.environment.name,
  })
  try {
    const done = await run(async (event) => {
      await record.note(event)
      await report(event)
    })
    await record.end({ outcome: done.remoteExitCode === 0 ? 'done' : 'failed' })
    return done
  } catch (error) {
    if (error instanceof OperatorError) {
      await record.end({ outcome: error.kind, code: error.code, message: error.message })
    }
    throw error
  }
}
