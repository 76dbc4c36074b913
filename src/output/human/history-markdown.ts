import type { TimelineItem } from '../../journal/timeline.ts'
import { clipped, listed, printable } from '../../kit/text.ts'
import type { ToldHistory } from '../answers.ts'
import { duration } from './duration.ts'
import { minute } from './history.ts'

/** A history for the report of an incident: a heading, and a table in UTC, the newest first. Nothing in it is Markdown but that. */
export function historyMarkdown({
  project,
  environment,
  isRehearsal,
  items,
  isDenied,
  completeSince,
  at,
}: ToldHistory): string {
  const place = `${plain(environment)} of ${plain(project)}`
  const rows = items.map(
    (item) =>
      `| ${[
        item.at.slice(0, 19).replace('T', ' '),
        item.by === null ? 'unknown' : plain(item.by),
        whatCell(item),
        item.outcome === 'open' ? 'did not end' : plain(item.outcome),
        item.durationMs === null ? '' : duration(item.durationMs),
      ].join(' | ')} |`,
  )
  const notes = [
    ...(isRehearsal ? ['This was a rehearsal.'] : []),
    ...(isDenied ? ['The history of patches could not be read: changes by others are missing.'] : []),
    ...(completeSince === null ? [] : [`Not everything before ${minute(completeSince)} is told.`]),
  ]
  return `${[
    `## What was done in ${place}`,
    '',
    `As of ${minute(at)}.${notes.map((note) => ` ${note}`).join('')}`,
    '',
    ...(rows.length === 0
      ? ['Nothing was done that the journal or the platform still tells.']
      : ['| When (UTC) | Who | What | Outcome | Duration |', '| --- | --- | --- | --- | --- |', ...rows]),
  ].join('\n')}\n`
}

function whatCell({
  kind,
  origin,
  what,
  revision,
  services,
  places,
  reason,
  message,
  markedBad,
}: TimelineItem): string {
  const facts = [
    ...(revision === null ? [] : [plain(clipped(revision, 80))]),
    ...(kind === 'operation' && services.length > 0 ? [plain(listed(services))] : []),
    ...(places.length > 3 ? [plain(clipped(listed(places), 1_000))] : []),
    ...(reason === null ? [] : [`why: ${plain(reason)}`]),
    ...(message === null ? [] : [plain(message)]),
    ...(markedBad === undefined ? [] : ['marked bad']),
    ...(origin === 'others' ? ['not by fakturino'] : origin === 'elsewhere' ? ['from another machine'] : []),
  ]
  return [plain(what), ...facts].join('; ')
}

/** Text from elsewhere as a cell shows it: one line, and every sign that Markdown or HTML reads is only a sign. */
function plain(text: string): string {
  return printable(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_{}[\]()#+!|~:<>&$]/g, '\\$&')
    .replaceAll(/www\./gi, 'www\\.')
    .replaceAll('@', '(at)')
    .trim()
}
