import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { rehearsalAddressFile } from '../../src/cli/access.ts'
import type { Clock } from '../../src/kit/clock.ts'
import type { Files } from '../../src/kit/files.ts'
import { memoryFiles } from '../../src/kit/memory-files.ts'
import type { PrintedStream, RunProcess } from '../../src/kit/run-process.ts'
import { type LocalPlatform, type LocalPlatformOptions, startLocalPlatform } from '../../src/local/index.ts'
import { railwayStandIn } from '../../src/local/railway-stand-in.ts'
import { main } from '../../src/main.ts'
import type { Stream } from '../../src/output/terminal.ts'
import { aPerson } from './a-person.ts'
import { FakeClock } from './fake-clock.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const standIn = join(root, 'bin/railway-stand-in.js')
/** Compiled configs, kept between tests: compiling the shipped one takes as long as a deployment. */
const compiledConfigs = join(root, 'node_modules/.cache/fakturino-test-configs')

/** What stands in for Railway's own command, in this process; anything else that is started is a mistake. */
export const runStandIn: RunProcess = async ({ program, argv, env, tell }) => {
  const [script, ...rest] = argv
  if (program !== process.execPath || script !== standIn) throw new Error(`${program} was started`)
  const told: [PrintedStream, string][] = []
  const code = await railwayStandIn({
    argv: rest,
    env,
    stdout: { write: (text) => told.push(['stdout', text]) },
    stderr: { write: (text) => told.push(['stderr', text]) },
  })
  for (const [stream, text] of told) await tell(stream, text)
  return { kind: 'exited', code }
}

/** The repository of the shipped config, which every local platform of a test has. */
export const repository = 'your-organisation/fakturino'
/** Its first commit. */
export const firstCommit = '1111111111111111111111111111111111111111'

/** What a command printed, and how it ended. */
export interface Ran {
  exitCode: number
  stdout: string
  stderr: string
  /** Every line of stdout as JSON; only after `--json`. */
  documents: Record<string, unknown>[]
}

export interface RunOptions {
  env?: Record<string, string>
  /** The environment itself instead of a copy: the command may take something out of it. */
  machineEnv?: Record<string, string | undefined>
  stdin?: string
  /** Is there a terminal? Nobody sits at it, though. */
  isTerminal?: boolean
  /** There is a terminal, and the command's input was closed or comes from nowhere. */
  isStdinClosed?: boolean
  /** There is a terminal and somebody who types these, one for each question. */
  answers?: string[]
  /** In the place of the stream that collects what is printed as the answer. */
  stdout?: Stream
  /** Of both streams; 80 when absent. */
  columns?: number
  /** In the place of what stands in for Railway's own command. */
  runProcess?: RunProcess
  /** Instead of `--local`: the command talks to whatever its environment says. */
  isRemote?: boolean
  /** Puts other doors in the place of the clock and the disk. */
  through?: (doors: { clock: Clock; files: Files }) => { clock: Clock; files: Files }
  /** Called with a function that interrupts the command, as Ctrl-C would. */
  onStart?: (interrupt: (signal: 'SIGINT' | 'SIGTERM') => void) => void
}

/** A local platform on a clock that jumps, and the whole program in this process to talk to it. */
export interface Stage {
  platform: LocalPlatform
  clock: FakeClock
  /** Where compiled configs are, on the disk of this machine; everything else goes to `files`. */
  stateDirectory: string
  /** What the commands wrote to their state directory. */
  files: ReturnType<typeof memoryFiles>
  run(argv: string[], options?: RunOptions): Promise<Ran>
  /** The processes that run now. */
  processes: Set<number>
  /** Puts another config in the place of the shipped one; TypeScript text. */
  useConfig(text: string): Promise<void>
}

/** Starts one; it is gone when the test is over. */
export async function aStage(options: Partial<LocalPlatformOptions> = {}): Promise<Stage> {
  const clock = new FakeClock()
  const platform = await startLocalPlatform({
    clock,
    repositories: [{ name: repository, branches: { main: [{ sha: firstCommit, message: 'First release' }] } }],
    projectTokens: ['staging', 'production'],
    standIn,
    ...options,
  })
  const stateDirectory = await mkdtemp(join(tmpdir(), 'fakturino-test-'))
  await mkdir(compiledConfigs, { recursive: true })
  await symlink(compiledConfigs, join(stateDirectory, 'compiled-configs'), 'dir')
  onTestFinished(async () => {
    await platform.stop()
    await rm(stateDirectory, { recursive: true, force: true })
  })
  const files = memoryFiles({ [join(stateDirectory, rehearsalAddressFile)]: JSON.stringify(platform.address) })
  let config = join(root, 'fakturino.config.ts')
  const processes = new Set<number>()
  let lastPid = 100
  return {
    platform,
    clock,
    stateDirectory,
    files,
    processes,
    async useConfig(text) {
      config = join(stateDirectory, 'fakturino.config.ts')
      await writeFile(config, text)
    },
    async run(argv, runOptions = {}) {
      const { env = {}, machineEnv, stdin = '', answers, isRemote = false, onStart } = runOptions
      const doors = runOptions.through?.({ clock, files }) ?? { clock, files }
      const end = argv.indexOf('--')
      const ours = end === -1 ? argv : argv.slice(0, end)
      const theirs = end === -1 ? [] : argv.slice(end)
      const pid = ++lastPid
      processes.add(pid)
      const isStdinClosed = runOptions.isStdinClosed === true
      const isTerminal = runOptions.isTerminal === true || answers !== undefined || isStdinClosed
      const printed = { stdout: '', stderr: '' }
      const person = aPerson(answers ?? [])
      const stream = (name: 'stdout' | 'stderr') => {
        const write = (text: string) => {
          printed[name] += text
        }
        const { columns } = runOptions
        return isTerminal ? person.screen(write) : { write, ...(columns === undefined ? {} : { columns }) }
      }
      const acts = new Set<[string, () => void]>()
      onStart?.((signal) => {
        for (const [name, act] of [...acts]) if (name === signal) act()
      })
      const exitCode = await main(
        {
          argv: [
            'node',
            'fakturino',
            ...ours,
            ...(isRemote ? [] : ['--local']),
            '--config',
            config,
            '--state',
            stateDirectory,
            ...theirs,
          ],
          env: machineEnv ?? { USER: 'nina', ...env },
          cwd: () => root,
          pid,
          execPath: process.execPath,
          stdin:
            answers === undefined
              ? Object.assign(chunks(stdin), { isTTY: isTerminal && !isStdinClosed })
              : person.keyboard,
          stdout: runOptions.stdout ?? stream('stdout'),
          stderr: stream('stderr'),
          on: (signal, act) => acts.add([signal, act]),
          off: (signal, act) => {
            for (const entry of acts) if (entry[0] === signal && entry[1] === act) acts.delete(entry)
          },
          kill: (other) => {
            if (!processes.has(other)) throw Object.assign(new Error('no such process'), { code: 'ESRCH' })
          },
        },
        '0.0.0-test',
        {
          ...doors,
          random: (bytes) => randomBytes(bytes),
          host: 'here',
          defineModule: join(root, 'src/config/define.ts'),
          shippedConfig: join(root, 'fakturino.config.ts'),
          railwayStandIn: standIn,
          runProcess: runOptions.runProcess ?? runStandIn,
        },
      )
      processes.delete(pid)
      const documents = ours.includes('--json')
        ? printed.stdout
            .split('\n')
            .filter(Boolean)
            .map((line): Record<string, unknown> => JSON.parse(line))
        : []
      return { exitCode, ...printed, documents }
    },
  }
}

async function* chunks(text: string): AsyncGenerator<string> {
  if (text !== '') yield text
}
