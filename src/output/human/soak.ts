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
