import stringWidth from 'fast-string-width'
import { clipped, count, listed, printable, shortCommit } from '../../kit/text.ts'
import type { EnvironmentStatus, ServiceStatus, ToldMark } from '../../operations/read-status.ts'
import type { TopicalOperation } from '../../operations/unfinished.ts'
import type { Style } from '../style.ts'
import { ago, duration } from './duration.ts'
import { renderSecondWays } from './endings.ts'
import { renderOperation } from './operation.ts'
import { paragraph } from './paragraph.ts'
import { renderTarget } from './target.ts'

interface Layout {
  style: Style
  columns: number
}

/** What belongs to the screen besides the status. */
export interface StatusScreen {
  isRehearsal: boolean
  operation?: TopicalOperation
  /** The command that rolls back, where something can be. */
  rollback?: string
  /** Looked at again and again, so often. */
  watch?: { everyMs: number }
}

/** One screen: a line a service, then what is the matter, and what to do next. */
export function renderStatus(
  status: EnvironmentStatus,
  { style, columns, isRehearsal, operation, rollback, watch }: StatusScreen & Layout,
): string {
  const layout = { style, columns }
  const notes = [
    ...splitNotes(status, layout),
    ...flagNotes(status, layout),
    ...stagedNotes(status, layout),
    ...rollbackNotes(status, rollback, layout),
    ...incidentNotes(status, layout),
  ]
  const lines = [
    renderTarget({ ...status, isRehearsal }, layout),
    '',
    ...serviceTable(status, layout),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ]
  return [
    `${lines.join('\n')}\n`,
    renderSecondWays(status.secondWays, layout),
    renderOperation(operation, layout),
    renderNextStep(status, operation, layout),
    watch === undefined ? '' : renderWatch(status, watch, layout),
  ].join('')
}

/** Columns stand under each other where there is room for them. */
const tableColumns = 72

function serviceTable(status: EnvironmentStatus, { style, columns }: Layout): string[] {
  const { services, pending } = status
  const nameWidth = Math.max(...[...services, ...pending].map(({ name }) => stringWidth(printable(name))), 4)
  const cells = new Map(services.map((service) => [service.name, cellsOf(service, status.at)]))
  const widths = [0, 1, 2, 3].map((nth) =>
    columns < tableColumns
      ? 0
      : Math.max(0, ...[...cells.values()].map((row) => (row.length === 1 ? 0 : stringWidth(row[nth] ?? '')))),
  )
  const hang = nameWidth + 4
  return [
    ...services.flatMap((service) => {
      const [word = '', ...facts] = (cells.get(service.name) ?? []).map((cell, nth) => padded(cell, widths[nth] ?? 0))
      const sign = signOf(service, style)
      const row = [toned(service, word, style), ...facts].join('  ')
      const first = `${sign} ${padded(printable(service.name), nameWidth)}  `
      const domains = service.domains.map((domain) => style.name(printable(domain)))
      const whole = [row, ...domains].join('  ')
      const isWide = hang + stringWidth(whole) > columns
      return [
        paragraph((isWide ? row : whole).trimEnd(), columns, first, hang),
        ...(isWide ? domains.map((domain) => under(domain, columns, hang)) : []),
        ...moreOf(service, status.at).map((more) => paragraph(style.caution(more), columns, ' '.repeat(hang), hang)),
      ]
    }),
    ...pending.map(({ name, reason }) =>
      paragraph(
        style.quiet(`not yet: ${printable(reason)}`),
        columns,
        `${style.sign.none} ${padded(printable(name), nameWidth)}  `,
        hang,
      ),
    ),
  ]
}

/** A long word on a line of its own, as far to the right as it fits. */
function under(word: string, columns: number, hang: number): string {
  return `${' '.repeat(Math.max(2, Math.min(hang, columns - stringWidth(word))))}${word}`
}

/** Status, revision, instances, age; a service that nothing runs of has the first one only. */
function cellsOf({ status, revision, instances, deployment }: ServiceStatus, at: string): string[] {
  if (deployment === null) return [status === 'not-deployed' ? 'not deployed' : status]
  return [
    status,
    toldRevision(revision),
    `${instances.running}/${instances.all} up`,
    ago(Date.parse(at) - Date.parse(deployment.createdAt)),
  ]
}

/** What stands under a service: since when it is down, another attempt, a deployment too many. */
function moreOf({ status, since, latest, alsoActive, markedBad }: ServiceStatus, at: string): string[] {
  const from = (moment: string | null) =>
    moment === null ? '' : ` since ${clock(moment, at)} (${ago(Date.parse(at) - Date.parse(moment))})`
  return [
    ...(markedBad === undefined ? [] : [toldMark(markedBad)]),
    ...(status === 'crashed' ? [`down${from(since)}`] : []),
    ...(latest === null
      ? []
      : [`a newer deployment ${toldRevision(latest.revision)}: ${latest.status}${from(latest.since)}`]),
    ...(alsoActive.length === 0
      ? []
      : [`still active too: ${listed(alsoActive.map(({ revision }) => toldRevision(revision)))}`]),
  ]
}

/** The mark of what serves, or of what was done. */
export function toldMark({ by, reason }: ToldMark): string {
  return `this commit is marked bad, by ${printable(by)}${reason === null ? '' : `: ${clipped(reason, 200)}`}`
}

function signOf({ healthy, status }: ServiceStatus, style: Style): string {
  if (healthy) return style.sign.good
  if (status === 'sleeping') return style.sign.caution
  return status === 'not-deployed' ? style.sign.none : style.sign.bad
}

function toned({ healthy, status }: ServiceStatus, word: string, style: Style): string {
  if (healthy) return style.good(word)
  return status === 'not-deployed' ? style.quiet(word) : style.bad(word)
}

function splitNotes({ splits }: EnvironmentStatus, layout: Layout): string[] {
  return splits.map(({ codebase, revisions }) => {
    const where = revisions.map(({ commit, services }) => `${toldRevision(commit)} on ${listed(services)}`)
    return caution(`Split revision: ${where.join('; ')} (${codebase}).`, layout)
  })
}

/** More than so many would push the rest off the screen. */
const mostFlags = 2

function flagNotes({ flags }: EnvironmentStatus, layout: Layout): string[] {
  const told = flags.slice(0, mostFlags).map((flag) => caution(toldFlag(flag), layout))
  const left = flags.length - told.length
  if (left === 0) return told
  return [
    ...told,
    caution(`${count(left, 'more flag')} ${left === 1 ? 'differs' : 'differ'}; --json names them.`, layout),
  ]
}

function toldFlag({
  flag,
  values,
  default: standard,
  differs,
  notRunning,
}: EnvironmentStatus['flags'][number]): string {
  const kinds = [...new Set(Object.values(values))]
  const where = kinds.map((kind) => {
    const services = Object.keys(values).filter((service) => values[service] === kind)
    return kinds.length === 1 ? kind : `${kind} on ${listed(services)}`
  })
  const facts = [
    ...(differs.includes('default') && standard !== null ? [`the config's default is ${standard}`] : []),
    ...(notRunning.length === 0 ? [] : [`not running yet on ${listed(notRunning)}`]),
  ]
  return `Flag ${flag} is ${listed(where)}${facts.length === 0 ? '' : `; ${facts.join('; ')}`}.`
}

const mostPlaces = 3

function stagedNotes({ stagedChanges, stagedPlaces }: EnvironmentStatus, layout: Layout): string[] {
  if (stagedChanges === 0) return []
  const shown = stagedPlaces.slice(0, mostPlaces).map((place) => clipped(place, 60))
  const left = stagedPlaces.length - shown.length
  const what = listed([...shown, ...(left > 0 ? [`${left} more`] : [])])
  const waits = stagedChanges === 1 ? 'waits' : 'wait'
  return [
    caution(`${count(stagedChanges, 'staged change')} ${waits} uncommitted${what === '' ? '' : `: ${what}`}.`, layout),
  ]
}

const none = 'nothing earlier is kept'
const unknown = 'not known'
const onlyBad = 'only what is marked bad is kept'

/** What each service can go back to, those with the same answer together; nothing where nothing was ever deployed. */
function rollbackNotes({ services, at }: EnvironmentStatus, rollback: string | undefined, layout: Layout): string[] {
  const deployed = services.filter(({ deployment }) => deployment !== null)
  const ways = new Map<string, string[]>()
  for (const {
    name,
    rollback: { possible, to, isOnlyBad },
  } of deployed) {
    const age = to === null ? '' : ` (${ago(Date.parse(at) - Date.parse(to.createdAt))})`
    const way =
      possible === true
        ? `to ${toldRevision(to?.revision ?? null)}${age}`
        : possible === false
          ? isOnlyBad
            ? onlyBad
            : none
          : unknown
    ways.set(way, [...(ways.get(way) ?? []), name])
  }
  if (ways.size === 0) return []
  const [only = ''] = ways.keys()
  if (ways.size === 1 && [none, onlyBad].includes(only)) return [quiet(`Roll back: ${only}.`, layout)]
  const last = (way: string) => Number([none, unknown, onlyBad].includes(way))
  const told = [...ways]
    .sort(([a], [b]) => last(a) - last(b))
    .map(([way, names]) => (last(way) === 1 ? `${way} of ${listed(names)}` : `${listed(names)} ${way}`))
  const line = quiet(`Roll back: ${told.join('; ')}.`, layout)
  return rollback === undefined ? [line] : [line, `  ${layout.style.name(printable(rollback))}`]
}

function incidentNotes({ platform }: EnvironmentStatus, layout: Layout): string[] {
  const { isStable, incident, incidentUrl } = platform
  if (incident === undefined && isStable) return []
  const what = incident === undefined ? '' : `: ${clipped(incident, 200)}`
  const where = incidentUrl === undefined ? '' : ` ${incidentUrl}`
  return [caution(`The platform reports trouble of its own${what}.${where}`, layout)]
}

/** The command stands on a line of its own, to be copied; one that was printed with the unfinished operation is not repeated. */
function renderNextStep(
  { next }: EnvironmentStatus,
  operation: TopicalOperation | undefined,
  { style, columns }: Layout,
): string {
  if (next.command === null || operation?.state === 'unfinished') return ''
  return `\n${paragraph(`Next, because ${printable(next.because)}:`, columns)}\n  ${style.name(printable(next.command))}\n`
}

function renderWatch({ at }: EnvironmentStatus, { everyMs }: { everyMs: number }, { style, columns }: Layout): string {
  const text = `Looked at ${clock(at, at)}; again every ${duration(everyMs)}, until Ctrl-C.`
  return `\n${style.quiet(paragraph(text, columns))}\n`
}

function caution(text: string, { style, columns }: Layout): string {
  return paragraph(printable(text), columns, `${style.sign.caution} `, 2)
}

function quiet(text: string, { style, columns }: Layout): string {
  return paragraph(printable(text), columns, `${style.sign.none} `, 2)
}

/** A commit as people say it; of an image what comes after the registry. */
function toldRevision(revision: string | null): string {
  if (revision === null) return 'unknown'
  return clipped(shortCommit(revision.split('/').at(-1) ?? revision), 24)
}

/** `10:05 UTC`, with its day where that is not today. */
function clock(moment: string, at: string): string {
  const day = moment.slice(0, 10) === at.slice(0, 10) ? '' : `${moment.slice(0, 10)} `
  return `${day}${moment.slice(11, 16)} UTC`
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)))
}
