import { count, printable } from '../../kit/text.ts'
import { duration } from './duration.ts'
import { paragraph } from './paragraph.ts'
import { done, type EventRenderers } from './told-event.ts'

/** The steps of the tour. */
export const tourEvents = {
  'step-started': ({ title }, { style, columns }) => ({ line: `\n${style.heading(paragraph(title, columns))}` }),
  'step-command': ({ command }) => ({ progress: command }),
  'step-passed': ({ step, elapsedMs, requests }, layout) =>
    done(`${step} held after ${duration(elapsedMs)}, with ${count(requests, 'request')}`, layout),
  'step-failed': ({ step, reason }, { style, columns }) => ({
    line: paragraph(`${step} did not hold: ${printable(reason)}`, columns, `${style.sign.bad} `, 2),
  }),
} satisfies Partial<EventRenderers>
