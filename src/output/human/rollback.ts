import { listed, printable, shortCommit } from '../../kit/text.ts'
import type { OperationEvent } from '../../operations/events.ts'
import type { MigrationSince } from '../../operations/migrations-since.ts'
import type { ToldPinning } from '../../operations/pinning.ts'
import type { ToldRollbackStep } from '../../operations/rollback-steps.ts'
import type { Rollback } from '../../operations/rolled-back.ts'
import type { LeftBecause } from '../../plan/pinned-variables.ts'
import type { Undo } from '../answers.ts'
import type { Style } from '../style.ts'
import { duration } from './duration.ts'
import { renderUndo } from './endings.ts'
import { paragraph } from './paragraph.ts'

interface Layout {
  style: Style
  columns: number
}

type Planned = Pick<
  Extract<OperationEvent, { type: 'rollback-planned' }>,
  'services' | 'migrations' | 'areMigrationsKnown' | 'undoFirst'
>

const ways: Record<ToldRollbackStep['way'], string> = {
  stays: 'serves it already',
  follows: 'is on its way there',
  image: 'can be rolled back, without a build',
  build: 'still serves it while another deployment is on its way, so it is built once more',
  rebuild: 'is built again with the settings and variables of then, because its image is not kept',
  'image-gone': 'cannot be rolled back: its image is not kept',
  'never-deployed': 'cannot be rolled back: it has no deployment of that commit',
}

/** What would go back, one service a line, and which variables that changes: names only. */
export function renderRollbackPlan(
  commit: string,
  { services, migrations, areMigrationsKnown, undoFirst }: Planned,
  { style, columns }: Layout,
): string {
  const lines = services.flatMap(({ service, way, from, changes, pinning }) => {
    const what = `${service}  ${from === null ? 'nothing known' : shortCommit(from)} -> ${shortCommit(commit)}  ${ways[way]}`
    const isBad = way === 'image-gone' || way === 'never-deployed'
    const sign = way === 'stays' ? style.sign.none : isBad ? style.sign.bad : style.sign.deploy
    const changing = [...(changes?.flags.map((flag) => `flag ${flag}`) ?? []), ...(changes?.variables ?? [])]
    const isUnread = changes === null && (way === 'image' || way === 'follows' || way === 'rebuild')
    const notes = [
      ...(changing.length === 0 ? [] : [`runs with other values of ${listed(changing)}`]),
      ...(isUnread ? ['whether its variables change cannot be read'] : []),
      ...(changes === null || pinning !== undefined || changes.returning.length === 0
        ? []
        : [toldReturning(changes.returning)]),
      ...(pinning === undefined || pinning.variables.length === 0
        ? []
        : [`is stored as it then runs: ${listed(pinning.variables)}`]),
      ...(pinning === undefined ? [] : toldLeft(pinning.left)),
    ]
    return [
      paragraph(printable(what), columns, `${sign} `, 2),
      ...notes.map((note) => paragraph(printable(note), columns, '    ', 4)),
    ]
  })
  const notes = toldMigrations(migrations, areMigrationsKnown, undoFirst)
  return [...lines, ...notes.map((note) => paragraph(note, columns, `${style.sign.caution} `, 2))].join('\n')
}

/** What the code that comes back finds in the database, and what has to be done before where it cannot live with that. */
function toldMigrations(migrations: readonly MigrationSince[], areKnown: boolean, undoFirst: string | null): string[] {
  const others = areKnown ? [] : ['whether other migrations ran since is not known']
  if (migrations.length === 0) return areKnown ? [] : ['whether migrations ran since is not known']
  const names = migrations.map(({ name, isReversible }) => `${printable(name)} (${undone(isReversible)})`)
  const ran = `migrations that ran since: ${listed(names)}. The database stays as it is, so the code that comes back has to live with it.`
  const first =
    undoFirst === null ? '' : ` If one has to be undone, do that first, while the code that can is there: ${undoFirst}`
  return [...others, `${ran}${first}`]
}

function undone(isReversible: boolean | null): string {
  if (isReversible === null) return 'whether it can be undone is not known'
  return isReversible ? 'can be undone' : 'cannot be undone'
}

function toldReturning(names: readonly string[]): string {
  return `stored otherwise, so that the next ordinary deploy brings back: ${listed(names)}`
}

const leftWords: Record<LeftBecause, string> = {
  reference: 'not pinned, because a reference is never stored as what it comes to',
  masked: 'not pinned, because the platform does not show what is stored',
  'not-stored': 'not pinned, because nothing of it is stored, and it may be of the platform itself',
  'added-since': 'not pinned, because what runs has no such variable, and what is stored is never removed',
}

function toldLeft(left: ToldPinning['left']): string[] {
  const reasons = [...new Set(left.map(({ because }) => because))]
  return reasons.map((reason) => {
    const names = left.filter(({ because }) => because === reason).map(({ variable }) => variable)
    return `${leftWords[reason]}: ${listed(names)}`
  })
}

/** What `--pin-variables` came to, a service a line. */
function pinningLines({ pinning, environment }: Rollback, { style, columns }: Layout): string[] {
  if (pinning === undefined) return []
  const pinned = pinning.services.filter(({ variables }) => variables.length > 0)
  const good = (text: string) => paragraph(printable(text), columns, `${style.sign.good} `, 2)
  const caution = (text: string) => paragraph(printable(text), columns, `${style.sign.caution} `, 2)
  return [
    ...(pinned.length === 0
      ? [good('No variable had to be pinned: what runs is what is stored, as far as that can be compared.')]
      : []),
    ...pinned.map(({ service, variables }) => good(`${service}: stored as it runs: ${listed(variables)}.`)),
    ...pinning.services.flatMap(({ service, left }) => toldLeft(left).map((text) => caution(`${service}: ${text}.`))),
    ...pinning.services.flatMap(({ service, inConfig }) =>
      inConfig.length === 0
        ? []
        : [
            caution(
              `${service}: the config says otherwise, so change it before the next deploy to ${environment}: ${listed(inConfig)}.`,
            ),
          ],
    ),
  ]
}

function markLines({ marked = [], cleared }: Rollback, { style, columns }: Layout): string[] {
  const texts = [
    ...(marked.length === 0
      ? []
      : [`${listed(marked.map(shortCommit))} ${marked.length === 1 ? 'is' : 'are'} marked bad.`]),
    ...(cleared === undefined ? [] : [`${shortCommit(cleared)} is no longer marked bad.`]),
  ]
  return texts.map((text) => paragraph(text, columns, `${style.sign.none} `, 2))
}

/** The end of `rollback services`: each service's fate, and how to go forward again. */
export function renderRollback(rollback: Rollback, undo: Undo, { style, columns }: Layout): string {
  const { environment, commit, services, elapsedMs } = rollback
  if (rollback.isDryRun) return `${style.sign.none} Dry run: nothing was changed.\n`
  const back = services.filter(({ outcome }) => outcome === 'rolled-back').map(({ name }) => printable(name))
  const kept = services.filter(({ outcome }) => outcome === 'unchanged').map(({ name }) => printable(name))
  const serves = (names: readonly string[]) => `${listed(names)} ${names.length === 1 ? 'serves' : 'serve'}`
  if (back.length === 0) {
    const text = `${environment}: ${serves(kept)} ${shortCommit(commit)} already.`
    const more = [...pinningLines(rollback, { style, columns }), ...markLines(rollback, { style, columns })]
    const isChanged =
      rollback.marked !== undefined || (rollback.pinning !== undefined && rollback.pinning.patchId !== null)
    const lines = [paragraph(text, columns, `${style.sign.good} `, 2), ...more].join('\n')
    return `${lines}\n${isChanged ? renderUndo(undo, { style, columns }) : ''}`
  }
  const before = kept.length === 0 ? '' : ` ${serves(kept)} it already.`
  const text = `${environment}: ${serves(back)} ${shortCommit(commit)} again after ${duration(elapsedMs)}, verified.${before}`
  const returning = services.flatMap(({ name, returning: names }) =>
    names.length === 0
      ? []
      : [paragraph(printable(`${name}: ${toldReturning(names)}`), columns, `${style.sign.caution} `, 2)],
  )
  const names = rollback.migrations.map(({ name }) => printable(name))
  const left =
    names.length === 0
      ? []
      : [paragraph(`The database keeps what ${listed(names)} did.`, columns, `${style.sign.caution} `, 2)]
  const lines = [
    paragraph(text, columns, `${style.sign.good} `, 2),
    ...(rollback.pinning === undefined ? returning : pinningLines(rollback, { style, columns })),
    ...left,
    ...markLines(rollback, { style, columns }),
  ]
  return `${lines.join('\n')}\n${renderUndo(undo, { style, columns })}`
}

/** The end of a `rollback` where no release hurts. */
export function renderRollbackLeft(hurts: 'migration' | 'nothing', next: string, { style, columns }: Layout): string {
  const text =
    hurts === 'migration'
      ? 'Nothing was changed. A migration is undone by artisan, while the code that can is there. Run:'
      : 'Nothing was changed. What runs there, and what to do next, is told by:'
  return `${paragraph(text, columns, `${style.sign.none} `, 2)}\n  ${next}\n`
}
