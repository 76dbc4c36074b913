import { count, listed, printable } from '../../kit/text.ts'
import type { OperationEvent } from '../../operations/events.ts'
import type { Style } from '../style.ts'
import { duration } from './duration.ts'
import { paragraph } from './paragraph.ts'

interface Layout {
  style: Style
  columns: number
}

type Sampled = Extract<OperationEvent, { type: 'soak-sampled' }>
type Ended = Extract<OperationEvent, { type: 'soak-ended' }>

/** One line a sample: time left, what is not well, and how near that is to taking the change back. */
export function toldSample({ sample, isMissed, leftMs, checks, limits }: Sampled): string {
  const left = `${duration(leftMs)} left`
  if (isMissed) return `soaking, ${left}: the platform could not be asked, which is no sample`
  const bad = checks.filter(({ use, bad: times }) => use === 'gating' && times > 0)
  const well = checks.filter(({ outcome, use }) => outcome === 'good' && use === 'gating').length
  const told = bad.map(
    ({ check, service, bad: times, inARow }) =>
      `${check} of ${service} bad ${inARow} of ${limits.consecutiveLimit} in a row, ${times} of ${limits.failureLimit} in all`,
  )
  const state = told.length === 0 ? `${count(well, 'check')} well` : listed(told)
  return printable(`soaking, sample ${sample}, ${left}: ${state}`)
}

/** What `ToldEvent` shows where something can move: a row for each check, how it stands, and what would take the change back. */
export function renderSamples(event: Sampled, columns: number): string {
  const { sample, isMissed, leftMs, verdict, checks, limits } = event
  // The sign that moves stands before it, with a blank at the end.
  const width = Math.max(20, columns - 3)
  const rows = rowsOf(checks)
  const nameWidth = Math.min(Math.max(0, ...rows.map(({ name }) => name.length)), Math.floor(width / 2))
  const rowWidth = width - nameWidth - 2
  const state = isMissed ? 'the platform could not be asked' : standing[verdict]
  return [
    `soaking, sample ${sample}, ${duration(leftMs)} left: ${state}`,
    ...rows.map(({ name, row }) => `${name.slice(0, nameWidth).padEnd(nameWidth)}  ${row.slice(-rowWidth)}`),
    toldTrigger(checks, limits),
  ]
    .map(printable)
    .join('\n')
}

const standing: Record<Sampled['verdict'], string> = {
  pass: 'well so far',
  inconclusive: 'too early to say',
  fail: 'it does not hold',
}

/** How near the nearest check is to its limit. */
function toldTrigger(checks: Sampled['checks'], { failureLimit, consecutiveLimit }: Sampled['limits']): string {
  const nearness = ({ bad, inARow }: Sampled['checks'][number]) =>
    Math.max(bad / failureLimit, inARow / consecutiveLimit)
  const [nearest] = checks
    .filter(({ use, bad }) => use === 'gating' && bad > 0)
    .sort((one, other) => nearness(other) - nearness(one))
  const rule = `taken back at ${consecutiveLimit} bad in a row or ${failureLimit} in all`
  if (nearest === undefined) return `${rule}; none is bad`
  const { check, service, bad, inARow, message } = nearest
  const nearer = inARow / consecutiveLimit >= bad / failureLimit
  const why = message === undefined ? '' : `: ${message}`
  return `${rule}; nearest: ${check} of ${service}, ${nearer ? `${inARow} of ${consecutiveLimit} in a row` : `${bad} of ${failureLimit} in all`}${why}`
}

const badness = ['.', '?', 'x']

/** One row a check, each sample as bad as in its worst service; observed ones only where there is something to see. */
function rowsOf(checks: Sampled['checks']): { name: string; row: string }[] {
  const rows = new Map<string, string>()
  for (const { check, use, row } of checks) {
    if (use === 'observed' && !row.includes('x')) continue
    const name = use === 'observed' ? `${check} (observed)` : check
    rows.set(name, worst(rows.get(name) ?? '', row))
  }
  return Array.from(rows, ([name, row]) => ({ name, row }))
}

/** Of two rows, the newest samples side by side. */
function worst(one: string, other: string): string {
  const length = Math.max(one.length, other.length)
  const [first, second] = [one.padStart(length), other.padStart(length)]
  return Array.from(first, (letter, at) => {
    const beside = second[at] ?? ' '
    return badness.indexOf(beside) > badness.indexOf(letter) ? beside : letter
  }).join('')
}

/**
 * Which samples are worth a line where nothing moves: all of a short soak, at most one a second; of a long one those that differ from
 * the line before, and one a minute.
 */
export function createSampleLines(): (event: OperationEvent) => boolean {
  let everyMs = 0
  let last: { leftMs: number; key: string } | undefined
  return (event) => {
    if (event.type === 'soak-started') {
      everyMs = event.durationMs > shortMs ? 60_000 : 1_000
      last = undefined
    }
    if (event.type !== 'soak-sampled') return true
    const { leftMs, isMissed, checks } = event
    const key = JSON.stringify([isMissed, checks.map(({ outcome, use, inARow }) => [outcome, use, inARow])])
    const isNews = last === undefined || key !== last.key || last.leftMs - leftMs >= everyMs || leftMs === 0
    const isTooSoon = last !== undefined && last.leftMs - leftMs < 1_000 && leftMs > 0
    if (!isNews || isTooSoon) return false
    last = { leftMs, key }
    return true
  }
}

const shortMs = 120_000

export function renderSoakEnded(
  { verdict, samples, elapsedMs, trigger, unjudged }: Ended,
  { style, columns }: Layout,
): string {
  const after = `after ${duration(elapsedMs)} and ${count(samples, 'sample')}`
  if (verdict === 'pass') return paragraph(`soaked ${after}: it holds`, columns, `${style.sign.good} `, 2)
  const told =
    trigger === undefined
      ? `soaked ${after}, and it could not be judged: ${unjudged.join(' ')}`
      : `it does not hold, seen ${after}: ${trigger.check} of ${trigger.service}: ${trigger.message}`
  const sign = verdict === 'fail' ? style.sign.bad : style.sign.caution
  return paragraph(printable(told), columns, `${sign} `, 2)
}
