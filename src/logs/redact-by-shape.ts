import { stripVTControlCharacters } from 'node:util'
import { isRecord } from '../kit/json.ts'
import type { LogRow } from '../platform/log-row.ts'

const shown = '[secret]'

/** Nested deeper than any line of an app; what is below is left out, so that no line can exhaust the stack. */
const deepest = 24

/** One look that most lines do not pass; only the others are read closely. */
const suspicious =
  /:\/\/|key|secret|token|passw|pwd|passphrase|credential|bearer|basic |base64|-----BEGIN|eyJ|[sprk]k_(?:live|test)_|whsec_|gh[pousr]_|AKIA|AIza|xox[abprs]-/i

/** `scheme://user:password@`; a port and a path are no password. */
const urlPassword = /([a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/"'<>]{0,200}:)(?!\d{1,5}(?:[/?#]|$))[^\s"'<>]{1,400}@/gi
/** `https://<token>@` */
const urlToken = /([a-z][a-z0-9+.-]{1,30}:\/\/)[^\s:@/"'<>]{16,400}@/gi
const bearer = /\b(bearer|basic) {1,4}[\w.~+/=-]{8,}/gi
const jsonWebToken = /\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g
const base64Key = /base64:[A-Za-z0-9+/=]{16,}/g
const knownPrefix =
  /\b(?:[sprk]k_(?:live|test)_\w{6,}|whsec_[\w+/=]{6,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|xox[abprs]-[\w-]{10,})/g
const pemBlock = /-----BEGIN [A-Z0-9 ]{1,40}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,40}-----|$)/g

const words =
  'secret|token|password|passwd|pwd|passphrase|credentials?|(?:api|app|private|access|secret|encryption|signing|auth|license|account|master)[_-]?key'
const encodings = '(?:[_-]?(?:base64|base|pem|hash|value))?'

/** The end of a name whose value is a secret, and the sign that a value follows. A plain `key` counts in capitals only. */
const assignment = new RegExp(`(?:${words}|(key))${encodings}(\\\\?["'])?\\s{0,4}(?:=>|=|:)\\s{0,4}`, 'gi')
const secretName = new RegExp(`(?:${words})${encodings}$`, 'i')
const capitalKey = /(?:^|_)KEY(?:_BASE64|_BASE|_PEM)?$/
/** What stands for a value that is not there, or for one that stands elsewhere. */
const noValue =
  /^(?:\[secret\]|\$\{|(?:true|false|null|none|nil|undefined|missing|required|yes|no|empty|set|unset)\b[.,;)}\]]*$)/i

/** Takes out of one text whatever has the shape of a secret: it may be one that nobody told us of. */
export function redactByShape(text: string): string {
  const plain = text.includes('\u001b') || text.includes('\u009b') ? stripVTControlCharacters(text) : text
  if (!suspicious.test(plain)) return text
  const safe = redactPlain(plain)
  return safe === plain ? text : safe
}

/** Without colours: between a name and its value they would hide what belongs together. */
function redactPlain(plain: string): string {
  const safe = plain
    .replace(pemBlock, shown)
    .replace(urlPassword, `$1${shown}@`)
    .replace(urlToken, `$1${shown}@`)
    .replace(bearer, `$1 ${shown}`)
    .replace(jsonWebToken, shown)
    .replace(base64Key, `base64:${shown}`)
    .replace(knownPrefix, shown)
  return redactAssigned(safe)
}

/** The same for what a structured line held: texts by their shape, and whatever has the name of a secret. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactField(name, value, 0)]))
}

/**
 * Redacts rows as they come. A PEM block is printed as one row a line: what is between its begin and its end is known only by what
 * came before it from the same container.
 */
export function createRowRedactor(): (row: LogRow) => LogRow {
  const insidePem = new Set<string>()
  const redactMessage = (row: LogRow): string => {
    const { message } = row
    if (insidePem.size > 0) {
      const source = `${row.deploymentId}/${row.instanceId}`
      if (insidePem.has(source)) {
        if (isPemEnd(message)) insidePem.delete(source)
        if (isPemEnd(message) || isPemBody(message)) return shown
        // Another process of the container may print in between; the block goes on after it.
        if (message.trim() === '') return message
      }
    }
    if (message.includes('-----BEGIN ') && !message.includes('-----END ')) {
      insidePem.add(`${row.deploymentId}/${row.instanceId}`)
    }
    return isEncodedLine(message) ? shown : redactByShape(message)
  }
  return (row) => {
    const message = redactMessage(row)
    const hasAttributes = Object.keys(row.attributes).length > 0
    if (message === row.message && !hasAttributes && row.request === undefined) return row
    return {
      ...row,
      message,
      ...(hasAttributes ? { attributes: redactFields(row.attributes) } : {}),
      ...(row.request === undefined
        ? {}
        : {
            request: {
              ...row.request,
              path: redactByShape(row.request.path),
              upstreamErrors: redactByShape(row.request.upstreamErrors),
            },
          }),
    }
  }
}

function redactAssigned(text: string): string {
  let safe = ''
  let done = 0
  assignment.lastIndex = 0
  for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
    const [whole, key, quote] = match
    const start = match.index + whole.length
    if (key !== undefined && !isCapitalKey(text, match.index, key)) continue
    const value = valueAt(text, start, quote)
    if (value === undefined || noValue.test(text.slice(value.from, value.to))) continue
    safe += `${text.slice(done, value.from)}${value.instead ?? shown}`
    done = value.to
    assignment.lastIndex = Math.max(value.to, start)
  }
  return done === 0 ? text : safe + text.slice(done)
}

/** `APP_KEY`, and not `Duplicate key` or `config_key`. */
function isCapitalKey(text: string, at: number, key: string): boolean {
  return key === 'KEY' && !/[A-Za-z0-9]/.test(text.charAt(at - 1))
}

/** What JSON writes without quotes behind a name: a number, or a flat list of texts and numbers. */
const bareNumber = /^-?\d[\d.eE+-]{0,400}/
const bareList = /^\[\s*(?:"(?:[^"\\]|\\.)*"|[-+.\w]+)(?:\s*,\s*(?:"(?:[^"\\]|\\.)*"|[-+.\w]+))*\s*\]/

interface Place {
  from: number
  to: number
  /** Written there, where it needs quotes of its own to stay JSON. */
  instead?: string
}

/** Where a value stands that begins here, without its quotes. @param quote of its name, if that has one */
function valueAt(text: string, at: number, quote: string | undefined): Place | undefined {
  const first = text.charAt(at)
  if (first === '\\' && /["']/.test(text.charAt(at + 1))) {
    const quote = text.slice(at, at + 2)
    let to = text.indexOf(quote, at + 2)
    // A backslash of the text within is two there and four here: only then does this quote end it.
    while (to > 0 && backslashesBefore(text, to, at + 2) % 4 !== 0) to = text.indexOf(quote, to + 2)
    return { from: at + 2, to: to === -1 ? endOfWord(text, at + 2) : to }
  }
  if (first === '"' || first === "'") {
    let to = at + 1
    while (to < text.length && text.charAt(to) !== first) to += text.charAt(to) === '\\' ? 2 : 1
    return { from: at + 1, to: Math.min(to, text.length) }
  }
  if (first === '') return undefined
  if (quote !== undefined) {
    const rest = text.slice(at, at + 4_000)
    const number = bareNumber.exec(rest)?.[0]
    if (number !== undefined) return { from: at, to: at + number.length, instead: `${quote}${shown}${quote}` }
    const list = quote === '"' ? bareList.exec(rest)?.[0] : undefined
    return list === undefined ? undefined : { from: at, to: at + list.length, instead: `["${shown}"]` }
  }
  const to = endOfWord(text, at)
  return to === at ? undefined : { from: at, to }
}

function backslashesBefore(text: string, at: number, from: number): number {
  let start = at
  while (start > from && text.charAt(start - 1) === '\\') start -= 1
  return at - start
}

/** Up to a blank, an ampersand or a quote that closes something; never between a backslash and what it escapes. */
function endOfWord(text: string, at: number): number {
  for (let index = at; index < text.length; index += 1) {
    const character = text.charAt(index)
    if (character === '&' || /\s/.test(character)) return index
    if ((character === '"' || character === "'") && !/[A-Za-z0-9]/.test(text.charAt(index + 1))) {
      let to = index
      while (to > at && text.charAt(to - 1) === '\\') to -= 1
      return to
    }
  }
  return text.length
}

/** @param isOfSecret what holds it has the name of a secret */
function redactField(name: string, value: unknown, depth: number, isOfSecret = false): unknown {
  const isSecret = isOfSecret || secretName.test(name) || capitalKey.test(name)
  if (depth >= deepest && typeof value === 'object' && value !== null) return '…'
  if (Array.isArray(value)) return value.map((item) => redactField(name, item, depth + 1, isSecret))
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, redactField(key, inner, depth + 1, isSecret)]),
    )
  }
  const isValue = (typeof value === 'string' && value !== '' && !noValue.test(value)) || typeof value === 'number'
  if (isValue && isSecret) return shown
  return typeof value === 'string' ? redactByShape(value) : value
}

function isPemEnd(message: string): boolean {
  return message.includes('-----END ')
}

function isPemBody(message: string): boolean {
  return /^[\s"']*[A-Za-z0-9+/=]{1,80}[\s"'\\n]*$/.test(message.slice(0, 200)) && message.length <= 200
}

/** A whole line of base64 as PEM and `openssl` break it, perhaps one that came before its begin; a hash in hex is none. */
function isEncodedLine(message: string): boolean {
  const line = message.trim()
  return (
    (line.length === 64 || line.length === 76) &&
    /^[A-Za-z0-9+/=]+$/.test(line) &&
    !/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(line)
  )
}
