import stringWidth from 'fast-string-width'
import { printable, printableJson } from '../../kit/text.ts'
import type { LogEntry, LogGap } from '../../logs/log-entry.ts'
import type { ToldLog } from '../../logs/reading.ts'
import type { Style } from '../style.ts'

/** `09:00:00` */
const timeWidth = 8
/** On a terminal, one line of a message fills at most so many lines of it; all of it is in a pipe and in JSON. */
const mostBroken = 24
const longestFields = 400

interface LogLines {
  /** Whole lines, each with its end. */
  render(told: ToldLog): string
}

/**
 * What services said: time, service, message; what does not fit, and further lines of a message, stand below it behind the same bar,
 * so that no text can pass for a line of another service. Without a terminal nothing is broken or cut.
 * @param width of the window, which may change; undefined without one
 */
export function createLogLines({
  style,
  width,
  services,
}: {
  style: Style
  width: () => number | undefined
  services: readonly string[]
}): LogLines {
  let longest = Math.max(3, ...services.map((name) => stringWidth(printable(name))))
  let day = ''
  const dayLine = (time: string): string => {
    const next = time.slice(0, 10)
    if (next === day) return ''
    const line = day === '' ? `${printable(next)}, times in UTC (Z)` : printable(next)
    day = next
    return `${style.quiet(line)}\n`
  }
  const columns = (): { names: number; text: number | undefined } => {
    const all = width()
    if (all === undefined) return { names: longest, text: undefined }
    const names = Math.min(longest, Math.max(3, Math.floor((all - timeWidth - 4) / 3)))
    return { names, text: all - timeWidth - 1 - names - 3 }
  }
  const renderEntry = (entry: LogEntry): string => {
    const service = oneLine(entry.service ?? '-')
    longest = Math.max(longest, Math.min(stringWidth(service), 40))
    const { names, text } = columns()
    const name = padded(service, names)
    const lines = linesOf(entry).flatMap((line, index) => {
      const sign = index === 0 ? signOf(entry, style) : ''
      const besides = sign === '' ? 0 : 2
      return broken(line, text, besides).map((piece, nth) => (nth === 0 ? `${sign}${piece}` : piece))
    })
    const bar = style.quiet('│')
    const blanks = ' '.repeat(timeWidth + 1 + names)
    const begin = `${style.quiet(printable(entry.time.slice(11, 19)))} ${style.ofService(entry.service ?? '', name)} ${bar} `
    const body = lines.map((line, index) => `${index === 0 ? begin : `${blanks} ${bar} `}${tinted(line, entry, style)}`)
    return `${dayLine(entry.time)}${body.join('\n')}\n`
  }
  const renderGap = ({ from, until, because }: LogGap): string => {
    const all = width()
    const span = `${clock(from)} to ${clock(until)}`
    const line = oneLine(`lines are missing from ${span}: ${because}`)
    const pieces = broken(line, all === undefined ? undefined : all - 2, 0)
    return pieces
      .map((piece, index) => `${index === 0 ? `${style.sign.caution} ` : '  '}${style.caution(piece)}\n`)
      .join('')
  }
  return { render: (told) => (told.kind === 'gap' ? renderGap(told.gap) : renderEntry(told.entry)) }
}

function signOf({ level }: LogEntry, { sign }: Style): string {
  return level === 'error' ? `${sign.bad} ` : level === 'warn' ? `${sign.caution} ` : ''
}

function tinted(line: string, { level }: LogEntry, style: Style): string {
  return level === 'debug' ? style.quiet(line) : line
}

/** The lines of a message, safe to show, and behind the first what else a structured line held. */
function linesOf({ message, fields }: LogEntry): string[] {
  const [first = '', ...others] = message.split('\n').map((line) => oneLine(line).trimEnd())
  while (others.at(-1) === '') others.pop()
  // A structured line without a message is its own message, with all that it held.
  if (Object.keys(fields).length === 0 || isObject(message)) return [first, ...others]
  const held = printableJson(fields)
  return [`${first} ${held.length > longestFields ? `${held.slice(0, longestFields)}…` : held}`, ...others]
}

function isObject(message: string): boolean {
  return message.startsWith('{') && message.trimEnd().endsWith('}')
}

function oneLine(text: string): string {
  return printable(text.includes('\t') ? text.replaceAll('\t', '    ') : text)
}

/** Pieces that fit, broken between words where there is one in the second half; `besides` columns are taken in the first. */
function broken(line: string, columns: number | undefined, besides: number): string[] {
  if (columns === undefined) return [line]
  if (line.length <= columns - besides && isPlain(line)) return [line]
  const pieces: string[] = []
  let rest = line
  while (pieces.length < mostBroken) {
    const room = Math.max(1, columns - (pieces.length === 0 ? besides : 0))
    const end = fitting(rest, room)
    if (end >= rest.length) return [...pieces, rest]
    const blank = rest.lastIndexOf(' ', end)
    const at = blank > end / 2 ? blank : end
    pieces.push(rest.slice(0, at).trimEnd())
    rest = rest.slice(at).trimStart()
    if (rest === '') return pieces
  }
  const last = pieces.at(-1) ?? ''
  return [...pieces.slice(0, -1), `${last.slice(0, fitting(last, Math.max(0, columns - 1)))}…`]
}

const segmenter = new Intl.Segmenter()

/** How much of a text goes into so many columns, by whole characters where one of them fits; never nothing. */
function fitting(text: string, columns: number): number {
  const head = text.length > columns * 16 ? text.slice(0, columns * 16) : text
  if (isPlain(head)) return Math.min(text.length, columns)
  let used = 0
  for (const { segment, index } of segmenter.segment(head)) {
    used += stringWidth(segment)
    if (used > columns) return index > 0 ? index : partFitting(segment, columns)
  }
  return head.length
}

/** Some scripts put a character together from any number of parts, so that a single one may be wider than the room. */
function partFitting(character: string, columns: number): number {
  let end = 0
  for (const part of character) {
    if (end > 0 && stringWidth(character.slice(0, end + part.length)) > columns) break
    end += part.length
  }
  return end
}

/** Every character takes one column. */
function isPlain(text: string): boolean {
  return /^[\u0020-\u007e]*$/.test(text)
}

function padded(name: string, columns: number): string {
  const wide = stringWidth(name)
  if (wide <= columns) return name + ' '.repeat(columns - wide)
  const cut = name.slice(0, fitting(name, columns - 1))
  return `${cut}…${' '.repeat(Math.max(0, columns - 1 - stringWidth(cut)))}`
}

/** `09:00:00` of an RFC 3339 time, with its day. */
function clock(time: string): string {
  return time.slice(0, 19).replace('T', ' ')
}
