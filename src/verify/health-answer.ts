import { isRecord } from '../kit/json.ts'
import type { SaidAnswer } from './said-answer.ts'

/** What a health answer says, with the parts that fail sorted by how much they matter. */
export type SaidHealth =
  | { kind: 'healthy' }
  /** `critical` is empty where only parts fail that never fail the whole. */
  | { kind: 'degraded'; critical: string[]; advisory: string[]; status: number }
  /** It says that it is not well, and not why. */
  | { kind: 'unhealthy'; word: string; status: number }
  | { kind: 'not-health' }

const goodWords = ['ok', 'healthy', 'ready', 'up', 'pass', 'passed', 'alive', 'true', 'operational']
const badWords = [
  'unhealthy',
  'degraded',
  'not ready',
  'down',
  'fail',
  'failed',
  'failing',
  'error',
  'critical',
  'false',
]

/** Keys under which answers tell of their parts. */
const partKeys = ['checks', 'components', 'dependencies', 'services']

/**
 * Reads a health answer in any of the shapes that services use: parts as booleans, as words or as objects with a status; the whole
 * as a word or a boolean. An answer of 503 that can be read is degraded, not down. Unknown keys mean nothing. Pure.
 */
export function saidHealth(said: SaidAnswer, advisory: readonly string[]): SaidHealth {
  if (said.kind === 'text') return healthOfText(said)
  if (said.kind !== 'json') return { kind: 'not-health' }
  const { status, value } = said
  const whole = wholeOf(value)
  const parts = partsOf(value)
  if (whole === undefined && parts === undefined) return { kind: 'not-health' }
  const failing = parts?.failing ?? []
  if (failing.length > 0) {
    return {
      kind: 'degraded',
      critical: failing.filter((part) => !advisory.includes(part)).map(shownPart),
      advisory: failing.filter((part) => advisory.includes(part)),
      status,
    }
  }
  if (whole?.isGood === false || status >= 400) return { kind: 'unhealthy', word: whole?.word ?? 'unhealthy', status }
  // A word that nobody knows is no health, unless parts say that they are fine.
  return whole?.isGood === true || (parts !== undefined && parts.known > 0)
    ? { kind: 'healthy' }
    : { kind: 'not-health' }
}

function healthOfText({ status, text }: { status: number; text: string }): SaidHealth {
  const word = text.trim().toLowerCase()
  if (status < 300 && goodWords.includes(word)) return { kind: 'healthy' }
  return badWords.includes(word) ? { kind: 'unhealthy', word, status } : { kind: 'not-health' }
}

function wholeOf(value: Record<string, unknown>): { isGood: boolean | undefined; word: string } | undefined {
  for (const key of ['status', 'ready', 'alive', 'success', 'healthy']) {
    if (!Object.hasOwn(value, key)) continue
    const isGood = judged(value[key])
    const said = value[key]
    // What it says is shown only where it is a word that is known.
    const word = typeof said === 'string' && isGood !== undefined ? said.trim().toLowerCase() : `not ${key}`
    return { isGood, word }
  }
  return undefined
}

/** Parts that fail, and how many could be judged; undefined where the answer has none. */
function partsOf(value: Record<string, unknown>): { failing: string[]; known: number } | undefined {
  const parts = partKeys.flatMap((key) => {
    const held = Object.hasOwn(value, key) ? value[key] : undefined
    return isRecord(held) ? Object.entries(held) : []
  })
  if (parts.length === 0) return undefined
  const known = parts.flatMap(([name, part]) => {
    const isGood = judged(isRecord(part) ? part.status : part)
    return isGood === undefined ? [] : [{ name, isGood }]
  })
  return { failing: known.flatMap(({ name, isGood }) => (isGood ? [] : [name])), known: known.length }
}

/** Good, bad, or nothing that says so. */
function judged(said: unknown): boolean | undefined {
  if (typeof said === 'boolean') return said
  if (typeof said !== 'string') return undefined
  const word = said.trim().toLowerCase().replaceAll('_', ' ')
  if (goodWords.includes(word)) return true
  return badWords.includes(word) ? false : undefined
}

/** Names of parts come from outside, and only what looks like one is shown. */
function shownPart(name: string): string {
  return /^[\w.-]{1,40}$/.test(name) ? name : 'a part with a strange name'
}
