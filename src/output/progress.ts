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
      show: (text) => terminal.err(`${quiet(`  ${text}`)}\n`),
      print: (line) => terminal.err(`${line}\n`),
      stop: () => {},
    }
  }
  let spinner: Spinner | undefined
  let isStopped = false
  let text = ''
  const load = async () => {
    const { default: ora } = await import('ora')
    if (isStopped || text === '') return
    spinner = ora({ text, stream: terminal.errStream as NodeJS.WriteStream, discardStdin: false, hideCursor: true })
    spinner.start()
  }
  let isLoading = false
  return {
    show(next) {
      text = next
      if (spinner === undefined) {
        if (!isLoading) void load()
        isLoading = true
      } else {
        spinner.text = next
        if (!spinner.isSpinning) spinner.start()
      }
    },
    print(line) {
      spinner?.clear()
      terminal.err(`${line}\n`)
      spinner?.render()
    },
    stop() {
      isStopped = true
      text = ''
      spinner?.stop()
    },
  }
}

interface Spinner {
  text: string
  isSpinning: boolean
  start(): unknown
  stop(): unknown
  clear(): unknown
  render(): unknown
}
