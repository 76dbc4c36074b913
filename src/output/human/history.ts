import { clipped, count, listed, printable, shortCommit } from '../../kit/text.ts'
import type { Answer } from '../answers.ts'
import type { Style } from '../style.ts'
import { duration } from './duration.ts'
import { paragraph } from './paragraph.ts'
import { renderTarget } from './target.ts'

type History = Extract<Answer, { type: 'history' }>

/** What was done from this machine, the newest first: when, who, what, and how it ended. */
export function renderHistory(answer: History, layout: { style: Style; columns: number }): string {
  const { style, columns } = layout
  const { operations } = answer
  const body =
    operations.length === 0
      ? [
          paragraph(
            'Nothing was done here from this machine that its journal still tells.',
            columns,
            `${style.sign.none} `,
            2,
          ),
        ]
      : operations.flatMap((operation) => lines(operation, layout))
  return `${[renderTarget(answer, layout), '', ...body].join('\n')}\n`
}

function lines(
  operation: History['operations'][number],
  { style, columns }: { style: Style; columns: number },
): string[] {
  const { began, command, by, commit, services, changes, outcome, durationMs, reason, message } = operation
  const sign = outcome === 'done' ? style.sign.good : outcome === 'open' ? style.sign.caution : style.sign.bad
  const what = [
    `${began.slice(0, 16).replace('T', ' ')} UTC  ${command} by ${by}`,
    ...(commit === undefined ? [] : [`for ${shortCommit(commit)}`]),
  ].join(' ')
  const end = outcome === 'open' ? 'did not say that it was over' : outcome
  const facts = [
    durationMs === null ? end : `${end} after ${duration(durationMs)}`,
    ...(changes === 0 ? [] : [`${count(changes, 'change')} stored`]),
    ...(services.length === 0 ? [] : [listed(services)]),
  ]
  return [
    paragraph(printable(`${what}: ${facts.join('; ')}`), columns, `${sign} `, 2),
    ...(reason === undefined ? [] : [style.quiet(paragraph(`why: ${clipped(reason, 200)}`, columns, '  ', 2))]),
    ...(message === undefined ? [] : [style.quiet(paragraph(clipped(message, 300), columns, '  ', 2))]),
  ]
}
