import type { Finding } from '../kit/finding.ts'
import { listed } from '../kit/text.ts'
import type { FailedMigration, ToldMigrations } from '../logs/told-migrations.ts'

/** A migration that failed in a deployment of this service, and those that went well before it. */
export interface FailedMigrations {
  service: string
  done: readonly string[]
  failed: FailedMigration
}

export function failedMigrations(service: string, { done, failed }: ToldMigrations): FailedMigrations | undefined {
  return failed === undefined ? undefined : { service, done, failed }
}

/** Which one failed, why, what was done before it and what was not. */
export function toldFailedMigrations({ done, failed }: FailedMigrations): string {
  const { name, message, notRun } = failed
  return [
    `Migration ${name} failed, ${toldPosition(failed)}: ${ended(message)}`,
    done.length === 0 ? 'None was done before it.' : `Done before it: ${few(done)}.`,
    ...(notRun === undefined ? [] : [notRun.length === 0 ? 'It was the last one.' : `Not run: ${few(notRun)}.`]),
  ].join(' ')
}

/** The same for scripts: every name is in the evidence, however many there are. */
export function migrationFinding({ service, done, failed }: FailedMigrations): Finding {
  const { name, sqlState, message, position, of, notRun } = failed
  return {
    code: 'migration-failed',
    severity: 'critical',
    subject: service,
    message: `Migration ${name} failed, ${toldPosition(failed)}: ${ended(message)}`,
    evidence: {
      migration: name,
      sqlState: sqlState ?? null,
      position,
      of: of ?? null,
      done: done.join(', '),
      notRun: notRun?.join(', ') ?? null,
    },
    fix: mend(failed, done),
  }
}

/** What brings the database on: artisan begins with the one that failed. */
export function mend({ name }: Pick<FailedMigration, 'name'>, done: readonly string[]): string {
  const again = done.length === 0 ? '' : ' What was done is not repeated.'
  return `Mend ${name} and deploy again.${again}`
}

/** `3 of 5`. */
function toldPosition({ position, of }: FailedMigration): string {
  return of === undefined ? `the ${ordinal(position)}, of how many is not known` : `${position} of ${of}`
}

function ordinal(position: number): string {
  const isTeen = position % 100 >= 11 && position % 100 <= 13
  const suffix = isTeen ? undefined : ['st', 'nd', 'rd'][(position % 10) - 1]
  return `${position}${suffix ?? 'th'}`
}

function ended(message: string): string {
  return /[.!?…]$/.test(message) ? message : `${message}.`
}

/** All of them where a person would read them; else the first and how many more. */
function few(names: readonly string[]): string {
  return names.length <= 8 ? listed(names) : listed([...names.slice(0, 6), `${names.length - 6} more`])
}
