import { createHumanOutput, type Loudness } from '../../src/output/human-output.ts'
import type { Output } from '../../src/output/output.ts'
import { createTerminal } from '../../src/output/terminal.ts'

interface Screen {
  output: Output
  /** Everything printed so far. */
  out(): string
  err(): string
}

export interface ScreenSettings extends Partial<Loudness> {
  columns?: number
  isColoured?: boolean
}

/** Human output onto a terminal of so many columns, on which nothing moves. */
export function aScreen({
  columns = 80,
  isColoured = false,
  isVerbose = false,
  isQuiet = false,
}: ScreenSettings = {}): Screen {
  const printed = { out: '', err: '' }
  const stream = (name: 'out' | 'err') => ({
    isTTY: true,
    columns,
    write: (text: string) => {
      printed[name] += text
    },
  })
  // CI: nothing moves.
  const terminal = createTerminal(stream('out'), stream('err'), { env: { CI: '1' }, noColor: !isColoured })
  return {
    output: createHumanOutput(terminal, { isVerbose, isQuiet }),
    out: () => printed.out,
    err: () => printed.err,
  }
}
