import { describe, expect, it } from 'vitest'
import { databaseHost } from '../../src/operations/reachable-database.ts'
import { refuseIrreversible, rollbackScope } from '../../src/operations/rollback-scope.ts'

const a = { name: '2026_01_01_000000_a', batch: 1 }
const b = { name: '2026_01_02_000000_b', batch: 2 }
// Older by its name and run later, as after a merge.
const c = { name: '2025_12_01_000000_c', batch: 3 }
const d = { name: '2026_01_03_000000_d', batch: 3 }
const list = { ran: [c, a, b, d], pending: [], hasTable: true }

describe('what a rollback undoes', () => {
  it.each([
    ['without a word, the last batch', { named: [] }, [d, c], []],
    ['as many as the last batch has', { step: 2, named: [] }, [d, c], ['--step=2']],
    [
      'exactly the newest ones that are named, in any order',
      { named: [b.name, c.name, d.name] },
      [d, c, b],
      ['--step=3'],
    ],
    ['one of a batch, named', { named: [d.name] }, [d], ['--step=1']],
    ['a name that is said twice', { named: [d.name, d.name] }, [d], ['--step=1']],
  ])('%s', (_, asked, migrations, words) => {
    expect(rollbackScope(asked, list, 'staging')).toMatchObject({ migrations, words })
  })

  it.each([
    ['a part of a batch', { step: 1, named: [] }, 'batch-crossed'],
    ['more than one batch', { step: 3, named: [] }, 'batch-crossed'],
    ['more than there are', { step: 9, named: [] }, 'batch-crossed'],
    ['a named one under others', { named: [b.name] }, 'batch-crossed'],
    ['one that did not run', { named: ['2020_01_01_000000_x'] }, 'migration-not-in-code'],
  ])('%s is refused', (_, asked, code) => {
    expect(() => rollbackScope(asked, list, 'staging')).toThrow(expect.objectContaining({ kind: 'refused', code }))
  })

  it('nothing, where nothing ran', () => {
    const empty = { ran: [], pending: [], hasTable: false }
    expect(rollbackScope({ named: [] }, empty, 'staging')).toMatchObject({ migrations: [] })
  })
})

describe('what has no way back', () => {
  const scope = { migrations: [d, c], isNamed: false, words: [] }
  const way = (name: string) => ({ name, statements: ['drop table x'] })
  it.each([
    ['one without a statement', scope, [way(d.name), { name: c.name, statements: [] }], [], 'migration-irreversible'],
    ['one that artisan does not come to', scope, [way(d.name)], [], 'migration-irreversible'],
    [
      'one that the code does not have, named or not',
      { ...scope, isNamed: true },
      [way(c.name)],
      [d.name],
      'migration-not-in-code',
    ],
    ['one that was not in the list', scope, [way(d.name), way(c.name), way(b.name)], [], 'moved'],
  ])('%s is refused', (_, asked, pretended, notFound, code) => {
    expect(() => refuseIrreversible(asked, pretended, notFound, 'staging')).toThrow(expect.objectContaining({ code }))
  })

  it('goes when it is named', () => {
    refuseIrreversible({ ...scope, isNamed: true }, [way(d.name)], [], 'staging')
  })
})

it.each([
  [{ DATABASE_URL: 'postgres://u:p@postgres.railway.internal:5432/x' }, 'postgres.railway.internal'],
  [{ DATABASE_URL: 'postgres://u:p/a#b@db.example.com/x' }, 'db.example.com'],
  [{ DB_URL: 'pgsql://db.example.com', DB_HOST: 'postgres.railway.internal' }, 'db.example.com'],
  [{ DB_HOST: '10.0.0.1' }, '10.0.0.1'],
  [{ DATABASE_URL: '' }, undefined],
])('the host of the database in %o is %s', (variables: Record<string, string>, host) => {
  expect(databaseHost((name) => variables[name])?.host).toBe(host)
})
