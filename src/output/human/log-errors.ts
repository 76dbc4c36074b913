import { clipped, count, listed, printable } from '../../kit/text.ts'
import type { Answer } from '../answers.ts'
import type { Style } from '../style.ts'
import { paragraph } from './paragraph.ts'
import { renderTarget } from './target.ts'

type LogErrors = Extract<Answer, { type: 'log-errors' }>

const longestSample = 400

/** Errors that are one and the same, the most frequent first: how often, what, where, when, whose, and one of them. */
export function renderLogErrors(answer: LogErrors, layout: { style: Style; columns: number }): string {
  const { style, columns } = layout
  const { errors, gaps, lines } = answer
  const since = `since ${minute(answer.since)} UTC`
  const none = paragraph(`No errors ${since}, in ${count(lines, 'line')}.`, columns, `${style.sign.good} `, 2)
  const missing = paragraph(
    `Lines are missing in ${count(gaps, 'place')}: there may be more errors than these.`,
    columns,
    `${style.sign.caution} `,
    2,
  )
  return `${[
    renderTarget(answer, layout),
    '',
    ...(errors.length === 0 ? [none] : errors.flatMap((error) => linesOf(error, layout))),
    ...(errors.length === 0 ? [] : ['', paragraph(`${count(errors.length, 'kind')} of errors ${since}.`, columns)]),
    ...(gaps === 0 ? [] : [missing]),
  ].join('\n')}\n`
}

function linesOf(
  { exception, place, summary, count: times, first, last, services, sample }: LogErrors['errors'][number],
  { style, columns }: { style: Style; columns: number },
): string[] {
  const what = exception === null ? summary : `${exception}${place === null ? '' : ` at ${place}`}`
  const when = times === 1 ? second(first) : `${second(first)} to ${second(last)}`
  const whose = services.length === 0 ? '' : `${listed(services)}; `
  const [line = ''] = sample.split('\n')
  return [
    paragraph(`${style.heading(`${times} x`)} ${printable(what)}`, columns, `${style.sign.bad} `, 2),
    paragraph(printable(`${whose}${when} UTC`), columns, '    ', 4),
    style.quiet(paragraph(clipped(line, longestSample), columns, '    ', 4)),
  ]
}

function minute(time: string): string {
  return printable(time.slice(0, 16).replace('T', ' '))
}

function second(time: string): string {
  return time.slice(0, 19).replace('T', ' ')
}
