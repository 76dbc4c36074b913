import { clipped, count, listed, printable, shortCommit } from '../../kit/text.ts'
import type { OperationEvent } from '../../operations/events.ts'
import type { MigrateUp } from '../../operations/migrate-up.ts'
import type { MigrateRollback } from '../../operations/roll-back-migrations.ts'
import type { MigrationPlan, MigrationStatus } from '../../operations/show-migrations.ts'
import type { TakenBackup } from '../../operations/take-planned-backup.ts'
import type { Undo } from '../answers.ts'
import type { Style } from '../style.ts'
import { duration } from './duration.ts'
import { renderUndo } from './endings.ts'
import { paragraph } from './paragraph.ts'

interface Layout {
  style: Style
  columns: number
}

/** More of a statement is for machines. */
const longestStatement = 400

const unseen =
  'Code that does not run yet may have more, which nobody sees from here: a deployment of it runs those before its traffic.'

/** Every migration with its batch, and what is pending. */
export function renderMigrationStatus(status: MigrationStatus, layout: Layout): string {
  const { ran, pending, environment, hasTable } = status
  const { style, columns } = layout
  const rows = [
    ...ran.map(({ name, batch }) => ({ name, told: `batch ${batch}`, sign: style.sign.good })),
    ...pending.map((name) => ({ name, told: 'pending', sign: style.sign.deploy })),
  ]
  const width = Math.max(0, ...rows.map(({ name }) => name.length))
  const lines = rows.map(({ name, told, sign }) =>
    paragraph(`${printable(name).padEnd(width)}  ${told}`, columns, `${sign} `, 2),
  )
  const end = hasTable
    ? `${environment}: ${count(ran.length, 'migration')} ran, ${pending.length} pending.`
    : `${environment}: nothing was ever migrated; the table that artisan keeps its list in is not there.`
  return `${[...lines, ...sentences([end], layout), ...unseenBefore(status, layout)].join('\n')}\n`
}

/** What is pending, with the statements that it would run. */
export function renderMigrationPlan(plan: MigrationPlan, layout: Layout): string {
  const { pending, environment, hasTable } = plan
  const { style, columns } = layout
  if (pending.length === 0) {
    const text = hasTable
      ? `${environment}: nothing is pending.`
      : `${environment}: nothing was ever migrated, so everything is pending; which statements that is, artisan tells only once its table is there.`
    return `${[...sentences([text], layout), ...unseenBefore(plan, layout)].join('\n')}\n`
  }
  const lines = pending.flatMap(({ name, statements }) => [
    `${style.sign.deploy} ${style.name(printable(name))}`,
    ...(statements.length === 0
      ? [paragraph('no statement is told', columns, '    ', 4)]
      : statements.map((one) => paragraph(clipped(one, longestStatement), columns, '    ', 6))),
  ])
  const end = `${environment}: ${count(pending.length, 'migration')} pending; nothing was run.`
  return `${[...lines, ...sentences([end], layout), ...unseenBefore(plan, layout)].join('\n')}\n`
}

/** The end of `migrate up`. */
export function renderMigrateUp(up: MigrateUp, undo: Undo | undefined, layout: Layout): string {
  const { environment, done, outcome, elapsedMs, backup } = up
  const { style, columns } = layout
  if (up.isDryRun) return `${style.sign.none} Dry run: nothing was migrated.\n`
  if (outcome === 'nothing-to-migrate') {
    return `${paragraph(printable(`${environment}: nothing to migrate.`), columns, `${style.sign.good} `, 2)}\n`
  }
  const text =
    outcome === 'unknown'
      ? `${environment}: ${up.service} was deployed again, and its log does not tell what was migrated.`
      : `${environment}: ${count(done.length, 'migration')} done after ${duration(elapsedMs)}: ${listed(done)}.${toldBackup(backup)}`
  const sign = outcome === 'unknown' ? style.sign.caution : style.sign.good
  return `${paragraph(printable(text), columns, `${sign} `, 2)}\n${undo === undefined ? '' : renderUndo(undo, layout)}`
}

/** The end of `migrate rollback`. */
export function renderMigrateRollback(rollback: MigrateRollback, undo: Undo | undefined, layout: Layout): string {
  const { environment, done, outcome, elapsedMs, backup } = rollback
  const { style, columns } = layout
  if (rollback.isDryRun) return `${style.sign.none} Dry run: nothing was undone.\n`
  const text =
    outcome === 'nothing-to-roll-back'
      ? `${environment}: no migration ran that could be undone.`
      : `${environment}: ${count(done.length, 'migration')} undone after ${duration(elapsedMs)}: ${listed(done)}.${toldBackup(backup)}`
  return `${paragraph(printable(text), columns, `${style.sign.good} `, 2)}\n${undo === undefined ? '' : renderUndo(undo, layout)}`
}

/** What is to be run or undone, and behind which backup. */
export function renderMigrationsPlanned(
  event: Extract<OperationEvent, { type: 'migrations-planned' }>,
  { style, columns }: Layout,
): string {
  const { direction, environment, service, place, commit, migrations, because, backup } = event
  const isUp = direction === 'up'
  const what = migrations === null ? 'what is pending' : count(migrations.length, 'migration')
  const lines = [
    paragraph(printable(`${environment}: ${isUp ? 'migrate' : 'undo'} ${what}`), columns, '', 2),
    ...(migrations ?? []).map(({ name, batch, isIrreversible }) => {
      const of = batch === undefined ? '' : `  batch ${batch}`
      const bad = isIrreversible ? '  cannot be undone' : ''
      return paragraph(`${printable(name)}${of}${bad}`, columns, `${isUp ? style.sign.deploy : style.sign.delete} `, 2)
    }),
  ]
  if (because !== undefined)
    lines.push(paragraph(printable(`what is pending is not known: ${because}`), columns, '  ', 2))
  if (place === 'pre-deploy') {
    const of = commit === undefined ? '' : ` of ${shortCommit(commit)}`
    const down = event.hasDowntime ? ` ${service} has a volume, so it is down while the new one takes over.` : ''
    const text = `by a new deployment${of}, with the variables and settings that are stored now.${down}`
    lines.push(paragraph(printable(text), columns, '  ', 2))
  }
  const told = {
    'not-needed': undefined,
    new: 'a backup of the database is taken first',
    kept: 'a fresh backup of the database is there',
    'left-out': 'no backup of the database is taken',
  }[backup]
  if (told !== undefined) lines.push(paragraph(told, columns, '  ', 2))
  return lines.join('\n')
}

function toldBackup(backup: TakenBackup | null): string {
  if (backup === null) return ''
  const name = backup.name === null ? '' : ` "${backup.name}"`
  return ` The backup${name} of ${backup.service} was taken before.`
}

function unseenBefore({ place }: { place: string }, layout: Layout): string[] {
  return place === 'pre-deploy' ? sentences([unseen], layout) : []
}

function sentences(texts: readonly string[], { columns }: Layout): string[] {
  return texts.map((text) => paragraph(printable(text), columns))
}
