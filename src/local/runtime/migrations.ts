import type { Environment } from '../model.ts'
import type { CodeMigration } from '../repositories.ts'
import { type Thrown, thrownByDatabase } from './artisan-lines.ts'
import { statementsOf } from './migration-sql.ts'

/** A migration that was run. All that were run together are one batch. */
export interface RanMigration {
  name: string
  batch: number
}

/** What one run did, in its order. The first that failed ended it. */
export interface MigrationRun {
  /** Without a time: the code does not have it, so it was passed over. */
  done: { name: string; tookMs?: number }[]
  failed?: { name: string; tookMs: number; thrown: readonly Thrown[] }
}

/** Which of them `migrate:rollback` is asked to undo; nothing said: the last batch. */
export interface AskedDown {
  steps?: number
  batch?: number
}

/** What was run on the database of each environment: whichever container runs it, there is one. */
export class Migrations {
  /** Without an entry nobody made the table that keeps them. */
  readonly #ran = new WeakMap<Environment, RanMigration[]>()

  isInstalled(environment: Environment): boolean {
    return this.#ran.has(environment)
  }

  install(environment: Environment): void {
    if (!this.isInstalled(environment)) this.#ran.set(environment, [])
  }

  ran(environment: Environment): readonly RanMigration[] {
    return this.#ran.get(environment) ?? []
  }

  pending(environment: Environment, code: readonly CodeMigration[]): CodeMigration[] {
    const ran = this.ran(environment).map(({ name }) => name)
    return code.filter(({ name }) => !ran.includes(name))
  }

  /** Runs what is pending, up to the first that fails: as one batch, or each as one of its own. */
  up(environment: Environment, code: readonly CodeMigration[], isStepwise: boolean): MigrationRun {
    const ran = [...this.ran(environment)]
    let batch = Math.max(0, ...ran.map((one) => one.batch)) + 1
    const run: MigrationRun = { done: [] }
    for (const migration of this.pending(environment, code)) {
      const { name, fails } = migration
      if (fails !== undefined) {
        run.failed = { name, tookMs: 3.07, thrown: thrownByDatabase(fails, statementsOf(migration).up) }
        break
      }
      ran.push({ name, batch })
      run.done.push({ name, tookMs: 8.12 })
      if (isStepwise) batch++
    }
    this.#ran.set(environment, ran)
    return run
  }

  /** What a rollback would undo, the newest first. */
  undone(environment: Environment, { steps, batch }: AskedDown): RanMigration[] {
    const ran = this.ran(environment)
    const which = steps === undefined ? (batch ?? ran.at(-1)?.batch) : undefined
    const asked = which === undefined ? ran.slice(-(steps ?? 0)) : ran.filter((one) => one.batch === which)
    return asked.toReversed()
  }

  down(environment: Environment, code: readonly CodeMigration[], asked: AskedDown): MigrationRun {
    let ran = [...this.ran(environment)]
    const run: MigrationRun = { done: [] }
    for (const { name } of this.undone(environment, asked)) {
      const migration = code.find((one) => one.name === name)
      if (migration === undefined) {
        run.done.push({ name })
        continue
      }
      if (migration.isIrreversible === true) {
        run.failed = { name, tookMs: 0.41, thrown: [thrownByDown(name)] }
        break
      }
      ran = ran.filter((one) => one.name !== name)
      run.done.push({ name, tookMs: 4.9 })
    }
    this.#ran.set(environment, ran)
    return run
  }
}

/** What the author of a migration wrote who did not want it to be undone. */
export function thrownByDown(name: string): Thrown {
  return { file: `${name}.php`, line: 24, message: 'This migration cannot be undone.' }
}
