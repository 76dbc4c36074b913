import type { ColorSupportLevel } from 'chalk'

/** The streams of a process, as far as we use them. */
export interface Stream {
  write(text: string): unknown
  on?(event: 'error' | 'resize' | 'drain', act: (error?: unknown) => void): unknown
  isTTY?: boolean
  columns?: number
  /** Why it failed: known at once, until the event comes. */
  errored?: Error | null
}

/** The door to the screen. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** Columns of the error stream, where progress and failures go; 80 where there is no terminal. */
  errColumns(): number
  outColumns(): number
  /** Where lines end that must not be broken by the window; undefined where there is no terminal, and nothing has to fit. */
  outWidth(): number | undefined
  /** Aborted when nobody reads what is printed as the answer: `head` has enough, or the terminal was closed. */
  outGone: AbortSignal
  /** Resolves when what was printed has been taken, or nobody reads it any more. */
  outTaken(): Promise<void>
  /** Why the answer did not get where it was to go, as on a full disk; undefined where it did, or nobody reads it any more. */
  outLost(): string | undefined
  /** Called whenever the window has got another width. */
  onResize(act: () => void): void
  /** May something move on the error stream? */
  isAnimated: boolean
  /** May the answer take the place of what is on the screen? */
  isScreen: boolean
  outColor: ColorSupportLevel
  errColor: ColorSupportLevel
  errStream: Stream
}

/** What of the environment decides about colour and motion. */
export interface TerminalSettings {
  env: Readonly<Record<string, string | undefined>>
  noColor: boolean
}

export function createTerminal(stdout: Stream, stderr: Stream, { env, noColor }: TerminalSettings): Terminal {
  const out = createWriter(stdout)
  const err = createWriter(stderr)
  const color = (stream: Stream): ColorSupportLevel => {
    if (noColor || (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb') return 0
    if ((env.FORCE_COLOR ?? '') !== '') return env.FORCE_COLOR === '0' ? 0 : 1
    return stream.isTTY === true ? 1 : 0
  }
  return {
    out: out.write,
    err: err.write,
    outGone: out.gone,
    outTaken: out.taken,
    outLost: () => out.lost() ?? lossOf(stdout.errored),
    outWidth: () => (stdout.isTTY === true ? Math.max(narrowest, stdout.columns || 80) : undefined),
    errColumns: () => columnsOf(stderr),
    outColumns: () => columnsOf(stdout),
    onResize: (act) => void stderr.on?.('resize', act),
    isAnimated: stderr.isTTY === true && (env.CI ?? '') === '' && env.TERM !== 'dumb',
    isScreen: stdout.isTTY === true && env.TERM !== 'dumb',
    outColor: color(stdout),
    errColor: color(stderr),
    errStream: stderr,
  }
}

/** Writes until the stream fails, and says nothing of it: what a command does on the platform goes on. */
export function untilGone(stream: Stream): (text: string) => void {
  return createWriter(stream).write
}

interface Writer {
  write(text: string): void
  gone: AbortSignal
  taken(): Promise<void>
  lost(): string | undefined
}

/**
 * Writes until the stream fails: `head` has read enough, or the terminal was closed. Unheard, its error would end the process in
 * the middle of what it does on the platform; nobody reads what is left out from then on.
 */
function createWriter(stream: Stream): Writer {
  const gone = new AbortController()
  let isFull = false
  let wake: (() => void)[] = []
  const goOn = () => {
    isFull = false
    for (const act of wake) act()
    wake = []
  }
  let lost: string | undefined
  stream.on?.('error', (error) => {
    lost ??= lossOf(error)
    gone.abort()
    goOn()
  })
  stream.on?.('drain', goOn)
  return {
    gone: gone.signal,
    lost: () => lost,
    write(text) {
      if (!gone.signal.aborted && stream.write(text) === false) isFull = true
    },
    taken: () => (isFull ? new Promise((resolve) => wake.push(resolve)) : Promise.resolve()),
  }
}

/** A reader who went away has what they wanted. A disk that is full has nothing, and whoever reads the file later must know. */
function lossOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].some((code) => code === error.code) ? error.message : undefined
}

const narrowest = 20

/** Text wider than 120 columns is hard to read, whatever the window's width. A window of 0 is one that has not said its size. */
function columnsOf(stream: Stream): number {
  return Math.max(narrowest, Math.min(stream.columns || 80, 120))
}
