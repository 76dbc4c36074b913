import { OperatorError } from '../../kit/errors.ts'
import { type CommandInput, textOption } from '../command.ts'

/** The port behind `--port`; undefined when any will do. */
export function portOption(input: CommandInput): number | undefined {
  const text = textOption(input, 'port')
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port > 0 && port < 65_536) return port
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--port ${text} is no port: a number from 1 to 65535.`,
    hint: 'Leave it out, and any free one is taken.',
  })
}
