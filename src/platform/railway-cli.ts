import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { PrintedStream, ProcessEnding, RunProcess } from '../kit/run-process.ts'
import { clipped } from '../kit/text.ts'
import type { Credential } from './credential.ts'
import type { EnvironmentId, ProjectId, ServiceId } from './ids.ts'

/** Railway's own command, or what stands in for it in a rehearsal. Nothing else is ever started in its place. */
export interface RailwayCli {
  program: string
  /** Before everything else in its arguments: the stand-in is a script. */
  leading: readonly string[]
  /** All that it gets to see. */
  env: Readonly<Record<string, string>>
  isStandIn: boolean
}

export interface RailwayCliParts {
  credential: Credential
  variables: Readonly<Record<string, string | undefined>>
  /** Of the rehearsal that is talked to, where its address names one. */
  standIn: string | undefined
  /** Runs the stand-in. */
  execPath: string
}

/** What of this machine it needs: to find programs, its own login is left alone, and keys that an agent keeps. */
const passedOn = ['PATH', 'HOME', 'SSH_AUTH_SOCK']

/** No telemetry, no update and no advice in between (PLATFORM.md §10.1). */
const quiet = { RAILWAY_NO_TELEMETRY: '1', RAILWAY_NO_AUTO_UPDATE: '1', CI: '1', RAILWAY_AGENT_ADVISORY: '0' }

/**
 * Chooses what is started for `ssh`. A rehearsal has its stand-in and never the `railway` of this machine, which would speak to
 * Railway. A project token is refused before anything is started: it has no keys (PLATFORM.md §1.2).
 */
export function railwayCli({ credential, variables, standIn, execPath }: RailwayCliParts): RailwayCli {
  if (credential.kind === 'project') throw noKeys()
  const { endpoint, token } = credential
  // An empty variable counts as set there, so it is left out instead.
  const here = passedOn.flatMap((name): [string, string][] => {
    const value = variables[name] ?? ''
    return value === '' ? [] : [[name, value]]
  })
  const env = { ...Object.fromEntries(here), ...quiet, RAILWAY_API_TOKEN: token.reveal() }
  if (!endpoint.isLoopback) return { program: 'railway', leading: [], env, isStandIn: false }
  if (standIn === undefined) throw noStandIn()
  return {
    program: execPath,
    leading: [standIn],
    env: { ...env, RAILWAY_BACKBOARD_URL: endpoint.url },
    isStandIn: true,
  }
}

/** Where a command is to run. */
export interface ContainerPlace {
  projectId: ProjectId
  environmentId: EnvironmentId
  serviceId: ServiceId
}

export interface SshRequest {
  place: ContainerPlace
  /** At least two words: several are quoted one by one on their way, and one alone would be read by a shell. */
  command: readonly [string, string, ...string[]]
}

export interface SshNeeds {
  runProcess: RunProcess
  clock: Clock
  signal: AbortSignal
  /** Takes secrets out of what a failure quotes. */
  redact(text: string): string
  tell(stream: PrintedStream, text: string): Promise<void>
}

/** The arguments, all of them: ids, because names and links of a directory may mean something else by then. */
export function sshArguments({ place, command }: SshRequest): string[] {
  const { projectId, environmentId, serviceId } = place
  const where = ['--project', projectId, '--environment', environmentId, '--service', serviceId]
  return ['ssh', ...where, '--', ...command]
}

/** Runs a command in a container of a service that runs, and gives back its own exit code. Throws where it did not get there. */
export async function runOverSsh(cli: RailwayCli, request: SshRequest, needs: SshNeeds): Promise<number> {
  const { runProcess, clock, signal, tell } = needs
  let complaint = ''
  let isAnswered = false
  const ending = await runProcess({
    program: cli.program,
    argv: [...cli.leading, ...sshArguments(request)],
    env: cli.env,
    clock,
    signal,
    tell: (stream, text) => {
      if (stream === 'stdout') isAnswered = true
      else if (complaint.length < mostOfComplaint) complaint += text
      return tell(stream, text)
    },
  })
  return exitCodeOf(ending, { isAnswered, complaint: needs.redact(complaint) })
}

const mostOfComplaint = 8_000

/** What came back besides the exit code: whether the container printed anything, and what stood on the error stream. */
export interface HeardOverSsh {
  isAnswered: boolean
  complaint: string
}

/**
 * The command's own exit code, where it is one. The CLI ends with 1 for every failure of its own, and ssh with 255 for its, as PHP
 * does after a fatal error: which one it was is told from the words, and where they do not tell it is not claimed.
 */
export function exitCodeOf(ending: ProcessEnding, { isAnswered, complaint }: HeardOverSsh): number {
  if (ending.kind === 'not-found') throw missing()
  if (ending.kind === 'not-started') throw cliFailed(`could not be started: ${ending.why}`)
  if (ending.kind === 'killed') throw unknownEnd(`The connection was ended by ${ending.by}`)
  const { code } = ending
  if (code === 0) return 0
  const said = clipped(complaint.trim().split('\n').at(-1) ?? '', 300)
  if (code === 255) {
    if (!isAnswered && neverConnected.test(complaint)) throw notConnected(said, complaint)
    if (fatalInPhp.test(complaint)) return code
    throw unknownEnd(`The connection ended with 255${said === '' ? '' : ` (${said})`}`)
  }
  if (isAnswered) return code
  if (code === 1 && noKeyWords.test(complaint)) throw noKeyRegistered(said)
  if (code === 1 && deniedWords.test(complaint)) throw denied(said)
  if (code === 2 && /^Usage: railway\b/m.test(complaint)) throw cliFailed(`did not take its arguments (${said})`)
  return code
}

const noKeyWords = /^\W*(?:error: )?no ssh keys?\b/im
const deniedWords = /^\W*(?:error: )?(?:unauthorized\b|not authorized\b|invalid railway_(?:api_)?token\b)/im
const fatalInPhp = /PHP (?:Fatal|Parse) error/
const neverConnected =
  /host key verification failed|permission denied \(|could not resolve hostname|connect to (?:host|address)|connection (?:refused|timed out)|kex_exchange|operation timed out|network is unreachable|no container of/i

function missing(): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'railway-cli-missing',
    message: 'There is no `railway` on the PATH, and commands in a container go through it. Nothing was run.',
    hint: 'Install it with `npm install -g @railway/cli` or `brew install railway`, and run the command again.',
  })
}

function cliFailed(why: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'railway-cli-failed',
    message: `The railway command ${why}. Nothing was run in the container.`,
    hint: 'Look at `railway --version`: it should be 5 or newer. Install it anew, and run the command again.',
  })
}

function noKeys(): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message:
      'A project token cannot run commands in a container: that needs an SSH key, and only persons and workspaces have them. Nothing was started.',
    hint: 'Unset RAILWAY_TOKEN and set RAILWAY_API_TOKEN to an account or workspace token. With a project token a migration runs as the pre-deploy command of the next deployment.',
  })
}

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

function unknownEnd(what: string): OperatorError {
  return new OperatorError({
    kind: 'unfinished',
    code: 'command-unknown',
    message: `${what}, so whether the command was carried out in the container is not known.`,
    hint: 'Look before it is run again; for migrations that is: fakturino artisan -- migrate:status',
  })
}

function noStandIn(): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'rehearsal-not-running',
    message:
      'This rehearsal names nothing that stands in for the railway command, and the one of this machine would speak to Railway. Nothing was started.',
    hint: 'Run `fakturino rehearse down`, then `fakturino rehearse up`, and use --local.',
  })
}
