import type { CodeMigration } from '../repositories.ts'
import type { SshAnswer } from '../ssh-command.ts'
import { type ArtisanCommand, type ArtisanPlace, failed, said } from './artisan-answer.ts'
import { artisanInfo, artisanRow, artisanThrown, thrownByDatabase } from './artisan-lines.ts'
import { migrationsOf } from './code-migrations.ts'
import { statementsOf } from './migration-sql.ts'
import { type MigrationRun, thrownByDown } from './migrations.ts'

/** What artisan does about migrations, as Laravel 11 and 12 do it. */
export const migrateCommands: Readonly<Record<string, ArtisanCommand>> = {
  'migrate:status': (place, options, needs) => {
    if (needs.unknownHost !== undefined) return notConnected(needs.unknownHost)
    const { migrations } = needs
    const { environment } = place.instance
    if (!migrations.isInstalled(environment)) return failed('   ERROR  Migration table not found.  ')
    const ran = migrations.ran(environment)
    const pending = option(options, '--pending')
    const rows = migrationsOf(place.origin).flatMap(({ name }) => {
      const batch = ran.find((one) => one.name === name)?.batch
      if (batch !== undefined && pending !== undefined) return []
      return artisanRow(name, batch === undefined ? 'Pending' : `[${batch}] Ran`)
    })
    if (rows.length === 0) return inform(pending === undefined ? 'No migrations found.' : 'No pending migrations.')
    const answer = said(artisanRow('Migration name', 'Batch / Status'), ...rows)
    return pending === undefined || pending === '' ? answer : { ...answer, exitCode: Number(pending) || 0 }
  },
  migrate: (place, options, needs) => {
    if (isStopped(place, options)) return cancelled
    if (needs.unknownHost !== undefined) return notConnected(needs.unknownHost)
    const { migrations } = needs
    const { environment } = place.instance
    const first = migrations.isInstalled(environment)
      ? []
      : [info('Preparing database.'), '', artisanRow('Creating migration table', '12.41ms DONE'), '']
    migrations.install(environment)
    const code = migrationsOf(place.origin)
    const pending = migrations.pending(environment, code)
    if (pending.length === 0) return said(...first, info('Nothing to migrate.'))
    const head = [...first, info('Running migrations.'), '']
    if (options.includes('--pretend')) {
      return said(...head, ...pending.flatMap((one) => pretended(one.name, [statementsOf(one).up])))
    }
    return toldRun(head, migrations.up(environment, code, options.includes('--step')))
  },
  'migrate:rollback': (place, options, needs) => {
    if (isStopped(place, options)) return cancelled
    if (needs.unknownHost !== undefined) return notConnected(needs.unknownHost)
    const { migrations } = needs
    const { environment } = place.instance
    if (!migrations.isInstalled(environment)) return failed(...artisanThrown(noTable))
    const steps = Number(option(options, '--step')) || undefined
    const batch = Number(option(options, '--batch')) || undefined
    const asked = { ...(steps === undefined ? {} : { steps }), ...(batch === undefined ? {} : { batch }) }
    const undone = migrations.undone(environment, asked)
    if (undone.length === 0) return inform('Nothing to rollback.')
    const head = [info('Rolling back migrations.'), '']
    const code = migrationsOf(place.origin)
    if (!options.includes('--pretend')) return toldRun(head, migrations.down(environment, code, asked))
    return pretendedDown(head, undone, code)
  },
}

function info(message: string): string {
  return `${artisanInfo(message)}  `
}

function inform(message: string): SshAnswer {
  return said(info(message))
}

/** What stands behind an option, '' where nothing does; undefined where the option is not given. */
function option(options: readonly string[], name: string): string | undefined {
  const given = options.find((one) => one === name || one.startsWith(`${name}=`))
  return given?.slice(name.length + 1)
}

/** In production artisan asks first, whatever it would do, and nobody answers where there is no terminal. */
function isStopped({ variables }: ArtisanPlace, options: readonly string[]): boolean {
  return variables.APP_ENV === 'production' && !options.includes('--force')
}

const cancelled = failed('   APPLICATION IN PRODUCTION.  ', '', '   WARN  Command cancelled.  ')

const noTable = thrownByDatabase(
  'SQLSTATE[42P01]: Undefined table: 7 ERROR:  relation "migrations" does not exist',
  'select "migration" from "migrations" order by "batch" desc, "migration" desc',
)

function notConnected(host: string): ReturnType<typeof failed> {
  const message = `SQLSTATE[08006] [7] could not translate host name "${host}" to address: Name or service not known`
  return failed(
    ...artisanThrown(
      thrownByDatabase(
        message,
        "select exists (select 1 from pg_class c, pg_namespace n where n.nspname = 'public' and c.relname = 'migrations')",
      ),
    ),
  )
}

function pretended(name: string, statements: readonly string[]): string[] {
  return [artisanRow(name), ...statements.map((statement) => `  ⇂ ${statement}  `)]
}

/** The down of each is called to see what it would ask: one that throws ends it. */
function pretendedDown(head: string[], undone: readonly { name: string }[], code: readonly CodeMigration[]): SshAnswer {
  const rows: string[] = []
  for (const { name } of undone) {
    const migration = code.find((one) => one.name === name)
    if (migration === undefined) rows.push(notFound(name))
    else if (migration.isIrreversible === true) {
      return failed(...head, ...rows, artisanRow(name), ...artisanThrown([thrownByDown(name)]))
    } else rows.push(...pretended(name, migration.downIsEmpty === true ? [] : [statementsOf(migration).down]))
  }
  return said(...head, ...rows)
}

function notFound(name: string): string {
  return artisanRow(name, 'Migration not found')
}

function toldRun(head: readonly string[], { done, failed: bad }: MigrationRun): SshAnswer {
  const rows = done.map(({ name, tookMs }) =>
    tookMs === undefined ? notFound(name) : artisanRow(name, `${tookMs.toFixed(2)}ms DONE`),
  )
  if (bad === undefined) return said(...head, ...rows)
  const fail = artisanRow(bad.name, `${bad.tookMs.toFixed(2)}ms FAIL`)
  return failed(...head, ...rows, fail, ...artisanThrown(bad.thrown))
}
