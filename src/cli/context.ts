import { join } from 'node:path'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { defaultTiming, rehearsalTiming, type Timing, timingOf } from '../config/timing.ts'
import { createJournal } from '../journal/journal.ts'
import { createKnownIds } from '../journal/known-ids.ts'
import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Files } from '../kit/files.ts'
import { count } from '../kit/text.ts'
import type { Approve } from '../operations/approval.ts'
import type { Report } from '../operations/events.ts'
import type { Journal } from '../operations/journal.ts'
import type { KnownIds } from '../operations/observe-environment.ts'
import type { Ask } from '../output/ask.ts'
import type { Output } from '../output/output.ts'
import type { RateBudget } from '../platform/rate-budget.ts'
import type { Access } from './access.ts'
import { compiledConfigs } from './compiled-configs.ts'
import { toldEvent } from './follow-up.ts'
import type { Interruption } from './interruption.ts'
import type { Doors, Machine } from './machine.ts'
import type { GlobalOptions } from './options.ts'
import { userDirectories } from './user-directories.ts'

/** Everything a command may use, built when it is first asked for. Operations take from it what they declare as their needs. */
export interface Context {
  options: GlobalOptions
  version: string
  machine: Machine
  doors: Doors
  output: Output
  clock: Clock
  files: Files
  random: (bytes: number) => Uint8Array
  signal: AbortSignal
  /** Throws once the operator asked to stop: called before each act. */
  checkpoint: () => void
  report: Report
  approve: Approve
  ask: Ask
  /** Is there a person at a terminal? */
  canAsk: boolean
  /** Where fakturino keeps what it remembers. */
  stateDirectory: string
  /** The environment variables as they were when the command started, tokens included. */
  variables: Readonly<Record<string, string | undefined>>
  config(): Promise<LoadedConfig>
  /** Looks for a config anew; `config` keeps what it found first. */
  findConfig(): Promise<LoadedConfig>
  /** The config where there is one; a broken one is said and counts as none. */
  configIfReadable(): Promise<LoadedConfig | undefined>
  access(): Promise<Access>
  knownIds(): Promise<KnownIds>
  /** What happened in each environment, kept on this machine. */
  journal: Journal
  timing(): Promise<Timing>
  /** Ends the command when it has taken so long since its start; a `--timeout` counts instead. */
  limit(ms: number): void
  /**
   * Runs another command of this program in the same process, on another disk and clock, and collects what it prints. It is
   * interrupted, as by Ctrl-C, as soon as it prints `interruptAt`.
   */
  run(
    argv: string[],
    doors: Pick<Doors, 'files' | 'clock'>,
    interruptAt?: string,
  ): Promise<{ exitCode: number; stdout: string; stderr: string }>
}

/** What a context is made from. */
export interface ContextParts {
  options: GlobalOptions
  version: string
  machine: Machine
  doors: Doors
  output: Output
  interruption: Interruption
  approve: Approve
  ask: Ask
  canAsk: boolean
  run: Context['run']
}

/** Tokens are for the platform's door alone: the config is code, and does not get to see them. */
const tokenVariables = ['RAILWAY_TOKEN', 'RAILWAY_API_TOKEN']

export async function createContext(parts: ContextParts): Promise<Context> {
  const { options, machine, doors, output, interruption } = parts
  const startedAt = doors.clock.now()
  const variables = { ...machine.env }
  for (const name of tokenVariables) delete machine.env[name]
  const stateDirectory = options.state ?? (await userDirectories()).state
  const findConfig = async () =>
    loadConfig({
      from: machine.cwd(),
      ...(options.config === undefined ? {} : { path: options.config }),
      defineModule: doors.defineModule,
      cacheDirectory: await compiledConfigs(options),
    })
  const openConfig = once(findConfig)
  const configIfReadable = once(async () => {
    try {
      return await openConfig()
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      // Whoever named a file means that one.
      if (error.code !== 'config-not-found' || options.config !== undefined) {
        output.notice(`${toldConfigFailure(error)} Going on without a config.`)
      }
      return undefined
    }
  })
  const access = once(async () => {
    const { announcedAddress, openAccess, readRehearsalAddress, rehearsalAddressFile } = await import('./access.ts')
    const addressPath = join(stateDirectory, rehearsalAddressFile)
    const rehearsal = options.local ? await readRehearsalAddress(doors.files, addressPath) : undefined
    const announced = rehearsal ?? (await announcedAddress(doors.files, addressPath))
    const opened = openAccess(variables, rehearsal, announced, {
      clock: doors.clock,
      random: () => (doors.random(1)[0] ?? 0) / 256,
      signal: interruption.signal,
      version: parts.version,
      isDryRun: options.dryRun ?? false,
      onRetry: (why, waitMs) => output.notice(`${why} Asking again in ${Math.ceil(waitMs / 100) / 10} s.`),
    })
    interruption.atEnd(() => {
      if (options.verbose) output.notice(toldRequests(opened.requests(), opened.budget()))
      opened.close()
    })
    for (const notice of opened.credential.notices) output.notice(notice)
    return opened
  })
  return {
    options,
    version: parts.version,
    machine,
    doors,
    output,
    clock: doors.clock,
    files: doors.files,
    random: doors.random,
    signal: interruption.signal,
    checkpoint: () => interruption.signal.throwIfAborted(),
    report: async (event) => output.event(toldEvent(event, options)),
    journal: createJournal(stateDirectory, {
      files: doors.files,
      clock: doors.clock,
      pid: machine.pid,
      host: doors.host,
      isRunning: (pid) => isRunning(pid, machine),
    }),
    approve: parts.approve,
    stateDirectory,
    variables,
    config: openConfig,
    findConfig,
    ask: parts.ask,
    canAsk: parts.canAsk,
    configIfReadable,
    access,
    knownIds: once(async () =>
      createKnownIds(doors.files, join(stateDirectory, 'known-ids.json'), (await access()).credential.endpoint.url),
    ),
    timing: once(async () => {
      if ((await access()).isRehearsal) return rehearsalTiming
      const loaded = await configIfReadable()
      return loaded === undefined ? defaultTiming : timingOf(loaded.config)
    }),
    limit(ms) {
      if (options.timeout !== undefined) return
      const left = Math.max(0, startedAt + ms - doors.clock.now())
      interruption.limit(left, doors.clock, 'a command may take without --timeout')
    },
    run: parts.run,
  }
}

/** What is wrong with the config, in the words of a command that goes on although it is. */
function toldConfigFailure({ message, findings }: OperatorError): string {
  const mistakes = findings.filter(({ severity }) => severity === 'critical')
  const [first] = mistakes
  if (first === undefined) return message.replace(/[.\s]*$/, '.')
  const which = mistakes.length === 1 ? 'It is' : 'The first is'
  return `The config has ${count(mistakes.length, 'mistake')}. ${which} ${first.subject}: ${first.message}`
}

/** One that belongs to somebody else runs as well. */
function isRunning(pid: number, machine: Machine): boolean {
  try {
    machine.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function toldRequests(requests: Map<string, number>, budget: RateBudget | undefined): string {
  const all = [...requests].map(([operation, times]) => (times === 1 ? operation : `${operation} x${times}`))
  const total = [...requests.values()].reduce((sum, times) => sum + times, 0)
  const left = budget === undefined ? '' : ` ${toldBudget(budget)}`
  return `${count(total, 'request')} to the platform${total === 0 ? '' : `: ${all.join(', ')}`}.${left}`
}

/** `9987 of 10000 left until 2026-11-03 10:00 UTC.` */
function toldBudget({ limit, remaining, resetsAt }: RateBudget): string {
  const of = limit === undefined ? '' : ` of ${limit}`
  const until =
    resetsAt === undefined ? '' : ` until ${new Date(resetsAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return `${remaining}${of} left${until}.`
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => {
    made ??= make()
    return made
  }
}
