import { normalLevel } from './read-printed-line.ts'

/** What a filter may ask of a row. */
export interface Filtered {
  /** All that a word is looked for in. */
  text: string
  /** What stands under a name; undefined when nothing does. */
  field(name: string): unknown
}

export type LogFilter = (row: Filtered) => boolean

export interface ReadFilter {
  /** It lets everything through. */
  isOpen: boolean
  passes: LogFilter
  /** The fields that it asks for. */
  fields: ReadonlySet<string>
}

type Token =
  | { kind: '(' | ')' | '-' | 'and' | 'or' }
  | { kind: 'text'; text: string }
  | { kind: 'field'; name: string; value: string; isQuoted: boolean }

const quoted = '"(?:[^"\\\\]|\\\\.)*"'
const name = '[\\w$.-]+(?:\\[\\d+\\])?(?:\\.[\\w$-]+(?:\\[\\d+\\])?)*'
const lexicon: readonly (readonly [RegExp, (match: RegExpExecArray) => Token])[] = [
  [/\(/y, () => ({ kind: '(' })],
  [/\)/y, () => ({ kind: ')' })],
  [/-(?=[^\s)])/y, () => ({ kind: '-' })],
  [/AND(?=[\s()]|$)/y, () => ({ kind: 'and' })],
  [/OR(?=[\s()]|$)/y, () => ({ kind: 'or' })],
  [new RegExp(`(?:@(${name})|(replica)):(${quoted})(?=[\\s)]|$)`, 'y'), (match) => fieldToken(match, true)],
  [new RegExp(`(?:@(${name})|(replica)):([^\\s()"]+)(?=[\\s)]|$)`, 'y'), (match) => fieldToken(match, false)],
  [new RegExp(`${quoted}(?=[\\s)]|$)`, 'y'), ([text]) => ({ kind: 'text', text: unquoted(text) })],
  [/[^\s()"@-][^\s()"]*(?=[\s()]|$)/y, ([text]) => ({ kind: 'text', text })],
]

/**
 * The language of PLATFORM's filters: words and "phrases", `@name:value`, `@name[0]:value`, numbers by `>`, `>=`, `<`, `<=` and
 * `a..b`, `AND`, `OR`, `-` and parentheses; what stands side by side must all hold. Undefined when it cannot be read.
 */
export function readLogFilter(filter: string): ReadFilter | undefined {
  const tokens = tokensOf(filter)
  if (tokens === undefined) return undefined
  if (tokens.length === 0) return { isOpen: true, passes: () => true, fields: new Set() }
  const reader = new FilterReader(tokens)
  const passes = reader.whole()
  const fields = new Set(tokens.flatMap((token) => (token.kind === 'field' ? [token.name] : [])))
  return passes && { isOpen: false, passes, fields }
}

function tokensOf(filter: string): Token[] | undefined {
  const tokens: Token[] = []
  let at = 0
  while (at < filter.length) {
    if (/\s/.test(filter.charAt(at))) {
      at += 1
      continue
    }
    const found = tokenAt(filter, at)
    if (found === undefined) return undefined
    tokens.push(found.token)
    at = found.end
  }
  return tokens
}

function tokenAt(filter: string, at: number): { token: Token; end: number } | undefined {
  for (const [pattern, make] of lexicon) {
    pattern.lastIndex = at
    const match = pattern.exec(filter)
    if (match !== null) return { token: make(match), end: pattern.lastIndex }
  }
  return undefined
}

function fieldToken([, named, short, value = '']: RegExpExecArray, isQuoted: boolean): Token {
  return { kind: 'field', name: named ?? short ?? '', value: isQuoted ? unquoted(value) : value, isQuoted }
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, '$1')
}

/** `OR` binds less than `AND`, which binds less than `-`. Each part answers undefined when it cannot be read. */
class FilterReader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): LogFilter | undefined {
    const filter = this.#any()
    return this.#at === this.#tokens.length ? filter : undefined
  }

  #any(): LogFilter | undefined {
    const parts: LogFilter[] = []
    do {
      const part = this.#all()
      if (part === undefined) return undefined
      parts.push(part)
    } while (this.#takes('or'))
    return parts.length === 1 ? parts[0] : (row) => parts.some((part) => part(row))
  }

  #all(): LogFilter | undefined {
    const parts: LogFilter[] = []
    do {
      const part = this.#one()
      if (part === undefined) return undefined
      parts.push(part)
    } while (this.#takes('and') || this.#isNextPart())
    return parts.length === 1 ? parts[0] : (row) => parts.every((part) => part(row))
  }

  #one(): LogFilter | undefined {
    const token = this.#tokens[this.#at]
    this.#at += 1
    switch (token?.kind) {
      case '-': {
        const part = this.#one()
        return part && ((row) => !part(row))
      }
      case '(': {
        const inner = this.#any()
        return this.#takes(')') ? inner : undefined
      }
      case 'text': {
        const wanted = token.text.toLowerCase()
        return ({ text }) => text.toLowerCase().includes(wanted)
      }
      case 'field':
        return fieldFilter(token)
      default:
        return undefined
    }
  }

  #isNextPart(): boolean {
    const kind = this.#tokens[this.#at]?.kind
    return kind === '-' || kind === '(' || kind === 'text' || kind === 'field'
  }

  #takes(kind: Token['kind']): boolean {
    if (this.#tokens[this.#at]?.kind !== kind) return false
    this.#at += 1
    return true
  }
}

/** Undefined where a comparison has no number. */
function fieldFilter({ name: field, value, isQuoted }: Token & { kind: 'field' }): LogFilter | undefined {
  const compare = isQuoted ? undefined : comparison(value)
  if (compare === 'unreadable') return undefined
  if (compare !== undefined) return (row) => compare(numberOf(row.field(field)))
  const wanted = field === 'level' ? (normalLevel(value) ?? value.toLowerCase()) : value.toLowerCase()
  return (row) => wordOf(row.field(field))?.toLowerCase() === wanted
}

/** Of `>=500` or `1..5`; undefined when the value compares nothing. */
function comparison(value: string): ((number: number) => boolean) | 'unreadable' | undefined {
  const [, from, to] = /^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)$/.exec(value) ?? []
  if (from !== undefined) return (number) => number >= Number(from) && number <= Number(to)
  const [, sign, text = ''] = /^(>=|<=|>|<)(.*)$/.exec(value) ?? []
  if (sign === undefined) return undefined
  if (!/^-?\d+(\.\d+)?$/.test(text)) return 'unreadable'
  const bound = Number(text)
  switch (sign) {
    case '>':
      return (number) => number > bound
    case '>=':
      return (number) => number >= bound
    case '<':
      return (number) => number < bound
    default:
      return (number) => number <= bound
  }
}

/** NaN of what is no number, so that no comparison holds. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
}

function wordOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
