import { durationMs, isDuration } from '../config/quantities.ts'
import { OperatorError } from '../kit/errors.ts'
import { printable } from '../kit/text.ts'
import { type CommandInput, textOption } from './command.ts'

/** The moment behind an option (milliseconds); a duration counts back from now. Undefined when it was not given. */
export function momentOption(input: CommandInput, name: string, now: number): number | undefined {
  const given = textOption(input, name)
  if (given === undefined) return undefined
  const moment = isDuration(given) ? now - durationMs(given) : Date.parse(given)
  // Years that no clock shows cannot be written as a time again.
  if (Math.abs(moment) < 8e15) return moment
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--${name} ${printable(given)} is neither a duration nor a time.`,
    hint: 'Write a number and a unit, as in 90m or 2h, or a time as in 2026-11-03T09:00:00Z.',
  })
}
