import type { PrintedStream } from '../kit/run-process.ts'
import { printable } from '../kit/text.ts'
import type { PrintedLine } from '../output/output.ts'

/** What a program prints, in pieces as they come, told line by line. */
export interface PrintedLines {
  take(stream: PrintedStream, text: string): Promise<void>
  /** Tells what was begun and has no end. */
  end(): Promise<void>
}

/** A line that has no end for so long is told in parts. */
const longestLine = 64 * 1024

/**
 * Each line is told whole, so that no secret gets through in two halves; what a terminal would obey is out of it, once before
 * secrets are looked for and once after: either could hide the other.
 */
export function createPrintedLines(
  redact: (line: string) => string,
  print: (line: PrintedLine) => Promise<void>,
): PrintedLines {
  const begun = { stdout: '', stderr: '' }
  const tell = (stream: PrintedStream, line: string) => print({ stream, text: redact(printable(redact(line))) })
  return {
    async take(stream, text) {
      const lines = (begun[stream] + text).split(/\r?\n/)
      begun[stream] = lines.pop() ?? ''
      for (const line of lines) await tell(stream, line)
      if (begun[stream].length < longestLine) return
      const line = begun[stream]
      begun[stream] = ''
      await tell(stream, line)
    },
    async end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const line = begun[stream]
        begun[stream] = ''
        if (line !== '') await tell(stream, line)
      }
    },
  }
}
