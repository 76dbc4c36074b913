import type { DesiredService, DesiredState } from '../config/desired.ts'
import { isRecord } from '../kit/json.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { hold, type JsonObject, list, type Run, type Step } from './tour.ts'

/** A migration of a commit; `fails`: what the database says to it. */
interface TourMigration {
  name: string
  fails?: string
}

export interface MigrationNeeds {
  /** Adds a commit with these migrations that nobody is told about; those of the same name are mended by it. */
  addMigrations(migrations: readonly TourMigration[]): string
}

const first = '2026_11_20_090000_create_reminders_table'
const broken = '2026_11_21_090000_add_reminder_to_invoices'
const last = '2026_11_22_090000_drop_old_reminder_from_invoices'
const twice = 'SQLSTATE[42701]: Duplicate column: 7 ERROR: column "reminder" of relation "invoices" already exists'

/**
 * A commit whose second migration of three fails, in the first environment, and one that mends it. Nothing where no pre-deploy
 * command migrates.
 */
export function migrationSteps(desired: DesiredState | undefined, { addMigrations }: MigrationNeeds): Step[] {
  const migrating = desired?.services.find(
    ({ codebase, settings }) =>
      codebase !== undefined && settings.preDeploy?.some((command) => command.includes('migrate')),
  )
  if (desired === undefined || migrating === undefined) return []
  const { name } = desired.environment
  const sharing = desired.services.filter(({ codebase }) => codebase === migrating.codebase)
  // What is deployed before it, or beside it, has the new commit by then.
  const kept = sharing.filter((service) => service === migrating || service.level > migrating.level)
  return [
    {
      name: 'failing-migration',
      title: 'Deploy a commit of which a migration fails, and one that mends it',
      async act(run) {
        const before = await revisions(kept, name, run)
        const failing = addMigrations([{ name: first }, { name: broken, fails: twice }, { name: last }])
        const events = await run(['deploy', '-e', name, '--commit', failing, '--yes'], 1)
        const { of, position, notRun } = holdNamed(events)
        const after = await revisions(kept, name, run)
        hold(
          kept.every((service) => before.get(service.name) === after.get(service.name)),
          'the old release does not serve everywhere any more',
        )
        const mended = addMigrations([{ name: broken }])
        const ran = ranIn(await run(['deploy', '-e', name, '--commit', mended, '--yes']))
        hold(!ran.includes(first), `${first} was run twice`)
        hold(ran.includes(broken) && ran.includes(last), 'the mended commit did not run the rest')
        const now = await revisions(sharing, name, run)
        hold(
          [...now.values()].every((revision) => revision === mended),
          'not every service runs the mended commit',
        )
        const place = typeof of === 'number' ? `, as ${String(position)} of ${of}` : ''
        const rest = typeof notRun === 'string' ? `, and what was not run: ${notRun}` : ''
        return [
          `The deploy ended with 1 and named ${broken}${place}${rest}. ${listed([...after.keys()])} kept serving what they had.`,
          `${shortCommit(mended)} went through: what was done before was not repeated.`,
        ]
      },
    },
  ]
}

/** What the failure says of the migration, for scripts. */
function holdNamed(events: readonly JsonObject[]): JsonObject {
  const failure = events.at(-1)
  hold(failure?.code === 'migration-failed', `the deploy failed with ${String(failure?.code)}`)
  const [finding] = list(failure, 'findings')
  const evidence = isRecord(finding?.evidence) ? finding.evidence : {}
  hold(evidence.migration === broken, `it named ${String(evidence.migration)} instead of ${broken}`)
  hold(evidence.sqlState === '42701', 'it did not say why')
  hold(evidence.of === null || evidence.notRun === last, 'it did not name what was not run')
  return evidence
}

function ranIn(events: readonly JsonObject[]): unknown[] {
  return events.flatMap(({ type, done }) => (type === 'migrations-ran' && Array.isArray(done) ? done : []))
}

async function revisions(
  services: readonly DesiredService[],
  environment: string,
  run: Run,
): Promise<Map<string, unknown>> {
  const [status] = await run(['status', '-e', environment])
  const names = services.map(({ name }) => name)
  return new Map(
    list(status, 'services').flatMap(({ name, revision }) =>
      typeof name === 'string' && names.includes(name) ? [[name, revision]] : [],
    ),
  )
}
