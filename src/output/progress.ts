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
    spinner = ora({ stream: terminal.errStream as NodeJS.WriteStream, discardStdin: false, isEnabled: true })
    if (text !== '') spinner.start(text)
  }
  return {
    show(next) {
      text = next
      if (spinner !== undefined) spinner.start(next)
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

interface Spinner {
  start(text: string): unknown
  stop(): unknown
  clear(): unknown
  render(): unknown
}
