import type { Origin } from '../model.ts'
import type { CodeMigration } from '../repositories.ts'

const baseMigrations: readonly CodeMigration[] = [
  { name: '2026_10_01_090000_create_invoices_table' },
  { name: '2026_10_14_090000_add_due_date_to_invoices' },
]
/** What the code of a `failing-migration` commit ends with. */
const brokenMigration: CodeMigration = {
  name: '2026_11_02_090000_add_reference_to_invoices',
  fails: 'SQLSTATE[42701]: Duplicate column: 7 ERROR:  column "reference" of relation "invoices" already exists',
}

/** The migrations that the code of a commit has, in the order of their names. */
export function migrationsOf(origin: Origin): CodeMigration[] {
  if (origin.kind !== 'commit') return []
  const { migrations = [], behaviour } = origin.commit
  const all = [...baseMigrations, ...migrations, ...(behaviour === 'failing-migration' ? [brokenMigration] : [])]
  return all.sort((one, other) => (one.name < other.name ? -1 : 1))
}
