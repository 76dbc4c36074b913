import { describe, expect, it } from 'vitest'
import type { Environment } from '../../src/local/model.ts'
import type { CodeMigration } from '../../src/local/repositories.ts'
import { runArtisan } from '../../src/local/runtime/artisan.ts'
import { Migrations } from '../../src/local/runtime/migrations.ts'
import { listedMigrations, migrationRun, pretendedMigrations } from '../../src/logs/migration-lines.ts'
import { aProject } from '../support/contract-caller.ts'

const first = ['2026_10_01_090000_create_invoices_table', '2026_10_14_090000_add_due_date_to_invoices']
const orders = '2026_11_01_090000_create_orders_table'
const long = '2026_11_02_090000_add_the_reference_that_the_tax_office_gave_to_invoices'
const said = `SQLSTATE[23505]: Unique violation: 7 ERROR:  could not create unique index "invoices_reference_unique"`

/** Artisan at a database of its own, with so much code. */
async function aDatabase() {
  const caller = await aProject()
  const environment = caller.platform.world.environment(caller.environmentId)
  const migrations = new Migrations()
  return (words: string[], code: CodeMigration[] = [], parts: { unknownHost?: string; isLocal?: boolean } = {}) => {
    const { unknownHost, isLocal = false } = parts
    const { exitCode, stdout } = runArtisan(place(environment, code, isLocal), words, {
      migrations,
      now: caller.clock.now(),
      ...(unknownHost === undefined ? {} : { unknownHost }),
    })
    const lines = stdout.split('\n')
    // A log keeps neither indents nor empty lines.
    return { exitCode, stdout, lines, rows: lines.flatMap((line) => line.trim() || []) }
  }
}

function place(environment: Environment, migrations: CodeMigration[], isLocal: boolean) {
  return {
    instance: { environment },
    origin: {
      kind: 'commit' as const,
      repository: 'acme/shop',
      branch: 'main',
      commit: { sha: 'c', message: 'm', behaviour: 'healthy' as const, migrations },
    },
    variables: { APP_ENV: isLocal ? 'local' : 'production' },
    settings: {},
  }
}

describe('migrate', () => {
  it('asks first in production, whatever it would do, and nobody answers', async () => {
    const artisan = await aDatabase()
    for (const words of [['migrate'], ['migrate', '--pretend'], ['migrate:rollback', '--pretend']]) {
      const { exitCode, stdout } = artisan(words)
      expect([exitCode, stdout]).toEqual([1, expect.stringContaining('WARN  Command cancelled.')])
    }
    expect(artisan(['migrate', '--pretend'], [], { isLocal: true }).exitCode).toBe(0)
    expect(artisan(['migrate:status']).stdout).not.toContain('cancelled')
  })

  it('makes its table first, and runs what is pending as one batch, or each as its own', async () => {
    const artisan = await aDatabase()
    expect(artisan(['migrate:status'])).toMatchObject({ exitCode: 1, rows: ['ERROR  Migration table not found.'] })
    const ran = artisan(['migrate', '--force', '--isolated'])
    expect(ran.stdout).toContain('Preparing database.')
    expect(migrationRun(ran.lines)).toEqual({ done: first, notFound: [], isNothing: false })
    expect(migrationRun(artisan(['migrate', '--force']).rows).isNothing).toBe(true)

    const code = [{ name: orders }, { name: long }]
    expect(listedMigrations(artisan(['migrate:status', '--pending'], code).rows)).toEqual([
      { name: orders },
      { name: long },
    ])
    expect(artisan(['migrate:status', '--pending=3'], code).exitCode).toBe(3)
    artisan(['migrate', '--force', '--step'], code)
    expect(listedMigrations(artisan(['migrate:status'], code).lines).map(({ batch }) => batch)).toEqual([1, 1, 2, 3])
    expect(artisan(['migrate:status', '--pending'], code).rows).toEqual(['INFO  No pending migrations.'])
  })

  it('pretends with statements, and runs none of them', async () => {
    const artisan = await aDatabase()
    const { exitCode, lines } = artisan(
      ['migrate', '--pretend', '--force'],
      [
        { name: orders },
        { name: '2026_11_05_090000_drop_old_reference_from_orders' },
        { name: '2026_11_06_090000_fill_references' },
      ],
    )
    expect(exitCode).toBe(0)
    expect(pretendedMigrations(lines).map(({ statements }) => statements)).toEqual([
      [expect.stringMatching(/^create table "invoices" \(.*\)$/)],
      ['alter table "invoices" add column "due_date" varchar(255) null'],
      [expect.stringMatching(/^create table "orders" \(/)],
      ['alter table "orders" drop column "old_reference"'],
      ['create index "fill_references_index" on "invoices" ("id")'],
    ])
    expect(listedMigrations(artisan(['migrate:status']).lines).every(({ batch }) => batch === undefined)).toBe(true)
  })

  it('ends with the first that fails, and tells what the database said and was asked, cut where the line is full', async () => {
    const artisan = await aDatabase()
    artisan(['migrate', '--force'])
    const code = [{ name: orders }, { name: long, fails: said }, { name: '2026_11_03_090000_create_taxes_table' }]
    const { exitCode, stdout, lines, rows } = artisan(['migrate', '--force'], code)
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^In Connection\.php line 829:$/m)
    expect(stdout.replaceAll(/\s+/g, '')).toContain('(Connection:pgsql,SQL:altertable"invoices"addcolumn')
    const thrown = lines.slice(lines.indexOf('In Connection.php line 829:'))
    expect(Math.max(...thrown.map((line) => line.length))).toBe(79)
    const failed = { name: long, sqlState: '23505', message: said }
    expect(migrationRun(lines)).toEqual({ done: [orders], failed, notFound: [], isNothing: false })
    expect(migrationRun(rows).failed).toMatchObject({ name: long, sqlState: '23505' })
    expect(migrationRun(rows).failed?.message).not.toContain('SQL:')
    expect(listedMigrations(artisan(['migrate:status', '--pending'], code).lines)).toHaveLength(2)
  })
})

describe('migrate:rollback', () => {
  it('undoes the last batch, so many steps, or a batch, the newest first', async () => {
    const artisan = await aDatabase()
    const code = [{ name: orders }, { name: long }]
    artisan(['migrate', '--force'])
    artisan(['migrate', '--force'], code)
    expect(migrationRun(artisan(['migrate:rollback', '--force'], code).lines).done).toEqual([long, orders])
    artisan(['migrate', '--force', '--step'], code)
    expect(migrationRun(artisan(['migrate:rollback', '--force', '--batch=2'], code).rows).done).toEqual([orders])
    expect(migrationRun(artisan(['migrate:rollback', '--force', '--step=2'], code).rows).done).toEqual([long, first[1]])
    artisan(['migrate:rollback', '--force'], code)
    expect(migrationRun(artisan(['migrate:rollback', '--force'], code).lines).isNothing).toBe(true)
  })

  it('passes over what the code does not have, which no status lists either', async () => {
    const artisan = await aDatabase()
    artisan(['migrate', '--force'], [{ name: orders }])
    expect(listedMigrations(artisan(['migrate:status']).lines).map(({ name }) => name)).toEqual(first)
    const down = ['migrate:rollback', '--force', '--step=2']
    const pretended = artisan([...down, '--pretend'])
    expect(migrationRun(pretended.lines)).toMatchObject({ notFound: [orders] })
    const { exitCode, lines } = artisan(down)
    expect(exitCode).toBe(0)
    expect(migrationRun(lines)).toEqual({ done: [first[1]], notFound: [orders], isNothing: false })
    expect(listedMigrations(artisan(['migrate:status'], [{ name: orders }]).lines).at(-1)).toEqual({
      name: orders,
      batch: 1,
    })
  })

  it('pretends each down: an empty one asks for nothing, one that throws ends it', async () => {
    const artisan = await aDatabase()
    const [one, two, three] = [
      '2026_11_01_000001_one',
      '2026_11_01_000002_add_two_to_orders',
      '2026_11_01_000003_three',
    ]
    const code = [{ name: one, isIrreversible: true }, { name: two }, { name: three, downIsEmpty: true }]
    artisan(['migrate', '--force'], code)
    const { exitCode, lines, rows } = artisan(['migrate:rollback', '--pretend', '--force', '--step=3'], code)
    expect(exitCode).toBe(1)
    const pretended = [
      { name: three, statements: [] },
      { name: two, statements: ['alter table "orders" drop column "two"'] },
      { name: one, statements: [] },
    ]
    expect(pretendedMigrations(lines)).toEqual(pretended)
    expect(pretendedMigrations(rows)).toEqual(pretended)
    const run = migrationRun(artisan(['migrate:rollback', '--force', '--step=3'], code).lines)
    expect(run).toMatchObject({
      done: [three, two],
      failed: { name: one, message: 'This migration cannot be undone.' },
    })
  })

  it('without a table says what the database says', async () => {
    const artisan = await aDatabase()
    const { exitCode, stdout } = artisan(['migrate:rollback', '--force'])
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('SQLSTATE[42P01]: Undefined table')])
  })
})

it.each(['migrate', 'migrate:status', 'migrate:rollback'])(
  '%s fails where the database has no address',
  async (name) => {
    const artisan = await aDatabase()
    const { exitCode, stdout } = artisan([name, '--force'], [], { unknownHost: 'postgres.railway.internal' })
    expect(exitCode).toBe(1)
    expect(stdout.replaceAll(/\s*\n */g, '')).toContain(
      'SQLSTATE[08006] [7] could not translate host name "postgres.railway.internal" to address',
    )
  },
)
