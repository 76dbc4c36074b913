import { printable } from '../../kit/text.ts'
import type { ToldFailure } from '../answers.ts'
import type { Style } from '../style.ts'
import { renderHint } from './hint.ts'
import { paragraph } from './paragraph.ts'

/** A failure: what is wrong and why it matters, everything that was found, and what to run next. */
export function renderFailure({ error }: ToldFailure, { style, columns }: { style: Style; columns: number }): string {
  const findings = error.findings.map((finding) =>
    paragraph(
      `${style.heading(`${printable(finding.subject)}:`)} ${printable(finding.message)}${finding.fix === undefined ? '' : ` ${style.quiet(printable(finding.fix))}`}`,
      columns,
      `  ${finding.severity === 'critical' ? style.sign.bad : style.sign.caution} `,
      4,
    ),
  )
  // A guard's findings are its message, word for word; a config's are more than the message says.
  const listing = error.code === 'config-invalid' ? findings : []
  return `${[
    paragraph(printable(error.message), columns, `${style.sign.bad} `, 2),
    ...listing,
    ...(error.hint === undefined ? [] : [renderHint(printable(error.hint), { columns })]),
  ].join('\n')}\n`
}
