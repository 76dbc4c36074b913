import { wrapAnsi } from 'fast-wrap-ansi'

/**
 * Text in lines of at most `columns`, the first after `first`, the others under it after as many blanks as `hang`. A longer word
 * keeps its line: a broken token, address or commit could not be copied.
 */
export function paragraph(text: string, columns: number, first = '', hang = 0): string {
  const lines = wrapAnsi(text, Math.max(20, columns - hang), { trim: true }).split('\n')
  const blanks = ' '.repeat(hang)
  return lines.map((line, index) => (index === 0 ? `${first}${line}` : `${blanks}${line}`)).join('\n')
}
