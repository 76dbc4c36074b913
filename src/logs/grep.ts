import { OperatorError } from '../kit/errors.ts'
import { printable } from '../kit/text.ts'

/** No more of one line is tried against a pattern: what an app prints must not decide how long that takes. */
const longestTried = 4_000
/** Each of them that can grow without bound multiplies what the longest line may cost. */
const mostRepetitions = 4
/** A repetition that may be so much longer than it has to be is as good as one without bound. */
const mostSlack = 8
/** Ways to match at one place of a line that all the other choices of a pattern may allow together. */
const mostWays = 10_000

/**
 * What `--grep` looks for: a text in any case, or `/a pattern/` with flags. Node's patterns go back and try again, so those that could do
 * that without end are refused, and only so much of each line is tried.
 */
export function compileGrep(given: string): (text: string) => boolean {
  const { pattern, flags } = /^\/(?<pattern>.+)\/(?<flags>[a-z]*)$/s.exec(given)?.groups ?? {}
  if (pattern === undefined) {
    const words = given.toLowerCase()
    return (text) => text.toLowerCase().includes(words)
  }
  refuseEndless(pattern, given)
  const expression = compiled(pattern, flags ?? '', given)
  return (text) => {
    for (const line of text.split('\n')) {
      if (expression.test(line.length > longestTried ? line.slice(0, longestTried) : line)) return true
    }
    return false
  }
}

function compiled(pattern: string, flags: string, given: string): RegExp {
  try {
    // Of the other flags, g and y would make one line depend on the one before.
    if (!/^[imsu]*$/.test(flags)) throw new SyntaxError('only the flags i, m, s and u are of use here')
    return new RegExp(pattern, flags)
  } catch (error) {
    throw invalid(given, `is no pattern: ${error instanceof Error ? error.message : 'it cannot be read'}.`)
  }
}

/** What a part of a pattern may cost: ways to match at one place, and repetitions without bound. */
interface Cost {
  ways: number
  repetitions: number
}

/** A group that is being read: the choices before, the one that stands now, and the last thing of it, which may be repeated. */
interface OpenGroup {
  before: Cost
  now: Cost
  last: Cost
}

const plain: Cost = { ways: 1, repetitions: 0 }

/** Refuses what goes back to more ways than anybody waits for, by counting them. */
function refuseEndless(pattern: string, given: string): void {
  let group: OpenGroup = opened()
  const around: OpenGroup[] = []
  let isInClass = false
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index)
    if (character === '\\') {
      if (/[1-9k]/.test(pattern.charAt(index + 1)))
        throw invalid(given, 'refers back to a group, which can take for ever.')
      index += 1
    }
    if (isInClass) {
      if (character === ']') isInClass = false
      else continue
    } else if (character === '[') {
      isInClass = true
      continue
    } else if (character === '(') {
      around.push(group)
      group = opened()
      if (pattern.charAt(index + 1) === '?') index += 1
      continue
    } else if (character === '|') {
      group = { before: eitherOf(group.before, allOf(group)), now: plain, last: plain }
      continue
    }
    const isClosing = character === ')'
    const outside = isClosing ? around.pop() : undefined
    if (isClosing && outside === undefined) return
    const atom = isClosing ? eitherOf(group.before, allOf(group)) : plain
    if (outside !== undefined) group = outside
    const repetition = repetitionAt(pattern, index + 1)
    index += repetition.length
    group = { ...group, now: allOf(group), last: repeated(atom, repetition, given) }
    const { ways, repetitions } = allOf(group)
    if (repetitions > mostRepetitions) {
      throw invalid(given, `repeats more than ${mostRepetitions} times, which can take for ever on a long line.`)
    }
    if (ways > mostWays) throw invalid(given, 'leaves open too much at once, which can take for ever on a long line.')
  }
}

function opened(): OpenGroup {
  return { before: { ways: 0, repetitions: 0 }, now: plain, last: plain }
}

function eitherOf(one: Cost, other: Cost): Cost {
  return { ways: one.ways + other.ways, repetitions: Math.max(one.repetitions, other.repetitions) }
}

function allOf({ now, last }: OpenGroup): Cost {
  return { ways: now.ways * last.ways, repetitions: now.repetitions + last.repetitions }
}

function repeated({ ways, repetitions }: Cost, { least, most }: Repetition, given: string): Cost {
  if (most - least <= mostSlack) {
    return { ways: Math.max(1, ways ** most * (most - least + 1)), repetitions: repetitions * Math.max(1, most) }
  }
  if (ways > 1 || repetitions > 0) {
    throw invalid(
      given,
      'repeats a group that repeats or chooses within itself, which can take for ever on a long line.',
    )
  }
  return { ways: 1, repetitions: 1 }
}

interface Repetition {
  least: number
  most: number
  /** Characters of the pattern that say it. */
  length: number
}

/** How often what stands before may be repeated: once where nothing is said. */
function repetitionAt(pattern: string, at: number): Repetition {
  const [whole = '', sign, low, comma, high] = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(pattern.slice(at)) ?? []
  const length = whole.length
  if (sign !== undefined) {
    return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : Number.POSITIVE_INFINITY, length }
  }
  if (low === undefined) return { least: 1, most: 1, length }
  const least = Number(low)
  return { least, most: comma === '' ? least : high === '' ? Number.POSITIVE_INFINITY : Number(high), length }
}

function invalid(given: string, because: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--grep ${printable(given)} ${printable(because)}`,
    hint: 'Look for a plain text instead, or write a simpler pattern, as in /SQLSTATE.*1061/i.',
  })
}
