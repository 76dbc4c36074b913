import { createHmac, timingSafeEqual } from 'node:crypto'
import { isRecord } from '../kit/json.ts'
import type { Secret } from '../kit/secret.ts'
import { clipped, printable, printableJson } from '../kit/text.ts'

/** What says that a flag's value was tried in an environment, and that everything on its checklist was well. */
export interface Evidence {
  format: 1
  flag: string
  value: string
  project: string
  /** Where it was tried. */
  environment: string
  /** What each service that reads the flag ran: a commit, an image, or the digest of uploaded code. */
  revisions: Record<string, string>
  /** A digest of what each of them was built and started with. That it differs elsewhere is said, and refuses nothing. */
  settings?: Record<string, string>
  items: EvidenceItem[]
  /** Null: not every service that reads the flag uses one Postgres of that environment. */
  database: EvidenceDatabase | null
  by: string
  /** Milliseconds since the epoch, by the platform's clock. */
  at: number
  /** Under the key that the environments share; absent where there was none. */
  signature?: string
}

export interface EvidenceItem {
  id: string
  section: string
  text: string
  result: 'pass'
  /** `check`, or the person who said so. */
  by: string
  note?: string
  /** Milliseconds since the epoch. */
  at: number
}

/** The database that was tried with, so that another environment can tell whether it is its own. */
export interface EvidenceDatabase {
  volumeId: string
  /** Null where there was no key to make it with. */
  passwordHmac: string | null
}

/** The same text for the same evidence, in whichever order its parts were written. */
export function canonicalText(evidence: Evidence): string {
  const { signature: _signature, ...signed } = evidence
  return JSON.stringify(sorted(signed))
}

export function signed(evidence: Evidence, key: Secret | undefined): Evidence {
  const { signature: _signature, ...bare } = evidence
  return key === undefined ? bare : { ...bare, signature: hmac(key, 'evidence', canonicalText(bare)) }
}

/** Was exactly this signed under that key? */
export function isSignedBy(evidence: Evidence, key: Secret): boolean {
  const given = Buffer.from(evidence.signature ?? '')
  const right = Buffer.from(hmac(key, 'evidence', canonicalText(evidence)))
  return given.length === right.length && timingSafeEqual(given, right)
}

/** What two passwords can be compared by without either of them. */
export function passwordHmac(password: Secret, key: Secret): string {
  return hmac(key, 'password', password.reveal())
}

/** Evidence as it is stored or put into a file. */
export function evidenceText(evidence: Evidence): string {
  return printableJson(evidence)
}

/** Far more than evidence of every section takes. */
const longestText = 200_000

/** The evidence in a file's text, which anybody may have written; undefined where it is none. */
export function parsedEvidence(text: string): Evidence | undefined {
  if (text.length > longestText) return undefined
  try {
    return evidenceIn(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** The same from a value. What is kept is printable and of limited size, so that what was not so is signed no more. */
export function evidenceIn(value: unknown): Evidence | undefined {
  if (!isRecord(value) || value.format !== 1) return undefined
  const { flag, value: tried, project, environment, revisions, settings, items, database, by, at, signature } = value
  if (!isWord(flag) || !isWord(tried) || !isWord(project) || !isWord(environment) || !isWord(by)) return undefined
  const ran = wordsIn(revisions)
  if (!isMoment(at) || ran === undefined || !Array.isArray(items) || items.length > mostItems) return undefined
  const built = wordsIn(settings)
  return {
    format: 1,
    flag: printable(flag),
    value: printable(tried),
    project: printable(project),
    environment: printable(environment),
    revisions: ran,
    ...(built === undefined ? {} : { settings: built }),
    items: items.flatMap((item) => evidenceItemIn(item) ?? []),
    database: databaseIn(database),
    by: printable(by),
    at,
    ...(typeof signature === 'string' && /^[0-9a-f]{64}$/.test(signature) ? { signature } : {}),
  }
}

const mostItems = 300
const mostServices = 100
const longestWord = 255
/** Of what a person writes beside an item. */
const longestNote = 500

/** A note as evidence keeps it. */
export function evidenceNote(note: string): string {
  return clipped(note.trim(), longestNote)
}

export function evidenceItemIn(value: unknown): EvidenceItem | undefined {
  if (!isRecord(value) || value.result !== 'pass') return undefined
  const { id, section, text, by, note, at } = value
  if (!isWord(id) || !isWord(section) || !isText(text) || !isWord(by) || !isMoment(at)) return undefined
  return {
    id: printable(id),
    section: printable(section),
    text: printable(text),
    result: 'pass',
    by: printable(by),
    ...(isText(note) ? { note: printable(note) } : {}),
    at,
  }
}

function databaseIn(value: unknown): EvidenceDatabase | null {
  if (!isRecord(value) || !isWord(value.volumeId)) return null
  const { volumeId, passwordHmac: password } = value
  const isHmac = typeof password === 'string' && /^[0-9a-f]{64}$/.test(password)
  return { volumeId: printable(volumeId), passwordHmac: isHmac ? password : null }
}

/** Names and words, as far as they are such. */
export function wordsIn(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined
  const entries = Object.entries(value)
  if (entries.length > mostServices) return undefined
  return Object.fromEntries(
    entries.flatMap(([name, word]) => (isWord(name) && isWord(word) ? [[printable(name), printable(word)]] : [])),
  )
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longestWord
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longestNote
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime())
}

/** @param use so that what is made for one purpose never passes for another */
function hmac(key: Secret, use: 'evidence' | 'password', text: string): string {
  return createHmac('sha256', key.reveal()).update(`${use}\n${text}`).digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  const names = Object.keys(value).sort((one, other) => (one < other ? -1 : 1))
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]))
}
