import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Clock } from './clock.ts'

/** A program that runs to its end while we wait. */
export interface ProcessRequest {
  /** A path, or a name that is looked for in `PATH` of `env`. */
  program: string
  /** Each reaches the program as it is: there is no shell in between. */
  argv: readonly string[]
  /** All that the program gets to see; nothing of ours is added. */
  env: Readonly<Record<string, string>>
  clock: Clock
  /** Ends the program: asked first, and killed when it does not go. */
  signal: AbortSignal
  /** Told what it prints as it comes; nothing more is read until that is taken. */
  tell(stream: PrintedStream, text: string): Promise<void>
}

export type PrintedStream = 'stdout' | 'stderr'

/** How it ended; `not-started` holds the system's word for why. */
export type ProcessEnding =
  | { kind: 'exited'; code: number }
  | { kind: 'killed'; by: string }
  | { kind: 'not-found' }
  | { kind: 'not-started'; why: string }

export type RunProcess = (request: ProcessRequest) => Promise<ProcessEnding>

/** Between being asked to end and being killed. */
const graceMs = 5_000
/** A process that was left behind may hold the pipes open; after so long without a word nobody listens to it. */
const idleMs = 2_000

/** Runs one program to its end; its input is empty. Rejects with the signal's reason when it was stopped by that. */
export const runProcess: RunProcess = async ({ program, argv, env, clock, signal, tell }) => {
  signal.throwIfAborted()
  const child = spawn(program, argv, { env, shell: false, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let words = 0
  let isTelling = 0
  const read = async (stream: Readable, name: PrintedStream) => {
    stream.setEncoding('utf8')
    try {
      for await (const text of stream) {
        words += 1
        isTelling += 1
        await tell(name, String(text))
        isTelling -= 1
      }
    } catch (error) {
      if (!stream.destroyed || isTelling > 0) throw error
    }
  }
  const hangUp = () => {
    child.stdout.destroy()
    child.stderr.destroy()
  }
  let forget = () => {}
  const stop = () => {
    child.kill('SIGTERM')
    forget = clock.after(graceMs, () => child.kill('SIGKILL'))
  }
  const hangUpWhenIdle = () => {
    const heard = words
    forget = clock.after(idleMs, () => {
      if (words === heard && isTelling === 0) hangUp()
      else hangUpWhenIdle()
    })
  }
  signal.addEventListener('abort', stop, { once: true })
  const ended = new Promise<ProcessEnding>((resolve) => {
    child.on('error', (error) => resolve(notStarted(error)))
    child.on('exit', (code, by) => resolve(code === null ? { kind: 'killed', by: by ?? 'a signal' } : exited(code)))
  }).then((ending) => {
    forget()
    if (signal.aborted || ending.kind === 'not-found' || ending.kind === 'not-started') hangUp()
    else hangUpWhenIdle()
    return ending
  })
  try {
    const [ending] = await Promise.all([ended, read(child.stdout, 'stdout'), read(child.stderr, 'stderr')])
    signal.throwIfAborted()
    return ending
  } finally {
    forget()
    signal.removeEventListener('abort', stop)
  }
}

function exited(code: number): ProcessEnding {
  return { kind: 'exited', code }
}

function notStarted(error: Error): ProcessEnding {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown reason'
  return code === 'ENOENT' ? { kind: 'not-found' } : { kind: 'not-started', why: code }
}
