import { describe, expect, it } from 'vitest'
import { listedMigrations, migrationRun, notRun, pretendedMigrations } from '../../src/logs/migration-lines.ts'

function lines(text: string): string[] {
  return text.split('\n')
}

const failedRun = lines(`
   INFO  Running migrations.  

  2026_11_01_090000_create_orders_table ......................... 8.12ms DONE
  2026_11_02_090000_fill_every_single_reference_of_invoices_and_orders 1s 20ms DONE
  2026_11_03_090000_add_reference_to_invoices ................... 3.07ms FAIL

In Connection.php line 829:
                                                                               
  SQLSTATE[42701]: Duplicate column: 7 ERROR:  column "reference" of relation 
   "invoices" already exists (Connection: pgsql, SQL: alter table "invoices" a  
  dd column "reference" varchar(255) default 'not to be shown')                

In Connection.php line 500:
`)

describe('what artisan prints about migrations', () => {
  it('tells which ran, in which batch, and which are pending', () => {
    const list = lines(`
  Migration name .................................................. Batch / Status
  0001_01_01_000000_create_users_table .................................... [1] Ran
  2026_10_14_090000_add_due_date_to_invoices .............................. [12] Ran
  2026_11_02_090000_add_reference_to_invoices ............................ Pending
`)
    expect(listedMigrations(list)).toEqual([
      { name: '0001_01_01_000000_create_users_table', batch: 1 },
      { name: '2026_10_14_090000_add_due_date_to_invoices', batch: 12 },
      { name: '2026_11_02_090000_add_reference_to_invoices' },
    ])
  })

  it('tells what was done, and what failed with its SQLSTATE and without the statement', () => {
    expect(migrationRun(failedRun)).toEqual({
      done: [
        '2026_11_01_090000_create_orders_table',
        '2026_11_02_090000_fill_every_single_reference_of_invoices_and_orders',
      ],
      failed: {
        name: '2026_11_03_090000_add_reference_to_invoices',
        sqlState: '42701',
        message:
          'SQLSTATE[42701]: Duplicate column: 7 ERROR:  column "reference" of relation "invoices" already exists',
      },
      notFound: [],
      isNothing: false,
    })
  })

  it('reads the same from rows of a log, which have no indent and no empty lines', () => {
    const rows = failedRun.flatMap((line) => line.trim() || [])
    expect(migrationRun(rows)).toMatchObject({ failed: { sqlState: '42701' } })
    expect(migrationRun(rows).done).toHaveLength(2)
  })

  it('a failure without a word is one all the same', () => {
    const rows = ['2026_11_03_090000_add_reference_to_invoices ..... 3.07ms FAIL']
    expect(migrationRun(rows).failed).toEqual({
      name: '2026_11_03_090000_add_reference_to_invoices',
      message: 'it said no more',
    })
  })

  it('what the code does not have is not done', () => {
    const rows = ['  2026_11_03_090000_add_reference ............ Migration not found  ']
    expect(migrationRun(rows)).toMatchObject({ done: [], notFound: ['2026_11_03_090000_add_reference'] })
  })

  it.each(['   INFO  Nothing to migrate.  ', 'INFO  Nothing to rollback.'])('%j is nothing to do', (line) => {
    expect(migrationRun([line])).toEqual({ done: [], notFound: [], isNothing: true })
  })

  it('tells the statements of what is pretended, those over several lines as one, and none where there are none', () => {
    const rows = lines(`
   INFO  Running migrations.  

  2026_11_01_090000_create_orders_table ...................................... 
  ⇂ create table "orders" ("id" bigserial not null primary key, "total" 
  integer not null)  
  ⇂ create index "orders_total_index" on "orders" ("total")  
  2026_11_02_090000_fill_references .......................................... 
`)
    expect(pretendedMigrations(rows)).toEqual([
      {
        name: '2026_11_01_090000_create_orders_table',
        statements: [
          'create table "orders" ("id" bigserial not null primary key, "total" integer not null)',
          'create index "orders_total_index" on "orders" ("total")',
        ],
      },
      { name: '2026_11_02_090000_fill_references', statements: [] },
    ])
  })

  it('what was pending, was not done and did not fail was not run', () => {
    const pending = [
      { name: '2026_11_01_090000_create_orders_table' },
      { name: '2026_11_03_090000_add_reference_to_invoices' },
      { name: '2026_11_04_090000_drop_old_reference' },
      { name: '2026_10_01_090000_create_invoices_table', batch: 1 },
    ]
    expect(notRun(pending, migrationRun(failedRun))).toEqual(['2026_11_04_090000_drop_old_reference'])
  })
})
