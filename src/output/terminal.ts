import type { ColorSupportLevel } from 'chalk'

/** The streams of a process, as far as we use them. */
export interface Stream {
  write(text: string): unknown
  on?(event: 'error' | 'resize', act: () => void): unknown
  isTTY?: boolean
  columns?: number
}

/** The door to the screen. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** Columns of the error stream, where progress and failures go; 80 where there is no terminal. */
  errColumns(): number
  outColumns(): number
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
  const out = untilGone(stdout)
  const err = untilGone(stderr)
  const color = (stream: Stream): ColorSupportLevel => {
    if (noColor || (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb') return 0
    if ((env.FORCE_COLOR ?? '') !== '') return env.FORCE_COLOR === '0' ? 0 : 1
    return stream.isTTY === true ? 1 : 0
  }
  return {
    out,
    err,
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

/**
 * Writes until the stream fails: `head` has read enough, or the terminal was closed. Unheard, its error would end the process in
 * the middle of what it does on the platform; nobody reads what is left out from then on.
 */
export function untilGone(stream: Stream): (text: string) => void {
  let isGone = false
  stream.on?.('error', () => {
    isGone = true
  })
  return (text) => {
    if (!isGone) stream.write(text)
  }
}

/** Text wider than 120 columns is hard to read, whatever the window's width. */
function columnsOf(stream: Stream): number {
  return Math.max(20, Math.min(stream.columns ?? 80, 120))
}
