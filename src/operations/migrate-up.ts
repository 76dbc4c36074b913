import { OperatorError } from '../kit/errors.ts'
import { count, listed, shortCommit } from '../kit/text.ts'
import type { MigrationRun } from '../logs/migration-lines.ts'
import type { DeploymentId } from '../platform/ids.ts'
import { type MigrationList, readMigrations } from './ask-artisan.ts'
import { awaitLease, leaseInTheWay } from './await-lease.ts'
import { type BackupPlan, backupBeforeUp } from './backup-before.ts'
import { type Lease, type LeaseRequest, operationOf, underLease } from './lease.ts'
import { migrateBeforeTraffic } from './migrate-before-traffic.ts'
import type { MigrateNeeds } from './migrate-needs.ts'
import { type MigrateRequest, type MigrateSite, migrateSite, siteIn, type ToldSite, toldSite } from './migrate-site.ts'
import type { Author } from './patch-message.ts'
import { runMigrations } from './run-migrations.ts'
import { type TakenBackup, takePlannedBackup } from './take-planned-backup.ts'
import { unfinishedEvent, unfinishedIn } from './unfinished.ts'

export interface MigrateUpRequest extends MigrateRequest {
  author: Author
  takesLease: boolean
  isDryRun: boolean
  /** Why no backup is taken where one would be. */
  leaveOutBackup?: string
}

/** What one run of `migrate up` did. */
export interface MigrateUp extends ToldSite {
  /** What the journal and the notes on the platform call it; absent where nothing was done. */
  id?: string
  /** `unknown`: it was deployed, and its log does not tell. */
  outcome: 'migrated' | 'nothing-to-migrate' | 'would-migrate' | 'unknown'
  /** Only looked at: nothing was migrated. */
  isDryRun?: true
  /** In their order. */
  done: string[]
  /** What was to be run, before; null where that could not be known. */
  pending: string[] | null
  backup: TakenBackup | null
  /** The deployment that migrated before its traffic. */
  deploymentId: DeploymentId | null
  elapsedMs: number
}

/** What is pending; or why that is not known. */
type Known = { list: MigrationList } | { because: string }

/** Runs what is pending, once: behind a backup where changes are protected, and never beside anybody else. */
export async function migrateUp(request: MigrateUpRequest, needs: MigrateNeeds): Promise<MigrateUp> {
  const startedAt = needs.clock.now()
  for (;;) {
    const site = await migrateSite(request, 'up', needs)
    const { state } = site
    const environment = state.environment.name
    const lease = leaseOf(request, site)
    const held = await leaseInTheWay(state, needs)
    if (held !== undefined && !request.takesLease && !request.isDryRun) {
      await awaitLease(lease, held, needs)
      continue
    }
    const begun = await unfinishedIn(state, needs)
    if (begun !== undefined) await needs.report(unfinishedEvent(begun, environment))
    const known = await pendingOf(site, needs)
    const ended = (part: Partial<MigrateUp>): MigrateUp => ({
      ...toldSite(site),
      outcome: 'nothing-to-migrate',
      done: [],
      pending: namesOf(known) ?? null,
      backup: null,
      deploymentId: null,
      ...part,
      elapsedMs: needs.clock.now() - startedAt,
    })
    if (isNothing(known) && (begun?.command !== 'migrate' || request.isDryRun)) return ended({})
    const backup: BackupPlan = isNothing(known) ? { kind: 'not-needed' } : backupBeforeUp(site, request.leaveOutBackup)
    if (!isNothing(known)) {
      await needs.report(plannedUp(site, known, backup))
      const what = asked(site, known)
      const { isProtected } = site
      const by = await needs.approve({ what, environments: [{ name: environment, isProtected }], plans: [] })
      if (by === 'dry-run') return ended({ outcome: 'would-migrate', isDryRun: true })
      await needs.report({ type: 'approval-given', by, what })
    }
    const worked = await underLease(lease, needs, async (taken) => {
      const now = siteIn(site, taken.state)
      const own = { ...needs, clock: taken.clock, report: taken.report }
      // Somebody may have been quicker, and what was not finished may have been done all the same.
      const again = isNothing(known) ? known : await pendingOf(now, own)
      if (isNothing(again)) return { result: ended({ id: taken.id }), verdict: 'pass' as const }
      refuseMoved(known, again, environment)
      const taking = await takePlannedBackup(backup, taken, environment, own)
      const done = await migrate(now, namesOf(again), taken, own)
      return { result: ended({ id: taken.id, backup: taking, ...done }), verdict: 'pass' as const }
    })
    if (worked.outcome === 'done') return worked.result
    await awaitLease(lease, worked.by, needs)
  }
}

async function migrate(
  site: MigrateSite,
  expected: readonly string[] | undefined,
  lease: Lease,
  needs: MigrateNeeds,
): Promise<Pick<MigrateUp, 'outcome' | 'done' | 'deploymentId'>> {
  if (site.place === 'pre-deploy') {
    const { run, deploymentId } = await migrateBeforeTraffic(site, expected, lease, needs)
    return { ...outcomeOf(run), deploymentId }
  }
  const words = ['migrate', '--force']
  return {
    ...outcomeOf(await runMigrations({ direction: 'up', words, expected }, site, lease, needs)),
    deploymentId: null,
  }
}

function outcomeOf(run: MigrationRun | undefined): Pick<MigrateUp, 'outcome' | 'done'> {
  if (run === undefined) return { outcome: 'unknown', done: [] }
  return { outcome: run.done.length > 0 ? 'migrated' : 'nothing-to-migrate', done: run.done }
}

function leaseOf({ author, takesLease }: MigrateUpRequest, { state }: MigrateSite): LeaseRequest {
  return {
    target: { projectId: state.project.id, environmentId: state.environment.id },
    operation: { ...operationOf(author), project: state.project.name, environment: state.environment.name },
    takesOver: takesLease,
  }
}

/** A deployment migrates without anybody asking a container first; everywhere else that is how it is known. */
async function pendingOf(site: MigrateSite, needs: MigrateNeeds): Promise<Known> {
  try {
    return { list: await readMigrations(site, needs) }
  } catch (error) {
    if (site.place !== 'pre-deploy' || needs.signal.aborted || !(error instanceof OperatorError)) throw error
    return { because: error.message }
  }
}

function namesOf(known: Known): string[] | undefined {
  return 'list' in known && known.list.hasTable ? known.list.pending : undefined
}

function isNothing(known: Known): boolean {
  return namesOf(known)?.length === 0
}

function plannedUp(site: MigrateSite, known: Known, backup: BackupPlan) {
  const { state, service, place, commit } = site
  return {
    type: 'migrations-planned' as const,
    environment: state.environment.name,
    service: service.name,
    direction: 'up' as const,
    place,
    ...(commit === undefined ? {} : { commit }),
    migrations: namesOf(known)?.map((name) => ({ name })) ?? null,
    ...('because' in known ? { because: known.because } : {}),
    ...(place === 'pre-deploy' && service.volumes.length > 0 ? { hasDowntime: true as const } : {}),
    backup: backup.kind,
  }
}

function asked({ state, service, place, commit }: MigrateSite, known: Known): string {
  const names = namesOf(known)
  const what = names === undefined ? 'whatever is pending' : count(names.length, 'migration')
  const where = {
    ssh: `over SSH in a container of ${service.name}`,
    run: 'from this machine',
    'pre-deploy': `before a new deployment of ${service.name}${commit === undefined ? '' : ` at ${shortCommit(commit)}`}`,
  }[place]
  return `migrate ${state.environment.name}: ${what}, ${where}`
}

/** What was agreed to is what is run: code that came live meanwhile may bring more. */
function refuseMoved(before: Known, now: Known, environment: string): void {
  const agreed = namesOf(before)
  const more = agreed === undefined ? [] : (namesOf(now) ?? []).filter((name) => !agreed.includes(name))
  if (more.length === 0) return
  throw new OperatorError({
    kind: 'refused',
    code: 'moved',
    message: `More is pending in ${environment} than was agreed to: ${listed(more)}. Nothing was migrated.`,
    hint: 'Run the command again to see all of it.',
    retryable: true,
  })
}
