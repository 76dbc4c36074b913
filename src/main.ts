import type { Doors, Machine } from './cli/machine.ts'
import { parseArguments } from './cli/program.ts'
import { untilGone } from './output/terminal.ts'

export type { Doors, Machine } from './cli/machine.ts'

/**
 * Runs one command and gives back its exit code. Never throws, never exits: that is for `bin/fakturino.js`. Help is answered with
 * what is loaded already; everything else is loaded only when there is a command to carry out, or a mistake to tell.
 * @param doors to the real world, unless a test has its own
 */
export async function main(machine: Machine, version: string, doors?: Doors): Promise<number> {
  const reading = readArguments(machine, version)
  if ('asked' in reading && reading.asked.kind === 'text') {
    untilGone(machine.stdout)(reading.asked.text)
    return 0
  }
  const { carryOut } = await import('./cli/carry-out.ts')
  const { realDoors } = await import('./cli/real-doors.ts')
  return carryOut(reading, machine, version, doors ?? realDoors, main)
}

function readArguments({ argv, stdin, stdout, env }: Machine, version: string) {
  const isAtTerminal = stdin.isTTY === true && stdout.isTTY === true && (env.CI ?? '') === ''
  try {
    return { asked: parseArguments(argv.slice(2), version, Math.min(stdout.columns || 80, 100), isAtTerminal) }
  } catch (error) {
    return { error }
  }
}
