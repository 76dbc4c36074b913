import { OperatorError } from '../../kit/errors.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { isSifted } from '../../logs/entry-filter.ts'
import { logTime } from '../../logs/log-time.ts'
import { countErrors } from '../../operations/count-errors.ts'
import { followEntries } from '../../operations/follow-entries.ts'
import type { LogState } from '../../operations/follow-logs.ts'
import { type LogPlaces, logPlaces, neverDeployed } from '../../operations/log-places.ts'
import { type EntryRequest, newestEntries } from '../../operations/newest-entries.ts'
import type { ObservedState } from '../../platform/observed-state.ts'
import { type AskedLog, askedLog } from '../asked-log.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { observed } from '../observed.ts'
import { createToldPump, type ToldPump } from '../told-pump.ts'

/**
 * Following ends by Ctrl-C alone, which is therefore no failure worth words; its exit code is 130 all the same, as everywhere, so that a
 * script can tell it from a log that came to its end.
 */
export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const asked = askedLog(input, context.clock.now())
  const { state } = await observed(context)
  const places = logPlaces(state, asked.question)
  const isFollowed = isFollowing(asked, places, context)
  tellSilence(asked, places, state, isFollowed, context)
  try {
    return asked.isErrors
      ? await tellErrors(asked, places, state, context)
      : await tellLines(asked, places, state, isFollowed, context)
  } catch (error) {
    const { deployment } = asked.question
    if (!(error instanceof OperatorError) || error.code !== 'not-found' || deployment === undefined) throw error
    throw unknownDeployment(deployment, state)
  }
}

function unknownDeployment(deployment: string, { environment }: ObservedState): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'not-found',
    message: `The platform finds no deployment ${deployment}: it was deleted, or is none that this token reaches.`,
    hint: `To see the ids of what was deployed, run: fakturino history -e ${shellWord(environment.name)} --json`,
  })
}

/** On a terminal what has no end is followed; a script that reads an answer wants it to have one. */
function isFollowing({ question, follow, until, isErrors }: AskedLog, places: LogPlaces, context: Context): boolean {
  if (follow !== undefined) return follow
  if (isErrors || until !== undefined || context.options.json === true) return false
  if (question.kind === 'build' && !places.isUnderWay) return false
  return context.machine.stdout.isTTY === true
}

/** Services that never ran have said nothing: a failure where that is all there is, unless somebody waits for them to begin. */
function tellSilence(
  { question }: AskedLog,
  { services, silent }: LogPlaces,
  state: ObservedState,
  isFollowed: boolean,
  { output }: Context,
): void {
  if (silent.length === 0 || question.deployment !== undefined) return
  const isAll = silent.length === services.length
  if (isAll && !isFollowed) throw neverDeployed(silent, state)
  // Without names, one service that waits for its first deploy is nothing to speak of.
  if (isAll || question.services.length > 0) output.notice(neverDeployed(silent, state).message)
}

async function tellLines(
  asked: AskedLog,
  places: LogPlaces,
  state: ObservedState,
  isFollowed: boolean,
  context: Context,
): Promise<ExitCode> {
  const { output, signal } = context
  const { isRehearsal } = await context.access()
  const teller = output.log({
    project: state.project.name,
    environment: state.environment.name,
    isRehearsal,
    services: places.services,
  })
  const pump = createToldPump(teller, isFollowed)
  const stop = AbortSignal.any([signal, teller.gone])
  const request = { ...asked, places }
  if (isFollowed) await follow(request, pump, stop, context)
  else pump.add(await newestEntries(request, { ...(await needsOf(context)), signal: stop }))
  await pump.emptied(stop)
  // Whoever read went away with what they wanted.
  if (teller.gone.aborted) return exitCodes.done.code
  if (signal.aborted && !(isFollowed && isInterrupted(signal))) throw signal.reason
  const { lines, gaps } = pump
  if (lines === 0 && asked.lines !== 0 && !signal.aborted) output.notice(nothingSaid(asked, context))
  output.answer({ type: 'logs', lines, gaps })
  return signal.aborted ? exitCodes.interrupted.code : exitCodes.done.code
}

/** Goes on until somebody stops it. */
async function follow(request: EntryRequest, pump: ToldPump, signal: AbortSignal, context: Context): Promise<void> {
  const { output } = context
  const ended = await followEntries(request, {
    ...(await needsOf(context)),
    signal,
    tell: (told, isHistory) => pump.add(told, isHistory),
    tellState: connectionTeller(request.places.sources.length, (text) => output.notice(text)),
    tellLookedThrough: (rows) =>
      output.notice(
        `Only the newest ${rows} lines of what was said before were looked through. For more, add --no-follow, or --since 24h.`,
      ),
  })
  if (ended === 'over') {
    output.notice(
      'The log has come to its end: the platform has no more to say of it. To follow what runs now, run the command again.',
    )
  }
}

async function tellErrors(
  asked: AskedLog,
  places: LogPlaces,
  state: ObservedState,
  context: Context,
): Promise<ExitCode> {
  const { output, signal, clock } = context
  const { isRehearsal } = await context.access()
  const counted = await countErrors({ ...asked, places }, { ...(await needsOf(context)), signal })
  output.answer({
    type: 'log-errors',
    project: state.project.name,
    environment: state.environment.name,
    isRehearsal,
    since: logTime(asked.since ?? clock.now()),
    until: logTime(asked.until ?? clock.now()),
    ...counted,
  })
  return exitCodes.done.code
}

async function needsOf(context: Context) {
  return { platform: (await context.access()).platform, clock: context.clock, timing: await context.timing() }
}

function isInterrupted({ reason }: AbortSignal): boolean {
  return typeof reason === 'object' && reason !== null && 'kind' in reason && reason.kind === 'interrupted'
}

function nothingSaid({ filter, since, question, again }: AskedLog, { clock, options }: Context): string {
  const what = isSifted(filter) ? 'Nothing that was said passes' : 'Nothing was said'
  const further = lookBacks.find(([ms]) => since !== undefined && since > clock.now() - ms)?.[1]
  if (since !== undefined && further !== undefined && question.kind === 'said') {
    const from = logTime(since).slice(0, 16).replace('T', ' ')
    return `${what} since ${from} UTC. To look further back, run: ${followUp(`${again} --since ${further}`, options)}`
  }
  return `${what}, as far back as the platform tells. To see what runs, run: ${followUp('fakturino status', options)}`
}

/** How far back is proposed next; no plan of the platform's that is common keeps rows for longer (PLATFORM.md §7.4). */
const lookBacks = [
  [24 * 3_600_000, '24h'],
  [30 * 24 * 3_600_000, '30d'],
] as const

/** How the streams stand, said where it changes: several sources are one connection to whoever reads. */
function connectionTeller(sources: number, say: (text: string) => void): (state: LogState) => void {
  let last: LogState['kind'] = 'connected'
  let left = sources
  return (state) => {
    if (state.kind === 'over') {
      left -= 1
      if (left > 0) say('A deployment that is followed is over. To follow what runs now, run the command again.')
      return
    }
    if (state.kind === last) return
    last = state.kind
    switch (state.kind) {
      case 'connected':
        return say('Connected again; what was said meanwhile is brought first.')
      case 'lost':
        return say(`The connection to the log was lost (${state.why}). Connecting again.`)
      case 'asking':
        return say(`The log cannot be streamed (${state.why}). It is asked for every few seconds instead.`)
      case 'unanswered':
        return say(`The platform does not answer for the log (${state.why}). It is asked again.`)
    }
  }
}
