import { OperatorError } from '../kit/errors.ts'
import { printable } from '../kit/text.ts'

/** No more of one line is tried against a pattern: what an app prints must not decide how long that takes. */
const longestTried = 4_000
/** Each of them that can grow without bound multiplies what the longest line may cost. */
const mostRepetitions = 4

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

/** A repetition within a repeated group, or a choice within one, can take for ever on a line made for it. */
function refuseEndless(pattern: string, given: string): void {
  const groups: { isRisky: boolean }[] = []
  let repetitions = 0
  let isInClass = false
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index)
    const inside = groups.at(-1)
    if (character === '\\') {
      if (/[1-9k]/.test(pattern.charAt(index + 1)))
        throw invalid(given, 'refers back to a group, which can take for ever.')
      index += 1
    } else if (isInClass) {
      if (character === ']') isInClass = false
    } else if (character === '[') {
      isInClass = true
    } else if (character === '(') {
      groups.push({ isRisky: false })
    } else if (character === '|') {
      if (inside !== undefined) inside.isRisky = true
    } else if (character === ')') {
      const closed = groups.pop()
      const isRepeated = isRepetition(pattern, index + 1)
      if (closed?.isRisky === true && isRepeated) {
        throw invalid(
          given,
          'repeats a group that repeats or chooses within itself, which can take for ever on a long line.',
        )
      }
      const around = groups.at(-1)
      if (around !== undefined && (closed?.isRisky === true || isRepeated)) around.isRisky = true
    } else if (isRepetition(pattern, index)) {
      if (inside !== undefined) inside.isRisky = true
      repetitions += 1
      if (repetitions > mostRepetitions) {
        throw invalid(given, `repeats more than ${mostRepetitions} times, which can take for ever on a long line.`)
      }
    }
  }
}

/** `*`, `+` or `{n,}`, or a count so high that it is as good as none. */
function isRepetition(pattern: string, at: number): boolean {
  const character = pattern.charAt(at)
  if (character === '*' || character === '+') return true
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(pattern.slice(at, at + 20)) ?? []
  return least !== undefined && ((comma === ',' && most === '') || Number(most === '' ? least : most) > 8)
}

function invalid(given: string, because: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--grep ${printable(given)} ${printable(because)}`,
    hint: 'Look for a plain text instead, or write a simpler pattern, as in /SQLSTATE.*1061/i.',
  })
}
