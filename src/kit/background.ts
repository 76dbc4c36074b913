import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'

/** A process that goes on when this one ends. */
export interface Background {
  pid: number | undefined
  /** Has it ended already? Undefined while it runs. */
  exitCode(): number | undefined
  /** Lets this process end without it. */
  release(): void
}

/** Starts a program of our own in the background; what it prints goes to a file. */
export function startInBackground(
  execPath: string,
  argv: readonly string[],
  { cwd, logPath }: { cwd: string; logPath: string },
): Background {
  const log = openSync(logPath, 'w', 0o600)
  const child = spawn(execPath, argv, { cwd, detached: true, stdio: ['ignore', log, log] })
  let exitCode: number | undefined
  child.on('exit', (code) => {
    exitCode = code ?? 1
  })
  child.on('error', () => {
    exitCode = 1
  })
  return { pid: child.pid, exitCode: () => exitCode, release: () => child.unref() }
}
