import { printable, shortCommit } from '../../kit/text.ts'
import type { TopicalOperation } from '../../operations/unfinished.ts'
import type { Style } from '../style.ts'
import { paragraph } from './paragraph.ts'

interface Layout {
  style: Style
  columns: number
}

/** `nina (deploy, since 2026-11-03T09:00:00.000Z: new banking queue)` */
export function toldHolder(held: { by: string; command: string; since: string; reason?: string }): string {
  const reason = held.reason === undefined ? '' : `: ${held.reason}`
  return printable(`${held.by} (${held.command}, since ${held.since}${reason})`)
}

/** An operation that was left, and the command that goes on with it. */
export function toldUnfinished(
  { command, by, since, commit, goOn }: Omit<Extract<TopicalOperation, { state: 'unfinished' }>, 'state'>,
  { style, columns }: Layout,
): string {
  const of = commit === undefined ? '' : ` for ${shortCommit(commit)}`
  const told = `${command} by ${by}, begun ${since}${of}, was not finished; to go on with it:`
  return `${paragraph(printable(told), columns, `${style.sign.caution} `, 2)}\n  ${style.name(printable(goOn))}`
}

/** Under a plan or a status: who is at work, or what was left. */
export function renderOperation(operation: TopicalOperation | undefined, layout: Layout): string {
  if (operation === undefined) return ''
  if (operation.state === 'unfinished') return `\n${toldUnfinished(operation, layout)}\n`
  const { style, columns } = layout
  return `\n${paragraph(`${toldHolder(operation)} works here now.`, columns, `${style.sign.caution} `, 2)}\n`
}
