import { listedMigrations, migrationRun, notRun } from './migration-lines.ts'

/** What a deployment did to the database, as far as its log tells. */
export interface ToldMigrations {
  /** That went well, in their order. */
  done: string[]
  failed?: FailedMigration
}

/** The migration that ended a run. */
export interface FailedMigration {
  name: string
  sqlState?: string
  message: string
  /** Which one of the run it was, from 1. */
  position: number
  /** How many there were to run, and which of them were not reached; absent where the log does not list what was pending. */
  of?: number
  notRun?: string[]
}

/** Reads a log in which `migrate` ran, and before it perhaps `migrate:status`; undefined where nothing was run. */
export function toldMigrations(lines: readonly string[]): ToldMigrations | undefined {
  const run = migrationRun(lines)
  const done = [...new Set(run.done)]
  const { failed } = run
  // What failed and then went well after all is done.
  if (failed === undefined || done.includes(failed.name)) return done.length === 0 ? undefined : { done }
  const pending = [
    ...new Set(listedMigrations(lines).flatMap(({ name, batch }) => (batch === undefined ? [name] : []))),
  ]
  const isListed = pending.includes(failed.name)
  return {
    done,
    failed: {
      ...failed,
      position: done.length + 1,
      ...(isListed
        ? {
            of: pending.length,
            notRun: notRun(
              pending.map((name) => ({ name })),
              { ...run, done },
            ),
          }
        : {}),
    },
  }
}
