import type { Rollout, RolloutFlag, ValidationItem } from '../config/rollout.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { count, listed, printable } from '../kit/text.ts'

/** An item that has to be green before a flag takes its risky value elsewhere. */
export interface ChecklistItem extends ValidationItem {
  section: string
  /** Of the section, as people read it. */
  title: string
}

/** Everything that has to be green for a flag, in the order of its sections. */
export function checklistOf(
  { sections }: Pick<Rollout, 'sections'>,
  flag: Pick<RolloutFlag, 'sections'>,
): ChecklistItem[] {
  return [...new Set(flag.sections)].flatMap((name) => {
    const section = sections.find((one) => one.name === name)
    return (section?.items ?? []).map((item) => ({ ...item, section: name, title: section?.title ?? name }))
  })
}

/** Refuses `--confirm` of what is not on the checklist, or is proven by a check. */
export function refuseStrayConfirms(confirmed: readonly string[], items: readonly ChecklistItem[], flag: string): void {
  const proven = confirmed.filter((id) => items.some((item) => item.id === id && item.check !== undefined))
  const strange = confirmed.filter((id) => !items.some((item) => item.id === id))
  if (proven.length === 0 && strange.length === 0) return
  const told = [
    ...(strange.length === 0 ? [] : [`The checklist of ${flag} has no item ${listed(strange.map(printable), 'or')}.`]),
    ...(proven.length === 0
      ? []
      : [
          `${listed(proven)} ${proven.length === 1 ? 'is' : 'are'} proven by a check, so nobody can confirm ${proven.length === 1 ? 'it' : 'them'}.`,
        ]),
  ]
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `${told.join(' ')} Nothing was changed.`,
    hint: `To see its items, add --dry-run: fakturino flags validate ${shellWord(flag)} --dry-run`,
  })
}

/** Nobody is there to answer, and the command does not say it either: every item at once. */
export function unanswered(
  missing: readonly ChecklistItem[],
  { flag, environment }: { flag: string; environment: string },
): OperatorError {
  const options = missing.map(({ id }) => ` --confirm ${shellWord(id)}`).join('')
  const command = `fakturino flags validate ${shellWord(flag)} -e ${shellWord(environment)} --by NAME${options}`
  return new OperatorError({
    kind: 'usage',
    code: 'missing-answer',
    message: `${count(missing.length, 'item')} of the checklist of ${flag} ${missing.length === 1 ? 'has' : 'have'} to be confirmed by a person, and there is nobody to ask: ${missing.map(({ id, text }) => `${id} (${text})`).join('; ')}. Nothing was changed.`,
    hint: `Run it at a terminal; or, once somebody has seen each of them, run: ${command}`,
  })
}
