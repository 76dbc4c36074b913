import { join } from 'node:path'
import { OperatorError } from '../../kit/errors.ts'
import { poll } from '../../kit/poll.ts'
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
  const isGone = await poll(async () => ((await announcedRehearsal(context)) === undefined ? true : undefined), {
    clock: context.clock,
    signal: context.signal,
    backoff: { firstMs: 50, factor: 1, longestMs: 50 },
    withinMs: stopsWithinMs,
  })
  if (isGone) return
  throw new OperatorError({
    kind: 'failed',
    code: 'rehearsal-failed',
    message: 'The rehearsal platform was asked to stop and is still there.',
    hint: 'Run the same command again.',
    retryable: true,
  })
}
