import { flagName } from '../../config/guide-flags.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { oneFlag } from '../named-flags.ts'
import { rollOut } from './flags-set.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  await rollOut([{ name: flagName(oneFlag(input)), value: 'true' }], context, input)
  return exitCodes.done.code
}
