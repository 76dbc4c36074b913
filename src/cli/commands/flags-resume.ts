import { resumeFlags } from '../../operations/roll-out-flags.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { oneFlag } from '../named-flags.ts'
import { desiredBy, wantedEnvironment } from '../target.ts'
import { author, deployNeeds, takesLease } from './deploy.ts'
import { soakMs, tellRolledOut } from './flags-set.ts'

/** Goes on with a change of flags that was not finished. */
export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const { config } = await context.config()
  const soak = soakMs(input)
  const resumed = await resumeFlags(
    {
      flag: oneFlag(input),
      wanted: await wantedEnvironment(context, 'changing', config),
      desiredFor: desiredBy(config),
      isSpelledOut: context.options.environment !== undefined,
      ...(soak === undefined ? {} : { soakMs: soak }),
      author: author('flags', context),
      takesLease: takesLease(context),
    },
    await deployNeeds(context),
  )
  tellRolledOut(resumed, context)
  return exitCodes.done.code
}
