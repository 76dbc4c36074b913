import { OperatorError } from '../kit/errors.ts'
import { count, listed } from '../kit/text.ts'
import { migrationRun, type PretendedMigration, pretendedMigrations } from '../logs/migration-lines.ts'
import { askArtisan, notAnswered, readMigrations } from './ask-artisan.ts'
import { awaitLease, leaseInTheWay } from './await-lease.ts'
import { type BackupPlan, backupBeforeRollback } from './backup-before.ts'
import { type LeaseRequest, operationOf, underLease } from './lease.ts'
import type { MigrateNeeds } from './migrate-needs.ts'
import { type MigrateRequest, type MigrateSite, migrateSite, siteIn, type ToldSite, toldSite } from './migrate-site.ts'
import type { Author } from './patch-message.ts'
import {
  type AskedScope,
  type RollbackScope,
  refuseIrreversible,
  rollbackScope,
  withoutWayBack,
} from './rollback-scope.ts'
import { runMigrations } from './run-migrations.ts'
import { type TakenBackup, takePlannedBackup } from './take-planned-backup.ts'
import { unfinishedEvent, unfinishedIn } from './unfinished.ts'

export interface MigrateRollbackRequest extends MigrateRequest, AskedScope {
  author: Author
  takesLease: boolean
  isDryRun: boolean
  /** `--yes` answers by itself: then what is thrown away has to be named. */
  isAnsweredAhead: boolean
  /** Names of migrations that may be undone, said for this. */
  confirmed: readonly string[]
  takesNewBackup: boolean
  leaveOutBackup?: string
}

/** What one run of `migrate rollback` did. */
export interface MigrateRollback extends ToldSite {
  id?: string
  outcome: 'rolled-back' | 'nothing-to-roll-back' | 'would-roll-back'
  isDryRun?: true
  /** Undone, in the order in which that happened. */
  done: string[]
  /** What was to be undone, the newest first. */
  scope: { name: string; batch: number }[]
  backup: TakenBackup | null
  elapsedMs: number
}

/** What is known before anything is undone. */
interface Known {
  scope: RollbackScope
  pretended: PretendedMigration[]
}

/** Undoes migrations, the newest first, once it is known what that is and whether there is a way back. */
export async function rollBackMigrations(
  request: MigrateRollbackRequest,
  needs: MigrateNeeds,
): Promise<MigrateRollback> {
  const startedAt = needs.clock.now()
  for (;;) {
    const site = await migrateSite(request, 'rollback', needs)
    const environment = site.state.environment.name
    const lease = leaseOf(request, site)
    const held = await leaseInTheWay(site.state, needs)
    if (held !== undefined && !request.takesLease && !request.isDryRun) {
      await awaitLease(lease, held, needs)
      continue
    }
    const begun = await unfinishedIn(site.state, needs)
    if (begun !== undefined) await needs.report(unfinishedEvent(begun, environment))
    const known = await knownScope(request, site, needs)
    const { scope } = known
    const ended = (part: Partial<MigrateRollback>): MigrateRollback => ({
      ...toldSite(site),
      outcome: 'nothing-to-roll-back',
      done: [],
      scope: scope.migrations,
      backup: null,
      ...part,
      elapsedMs: needs.clock.now() - startedAt,
    })
    if (scope.migrations.length === 0) return ended({})
    const wanted = { takesNew: request.takesNewBackup, leaveOut: request.leaveOutBackup }
    const backup = await backupBeforeRollback(site, wanted, needs)
    await needs.report(plannedDown(site, known, backup))
    const what = `undo ${count(scope.migrations.length, 'migration')} in ${environment}, ${site.way === 'ssh' ? `over SSH in a container of ${site.service.name}` : 'from this machine'}`
    if (!request.isDryRun) refuseUnnamed(request, scope, site)
    const { isProtected } = site
    const by = await needs.approve({ what, environments: [{ name: environment, isProtected }], plans: [] })
    if (by === 'dry-run') return ended({ outcome: 'would-roll-back', isDryRun: true })
    await needs.report({ type: 'approval-given', by, what })
    const worked = await underLease(lease, needs, async (taken) => {
      const now = siteIn(site, taken.state)
      const own = { ...needs, clock: taken.clock, report: taken.report }
      refuseMoved(scope, (await knownScope(request, now, own)).scope, environment)
      const taking = await takePlannedBackup(backup, taken, environment, own)
      const words = ['migrate:rollback', '--force', ...scope.words]
      const expected = scope.migrations.map(({ name }) => name)
      const run = await runMigrations({ direction: 'down', words, expected }, now, taken, own)
      const result = ended({ id: taken.id, outcome: 'rolled-back', done: run.done, backup: taking })
      return { result, verdict: 'pass' as const }
    })
    if (worked.outcome === 'done') return worked.result
    await awaitLease(lease, worked.by, needs)
  }
}

/** Asks artisan what ran and what undoing would do, and refuses what must not be undone. */
async function knownScope(request: AskedScope, site: MigrateSite, needs: MigrateNeeds): Promise<Known> {
  const environment = site.state.environment.name
  const scope = rollbackScope(request, await readMigrations(site, needs), environment)
  // Of the last batch artisan may know more than its list does: what its code does not have.
  const asked = await askArtisan(['migrate:rollback', '--pretend', '--force', ...scope.words], site, needs)
  const { notFound } = migrationRun(asked.lines)
  const pretended = pretendedMigrations(asked.lines).filter(({ name }) => !notFound.includes(name))
  if (asked.exitCode !== 0 && pretended.length + notFound.length === 0) {
    throw notAnswered('migrate:rollback', asked.exitCode, asked.last, site)
  }
  refuseIrreversible(scope, pretended, notFound, environment)
  return { scope, pretended }
}

function leaseOf({ author, takesLease }: MigrateRollbackRequest, { state }: MigrateSite): LeaseRequest {
  return {
    target: { projectId: state.project.id, environmentId: state.environment.id },
    operation: { ...operationOf(author), project: state.project.name, environment: state.environment.name },
    takesOver: takesLease,
  }
}

function plannedDown(site: MigrateSite, { scope, pretended }: Known, backup: BackupPlan) {
  const { state, service, place, commit } = site
  const irreversible = withoutWayBack(scope, pretended)
  return {
    type: 'migrations-planned' as const,
    environment: state.environment.name,
    service: service.name,
    direction: 'down' as const,
    place: place === 'run' ? place : ('ssh' as const),
    ...(commit === undefined ? {} : { commit }),
    migrations: scope.migrations.map((one) => ({
      ...one,
      ...(irreversible.includes(one.name) ? { isIrreversible: true as const } : {}),
    })),
    backup: backup.kind,
  }
}

/** Nothing that throws data away follows from `--yes` alone: what goes is named, or somebody at a terminal types where. */
function refuseUnnamed(
  { isAnsweredAhead, confirmed, named }: MigrateRollbackRequest,
  { migrations }: RollbackScope,
  { isProtected, state }: MigrateSite,
): void {
  if (!isProtected || !isAnsweredAhead) return
  const unnamed = migrations.flatMap(({ name }) => (confirmed.includes(name) || named.includes(name) ? [] : [name]))
  if (unnamed.length === 0) return
  throw new OperatorError({
    kind: 'refused',
    code: 'guard',
    message: `${state.environment.name} is protected, and undoing ${listed(unnamed)} may throw data away, to which --yes alone does not agree. Nothing was undone.`,
    hint: `Add: ${unnamed.map((name) => `--confirm-destructive ${name}`).join(' ')}`,
  })
}

function refuseMoved(before: RollbackScope, now: RollbackScope, environment: string): void {
  const names = ({ migrations }: RollbackScope) => migrations.map(({ name, batch }) => `${name} ${batch}`).join()
  if (names(before) === names(now)) return
  throw new OperatorError({
    kind: 'refused',
    code: 'moved',
    message: `What would be undone in ${environment} is not what was agreed to any more: somebody migrated it meanwhile. Nothing was undone.`,
    hint: 'Run the command again to see all of it.',
    retryable: true,
  })
}
