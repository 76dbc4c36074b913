/** What a secrets file holds, or the first line that cannot be read; what stands in it is not told, because it may be a secret. */
export type ParsedSecrets = { entries: [name: string, value: string][] } | { line: number; problem: string }

/**
 * Reads `NAME=value`, a line each. The value is everything after the first `=`: a `#` in it is part of it, and so is a backslash.
 * One pair of quotes around it is taken off; between them a value may go on over several lines, as a PEM key does, until a line
 * ends with the same quote. Lines that start with `#` are comments. Nothing is dropped: what is none of this is a problem.
 */
export function parseSecrets(text: string): ParsedSecrets {
  const lines = text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
  const values = new Map<string, { value: string; line: number }>()
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1
    const written = lines[index] ?? ''
    if (/^\s*(?:#|$)/.test(written)) continue
    const [, name, start = ''] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(written) ?? []
    if (name === undefined) return { line, problem: 'is not NAME=value' }
    const earlier = values.get(name)
    if (earlier !== undefined) return { line, problem: `gives the same name as line ${earlier.line}` }
    const read = readValue(start, lines.slice(index + 1))
    if ('problem' in read) return { line: line + read.after, problem: read.problem }
    values.set(name, { value: read.value, line })
    index += read.more
  }
  return { entries: [...values].map(([name, { value }]) => [name, value]) }
}

/** @returns the value and how many more lines it takes, or what is wrong, so many lines after the first. */
function readValue(
  start: string,
  following: readonly string[],
): { value: string; more: number } | { problem: string; after: number } {
  const quote = /^["']/.exec(start)?.[0]
  if (quote === undefined) return { value: start, more: 0 }
  const first = start.slice(1)
  if (first.trimEnd().endsWith(quote)) return { value: withoutQuote(first), more: 0 }
  if (first.includes(quote)) return { problem: 'has text after its closing quote', after: 0 }
  const parts = [first]
  for (const line of following) {
    if (line.trimEnd().endsWith(quote)) {
      return { value: [...parts, withoutQuote(line)].join('\n'), more: parts.length }
    }
    if (line.includes(quote)) return { problem: 'has text after a closing quote', after: parts.length }
    parts.push(line)
  }
  return { problem: 'opens a quote that is never closed', after: 0 }
}

function withoutQuote(line: string): string {
  return line.trimEnd().slice(0, -1)
}
