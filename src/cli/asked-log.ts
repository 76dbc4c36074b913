import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { printable } from '../kit/text.ts'
import type { EntryFilter } from '../logs/entry-filter.ts'
import { logLevels } from '../logs/entry-filter.ts'
import { compileGrep } from '../logs/grep.ts'
import type { LogQuestion } from '../operations/log-places.ts'
import { type CommandInput, isGiven, textOption } from './command.ts'
import { momentOption } from './moment-option.ts'

/** What `logs` was asked for, before anything is read. Moments are milliseconds. */
export interface AskedLog {
  question: LogQuestion
  filter: EntryFilter
  since: number | undefined
  until: number | undefined
  /** The newest so many; undefined means all since `since`. */
  lines: number | undefined
  isErrors: boolean
  /** As the options say; undefined leaves it to where the answer goes. */
  follow: boolean | undefined
  /** The same question without its times, as it has to be typed. */
  again: string
}

const linesOtherwise = 100
const errorsSinceMs = 24 * 3_600_000

export function askedLog(input: CommandInput, now: number): AskedLog {
  const isBuild = isGiven(input, 'build')
  const isHttp = isGiven(input, 'http')
  const isErrors = isGiven(input, 'errors')
  const follow = typeof input.options.follow === 'boolean' ? input.options.follow : undefined
  refuseBoth(isBuild && isHttp, '--build', '--http', 'one command shows one log')
  refuseBoth(isErrors && follow === true, '--errors', '--follow', 'a count has an end')
  const until = momentOption(input, 'until', now)
  refuseBoth(until !== undefined && follow === true, '--until', '--follow', 'what is followed has no end')
  const since = momentOption(input, 'since', now) ?? (isErrors ? (until ?? now) - errorsSinceMs : undefined)
  if (since !== undefined && since > (until ?? now)) {
    throw invalid('--since is later than where the log is to end, so there is nothing in between.')
  }
  const lines = linesOption(input)
  const grep = textOption(input, 'grep')
  refuseBoth(isErrors && input.options.level !== undefined, '--errors', '--level', 'what is counted are errors')
  const level = logLevels.find((known) => known === input.options.level)
  const deployment = textOption(input, 'deployment')
  if (deployment !== undefined && !/^[\w-]{1,100}$/.test(deployment)) {
    throw invalid(`--deployment ${printable(deployment)} is no id of a deployment.`)
  }
  return {
    question: {
      services: [...new Set(input.arguments)],
      kind: isBuild ? 'build' : isHttp ? 'http' : 'said',
      ...(deployment === undefined ? {} : { deployment }),
    },
    filter: {
      ...(isErrors ? { level: 'error' as const } : level === undefined ? {} : { level }),
      ...(grep === undefined || grep === '' ? {} : { grep: compileGrep(grep) }),
    },
    since,
    until,
    lines: lines ?? (since === undefined ? linesOtherwise : undefined),
    isErrors,
    follow,
    again: [
      'fakturino logs',
      ...input.arguments.map(shellWord),
      ...['level', 'grep', 'deployment'].flatMap((name) => {
        const value = textOption(input, name)
        return value === undefined ? [] : [`--${name} ${shellWord(value)}`]
      }),
    ].join(' '),
  }
}

function linesOption(input: CommandInput): number | undefined {
  const given = textOption(input, 'lines')
  if (given === undefined) return undefined
  if (/^\d{1,6}$/.test(given)) return Number(given)
  throw invalid(`--lines ${printable(given)} is no number of lines.`)
}

function refuseBoth(isBoth: boolean, one: string, other: string, because: string): void {
  if (isBoth) throw invalid(`${one} and ${other} exclude each other: ${because}.`)
}

function invalid(message: string): OperatorError {
  return new OperatorError({ kind: 'usage', code: 'invalid-option', message, hint: 'Run: fakturino logs --help' })
}
