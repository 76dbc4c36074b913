import { count, listed, printable, shortCommit } from '../../kit/text.ts'
import { duration } from './duration.ts'
import { renderMigrationsPlanned } from './migrate.ts'
import { paragraph } from './paragraph.ts'
import { done, type EventLayout, type EventRenderers, type ToldEvent } from './told-event.ts'

/** Artisan, migrations, and the backups before them. */
export const migrationEvents = {
  'artisan-started': ({ environment, service, deploymentId, commit, command }, layout) =>
    located(
      `artisan ${command} runs in a container of ${service}, ${environment}${commit === undefined ? '' : `, ${shortCommit(commit)}`}`,
      deploymentId,
      layout,
    ),
  'artisan-ended': ({ service, environment, command, exitCode, elapsedMs }, layout) => {
    const text = `artisan ${command} ended in ${service}, ${environment}, with ${exitCode} after ${duration(elapsedMs)}`
    if (exitCode === 0) return done(text, layout)
    return { line: paragraph(printable(text), layout.columns, `${layout.style.sign.bad} `, 2) }
  },
  'backup-started': ({ environment, service, name }) => ({
    progress: `the backup ${printable(name)} of ${service} in ${environment} is being made`,
  }),
  'backup-ended': ({ environment, service, name, usedMB, elapsedMs }, layout) =>
    done(
      `backup ${name} of ${service} in ${environment} made after ${duration(elapsedMs)}${usedMB === undefined ? '' : `, ${usedMB} MB`}`,
      layout,
    ),
  'backup-left-out': ({ environment, because }, { style, columns }) => ({
    line: paragraph(
      printable(`no backup of the database of ${environment}, because ${because}`),
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'migrations-located': ({ act, environment, service, place, way, commit, deploymentId }, layout) => {
    const of = commit === null ? '' : `, ${shortCommit(commit)}`
    const where =
      way === 'run'
        ? `on this machine, with the code here and the variables of ${service}, ${environment}`
        : `over SSH in a container of ${service}, ${environment}${of}`
    const text =
      act === 'up' && place === 'pre-deploy'
        ? `migrate up runs before a new deployment of ${service}, ${environment}${of}; what is pending is asked over SSH`
        : `migrate ${act} runs ${where}`
    return located(text, deploymentId, layout)
  },
  'migrations-planned': (event, layout) => ({ line: renderMigrationsPlanned(event, layout) }),
  'migrations-started': ({ environment, service, way, direction }) => ({
    progress: `${direction === 'up' ? 'migrating' : 'undoing migrations of'} ${environment} ${way === 'run' ? 'from here' : `in ${service}`}`,
  }),
  'migration-ended': ({ name, direction, outcome }, layout) => {
    const text = `${name} ${direction === 'up' ? 'migrated' : 'undone'}`
    if (outcome === 'done') return done(text, layout)
    const { style, columns } = layout
    return { line: paragraph(printable(`${name} failed`), columns, `${style.sign.bad} `, 2) }
  },
  'migrations-ran': ({ service, done, failed }, { style, columns }) => ({
    line: paragraph(
      printable(
        [
          `${service} ran ${done.length === 0 ? 'no migration' : count(done.length, 'migration')}`,
          // The whole first schema is no news.
          ...(done.length === 0 || done.length > 5 ? [] : [`: ${listed(done)}`]),
          ...(failed === undefined ? [] : [`; ${failed.name} failed`]),
        ].join(''),
      ),
      columns,
      `${failed === undefined ? style.sign.good : style.sign.bad} `,
      2,
    ),
  }),
} satisfies Partial<EventRenderers>

/** Where something runs, with the id of what it runs in. */
function located(text: string, deploymentId: string | undefined, { style, columns }: EventLayout): ToldEvent {
  const id = deploymentId === undefined ? '' : ` ${style.quiet(printable(deploymentId))}`
  return { line: paragraph(`${printable(text)}${id}`, columns, `${style.sign.deploy} `, 2) }
}
