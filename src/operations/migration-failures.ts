import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { type MigrationRun, notRun } from '../logs/migration-lines.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { MigrateDirection } from './migrate-act.ts'
import type { MigrateSite } from './migrate-site.ts'

/** What was to be run or undone, in its order; undefined where nobody could know before. */
export type Expected = readonly string[] | undefined

/** The first migration that failed ended the run: what was done before it stays, what comes after it was not begun. */
export function migrationFailed(
  { failed, ...run }: MigrationRun & { failed: NonNullable<MigrationRun['failed']> },
  {
    direction,
    expected,
    isBeforeTraffic,
  }: { direction: MigrateDirection; expected: Expected; isBeforeTraffic: boolean },
  site: MigrateSite,
): OperatorError {
  const environment = site.state.environment.name
  const left = notRun(expected?.map((name) => ({ name })) ?? [], { ...run, failed })
  const at = expected === undefined ? run.done.length + 1 : expected.indexOf(failed.name) + 1
  const position = expected === undefined || at === 0 ? '' : ` (${at} of ${expected.length})`
  const verb = direction === 'up' ? 'failed' : 'could not be undone'
  const state = failed.sqlState === undefined ? '' : `, SQLSTATE ${failed.sqlState}`
  return new OperatorError({
    kind: 'failed',
    code: 'migration-failed',
    message: [
      `${failed.name}${position} ${verb} in ${environment}${state}: ${ended(failed.message)}`,
      ...told(run.done, direction),
      left.length === 0 ? '' : `Not ${direction === 'up' ? 'run' : 'undone'}: ${listed(left)}.`,
      isBeforeTraffic ? serving(site) : '',
    ]
      .filter((text) => text !== '')
      .join(' '),
    hint: nextAfter(direction, run.done, isBeforeTraffic, site),
  })
}

function ended(message: string): string {
  return /[.!?…]$/.test(message) ? message : `${message}.`
}

function told(done: readonly string[], direction: MigrateDirection): string[] {
  if (done.length === 0) return [direction === 'up' ? 'Nothing was run before it.' : 'Nothing was undone before it.']
  return [`${direction === 'up' ? 'Done' : 'Undone'} before it, and left so: ${listed(done)}.`]
}

function serving({ state, service }: MigrateSite): string {
  const old = liveDeployment(state.services.find(({ id }) => id === service.id))
  if (old === undefined) return `Nothing of ${service.name} serves.`
  return `${old.commit === undefined ? 'The deployment before' : shortCommit(old.commit)} keeps serving.`
}

function nextAfter(
  direction: MigrateDirection,
  done: readonly string[],
  isBeforeTraffic: boolean,
  { state, commit }: MigrateSite,
): string {
  const name = shellWord(state.environment.name)
  if (direction === 'down') return `What stands now is told by: fakturino migrate status -e ${name}`
  const on = isBeforeTraffic
    ? `The next deployment goes on with the one that failed: mend it in the code, and run \`fakturino deploy -e ${name} --commit latest\`.`
    : `The next run goes on with the one that failed: mend it in the code${commit === undefined ? '' : ', deploy that'}, and run \`fakturino migrate up -e ${name}\`.`
  if (done.length === 0) return on
  return `${on} To undo what was done, run \`fakturino migrate rollback --step ${done.length} -e ${name}\`.`
}

/** Artisan was stopped, or nobody heard its end: what it did is not known, and it may still be at it. */
export function leftMigrating(
  why: string,
  error: OperatorError,
  { direction, done }: { direction: MigrateDirection; done: readonly string[] },
  { state, service, way }: MigrateSite,
): OperatorError {
  const environment = state.environment.name
  const place = way === 'ssh' ? `in a container of ${service.name}` : 'on this machine'
  const what = direction === 'up' ? 'migrated' : 'undid migrations of'
  const heard =
    done.length === 0 ? 'It had told of none that was done' : `It had told that these were done: ${listed(done)}`
  const { kind, code } = error
  return new OperatorError(
    {
      kind,
      code,
      message: `${why} while artisan ${what} ${environment} ${place}. ${heard}. Whether it goes on, or was carried out, is not known.`,
      hint: `Look before it is run again: fakturino migrate status -e ${shellWord(environment)}`,
    },
    { cause: error },
  )
}

/** It ended badly without naming a migration, or well without a word of artisan. */
export function artisanSaid(
  exitCode: number,
  last: string,
  { direction, done }: { direction: MigrateDirection; done: readonly string[] },
  { state, way, service }: MigrateSite,
): OperatorError {
  const environment = state.environment.name
  const act = direction === 'up' ? 'migrate' : 'migrate:rollback'
  const said = last === '' ? 'it printed nothing' : `the last that it said is: ${last}`
  const before = done.length === 0 ? '' : ` Done before that: ${listed(done)}.`
  const hint = `What stands now is told by: fakturino migrate status -e ${shellWord(environment)}`
  if (exitCode !== 0) {
    return new OperatorError({
      kind: 'failed',
      code: 'artisan-failed',
      message: `artisan ${act} ended with ${exitCode} in ${environment} and names no migration that failed; ${said}.${before}`,
      hint,
    })
  }
  const trap = way === 'run' ? ' A program that is killed ends the railway command with 0 too.' : ''
  return new OperatorError({
    kind: 'unfinished',
    code: 'command-unknown',
    message: `artisan ${act} for ${service.name} of ${environment} ended with 0 and said nothing of migrations, so whether it did anything is not known.${trap}`,
    hint,
  })
}
