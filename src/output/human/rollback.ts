import { listed, printable, shortCommit } from '../../kit/text.ts'
import type { ToldRollbackStep } from '../../operations/rollback-steps.ts'
import type { Rollback } from '../../operations/rolled-back.ts'
import type { Undo } from '../answers.ts'
import type { Style } from '../style.ts'
import { duration } from './duration.ts'
import { renderUndo } from './endings.ts'
import { paragraph } from './paragraph.ts'

interface Layout {
  style: Style
  columns: number
}

const ways: Record<ToldRollbackStep['way'], string> = {
  stays: 'serves it already',
  follows: 'is on its way there',
  image: 'can be rolled back, without a build',
  build: 'still serves it while another deployment is on its way, so it is built once more',
  rebuild: 'has no image any more, so it is built anew from its source',
  'image-gone': 'cannot be rolled back: its image is not kept',
  'never-deployed': 'cannot be rolled back: it has no deployment of that commit',
}

/** What would go back, one service a line, and which variables that changes: names only. */
export function renderRollbackPlan(
  commit: string,
  services: readonly ToldRollbackStep[],
  { style, columns }: Layout,
): string {
  const lines = services.flatMap(({ service, way, from, changes }) => {
    const what = `${service}  ${from === null ? 'nothing known' : shortCommit(from)} -> ${shortCommit(commit)}  ${ways[way]}`
    const isBad = way === 'image-gone' || way === 'never-deployed'
    const sign = way === 'stays' ? style.sign.none : isBad ? style.sign.bad : style.sign.deploy
    const changing = [...(changes?.flags.map((flag) => `flag ${flag}`) ?? []), ...(changes?.variables ?? [])]
    const isUnread = changes === null && (way === 'image' || way === 'follows' || way === 'rebuild')
    const notes = [
      ...(changing.length === 0 ? [] : [`runs with other values of ${listed(changing)}`]),
      ...(isUnread ? ['whether its variables change cannot be read'] : []),
      ...(changes === null || changes.returning.length === 0 ? [] : [toldReturning(changes.returning)]),
    ]
    return [
      paragraph(printable(what), columns, `${sign} `, 2),
      ...notes.map((note) => paragraph(printable(note), columns, '    ', 4)),
    ]
  })
  return lines.join('\n')
}

function toldReturning(names: readonly string[]): string {
  return `stored otherwise, so that the next ordinary deploy brings back: ${listed(names)}`
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
    return `${paragraph(text, columns, `${style.sign.good} `, 2)}\n`
  }
  const before = kept.length === 0 ? '' : ` ${serves(kept)} it already.`
  const text = `${environment}: ${serves(back)} ${shortCommit(commit)} again after ${duration(elapsedMs)}, verified.${before}`
  const returning = services.flatMap(({ name, returning: names }) =>
    names.length === 0
      ? []
      : [paragraph(printable(`${name}: ${toldReturning(names)}`), columns, `${style.sign.caution} `, 2)],
  )
  const lines = [paragraph(text, columns, `${style.sign.good} `, 2), ...returning]
  return `${lines.join('\n')}\n${renderUndo(undo, { style, columns })}`
}
