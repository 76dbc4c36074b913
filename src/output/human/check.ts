import { clipped, count, printable } from '../../kit/text.ts'
import type { EnvironmentCheck } from '../../operations/check-environment.ts'
import type { CheckResult } from '../../verify/check.ts'
import type { Figure } from '../../verify/figures.ts'
import type { Style } from '../style.ts'
import { renderHint } from './hint.ts'
import { paragraph } from './paragraph.ts'
import { renderTarget } from './target.ts'

interface Layout {
  style: Style
  columns: number
}

/** What checks found: by service, then the metrics, then the verdict. After an earlier look, only what is different since. */
export function renderCheck(
  check: EnvironmentCheck,
  { isRehearsal, before }: { isRehearsal: boolean; before?: EnvironmentCheck },
  layout: Layout,
): string {
  return before === undefined ? whole(check, isRehearsal, layout) : changes(check, before, layout)
}

function whole(check: EnvironmentCheck, isRehearsal: boolean, layout: Layout): string {
  const { style, columns } = layout
  const named = check.metrics.map(({ metric }) => metric)
  const services = [...new Set(check.checks.map(({ service }) => service))]
  const blocks = services.flatMap((service) => {
    const results = check.checks.filter((result) => result.service === service && !named.includes(result.check))
    if (results.length === 0) return []
    return ['', style.heading(printable(service)), ...results.flatMap((result) => lines(result, layout))]
  })
  return `${[
    renderTarget({ ...check, isRehearsal }, { style, columns }),
    ...blocks,
    ...metricLines(check, layout),
    '',
    verdictLine(check, layout),
  ].join('\n')}\n`
}

function lines(result: CheckResult, { style, columns }: Layout): string[] {
  const { check, reason, finding } = result
  const name = printable(check)
  const [first = '', ...others] =
    finding === undefined
      ? [
          paragraph(
            reason === undefined ? name : `${name}: ${style.quiet(printable(reason))}`,
            columns,
            `  ${sign(result, style)} `,
            4,
          ),
        ]
      : [
          paragraph(`${name}: ${clipped(finding.message, 600)}`, columns, `  ${sign(result, style)} `, 4),
          ...evidenceLine(finding.evidence, { style, columns }),
          ...(finding.fix === undefined
            ? []
            : [renderHint(printable(finding.fix), { columns, indent: '    ', paint: style.name })]),
        ]
  return [first, ...others]
}

/** Addresses stand in the message already. */
function evidenceLine(
  evidence: Record<string, string | number | boolean | null> = {},
  { style, columns }: Layout,
): string[] {
  const facts = Object.entries(evidence)
    .filter(([name]) => name !== 'url')
    .map(([name, value]) => `${name} ${value === null ? 'none' : value}`)
  return facts.length === 0 ? [] : [style.quiet(paragraph(clipped(facts.join(', '), 300), columns, '    ', 4))]
}

function sign({ outcome, finding, isAside }: CheckResult, { sign: signs }: Style): string {
  if (outcome === 'pass') return signs.good
  if (outcome === 'skipped' || isAside === true) return signs.none
  return outcome === 'fail' && finding?.severity !== 'advisory' ? signs.bad : signs.caution
}

const valueWidth = 8

function metricLines(check: EnvironmentCheck, layout: Layout): string[] {
  const { style, columns } = layout
  return check.metrics.flatMap((figure, index) => {
    const result = check.checks.find((one) => one.check === figure.metric && one.service === figure.service)
    const isFirst = check.metrics[index - 1]?.service !== figure.service
    const mark = result === undefined ? style.sign.none : sign(result, style)
    const name = columns < 80 ? '' : style.quiet(` ${printable(figure.metric)}`)
    const parts = figure.parts === undefined ? '' : ` (${clipped(figure.parts.map(toldPart).join(', '), 120)})`
    const value = shownValue(figure)
    return [
      ...(isFirst ? ['', style.heading(`metrics of ${printable(figure.service)}`)] : []),
      paragraph(
        `${printable(figure.means)}${parts}${name}`,
        columns,
        `  ${mark} ${value.padStart(valueWidth)}  `,
        valueWidth + 6,
      ),
      ...(result?.finding === undefined || result.outcome === 'pass'
        ? []
        : [paragraph(style.caution(clipped(result.finding.message, 300)), columns, '    ', 4)]),
    ]
  })
}

function shownValue({ state, value }: Figure): string {
  if (state !== 'told' || value === null) return state === 'no-number' ? 'NaN' : state
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}

function toldPart({ labels, value }: { labels: Record<string, string>; value: number }): string {
  return `${Object.values(labels).map(printable).join(' ')} ${value}`
}

function verdictLine({ verdict, checks }: EnvironmentCheck, { style, columns }: Layout): string {
  const ofOutcome = (outcome: CheckResult['outcome']) => checks.filter((result) => result.outcome === outcome)
  const failing = ofOutcome('fail')
  const critical = failing.filter(({ finding }) => finding?.severity !== 'advisory').length
  const facts = [
    `${count(ofOutcome('pass').length, 'check')} passed`,
    ...(critical === 0 ? [] : [`${critical} failed`]),
    ...(failing.length === critical ? [] : [`${failing.length - critical} advisory`]),
    ...told(ofOutcome('unknown').length, 'not judged'),
    ...told(ofOutcome('skipped').length, 'skipped'),
  ].join(', ')
  const mark = { pass: style.sign.good, fail: style.sign.bad, inconclusive: style.sign.caution }[verdict]
  return paragraph(`${verdict}: ${facts}`, columns, `${mark} `, 2)
}

function told(amount: number, word: string): string[] {
  return amount === 0 ? [] : [`${amount} ${word}`]
}

/** The time, and what is not as it was at the look before; nothing where everything is. */
function changes(check: EnvironmentCheck, before: EnvironmentCheck, layout: Layout): string {
  const was = new Set(before.checks.map(identity))
  const changed = check.checks.filter((result) => !was.has(identity(result)))
  const isOtherVerdict = check.verdict !== before.verdict
  if (changed.length === 0 && !isOtherVerdict) return ''
  const at = `${check.at.slice(0, 19).replace('T', ' ')} UTC`
  return `${[
    '',
    layout.style.heading(at),
    ...changed.flatMap((result) => lines({ ...result, check: `${result.service} ${result.check}` }, layout)),
    ...(isOtherVerdict ? [verdictLine(check, layout)] : []),
  ].join('\n')}\n`
}

/** Figures move at every look; what counts is what they are judged to be. */
function identity({ check, service, outcome, finding }: CheckResult): string {
  return [check, service, outcome, finding?.code ?? '', finding?.severity ?? '', finding?.evidence?.failing ?? ''].join(
    ' ',
  )
}
