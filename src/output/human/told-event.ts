import { printable } from '../../kit/text.ts'
import type { OperationEvent } from '../../operations/events.ts'
import type { Style } from '../style.ts'
import { paragraph } from './paragraph.ts'

/** How an event is told: a line that stays, or one that is shown while it is true, where something can move. */
export interface ToldEvent {
  line?: string
  progress?: string
  /** In its place where several lines can move; safe to show. */
  block?: string
}

export interface EventLayout {
  style: Style
  columns: number
  isVerbose: boolean
}

/** One for every event. */
export type EventRenderers = {
  [Type in OperationEvent['type']]: (event: Extract<OperationEvent, { type: Type }>, layout: EventLayout) => ToldEvent
}

/** A line that says that something is done. */
export function done(text: string, { style, columns }: EventLayout): ToldEvent {
  return { line: paragraph(printable(text), columns, `${style.sign.good} `, 2) }
}
