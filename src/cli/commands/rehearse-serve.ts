import { join } from 'node:path'
import { OperatorError } from '../../kit/errors.ts'
import { startLocalPlatform } from '../../local/index.ts'
import { rehearsalAddressFile } from '../access.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { portOption } from './rehearse-port.ts'
import { platformSeed, rehearsedConfig } from './rehearse-seed.ts'

/** Serves a local platform until somebody asks it to stop. `up` runs this in the background. */
export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const { config } = await rehearsedConfig(context)
  const port = portOption(input)
  const platform = await startLocalPlatform({
    clock: context.clock,
    ...(port === undefined ? {} : { port }),
    ...platformSeed(config),
    pid: context.machine.pid,
    standIn: context.doors.railwayStandIn,
  }).catch((error: unknown) => {
    throw new OperatorError({
      kind: 'failed',
      code: 'rehearsal-failed',
      message: `The local platform could not listen${port === undefined ? '' : ` on port ${port}`}${isTaken(error) ? ': something else does' : ''}.`,
      hint: 'Name another port, or none, and any free one is taken.',
    })
  })
  const addressPath = join(context.stateDirectory, rehearsalAddressFile)
  await context.files.writeText(addressPath, `${JSON.stringify(platform.address, null, 2)}\n`)
  await new Promise<void>((resolve) => {
    platform.onStopRequested(resolve)
    context.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await context.files.remove(addressPath)
  await platform.stop()
  return exitCodes.done.code
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
