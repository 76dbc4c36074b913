import { stripVTControlCharacters } from 'node:util'
import pty from '@lydell/node-pty'
import xterm from '@xterm/headless'

/** A program at a terminal of its own, and what a person would see there. */
export interface PtyScreen {
  /** Waits until the screen, or what was scrolled off it, shows this; fails with the whole screen when it never does. */
  until(text: string | RegExp): Promise<void>
  /** Everything on the screen and above it, as it stands there: a line that the window broke is several. */
  rows(): string[]
  /** The same with broken lines put together again. */
  lines(): string[]
  resize(columns: number): void
  /** As if typed: `\u0003` is Ctrl-C. */
  type(keys: string): void
  /** The exit code, when everything that was written stands on the screen. */
  ended(): Promise<number>
  /** What was written so far, byte by byte. */
  written(): string
  isCursorShown(): boolean
  /** Ends the program where it still runs. */
  close(): void
}

export interface PtyOptions {
  columns: number
  cwd: string
  env: Record<string, string>
  /** How long `until` and `ended` wait at most. */
  withinMs?: number
}

const esc = '\u001b'

/** Starts a program at a terminal of its own; the caller closes it. */
export function ptyScreen(
  file: string,
  argv: string[],
  { columns, cwd, env, withinMs = 60_000 }: PtyOptions,
): PtyScreen {
  const rowCount = 24
  // As in tmux: a window that gets another width breaks every line anew, the one with the cursor too.
  const reflow = { reflowCursorLine: true }
  const screen = new xterm.Terminal({
    cols: columns,
    rows: rowCount,
    scrollback: 5_000,
    allowProposedApi: true,
    ...reflow,
  })
  const child = pty.spawn(file, argv, {
    name: 'xterm-256color',
    cols: columns,
    rows: rowCount,
    cwd,
    env: { ...env, TERM: 'xterm-256color' },
  })
  let written = ''
  let exitCode: number | undefined
  const waiting = new Set<() => void>()
  const look = () => {
    for (const act of [...waiting]) act()
  }
  child.onData((text) => {
    written += text
    screen.write(text, look)
  })
  // A terminal answers questions, such as where its cursor is.
  screen.onData((text) => child.write(text))
  child.onExit((end) => {
    screen.write('', () => {
      exitCode = end.exitCode
      look()
    })
  })

  const rows = () => {
    const { active } = screen.buffer
    const all = Array.from(
      { length: active.length },
      (_, index) => active.getLine(index)?.translateToString(true) ?? '',
    )
    while (all.at(-1) === '') all.pop()
    return all
  }
  const lines = () => {
    const { active } = screen.buffer
    const all: string[] = []
    for (const [index, row] of rows().entries()) {
      const isWrapped = active.getLine(index)?.isWrapped === true
      if (isWrapped && all.length > 0) all.push(`${all.pop()}${row}`)
      else all.push(row)
    }
    return all
  }
  const until = <Answer>(what: string, find: () => Answer | undefined): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const end = (act: () => void) => {
        clearTimeout(deadline)
        waiting.delete(tryIt)
        act()
      }
      const fail = (why: string) => () => reject(new Error(`${why}: ${what}\n${rows().join('\n')}`))
      const tryIt = () => {
        const answer = find()
        if (answer !== undefined) end(() => resolve(answer))
        else if (exitCode !== undefined) end(fail(`The program ended with ${exitCode} before it showed`))
      }
      const deadline = setTimeout(() => end(fail('Time is up, and the terminal does not show')), withinMs)
      waiting.add(tryIt)
      tryIt()
    })

  return {
    async until(text) {
      await until(String(text), () => {
        const shown = lines().join('\n')
        return (typeof text === 'string' ? shown.includes(text) : text.test(shown)) ? true : undefined
      })
    },
    rows,
    lines,
    resize(wanted) {
      screen.resize(wanted, rowCount)
      child.resize(wanted, rowCount)
    },
    type: (keys) => child.write(keys),
    ended: () => until('its end', () => exitCode),
    written: () => written,
    isCursorShown: () => written.lastIndexOf(`${esc}[?25h`) >= written.lastIndexOf(`${esc}[?25l`),
    close() {
      if (exitCode === undefined) child.kill('SIGKILL')
      screen.dispose()
    },
  }
}

/** Sets a colour, or a weight. */
const colouring = new RegExp(`${esc}\\[[\\d;]*m`)

export function isColoured(written: string): boolean {
  return colouring.test(written)
}

// To the first column, or everything in the line cleared.
const anew = new RegExp(`\r?\n|\r|${esc}\\[\\d*[GK]`)

/** The lines of a terminal's output without what moves them about: each as it was written, the ones that were cleared too. */
export function writtenLines(written: string): string[] {
  return written.split(anew).map((line) => stripVTControlCharacters(line))
}
