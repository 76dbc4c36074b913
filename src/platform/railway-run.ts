import { OperatorError } from '../kit/errors.ts'
import type { ProcessEnding } from '../kit/run-process.ts'
import { clipped } from '../kit/text.ts'
import {
  type CliNeeds,
  type CliPlace,
  type HeardFromCli,
  placeArguments,
  type RailwayCli,
  startCli,
} from './railway-cli.ts'
import { deniedWords, lastLine, railwayEnding, refuseOtherVersion, unknownEnd } from './railway-ending.ts'

export interface RunRequest {
  /** Whose variables the command gets. */
  place: CliPlace
  command: readonly [string, ...string[]]
}

/** How a command on this machine ended. */
export interface RanHere {
  exitCode: number
  /** It printed something on stdout. */
  isAnswered: boolean
}

/**
 * The arguments, all of them. `--no-local`: what was written for `railway dev` changes no value. What runs would get the token of its
 * parent with everything else, so `env` takes it away; Windows has no `env`, and there the token is left in.
 */
export function runHereArguments(
  { place, command }: RunRequest,
  { isWindows }: Pick<RailwayCli, 'isWindows'>,
): string[] {
  const withoutToken = isWindows ? [] : ['env', '-u', 'RAILWAY_API_TOKEN', '-u', 'RAILWAY_TOKEN']
  return ['run', ...placeArguments(place), '--no-local', '--', ...withoutToken, ...command]
}

/**
 * Runs a command on this machine, where fakturino was called, with the variables of a service. Throws where it was not started.
 *
 * A 0 alone proves nothing: the CLI ends with 0 too where its child died from a signal (PLATFORM.md §10.1). Whoever must know looks for
 * the words that the command ends well with, in what `tell` was given; without a word (`isAnswered`) there are none. Stopped by us,
 * the CLI goes and its child may go on.
 */
export async function runHere(cli: RailwayCli, request: RunRequest, needs: CliNeeds): Promise<RanHere> {
  const { ending, ...heard } = await startCli(cli, runHereArguments(request, cli), needs)
  return { exitCode: exitCodeHere(ending, heard, request.command[0]), isAnswered: heard.isAnswered }
}

/** The child's own exit code, where it is one: the CLI ends with 1 for every failure of its own, and the words tell them apart. */
export function exitCodeHere(ending: ProcessEnding, { isAnswered, complaint }: HeardFromCli, program: string): number {
  const ended = railwayEnding(ending, "commands with a service's variables go")
  if (ended.kind === 'killed') {
    throw unknownEnd(
      `The railway command was ended by ${ended.by}, and what it had started may go on, so whether that was carried out is not known.`,
    )
  }
  const { code } = ended
  if (isAnswered) return code
  const said = clipped(lastLine(complaint), 300)
  if (code === 1 && deniedWords.test(complaint)) throw denied(said)
  refuseOtherVersion(code, complaint, said)
  if (notThere.test(complaint)) throw notHere(program)
  return code
}

/** What `env` says, and the CLI itself. */
const notThere = /^env: .+: no such file or directory|no such file or directory \(os error 2\)|program not found/im

function denied(said: string): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `The token may not read the variables of this service (${said}). Nothing was run.`,
    hint: 'Set RAILWAY_API_TOKEN to a token of somebody who may, or RAILWAY_TOKEN to one of this environment.',
  })
}

function notHere(program: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'program-missing',
    message: `There is no \`${program}\` on the PATH of this machine. Nothing was run.`,
    hint: `Install ${program} and run the command again where the code is.`,
  })
}
