import { paragraph } from './paragraph.ts'

interface HintLook {
  columns: number
  indent?: string
  paint?: (text: string) => string
}

/** What to do next. A command that would be broken over two lines stands on one of its own, so that it can be copied. */
export function renderHint(hint: string, { columns, indent = '  ', paint = (text) => text }: HintLook): string {
  const prose = (text: string) => paragraph(paint(text), columns, indent, indent.length)
  if (hint.length + indent.length <= columns) return prose(hint)
  return partsOf(hint)
    .map(({ text, isCommand }) => (isCommand ? `${indent}  ${paint(text)}` : prose(text)))
    .join('\n')
}

interface HintPart {
  text: string
  isCommand: boolean
}

/** Commands stand between backticks, or at the end behind a colon. */
function partsOf(hint: string): HintPart[] {
  const parts = hint.replace(/: (fakturino [^`]*)$/, ': `$1`').split(/`(fakturino [^`]*)`/)
  return parts.flatMap((part, nth): HintPart[] => {
    if (nth % 2 === 1) return [{ text: part, isCommand: true }]
    const text = part.replace(/^[,.;]?\s+|^[,.;]$/, '').trimEnd()
    if (text === '') return []
    return [{ text: nth === parts.length - 1 ? text : text.replace(/(?<![.?:,;])$|[,;]$/, ':'), isCommand: false }]
  })
}
