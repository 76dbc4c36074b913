import { durationMs, isDuration } from '../../config/quantities.ts'
import { OperatorError } from '../../kit/errors.ts'
import { printable } from '../../kit/text.ts'
import { notThere, observeEnvironment } from '../../operations/observe-environment.ts'
import { readStatus } from '../../operations/read-status.ts'
import { topicalOperation } from '../../operations/unfinished.ts'
import type { Answer } from '../../output/answers.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp, toldOperation } from '../follow-up.ts'
import { desiredBy, wantedEnvironment } from '../target.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const asked = input.options.watch
  const everyMs = asked === undefined ? undefined : await intervalMs(asked, context)
  if (everyMs === undefined) {
    context.output.answer(await look(context))
    return exitCodes.done.code
  }
  try {
    for (;;) {
      context.output.answer({ ...(await look(context)), watch: { everyMs } })
      await context.clock.sleep(everyMs, context.signal)
    }
  } catch (error) {
    // Ctrl-C is how a watch ends: nothing went wrong, and nothing has to be said.
    const { aborted, reason } = context.signal
    if (aborted && reason instanceof OperatorError && reason.kind === 'interrupted') return exitCodes.interrupted.code
    throw error
  }
}

async function look(context: Context): Promise<Extract<Answer, { type: 'status' }>> {
  const config = (await context.configIfReadable())?.config
  const { platform, isRehearsal } = await context.access()
  const wanted = await wantedEnvironment(context, 'looking', config)
  const knownIds = await context.knownIds()
  const found = await observeEnvironment(wanted, { platform, knownIds }, { withRecent: true })
  if (found.kind === 'missing') {
    const { project, environment } = wanted
    if (config !== undefined && environment.name !== undefined) desiredBy(config)(environment.name)
    throw notThere({ name: project.name, exists: found.project !== undefined }, environment.name ?? '')
  }
  const { name } = found.state.environment
  const desired = config !== undefined && Object.hasOwn(config.environments, name) ? desiredBy(config)(name) : undefined
  const topical = await topicalOperation(found.state, context)
  const operation = topical === undefined ? {} : { operation: toldOperation(topical, context.options) }
  const status = readStatus(found.state, desired, { now: context.clock.now(), ...operation })
  const { next } = status
  const command = next.command === null ? null : followUp(next.command, context.options)
  return { type: 'status', status: { ...status, next: { ...next, command } }, isRehearsal, ...operation }
}

/** As given, or the longest wait between looks of a deploy. */
async function intervalMs(asked: unknown, context: Context): Promise<number> {
  if (typeof asked !== 'string') return (await context.timing()).polling.longestMs
  if (isDuration(asked) && durationMs(asked) > 0) return durationMs(asked)
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--watch ${printable(asked)} is no time between two looks.`,
    hint: 'Write a number and a unit, as in 10s or 2m, or nothing.',
  })
}
