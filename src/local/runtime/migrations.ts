import type { Deployment, Environment } from '../model.ts'
import type { CodeMigration } from '../repositories.ts'

/** A migration that was run. All that were run together are one batch. */
export interface RanMigration {
  name: string
  batch: number
}

/** What one run did, in its order. The first that failed ended it. */
export interface MigrationRun {
  done: { name: string; tookMs: number }[]
  failed?: { name: string; tookMs: number; message: string }
}

const baseMigrations: readonly CodeMigration[] = [
  { name: '2026_10_01_090000_create_invoices_table' },
  { name: '2026_10_14_090000_add_due_date_to_invoices' },
]
/** What the code of a `failing-migration` commit ends with. */
const brokenMigration: CodeMigration = {
  name: '2026_11_02_090000_add_reference_to_invoices',
  fails: 'SQLSTATE[42701]: Duplicate column: 7 ERROR: column "reference" of relation "invoices" already exists',
}

/** The migrations that a deployment's code has, in the order of their names. */
export function migrationsOf({ origin }: Deployment): CodeMigration[] {
  if (origin.kind !== 'commit') return []
  const { migrations = [], behaviour } = origin.commit
  const all = [...baseMigrations, ...migrations, ...(behaviour === 'failing-migration' ? [brokenMigration] : [])]
  return all.sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** What was run on the database of each environment: whichever container runs it, there is one. */
export class Migrations {
  readonly #ran = new WeakMap<Environment, RanMigration[]>()

  ran(environment: Environment): readonly RanMigration[] {
    return this.#ran.get(environment) ?? []
  }

  pending(deployment: Deployment): CodeMigration[] {
    const ran = this.ran(deployment.instance.environment).map(({ name }) => name)
    return migrationsOf(deployment).filter(({ name }) => !ran.includes(name))
  }

  /** Runs what is pending as one batch, up to the first that fails. */
  up(deployment: Deployment): MigrationRun {
    const { environment } = deployment.instance
    const ran = [...this.ran(environment)]
    const batch = Math.max(0, ...ran.map((one) => one.batch)) + 1
    const run: MigrationRun = { done: [] }
    for (const { name, fails } of this.pending(deployment)) {
      if (fails !== undefined) {
        run.failed = { name, tookMs: 3.07, message: fails }
        break
      }
      ran.push({ name, batch })
      run.done.push({ name, tookMs: 8.12 })
    }
    this.#ran.set(environment, ran)
    return run
  }

  /** Undoes the last so many, or without a number the last batch; the newest first. */
  down(deployment: Deployment, steps?: number): MigrationRun {
    const { environment } = deployment.instance
    const code = migrationsOf(deployment)
    let ran = [...this.ran(environment)]
    const last = ran.at(-1)?.batch
    const asked = steps === undefined ? ran.filter(({ batch }) => batch === last) : ran.slice(-steps)
    const run: MigrationRun = { done: [] }
    for (const { name } of asked.reverse()) {
      if (code.find((one) => one.name === name)?.isIrreversible === true) {
        run.failed = { name, tookMs: 0.41, message: 'This migration cannot be undone.' }
        break
      }
      ran = ran.filter((one) => one.name !== name)
      run.done.push({ name, tookMs: 4.9 })
    }
    this.#ran.set(environment, ran)
    return run
  }
}
