import { flagName } from '../config/guide-flags.ts'
import { OperatorError } from '../kit/errors.ts'
import type { CommandInput } from './command.ts'

/** The one flag that a command is about, as it was typed. */
export function oneFlag({ arguments: words }: CommandInput): string {
  const [flag, other] = words
  if (flag !== undefined && flag.trim() !== '' && other === undefined) return flag
  throw new OperatorError({
    kind: 'usage',
    code: 'unknown-flag',
    message: flag === undefined ? 'No flag was named.' : 'One flag is named at a time.',
    hint: 'To see them all, run: fakturino flags',
  })
}

/** `partner_portal=true psd2-banking=false` as names and values. */
export function flagValues({ arguments: words }: CommandInput): { name: string; value: string }[] {
  if (words.length === 0) throw notValues('No flag was named.')
  const values = words.map((word) => {
    const [, typed = '', value = ''] = /^([^=]+)=(.*)$/s.exec(word) ?? []
    const isSwitch = value === 'true' || value === 'false'
    if (typed === '' || !isSwitch) throw notValues(`${JSON.stringify(word)} is no flag and its value, true or false.`)
    return { name: flagName(typed), value }
  })
  const twice = values.find(({ name }, at) => values.findIndex((one) => one.name === name) !== at)
  if (twice !== undefined) throw notValues(`${twice.name} is given twice.`)
  return values
}

function notValues(message: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'unknown-flag',
    message: `${message} Nothing was changed.`,
    hint: 'Write: fakturino flags set partner_portal=true',
  })
}
