import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'

export async function run(context: Context, _input: CommandInput): Promise<ExitCode> {
  const { platform, credential, isRehearsal } = await context.access()
  const identity = await platform.identify(credential.kind)
  context.output.answer({ type: 'whoami', identity, endpoint: credential.endpoint.url, isRehearsal })
  return exitCodes.done.code
}
