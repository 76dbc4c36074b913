import { wrapAnsi } from 'fast-wrap-ansi'
import { paragraph } from './human/paragraph.ts'
import type { Terminal } from './terminal.ts'

/** The one line that moves, at the bottom of the error stream. */
export interface Progress {
  /** Shows what is going on right now. */
  show(text: string): void
  /** Prints a line that stays, above what moves. */
  print(line: string): void
  stop(): void
}

/** Where nothing can move, what is going on is printed as a line of its own. */
export function createProgress(terminal: Terminal, quiet: (text: string) => string): Progress {
  if (!terminal.isAnimated) {
    return {
      show: (text) => terminal.err(`${quiet(paragraph(text, terminal.errColumns(), '  ', 2))}\n`),
      print: (line) => terminal.err(`${line}\n`),
      stop: () => {},
    }
  }
  let spinner: Spinner | undefined
  let isLoading = false
  /** What moves now; empty while nothing should. */
  let text = ''
  const load = async () => {
    isLoading = true
    const { default: ora } = await import('ora')
    isLoading = false
    const moving = ora({
      stream: terminal.errStream as NodeJS.WriteStream,
      discardStdin: false,
      isEnabled: true,
      // It has a mind of its own about colour.
      color: terminal.errColor === 0 ? false : 'cyan',
    })
    spinner = moving
    terminal.onResize(() => {
      moving.text = fitted(text, terminal.errColumns())
    })
    if (text !== '') spinner.start(fitted(text, terminal.errColumns()))
  }
  return {
    show(next) {
      text = next
      if (spinner !== undefined) spinner.start(fitted(next, terminal.errColumns()))
      else if (!isLoading) void load()
    },
    print(line) {
      spinner?.clear()
      terminal.err(`${line}\n`)
      if (text !== '') spinner?.render()
    },
    stop() {
      text = ''
      spinner?.stop()
    },
  }
}

/**
 * What moves, in lines that the window never has to break. As many lines as were written are cleared before the next ones: a line
 * that the window broke, and put together again when it was made wider, would take one with it that should stay.
 */
function fitted(text: string, columns: number): string {
  const besideSign = columns - 3
  return wrapAnsi(text, besideSign, { hard: true, trim: true }).replaceAll('\n', '\n  ')
}

interface Spinner {
  start(text: string): unknown
  stop(): unknown
  clear(): unknown
  render(): unknown
}
