import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { PrintedStream, ProcessEnding, RunProcess } from '../kit/run-process.ts'
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
  /** There is no `env` there. */
  isWindows: boolean
}

export interface RailwayCliParts {
  credential: Credential
  variables: Readonly<Record<string, string | undefined>>
  /** Of the rehearsal that is talked to, where its address names one. */
  standIn: string | undefined
  /** Runs the stand-in. */
  execPath: string
}

/** Each kind of token has its own variable; the other one is not set, since a project token would win. */
const tokenVariables = { project: 'RAILWAY_TOKEN', bearer: 'RAILWAY_API_TOKEN' } as const

/** What of this machine it needs: to find programs, its own login is left alone, and keys that an agent keeps. */
const passedOn = ['PATH', 'HOME', 'SSH_AUTH_SOCK']

/** No telemetry, no update and no advice in between (PLATFORM.md §10.1). */
const quiet = { RAILWAY_NO_TELEMETRY: '1', RAILWAY_NO_AUTO_UPDATE: '1', CI: '1', RAILWAY_AGENT_ADVISORY: '0' }

/** What it is started for: a command in a container, a command here, or an upload. */
export type RailwayUse = 'ssh' | 'run' | 'up'

/**
 * Chooses what is started. A rehearsal has its stand-in and never the `railway` of this machine, which would speak to Railway. For
 * `ssh` a project token is refused before anything is started: it has no keys (PLATFORM.md §1.2).
 */
export function railwayCli({ credential, variables, standIn, execPath }: RailwayCliParts, use: RailwayUse): RailwayCli {
  if (use === 'ssh' && credential.kind === 'project') throw noKeys()
  const { endpoint, token } = credential
  // An empty variable counts as set there, so it is left out instead.
  const here = passedOn.flatMap((name): [string, string][] => {
    const value = variables[name] ?? ''
    return value === '' ? [] : [[name, value]]
  })
  const env = { ...Object.fromEntries(here), ...quiet, [tokenVariables[credential.kind]]: token.reveal() }
  const isWindows = variables.OS === 'Windows_NT'
  if (!endpoint.isLoopback) return { program: 'railway', leading: [], env, isStandIn: false, isWindows }
  if (standIn === undefined) throw noStandIn()
  return {
    program: execPath,
    leading: [standIn],
    env: { ...env, RAILWAY_BACKBOARD_URL: endpoint.url },
    isStandIn: true,
    isWindows,
  }
}

/** A service of an environment, by ids: names and links of a directory may mean something else by then. */
export interface CliPlace {
  projectId: ProjectId
  environmentId: EnvironmentId
  serviceId: ServiceId
}

/** The options that name it. */
export function placeArguments({ projectId, environmentId, serviceId }: CliPlace): string[] {
  return ['--project', projectId, '--environment', environmentId, '--service', serviceId]
}

export interface CliNeeds {
  runProcess: RunProcess
  clock: Clock
  signal: AbortSignal
  /** Takes secrets out of what a failure quotes. */
  redact(text: string): string
  tell(stream: PrintedStream, text: string): Promise<void>
}

/** What came back besides how it ended: whether anything was printed, and what stood on the error stream. */
export interface HeardFromCli {
  isAnswered: boolean
  complaint: string
}

/** Starts it, tells what it prints as that comes, and hears out how it ends. */
export async function startCli(
  cli: RailwayCli,
  argv: readonly string[],
  { runProcess, clock, signal, redact, tell }: CliNeeds,
): Promise<HeardFromCli & { ending: ProcessEnding }> {
  let complaint = ''
  let isAnswered = false
  const ending = await runProcess({
    program: cli.program,
    argv: [...cli.leading, ...argv],
    env: cli.env,
    clock,
    signal,
    tell: (stream, text) => {
      if (stream === 'stdout') isAnswered = true
      else if (complaint.length < mostOfComplaint) complaint += text
      return tell(stream, text)
    },
  })
  return { ending, isAnswered, complaint: redact(complaint) }
}

const mostOfComplaint = 8_000

function noKeys(): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message:
      'A project token cannot run commands in a container: that needs an SSH key, and only persons and workspaces have them. Nothing was started.',
    hint: 'Unset RAILWAY_TOKEN and set RAILWAY_API_TOKEN to an account or workspace token. With a project token a migration runs as the pre-deploy command of the next deployment.',
  })
}

function noStandIn(): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'rehearsal-not-running',
    message:
      'This rehearsal names nothing that stands in for the railway command, and the one of this machine would speak to Railway. Nothing was started.',
    hint: 'Run `fakturino rehearse down`. Then run `fakturino rehearse up`. After that, use --local.',
  })
}
