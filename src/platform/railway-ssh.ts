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

export interface SshRequest {
  place: CliPlace
  /** At least two words: several are quoted one by one on their way, and one alone would be read by a shell. */
  command: readonly [string, string, ...string[]]
}

/** The arguments, all of them. */
export function sshArguments({ place, command }: SshRequest): string[] {
  return ['ssh', ...placeArguments(place), '--', ...command]
}

/** Runs a command in a container of a service that runs, and gives back its own exit code. Throws where it did not get there. */
export async function runOverSsh(cli: RailwayCli, request: SshRequest, needs: CliNeeds): Promise<number> {
  const { ending, ...heard } = await startCli(cli, sshArguments(request), needs)
  return exitCodeOf(ending, heard)
}

/**
 * The command's own exit code, where it is one. The CLI ends with 1 for every failure of its own, and ssh with 255 for its, as PHP
 * does after a fatal error: which one it was is told from the words, and where they do not tell it is not claimed.
 */
export function exitCodeOf(ending: ProcessEnding, { isAnswered, complaint }: HeardFromCli): number {
  const ended = railwayEnding(ending, 'commands in a container go')
  if (ended.kind === 'killed') throw unknownInContainer(`The connection was ended by ${ended.by}`)
  const { code } = ended
  if (code === 0) return 0
  const said = clipped(lastLine(complaint), 300)
  if (code === 255) {
    if (!isAnswered && neverConnected.test(complaint)) throw notConnected(said, complaint)
    if (fatalInPhp.test(complaint)) return code
    throw unknownInContainer(`The connection ended with 255${said === '' ? '' : ` (${said})`}`)
  }
  if (isAnswered) return code
  if (code === 1 && noKeyWords.test(complaint)) throw noKeyRegistered(said)
  if (code === 1 && deniedWords.test(complaint)) throw denied(said)
  refuseOtherVersion(code, complaint, said)
  return code
}

const noKeyWords = /^\W*(?:error: )?no ssh keys?\b/im
const fatalInPhp = /PHP (?:Fatal|Parse) error/
const neverConnected =
  /host key verification failed|permission denied \(|could not resolve hostname|connect to (?:host|address)|connection (?:refused|timed out)|kex_exchange|operation timed out|network is unreachable|no container of/i

function noKeyRegistered(said: string): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'ssh-key-missing',
    message: `Railway knows no SSH key of this account, so no container opens (${said}). Nothing was run.`,
    hint: 'Add one with `railway ssh keys add`, and run the command again. A migration can run without a key, as the pre-deploy command of the next deployment.',
  })
}

function denied(said: string): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `The token may not run commands in this container (${said}). Nothing was run.`,
    hint: 'Set RAILWAY_API_TOKEN to a token of somebody who may. A migration can run without, as the pre-deploy command of the next deployment.',
  })
}

function notConnected(said: string, complaint: string): OperatorError {
  const isUnknownHost = /host key verification failed/i.test(complaint)
  const isKey = /permission denied \(/i.test(complaint)
  return new OperatorError({
    kind: isKey ? 'denied' : 'unreachable',
    code: isKey ? 'ssh-key-missing' : 'ssh-failed',
    message: `The container could not be reached over SSH (${said}). Nothing was run.`,
    hint: isUnknownHost
      ? 'This machine does not know the key of ssh.railway.com yet: run `ssh ssh.railway.com` once, compare the key, and accept it.'
      : isKey
        ? 'The key of this machine is not registered: add it with `railway ssh keys add`, and run the command again.'
        : 'Run the command again; whether the service runs is told by: fakturino status',
    retryable: !isUnknownHost && !isKey,
  })
}

function unknownInContainer(what: string): OperatorError {
  return unknownEnd(`${what}, so whether the command was carried out in the container is not known.`)
}
