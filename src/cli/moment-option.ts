import { durationMs, isDuration } from '../config/quantities.ts'
import { OperatorError } from '../kit/errors.ts'
import { printable } from '../kit/text.ts'
import { type CommandInput, textOption } from './command.ts'

/** A day, or a day and a time; what else a machine might take for one is left to nobody's guess. */
const writtenTime = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/i

/**
 * The moment behind an option (milliseconds): a duration counts back from now, and a time without a zone is in UTC, as all are that
 * are shown. Undefined when it was not given.
 */
export function momentOption(input: CommandInput, name: string, now: number): number | undefined {
  const given = textOption(input, name)
  if (given === undefined) return undefined
  const [, day, time = '00:00', zone = 'Z'] = writtenTime.exec(given) ?? []
  // A duration may reach back to years that cannot be written as a time again.
  if (isDuration(given)) return Math.max(0, now - durationMs(given))
  const moment = Date.parse(`${day}T${time}${zone}`.toUpperCase())
  if (!Number.isNaN(moment)) return moment
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--${name} ${printable(given)} is neither a duration nor a time.`,
    hint: 'Write a number and a unit, as in 90m or 2h, or a time as in 2026-11-03T09:00:00Z; without a zone it is in UTC.',
  })
}
