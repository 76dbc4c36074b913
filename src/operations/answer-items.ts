import { type EvidenceItem, evidenceNote } from '../verify/evidence.ts'
import type { ChecklistItem } from './checklist.ts'
import type { Report } from './events.ts'

/** What a person says of an item. */
export interface ItemAnswer {
  answer: 'yes' | 'no' | 'skip'
  note?: string
}

/** Asks a person; throws where they stop. */
export type AskItem = (item: ChecklistItem, place: { nth: number; of: number }) => Promise<ItemAnswer>

/** Items that somebody said no to, or did not look at. */
export interface Unanswered {
  refused: { item: ChecklistItem; note?: string }[]
  skipped: ChecklistItem[]
}

/**
 * Asks for items one by one. What was said yes to is in `green` at once, so that nothing is lost where somebody stops in the middle.
 */
export async function answerItems(
  items: readonly ChecklistItem[],
  { by, now }: { by: string; now: () => number },
  green: EvidenceItem[],
  { ask, report, environment }: { ask: AskItem; report: Report; environment: string },
): Promise<Unanswered> {
  const left: Unanswered = { refused: [], skipped: [] }
  for (const [index, item] of items.entries()) {
    const { answer, note = '' } = await ask(item, { nth: index + 1, of: items.length })
    const said = note.trim() === '' ? {} : { note: evidenceNote(note) }
    if (answer === 'yes') green.push(confirmedItem(item, { by, at: now(), ...said }))
    else if (answer === 'no') left.refused.push({ item, ...said })
    else left.skipped.push(item)
    const { id, section, text } = item
    const outcome = ({ yes: 'green', no: 'red', skip: 'undecided' } as const)[answer]
    const why = said.note === undefined ? {} : { why: said.note }
    await report({ type: 'item-judged', environment, id, section, text, outcome, by, ...why })
  }
  return left
}

/** An item that is green because somebody, or a check, says so. */
export function confirmedItem(
  { id, section, text }: ChecklistItem,
  { by, at, note }: { by: string; at: number; note?: string },
): EvidenceItem {
  return {
    id,
    section,
    text: evidenceNote(text),
    result: 'pass',
    by,
    ...(note === undefined || note === '' ? {} : { note }),
    at,
  }
}
