import { count, listed, printable } from '../../kit/text.ts'
import { duration } from './duration.ts'
import { paragraph } from './paragraph.ts'
import { renderSamples, renderSoakEnded, toldSample } from './soak.ts'
import { done, type EventRenderers } from './told-event.ts'

/** Changes of flags: their gates, the soak, the way back; and what is validated before. */
export const flagEvents = {
  'flags-changed': ({ environment, way, flags, services }, layout) => {
    const told = flags.map(({ name, value }) => (way === 'there' ? `${name} ${value}` : name))
    const what = way === 'there' ? listed(told) : `${listed(told)} as before`
    return done(`${what} stored in ${environment} for ${listed(services)}, as one patch`, layout)
  },
  'flags-gated': ({ findings, overridden }, layout) => {
    const { style, columns } = layout
    const lines = [
      ...(overridden.length === 0 ? [] : [`let pass, which is recorded: ${listed(overridden)}`]),
      ...findings.map(({ message }) => printable(message)),
    ]
    return lines.length === 0
      ? { progress: 'every gate is open' }
      : { line: lines.map((text) => paragraph(text, columns, `${style.sign.caution} `, 2)).join('\n') }
  },
  'flags-reverting': ({ environment, flags, because }, { style, columns }) => ({
    line: paragraph(
      printable(`taking back ${listed(flags)} in ${environment}, because ${because}`),
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'flags-reverted': ({ environment, flags, by, elapsedMs }, layout) => {
    const ways = {
      images: 'from kept images, without a build',
      deployments: 'by new deployments',
      nothing: 'nothing had to start',
    }
    return done(
      `${listed(flags)} as before in ${environment}, stored, running and answering, ${duration(elapsedMs)} after it was bad first; ${ways[by]}`,
      layout,
    )
  },
  'flag-effect-seen': ({ flag, effect }) => ({ progress: `${flag} shows as ${effect}` }),
  'soak-started': ({ environment, durationMs, intervalMs }, { style, columns }) => ({
    line: paragraph(
      `soaking in ${environment} for ${duration(durationMs)}, with a sample every ${duration(intervalMs)}`,
      columns,
      `${style.sign.deploy} `,
      2,
    ),
  }),
  'soak-sampled': (event, { columns }) => ({ progress: toldSample(event), block: renderSamples(event, columns) }),
  'soak-ended': (event, layout) => ({ line: renderSoakEnded(event, layout) }),
  'validation-started': ({ environment, flag, items, automatic, open }, { style, columns }) => ({
    line: paragraph(
      `the checklist of ${printable(flag)} in ${printable(environment)}: ${count(items, 'item')}, ${automatic} by checks, ${open} to be answered`,
      columns,
      `${style.sign.deploy} `,
      2,
    ),
    progress: `asking what proves ${count(automatic, 'item')}`,
  }),
  'item-judged': ({ id, text, outcome, by, why }, layout) => {
    const said = by === 'check' ? '' : ` (${by})`
    const because = why === undefined ? '' : `: ${why}`
    return outcome === 'green'
      ? done(`${id} ${text}${said}${because}`, layout)
      : {
          line: paragraph(
            printable(`${id} ${text}${said}${because}`),
            layout.columns,
            `${outcome === 'red' ? layout.style.sign.bad : layout.style.sign.none} `,
            2,
          ),
        }
  },
  'answers-kept': ({ environment, flag, items }, layout) =>
    done(`${count(items, 'answer')} about ${flag} kept in ${environment} for the next run`, layout),
  'evidence-kept': ({ environment, flag, value, items, isSigned }, layout) =>
    done(
      `${flag}=${value}: ${count(items, 'item')} green; the ${isSigned ? 'signed' : 'unsigned'} evidence is kept in ${environment}`,
      layout,
    ),
} satisfies Partial<EventRenderers>
