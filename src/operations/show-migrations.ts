import { migrationRun, type PretendedMigration, pretendedMigrations } from '../logs/migration-lines.ts'
import { askArtisan, notAnswered, readMigrations } from './ask-artisan.ts'
import type { MigrateNeeds } from './migrate-needs.ts'
import { type MigrateRequest, migrateSite, type ToldSite, toldSite } from './migrate-site.ts'

/** Which migrations ran, and which did not. */
export interface MigrationStatus extends ToldSite {
  /** As artisan lists them. */
  ran: { name: string; batch: number }[]
  pending: string[]
  /** False: nothing was ever migrated here. */
  hasTable: boolean
}

/** What `migrate up` would run. */
export interface MigrationPlan extends ToldSite {
  pending: PretendedMigration[]
  hasTable: boolean
}

/** Asks artisan; changes nothing. */
export async function showMigrations(request: MigrateRequest, needs: MigrateNeeds): Promise<MigrationStatus> {
  const site = await migrateSite(request, 'status', needs)
  return { ...toldSite(site), ...(await readMigrations(site, needs)) }
}

/**
 * The same, with the statements of what is pending. They are asked for only where something is: to pretend, artisan makes the table
 * of its list where that is missing.
 */
export async function planMigrations(request: MigrateRequest, needs: MigrateNeeds): Promise<MigrationPlan> {
  const site = await migrateSite(request, 'plan', needs)
  const { pending, hasTable } = await readMigrations(site, needs)
  if (pending.length === 0) return { ...toldSite(site), pending: [], hasTable }
  const { exitCode, lines, last } = await askArtisan(['migrate', '--pretend', '--force'], site, needs)
  const pretended = pretendedMigrations(lines)
  if (exitCode !== 0 || (pretended.length === 0 && !migrationRun(lines).isNothing)) {
    throw notAnswered('migrate', exitCode, last, site)
  }
  return { ...toldSite(site), pending: pretended, hasTable }
}
