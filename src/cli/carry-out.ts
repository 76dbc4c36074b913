import { inspect } from 'node:util'
import { OperatorError } from '../kit/errors.ts'
import { printable } from '../kit/text.ts'
import { createAsk, createNoAsk } from '../output/ask.ts'
import type { Output } from '../output/output.ts'
import { createTerminal, type Terminal } from '../output/terminal.ts'
import { createApprove } from './approve.ts'
import { createContext } from './context.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { withFirstSteps } from './first-steps.ts'
import { withFollowUps } from './follow-up.ts'
import { createInterruption, type Interruption } from './interruption.ts'
import type { Doors, Machine } from './machine.ts'
import type { GlobalOptions } from './options.ts'
import type { Asked } from './program.ts'

/** What argv came to: a command, or what was wrong with it. */
export type Reading = { asked: Asked } | { error: unknown }

type Main = (machine: Machine, version: string, doors: Doors) => Promise<number>

/** Carries out what argv asked for and gives back the exit code. @param main the whole program, for commands that run others */
export async function carryOut(
  reading: Reading,
  machine: Machine,
  version: string,
  doors: Doors,
  main: Main,
): Promise<number> {
  const argv = machine.argv.slice(2)
  // Before anything can fail: what is wrong is told in the chosen form too.
  const terminal = terminalOf(argv, machine)
  const output = await chooseOutput(argv, terminal)
  const interruption = createInterruption(machine)
  try {
    if ('error' in reading) throw reading.error
    if (reading.asked.kind === 'text') throw new Error('a text is no command')
    const exitCode = await runCommand(reading.asked, { machine, version, doors, output, interruption, main })
    const lost = terminal.outLost()
    if (lost !== undefined && exitCode === exitCodes.done.code) throw answerLost(lost)
    return exitCode
  } catch (error) {
    const told = toldError(whyEnded(error, interruption.signal))
    const asked = 'asked' in reading && reading.asked.kind === 'command' ? reading.asked : undefined
    const known = asked?.isBare === true ? withFirstSteps(told) : told
    const failure = asked === undefined ? known : withFollowUps(known, asked.options)
    output.failure({ error: failure, exitCode: exitCodeOf(failure.kind) })
    return exitCodeOf(failure.kind)
  } finally {
    interruption.end()
    output.close()
  }
}

function terminalOf(argv: readonly string[], { stdout, stderr, env }: Machine): Terminal {
  return createTerminal(stdout, stderr, { env, noColor: isSwitchedOn(argv, '--no-color') })
}

/** Read off argv itself, because argv may be wrong. */
function isSwitchedOn(argv: readonly string[], name: string, letter?: string): boolean {
  const given = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  return given.includes(name) || (letter !== undefined && given.some((word) => switches(word).includes(letter)))
}

/** For people, or as JSON. A script does not wait for what draws screens. */
async function chooseOutput(argv: readonly string[], terminal: Terminal): Promise<Output> {
  const has = (name: string, letter?: string) => isSwitchedOn(argv, name, letter)
  const isQuiet = has('--quiet', 'q')
  if (has('--json')) {
    const { createJsonOutput } = await import('../output/json-output.ts')
    return createJsonOutput(terminal, { isQuiet })
  }
  const { createHumanOutput } = await import('../output/human-output.ts')
  return createHumanOutput(terminal, { isVerbose: has('--verbose', 'v'), isQuiet })
}

/** The short switches in a word such as `-yq`; `-e` and `-c` take the rest of a word as their value. */
function switches(word: string): string {
  return /^-([hVyvq]+)/.exec(word)?.[1] ?? ''
}

interface Surroundings {
  machine: Machine
  version: string
  doors: Doors
  output: Output
  interruption: Interruption
  main: Main
}

async function runCommand(
  { definition, options, input }: Extract<Asked, { kind: 'command' }>,
  { machine, version, doors, output, interruption, main }: Surroundings,
): Promise<number> {
  if (options.timeout !== undefined)
    interruption.limit(await timeoutMs(options.timeout), doors.clock, '--timeout allows')
  const canAsk = mayAsk(options, machine)
  const ask = canAsk
    ? createAsk(machine.stdin as NodeJS.ReadStream, machine.stderr as NodeJS.WriteStream, interruption.signal)
    : createNoAsk('--yes')
  const context = await createContext({
    options,
    machine,
    version,
    doors,
    output,
    interruption,
    ask,
    canAsk,
    approve: createApprove(options, () => {
      output.close()
      return ask
    }),
    run: (argv, others, interruptAt) =>
      runWithin(argv, machine, (inner) => main(inner, version, { ...doors, ...others }), interruptAt),
  })
  const loaded = await definition.load?.()
  if (loaded === undefined) throw new Error(`command ${definition.name} does nothing`)
  return loaded.run(context, input)
}

/** A person is asked only at a terminal, and never by a command that a script runs. */
function mayAsk(options: GlobalOptions, { stdin, stderr, env }: Machine): boolean {
  const isTerminal = stdin.isTTY === true && stderr.isTTY === true
  return isTerminal && options.input && !options.json && (env.CI ?? '') === ''
}

async function timeoutMs(text: string): Promise<number> {
  const { durationMs, isDuration } = await import('../config/quantities.ts')
  if (isDuration(text)) return durationMs(text)
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--timeout ${printable(text)} is no duration.`,
    hint: 'Write a number and a unit, as in 90s, 45m or 1h.',
  })
}

/** The same program once more, in this process: no terminal, no credentials of the person, its output collected. */
async function runWithin(
  argv: string[],
  machine: Machine,
  main: (machine: Machine) => Promise<number>,
  interruptAt?: string,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const collected = { stdout: '', stderr: '' }
  const interrupts = new Set<() => void>()
  let isInterrupted = false
  const stream = (name: 'stdout' | 'stderr') => ({
    // What it prints may be shown on this terminal.
    ...(machine[name].columns === undefined ? {} : { columns: machine[name].columns }),
    write: (text: string) => {
      collected[name] += text
      if (isInterrupted || interruptAt === undefined || !text.includes(interruptAt)) return
      isInterrupted = true
      for (const act of [...interrupts]) act()
    },
  })
  const exitCode = await main({
    ...machine,
    argv: [machine.execPath, machine.argv[1] ?? '', ...argv],
    env: Object.fromEntries(Object.entries(machine.env).filter(([name]) => !/^(RAILWAY|FAKTURINO|GITHUB)_/.test(name))),
    cwd: () => machine.cwd(),
    on: (signal, act) => {
      if (signal === 'SIGINT') interrupts.add(act)
      return machine.on(signal, act)
    },
    off: (signal, act) => {
      if (signal === 'SIGINT') interrupts.delete(act)
      return machine.off(signal, act)
    },
    kill: (pid, signal) => machine.kill(pid, signal),
    stdin: emptyInput(),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
  })
  return { exitCode, ...collected }
}

async function* emptyInput(): AsyncGenerator<string> {
  // Nothing to read.
}

/** What a command did is done, but whoever reads its answer would find half of it, or nothing. */
function answerLost(why: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'disk-refused',
    message: `The answer could not be written: ${printable(why)}. What the command did is done.`,
    hint: 'Make room, or send the answer elsewhere. To see what is there now, run: fakturino status',
  })
}

/** What an aborted step threw on its way out says less than why it was aborted, unless it was made of that. */
function whyEnded(error: unknown, { aborted, reason }: AbortSignal): unknown {
  if (!aborted) return error
  return error instanceof OperatorError && error.cause === reason ? error : reason
}

/** Anything that is not an OperatorError is a bug of ours, and says so; where it was thrown is told, what it held is not. */
function toldError(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error
  const message = error instanceof Error ? error.message : inspect(error)
  const place = error instanceof Error ? error.stack?.split('\n').find((line) => line.includes('at ')) : undefined
  return new OperatorError({
    kind: 'bug',
    code: 'bug',
    message: `fakturino made a mistake of its own: ${printable(message)}${place === undefined ? '' : ` (${printable(place.trim())})`}`,
    hint: 'What was asked of the platform before that was carried out. Run: fakturino status',
  })
}
