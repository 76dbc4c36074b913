import { OperatorError } from '../kit/errors.ts'
import { clipped } from '../kit/text.ts'
import { listedMigrations } from '../logs/migration-lines.ts'
import { runHere } from '../platform/railway-run.ts'
import { runOverSsh } from '../platform/railway-ssh.ts'
import type { MigrateNeeds } from './migrate-needs.ts'
import { containerOf, type MigrateSite } from './migrate-site.ts'

/** What artisan printed, safe to show, and how it ended. */
export interface ArtisanWords {
  exitCode: number
  lines: string[]
  /** The last line of either stream that says anything. */
  last: string
}

/**
 * Runs artisan once where the site says.
 * @param onLine told each line of its output as it comes
 */
export async function askArtisan(
  words: readonly string[],
  site: MigrateSite,
  needs: MigrateNeeds,
  onLine: (line: string) => Promise<void> = async () => {},
): Promise<ArtisanWords> {
  const lines: string[] = []
  let last = ''
  const reader = needs.readLines(async ({ stream, text }) => {
    if (text.trim() !== '') last = text.trim()
    if (stream !== 'stdout') return
    lines.push(text)
    await onLine(text)
  })
  const { state, service, way } = site
  const place = { projectId: state.project.id, environmentId: state.environment.id, serviceId: service.id }
  if (way === 'ssh') containerOf(site)
  const cli = needs.openCli(way)
  needs.checkpoint()
  const own = { ...needs, tell: reader.take }
  try {
    const request = { place, command: ['php', 'artisan', ...words] as const }
    const exitCode = way === 'ssh' ? await runOverSsh(cli, request, own) : (await runHere(cli, request, own)).exitCode
    await reader.end()
    return { exitCode, lines, last: clipped(last, 300) }
  } finally {
    await reader.end()
  }
}

/** What `migrate:status` says. */
export interface MigrationList {
  ran: { name: string; batch: number }[]
  /** In the order in which they would run; where there is no table yet, which ones is not known. */
  pending: string[]
  /** Nothing was ever migrated: artisan has not made the table that it keeps its list in. */
  hasTable: boolean
}

export async function readMigrations(site: MigrateSite, needs: MigrateNeeds): Promise<MigrationList> {
  const { exitCode, lines, last } = await askArtisan(['migrate:status'], site, needs)
  const listed = listedMigrations(lines)
  const hasTable = !lines.some((line) => /\bMigration table not found\b/.test(line))
  // Only what artisan said itself is believed: a 0 may come from elsewhere.
  const isSaid = lines.some((line) => /\bMigration name\b|\bNo migrations found\b/.test(line))
  if (hasTable && (exitCode !== 0 || !(isSaid || listed.length > 0))) {
    throw notAnswered('migrate:status', exitCode, last, site)
  }
  return {
    ran: listed.flatMap(({ name, batch }) => (batch === undefined ? [] : [{ name, batch }])),
    pending: listed.flatMap(({ name, batch }) => (batch === undefined ? [name] : [])),
    hasTable,
  }
}

/** Artisan was asked and had another answer than one about migrations. */
export function notAnswered(command: string, exitCode: number, last: string, site: MigrateSite): OperatorError {
  const where = `${site.service.name} of ${site.state.environment.name}`
  const said = last === '' ? 'and printed nothing' : `and said: ${last}`
  return new OperatorError({
    kind: 'failed',
    code: 'artisan-failed',
    message: `artisan ${command} of ${where} ended with ${exitCode} ${said}. Which migrations ran is not known from that; nothing was changed.`,
    hint: `See what it says as a whole: fakturino artisan -e ${site.state.environment.name} -- ${command}`,
  })
}
