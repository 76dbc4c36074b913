import { notThere, observeEnvironment } from '../../operations/observe-environment.ts'
import { readStatus } from '../../operations/read-status.ts'
import { topicalOperation } from '../../operations/unfinished.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { toldOperation } from '../follow-up.ts'
import { desiredBy, wantedEnvironment } from '../target.ts'

export async function run(context: Context, _input: CommandInput): Promise<ExitCode> {
  const config = (await context.configIfReadable())?.config
  const { platform, isRehearsal } = await context.access()
  const wanted = await wantedEnvironment(context, 'looking', config)
  const found = await observeEnvironment(wanted, { platform, knownIds: await context.knownIds() })
  if (found.kind === 'missing') {
    const { project, environment } = wanted
    if (config !== undefined && environment.name !== undefined) desiredBy(config)(environment.name)
    throw notThere({ name: project.name, exists: found.project !== undefined }, environment.name ?? '')
  }
  const { name } = found.state.environment
  const isKnown = config !== undefined && Object.hasOwn(config.environments, name)
  const operation = await topicalOperation(found.state, context)
  context.output.answer({
    type: 'status',
    status: readStatus(found.state, isKnown ? desiredBy(config)(name) : undefined),
    isRehearsal,
    ...(operation === undefined ? {} : { operation: toldOperation(operation, context.options) }),
  })
  return exitCodes.done.code
}
