import { durationMs, isDuration } from '../../config/quantities.ts'
import { OperatorError } from '../../kit/errors.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { printable } from '../../kit/text.ts'
import { readStatus } from '../../operations/read-status.ts'
import { topicalOperation } from '../../operations/unfinished.ts'
import type { Answer } from '../../output/answers.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp, toldOperation } from '../follow-up.ts'
import { observed } from '../observed.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const asked = input.options.watch
  const everyMs = asked === undefined ? undefined : await intervalMs(asked, context)
  if (everyMs === undefined) {
    context.output.answer(await look(context))
    return exitCodes.done.code
  }
  return watch(everyMs, context)
}

/** Looks until Ctrl-C, or until nobody reads; once there was a first look, a platform that is out of reach for a while ends nothing. */
async function watch(everyMs: number, context: Context): Promise<ExitCode> {
  const { clock, output, signal } = context
  const stop = AbortSignal.any([signal, output.gone])
  let hasLooked = false
  try {
    for (;;) {
      try {
        output.answer({ ...(await look(context)), watch: { everyMs } })
        hasLooked = true
      } catch (error) {
        if (!hasLooked || signal.aborted || !(error instanceof OperatorError) || error.kind !== 'unreachable')
          throw error
        output.notice(error.message)
      }
      await clock.sleep(everyMs, stop)
    }
  } catch (error) {
    if (output.gone.aborted) return exitCodes.done.code
    // Ctrl-C is how a watch ends: nothing went wrong, and nothing has to be said.
    const { aborted, reason } = signal
    if (aborted && reason instanceof OperatorError && reason.kind === 'interrupted') return exitCodes.interrupted.code
    throw error
  }
}

async function look(context: Context): Promise<Extract<Answer, { type: 'status' }>> {
  const { state, desired, isRehearsal } = await observed(context, { withRecent: true })
  const { name } = state.environment
  const topical = await topicalOperation(state, context)
  const operation = topical === undefined ? {} : { operation: toldOperation(topical, context.options) }
  const status = readStatus(state, desired, { now: context.clock.now(), ...operation })
  const { next } = status
  const command = next.command === null ? null : followUp(next.command, context.options)
  // Of databases and other images no commit is known to go back to.
  const isPossible = status.services.some(({ rollback: { possible, to } }) => possible && isCommit(to?.revision ?? ''))
  const back = followUp(`fakturino rollback services -e ${shellWord(name)}`, context.options)
  return {
    type: 'status',
    status: { ...status, next: { ...next, command } },
    isRehearsal,
    ...operation,
    ...(isPossible ? { rollback: back } : {}),
  }
}

function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}

/** Looks that come faster would use up the requests that a rescue needs. */
const shortestIntervalMs = 1_000

/** As given, or the longest wait between looks of a deploy. */
async function intervalMs(asked: unknown, context: Context): Promise<number> {
  if (typeof asked !== 'string') return (await context.timing()).polling.longestMs
  if (isDuration(asked) && durationMs(asked) >= shortestIntervalMs) return durationMs(asked)
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--watch ${printable(asked)} is no time between two looks.`,
    hint: 'Write a number and a unit, 1s at least, as in 10s or 2m; or nothing.',
  })
}
