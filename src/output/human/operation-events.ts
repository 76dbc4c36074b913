import { printable } from '../../kit/text.ts'
import { duration } from './duration.ts'
import { toldHolder, toldUnfinished } from './operation.ts'
import { paragraph } from './paragraph.ts'
import { renderPlan } from './plan.ts'
import { renderTarget } from './target.ts'
import type { EventRenderers } from './told-event.ts'

/** Who works on which environment, what is to be done there, and what was found. */
export const operationEvents = {
  'target-found': (event, layout) => ({ line: `${renderTarget(event, layout)}\n` }),
  'plan-made': ({ plan, sameAs }, layout) => ({
    line:
      sameAs === undefined || layout.isVerbose
        ? renderPlan(plan, layout)
        : `${paragraph(`The same as ${sameAs}, with values of its own.`, layout.columns)}\n`,
  }),
  'approval-given': ({ by, what }, { style, columns }) =>
    by === 'option' ? { line: style.quiet(paragraph(`Approved by --yes: ${what}.`, columns)) } : {},
  'lease-awaited': ({ environment, forMs, ...held }, { style, columns }) => ({
    line: paragraph(
      `${toldHolder({ ...held, by: held.holder })} works on ${environment}; waiting for up to ${duration(forMs)}`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
    progress: `waiting for ${printable(held.holder)} to finish`,
  }),
  'lease-taken': ({ environment, ...held }, { style, columns }) => ({
    line: paragraph(
      `the lease of ${environment} taken from ${toldHolder({ ...held, by: held.holder })}, whose command stops before its next act`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'lease-left': ({ environment, until }, { style, columns }) => ({
    line: paragraph(
      `the lease of ${environment} could not be given back; it runs out by itself at ${until}`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'operation-unfinished': (event, layout) => ({ line: toldUnfinished(event, layout) }),
  finding: ({ finding }, { style, columns }) => ({
    line: paragraph(
      `${printable(finding.message)}${finding.fix === undefined ? '' : ` ${printable(finding.fix)}`}`,
      columns,
      `${finding.severity === 'critical' ? style.sign.bad : style.sign.caution} `,
      2,
    ),
  }),
} satisfies Partial<EventRenderers>
