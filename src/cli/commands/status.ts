import { durationMs, isDuration } from '../../config/quantities.ts'
import { OperatorError } from '../../kit/errors.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { printable, shortCommit } from '../../kit/text.ts'
import { type EnvironmentStatus, readStatus, type ServiceStatus } from '../../operations/read-status.ts'
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
  const topical = await topicalOperation(state, context)
  const operation = topical === undefined ? {} : { operation: toldOperation(topical, context.options) }
  const status = readStatus(state, desired, { now: context.clock.now(), ...operation })
  const { next } = status
  const command = next.command === null ? null : followUp(next.command, context.options)
  const back = wayBack(status)
  return {
    type: 'status',
    status: { ...status, next: { ...next, command } },
    isRehearsal,
    ...operation,
    ...(back === undefined ? {} : { rollback: followUp(back, context.options) }),
  }
}

/**
 * The command that leads where the screen says, by name: without a commit it would go further back than the one that was left last.
 * Where services would part there is none. Of databases and other images no commit is known to go back to.
 */
function wayBack({ environment, services }: EnvironmentStatus): string | undefined {
  const ofCode = services.filter(({ revision }) => revision !== null && isNamed(revision))
  const leads = ({ revision, rollback: { possible, to } }: ServiceStatus, commit: string) =>
    revision === commit || (possible === true && to?.revision === commit)
  const commit = ofCode
    .flatMap(({ rollback: { possible, to } }) => (possible === true && to?.revision ? [to.revision] : []))
    .find((one) => isNamed(one) && ofCode.every((service) => leads(service, one)) && !isServed(one, ofCode))
  if (commit === undefined) return undefined
  return ['fakturino rollback services', `--to ${shellWord(shortCommit(commit))}`, '-e', shellWord(environment)].join(
    ' ',
  )
}

function isServed(commit: string, services: readonly ServiceStatus[]): boolean {
  return services.every(({ revision }) => revision === commit)
}

/** A commit, or uploaded code of which the digest is known. */
function isNamed(revision: string): boolean {
  return /^(?:[0-9a-f]{40}|upload-[0-9a-f]{64})$/.test(revision)
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
