import type { Clock } from '../kit/clock.ts'
import type { Files } from '../kit/files.ts'
import type { RunProcess } from '../kit/run-process.ts'
import type { Stream } from '../output/terminal.ts'

/** What of a process a run of the program uses. Node's own `process` is one; a test makes its own. */
export interface Machine {
  argv: string[]
  env: Record<string, string | undefined>
  cwd(): string
  pid: number
  execPath: string
  stdin: AsyncIterable<string | Uint8Array> & { isTTY?: boolean }
  stdout: Stream
  stderr: Stream
  on(signal: 'SIGINT' | 'SIGTERM', act: () => void): unknown
  off(signal: 'SIGINT' | 'SIGTERM', act: () => void): unknown
  /** With signal 0 it only asks whether the process is there. */
  kill(pid: number, signal: string | number): unknown
}

/** The doors that a test replaces. */
export interface Doors {
  clock: Clock
  files: Files
  /** Cryptographic randomness, as so many bytes. */
  random: (bytes: number) => Uint8Array
  /** What this machine calls itself. */
  host: string
  /** Absolute path of the module that a config imports as `fakturino`. */
  defineModule: string
  /** Absolute path of the config that ships with the program. */
  shippedConfig: string
  /** Absolute path of the script that stands in for Railway's own command in a rehearsal. */
  railwayStandIn: string
  runProcess: RunProcess
}
