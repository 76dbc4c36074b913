import { clipped, count, printable } from '../../kit/text.ts'
import type { ValidatedItem, Validation } from '../../operations/validate-flag.ts'
import type { Style } from '../style.ts'
import { renderNext } from './endings.ts'
import { paragraph } from './paragraph.ts'

interface Layout {
  style: Style
  columns: number
}

/** The end of `flags validate`: the evidence, or after a dry run the checklist as it stands. */
export function renderValidation(
  validation: Validation,
  { file, next }: { file?: string; next: string },
  layout: Layout,
): string {
  const { style, columns } = layout
  const { flag, value, environment, validates, evidence, items, keptIn, goodUntil } = validation
  if (evidence === null) return `${checklist(validation, layout)}${renderNext([next], style)}`
  const automatic = items.filter(({ isAutomatic }) => isAutomatic).length
  const proof = `${flag}=${value} is validated in ${environment}: ${count(items.length, 'item')} green, ${automatic} of them by checks.`
  const place = file === undefined ? '' : `, and in ${file}`
  const kept = `The evidence is kept in ${environment} (${keptIn})${place}. It counts in ${validates} until ${told(goodUntil)}, as long as the same revision runs there.`
  const lines = [
    paragraph(printable(proof), columns, `${style.sign.good} `, 2),
    paragraph(printable(kept), columns, '  ', 2),
  ]
  if (evidence.signature === undefined) {
    const unsigned = `It is unsigned, because ${environment} holds no key: where changes are protected it is refused. The next init gives every environment the same key.`
    lines.push(paragraph(printable(unsigned), columns, `${style.sign.caution} `, 2))
  }
  if (evidence.database === null) {
    const unseen = `It does not show that ${environment} has a database of its own, so ${validates} will refuse it.`
    lines.push(paragraph(printable(unseen), columns, `${style.sign.caution} `, 2))
  }
  return `${lines.join('\n')}\n${renderNext([next], style)}`
}

function checklist({ flag, value, environment, items }: Validation, { style, columns }: Layout): string {
  const titles = [...new Set(items.map(({ section }) => section))]
  const sections = titles.map((section) => {
    const own = items.filter((item) => item.section === section)
    const lines = own.map((item) =>
      paragraph(printable(`${item.id} ${item.text}${state(item)}`), columns, `  ${sign(item, style)} `, 4),
    )
    return [style.heading(printable(own[0]?.title ?? section)), ...lines, ''].join('\n')
  })
  const automatic = items.filter(({ isAutomatic }) => isAutomatic).length
  const end = `${flag}=${value} in ${environment}: ${count(items.length, 'item')}, ${automatic} automatic and ${items.length - automatic} to be confirmed by a person. Dry run: nothing was changed.`
  return `${[...sections, paragraph(printable(end), columns, `${style.sign.none} `, 2)].join('\n')}\n`
}

function sign({ by, isAutomatic }: ValidatedItem, style: Style): string {
  if (by !== undefined) return style.sign.good
  return isAutomatic ? style.sign.deploy : style.sign.none
}

function state({ by, note, isAutomatic }: ValidatedItem): string {
  if (by !== undefined) return ` (${by}${note === undefined ? '' : `: ${clipped(note, 120)}`})`
  return isAutomatic ? ' (automatic)' : ''
}

/** `2026-11-10 09:00 UTC` */
function told(moment: string | null): string {
  return moment === null ? 'nobody knows when' : `${moment.slice(0, 16).replace('T', ' ')} UTC`
}
