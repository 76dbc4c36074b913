import type { TimelineItem } from '../../journal/timeline.ts'
import { clipped, count, listed, printable, shortCommit } from '../../kit/text.ts'
import type { ToldHistory } from '../answers.ts'
import type { Style } from '../style.ts'
import { duration } from './duration.ts'
import { paragraph } from './paragraph.ts'
import { toldMark } from './status.ts'
import { renderTarget } from './target.ts'

/** What was done, the newest first: when, what, who, and how it ended. */
export function renderHistory(answer: ToldHistory, layout: { style: Style; columns: number }): string {
  const { style, columns } = layout
  const { items, operations, isDenied, completeSince } = answer
  const changes = new Map(operations.map((operation) => [operation.id, operation.changes]))
  const body =
    items.length === 0
      ? [
          paragraph(
            'Nothing was done here that the journal or the platform still tells.',
            columns,
            `${style.sign.none} `,
            2,
          ),
        ]
      : items.flatMap((item) => lines(item, changes.get(item.ids.operation ?? '') ?? 0, layout))
  const notes = [
    ...(isDenied ? ['This token may not read the history of patches, so changes by others are missing.'] : []),
    ...(completeSince === null
      ? []
      : [`Not everything before ${minute(completeSince)} is told; --since reads further back.`]),
  ].map((note) => paragraph(note, columns, `${style.sign.caution} `, 2))
  return `${[renderTarget(answer, layout), '', ...body, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')}\n`
}

function lines(item: TimelineItem, changes: number, { style, columns }: { style: Style; columns: number }): string[] {
  const { reason, message } = item
  const facts = [
    toldEnd(item),
    ...(changes === 0 ? [] : [`${count(changes, 'change')} stored`]),
    ...(item.kind === 'operation' && item.services.length > 0 ? [listed(item.services)] : []),
  ]
  const told = `${minute(item.at)}  ${toldWhat(item)}: ${facts.join('; ')}`
  return [
    paragraph(clipped(told, 400), columns, `${signOf(item, style)} `, 2),
    ...(reason === null ? [] : [style.quiet(paragraph(`why: ${clipped(reason, 200)}`, columns, '  ', 2))]),
    ...(item.markedBad === undefined ? [] : [style.caution(paragraph(toldMark(item.markedBad), columns, '  ', 2))]),
    ...(message === null ? [] : [style.quiet(paragraph(clipped(message, 300), columns, '  ', 2))]),
  ]
}

/** `deploy by nina for 22222222`, `deployment of api at 22222222 by somebody else`. */
export function toldWhat({ kind, origin, what, by, revision }: TimelineItem): string {
  const of = revision === null ? '' : ` ${kind === 'operation' ? 'for' : 'at'} ${shortCommit(clipped(revision, 60))}`
  if (kind === 'operation')
    return `${what} by ${by ?? 'somebody'}${of}${origin === 'elsewhere' ? ' (from another machine)' : ''}`
  const who = by === null ? 'by somebody else' : `by ${by}`
  return `${what}${of} ${who}${origin === 'others' && by !== null ? ' (not by fakturino)' : ''}`
}

/** `done after 2 min 5 s` */
export function toldEnd({ kind, outcome, durationMs }: TimelineItem): string {
  const end = kind === 'operation' && outcome === 'open' ? 'did not say that it was over' : outcome
  return durationMs === null ? end : `${end} after ${duration(durationMs)}`
}

function signOf({ kind, outcome }: TimelineItem, style: Style): string {
  if (outcome === 'done' || (kind === 'deployment' && outcome === 'live')) return style.sign.good
  if (['open', 'unknown', 'unfinished', 'applying'].includes(outcome)) return style.sign.caution
  if (kind === 'operation' || outcome === 'failed' || outcome === 'crashed') return style.sign.bad
  return style.sign.none
}

/** `2026-11-03 09:00 UTC` */
export function minute(instant: string): string {
  return printable(`${instant.slice(0, 16).replace('T', ' ')} UTC`)
}
