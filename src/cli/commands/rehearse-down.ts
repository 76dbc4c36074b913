import { join } from 'node:path'
import { OperatorError } from '../../kit/errors.ts'
import { rehearsalAddressFile } from '../access.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { announcedRehearsal, askControl } from './rehearse-control.ts'

const stopsWithinMs = 10_000

export async function run(context: Context, _input: CommandInput): Promise<ExitCode> {
  const address = await announcedRehearsal(context)
  const wasRunning = address !== undefined && (await askControl(context, address, 'POST', 'stop')) !== undefined
  if (wasRunning) await untilGone(context)
  await context.files.remove(join(context.stateDirectory, rehearsalAddressFile))
  context.output.answer({ type: 'rehearsal-down', wasRunning })
  return exitCodes.done.code
}

async function untilGone(context: Context): Promise<void> {
  for (const until = context.clock.now() + stopsWithinMs; context.clock.now() < until; ) {
    if ((await announcedRehearsal(context)) === undefined) return
    await context.clock.sleep(50, context.signal)
  }
  throw new OperatorError({
    kind: 'failed',
    code: 'rehearsal-failed',
    message: 'The rehearsal platform was asked to stop and is still there.',
    hint: 'Run the same command again.',
    retryable: true,
  })
}
