import type { EntryFilter } from '../../logs/entry-filter.ts'
import { createErrorGroups } from '../../logs/group-errors.ts'
import type { LogItem } from '../../logs/log-item.ts'
import { logTime } from '../../logs/log-time.ts'
import { createReading, type Reading, type ToldLog } from '../../logs/reading.ts'
import { followLogs, type LogRequest, type LogState } from '../../operations/follow-logs.ts'
import { type LogPlaces, logPlaces, neverDeployed } from '../../operations/log-places.ts'
import { notThere, observeEnvironment } from '../../operations/observe-environment.ts'
import type { ObservedState } from '../../platform/observed-state.ts'
import { type AskedLog, askedLog } from '../asked-log.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { wantedEnvironment } from '../target.ts'
import { createToldPump, type ToldPump } from '../told-pump.ts'

/** So long nothing is said before what belongs together is told as far as it came. */
const quietMs = 1_200
/** How many rows are looked through for those that pass, one step after the other; then all that the platform remembers. */
const rowsLookedThrough = [5_000, 40_000, undefined]

/**
 * Following ends by Ctrl-C alone, which is therefore no failure worth words; its exit code is 130 all the same, as everywhere, so that a
 * script can tell it from a log that came to its end.
 */
export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const asked = askedLog(input, context.clock.now())
  const state = await observed(context)
  const places = logPlaces(state, asked.question)
  const isFollowed = isFollowing(asked, places, context)
  tellSilence(asked, places, state, isFollowed, context)
  return asked.isErrors
    ? tellErrors(asked, places, state, context)
    : tellLines(asked, places, state, isFollowed, context)
}

async function observed(context: Context): Promise<ObservedState> {
  const config = (await context.configIfReadable())?.config
  const { platform } = await context.access()
  const wanted = await wantedEnvironment(context, 'looking', config)
  const found = await observeEnvironment(wanted, { platform, knownIds: await context.knownIds() })
  if (found.kind === 'found') return found.state
  throw notThere({ name: wanted.project.name, exists: found.project !== undefined }, wanted.environment.name ?? '')
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
  if (isFollowed) await follow(asked, places, pump, stop, context)
  else pump.add(await newest(asked, places, stop, context))
  await pump.emptied(stop)
  // Whoever read went away with what they wanted.
  if (teller.gone.aborted) return exitCodes.done.code
  if (signal.aborted && !(isFollowed && isInterrupted(signal))) throw signal.reason
  const { lines, gaps } = pump
  if (lines === 0 && !signal.aborted) output.notice(nothingSaid(asked, context))
  output.answer({ type: 'logs', lines, gaps })
  return signal.aborted ? exitCodes.interrupted.code : exitCodes.done.code
}

/** Goes on until somebody stops it. */
async function follow(
  asked: AskedLog,
  places: LogPlaces,
  pump: ToldPump,
  signal: AbortSignal,
  context: Context,
): Promise<void> {
  const { clock, output } = context
  const reading = createReading(asked.filter, places.nameOf)
  let lastAt = clock.now()
  let isFirst = true
  let cancel: (() => void) | undefined
  const tellWhatIsQuiet = () => {
    cancel = undefined
    pump.add(reading.quietFor(clock.now() - lastAt))
  }
  const tell = (items: LogItem[]) => {
    const told = reading.take(items)
    lastAt = clock.now()
    // What was said before comes at once, and more of it than is asked for where only some of it passes.
    pump.add(isFirst ? lastOf(told, asked.lines) : told)
    isFirst = false
    cancel?.()
    cancel = clock.after(quietMs, tellWhatIsQuiet)
  }
  const state = connectionTeller((text) => output.notice(text))
  const request = {
    ...requestOf(asked, places, isSifted(asked.filter) ? rowsLookedThrough[0] : asked.lines),
    isFollowed: true,
  }
  await followLogs(request, { ...(await needsOf(context)), signal, tell, tellState: state })
  cancel?.()
  pump.add(reading.end())
}

/** What was said: looked through in larger and larger steps where only some of it passes. */
async function newest(asked: AskedLog, places: LogPlaces, signal: AbortSignal, context: Context): Promise<ToldLog[]> {
  const steps = asked.lines === undefined || !isSifted(asked.filter) ? [asked.lines] : rowsLookedThrough
  let told: ToldLog[] = []
  for (const lines of steps) {
    told = []
    const reading: Reading = createReading(asked.filter, places.nameOf)
    const { rows } = await followLogs(requestOf(asked, places, lines), {
      ...(await needsOf(context)),
      signal,
      tell: (items) => {
        told = told.concat(reading.take(items))
      },
    })
    told = told.concat(reading.end())
    const isEnough = asked.lines !== undefined && told.length >= asked.lines
    if (isEnough || lines === undefined || rows < lines || signal.aborted) break
  }
  return isSifted(asked.filter) ? lastOf(told, asked.lines) : told
}

async function tellErrors(
  asked: AskedLog,
  places: LogPlaces,
  state: ObservedState,
  context: Context,
): Promise<ExitCode> {
  const { output, signal, clock } = context
  const { isRehearsal } = await context.access()
  const errors = createErrorGroups()
  let lines = 0
  const reading = createReading(asked.filter, places.nameOf)
  const count = (told: readonly ToldLog[]) => {
    for (const one of told) if (one.kind === 'entry') errors.take(one.entry)
  }
  const { gaps } = await followLogs(requestOf(asked, places, asked.lines), {
    ...(await needsOf(context)),
    signal,
    tell(items) {
      lines += items.filter(({ kind }) => kind === 'row').length
      count(reading.take(items))
    },
  })
  signal.throwIfAborted()
  count(reading.end())
  output.answer({
    type: 'log-errors',
    project: state.project.name,
    environment: state.environment.name,
    isRehearsal,
    since: logTime(asked.since ?? clock.now()),
    until: logTime(asked.until ?? clock.now()),
    lines,
    gaps,
    errors: errors.groups(),
  })
  return exitCodes.done.code
}

function requestOf({ since, until }: AskedLog, { sources, filter }: LogPlaces, lines: number | undefined): LogRequest {
  return {
    sources,
    isFollowed: false,
    ...(filter === '' ? {} : { filter }),
    ...(since === undefined ? {} : { since: logTime(since) }),
    ...(until === undefined ? {} : { until: logTime(until) }),
    ...(lines === undefined ? {} : { lines }),
  }
}

async function needsOf(context: Context) {
  return { platform: (await context.access()).platform, clock: context.clock, timing: await context.timing() }
}

/** Does more than the platform decide what is told? */
function isSifted({ level, grep }: EntryFilter): boolean {
  return level !== undefined || grep !== undefined
}

function lastOf(told: readonly ToldLog[], lines: number | undefined): ToldLog[] {
  if (lines === undefined || told.length <= lines) return [...told]
  return lines === 0 ? [] : told.slice(-lines)
}

function isInterrupted({ reason }: AbortSignal): boolean {
  return typeof reason === 'object' && reason !== null && 'kind' in reason && reason.kind === 'interrupted'
}

function nothingSaid({ filter, since, question }: AskedLog, { options }: Context): string {
  const what = isSifted(filter) ? 'Nothing that was said passes' : 'Nothing was said'
  if (since !== undefined && question.kind === 'said') {
    const from = logTime(since).slice(0, 16).replace('T', ' ')
    return `${what} since ${from} UTC. To look further back, run: ${followUp('fakturino logs --since 24h', options)}`
  }
  return `${what}, as far back as the platform tells. To see what runs, run: ${followUp('fakturino status', options)}`
}

/** How the stream stands, said where it changes: several sources are one connection. */
function connectionTeller(say: (text: string) => void): (state: LogState) => void {
  let last: LogState['kind'] = 'connected'
  return (state) => {
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
