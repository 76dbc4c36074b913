import { expect, test } from 'vitest'
import { type ToldMigrations, toldMigrations } from '../../src/logs/told-migrations.ts'

const a = '2026_11_01_090000_create_orders_table'
const b = '2026_11_02_090000_fill_orders'
const c = '2026_11_03_090000_add_reference_to_invoices'
const d = '2026_11_04_090000_drop_old_reference'
const pending = (name: string) => `${name} ${'.'.repeat(20)} Pending`
const done = (name: string) => `${name} ${'.'.repeat(20)} 8.12ms DONE`
const fail = (name: string) => `${name} ${'.'.repeat(20)} 3.07ms FAIL`
const reason = ['In Connection.php line 829:', 'SQLSTATE[42701]: Duplicate column: 7']
const why = { sqlState: '42701', message: 'SQLSTATE[42701]: Duplicate column: 7' }

test.each<[string, string[], ToldMigrations | undefined]>([
  ['of a log without migrations nothing is told', ['INFO  Nothing to migrate.', 'Starting container'], undefined],
  ['a list of what is pending is no run', [pending(a)], undefined],
  ['what went well is told in its order', [done(a), done(b)], { done: [a, b] }],
  [
    'with a list the failure has a place, and the rest a name',
    [pending(a), pending(b), pending(c), pending(d), done(a), done(b), fail(c), ...reason],
    { done: [a, b], failed: { name: c, ...why, position: 3, of: 4, notRun: [d] } },
  ],
  [
    'the last of a list leaves nothing',
    [pending(a), done(b), fail(a), ...reason].filter((row) => row !== done(b)),
    { done: [], failed: { name: a, ...why, position: 1, of: 1, notRun: [] } },
  ],
  [
    'without a list, how many there were is not known',
    [done(a), fail(b), ...reason],
    { done: [a], failed: { name: b, ...why, position: 2 } },
  ],
  [
    'a list in which the failed one is missing is about something else',
    [pending(d), done(a), fail(b), ...reason],
    { done: [a], failed: { name: b, ...why, position: 2 } },
  ],
  [
    'a list that is printed again afterwards counts once',
    [pending(a), pending(b), done(a), fail(b), ...reason, '', pending(b)],
    { done: [a], failed: { name: b, ...why, position: 2, of: 2, notRun: [] } },
  ],
  ['what failed and was run again with success is done', [done(a), fail(b), ...reason, '', done(b)], { done: [a, b] }],
])('%s', (_, lines, told) => {
  expect(toldMigrations(lines)).toEqual(told)
})
