import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { createApprove } from './cli/approve.ts'
import { createContext } from './cli/context.ts'
import { exitCodeOf, exitCodes } from './cli/exit-codes.ts'
import { createInterruption, type Interruption } from './cli/interruption.ts'
import type { Doors, Machine } from './cli/machine.ts'
import type { GlobalOptions } from './cli/options.ts'
import { type Asked, parseArguments } from './cli/program.ts'
import { wallClock } from './kit/clock.ts'
import { OperatorError } from './kit/errors.ts'
import { realFiles } from './kit/files.ts'
import { printable } from './kit/text.ts'
import { createAsk, createNoAsk } from './output/ask.ts'
import { createHumanOutput } from './output/human-output.ts'
import { createJsonOutput } from './output/json-output.ts'
import type { Output } from './output/output.ts'
import { createTerminal } from './output/terminal.ts'

export type { Doors, Machine } from './cli/machine.ts'

/** Runs one command and gives back its exit code. Never throws, never exits: that is for `bin/fakturino.js`. */
export async function main(machine: Machine, doors: Doors): Promise<number> {
  const argv = machine.argv.slice(2)
  const output = chooseOutput(argv, machine)
  const interruption = createInterruption(machine)
  try {
    const asked = parseArguments(argv, doors.version, Math.min(machine.stdout.columns ?? 80, 100))
    if (asked.kind === 'text') {
      output.text(asked.text)
      return exitCodes.done.code
    }
    return await runCommand(asked, machine, doors, output, interruption)
  } catch (error) {
    // What an aborted step threw on its way out says less than why it was aborted.
    const failure = toldError(interruption.signal.aborted ? interruption.signal.reason : error)
    output.failure({ error: failure, exitCode: exitCodeOf(failure.kind) })
    return exitCodeOf(failure.kind)
  } finally {
    interruption.end()
    output.close()
  }
}

/** The doors to the real world. */
export function realDoors(version: string): Doors {
  return {
    clock: wallClock,
    files: realFiles,
    random: (bytes) => randomBytes(bytes),
    // Beside the bundle: dist/define.mjs and the package's own config.
    defineModule: fileURLToPath(new URL('./define.mjs', import.meta.url)),
    shippedConfig: fileURLToPath(new URL('../fakturino.config.ts', import.meta.url)),
    version,
  }
}

/** Before anything can fail: options that are wrong are told in the chosen form too. */
function chooseOutput(argv: readonly string[], machine: Machine): Output {
  const given = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const has = (...names: string[]) => names.some((name) => given.includes(name))
  const terminal = createTerminal(machine.stdout, machine.stderr, { env: machine.env, noColor: has('--no-color') })
  if (has('--json')) return createJsonOutput(terminal)
  return createHumanOutput(terminal, { isVerbose: has('-v', '--verbose'), isQuiet: has('-q', '--quiet') })
}

async function runCommand(
  asked: Extract<Asked, { kind: 'command' }>,
  machine: Machine,
  doors: Doors,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const { definition, options, input } = asked
  if (options.timeout !== undefined) interruption.limit(await timeoutMs(options.timeout), doors.clock)
  const canAsk = mayAsk(options, machine)
  const ask = canAsk
    ? createAsk(machine.stdin as NodeJS.ReadStream, machine.stderr as NodeJS.WriteStream, interruption.signal)
    : createNoAsk('--yes')
  const context = await createContext({
    options,
    machine,
    doors,
    output,
    interruption,
    ask,
    canAsk,
    approve: createApprove(options, () => {
      output.close()
      return ask
    }),
    run: (argv, files) => runWithin(argv, machine, { ...doors, files }),
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
  const { durationMs, isDuration } = await import('./config/quantities.ts')
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
  doors: Doors,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const collected = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      collected[name] += text
    },
  })
  const exitCode = await main(
    {
      ...machine,
      argv: [machine.execPath, machine.argv[1] ?? '', ...argv],
      env: Object.fromEntries(
        Object.entries(machine.env).filter(([name]) => !/^(RAILWAY|FAKTURINO|GITHUB)_/.test(name)),
      ),
      cwd: () => machine.cwd(),
      on: (signal, act) => machine.on(signal, act),
      off: (signal, act) => machine.off(signal, act),
      kill: (pid, signal) => machine.kill(pid, signal),
      stdin: emptyInput(),
      stdout: stream('stdout'),
      stderr: stream('stderr'),
    },
    doors,
  )
  return { exitCode, ...collected }
}

async function* emptyInput(): AsyncGenerator<string> {
  // Nothing to read.
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
