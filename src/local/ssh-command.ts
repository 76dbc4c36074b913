/** Where commands in containers are asked for, on the port of the API. */
export const sshPath = '/ssh'

/** A command for a container, as it is asked for. */
export interface SshCommand {
  project: string
  environment: string
  service: string
  command: string[]
}

/** How it ended; what it printed is whole. */
export interface SshAnswer {
  exitCode: number
  stdout: string
  stderr: string
}

/**
 * Reads `ssh --project ID --environment ID --service ID -- COMMAND...`, in this order and with nothing else; undefined for anything
 * else. So a rehearsal cannot get used to what Railway's own command would read differently.
 */
export function parseSshArguments([name, ...rest]: readonly string[]): SshCommand | undefined {
  if (name !== 'ssh') return undefined
  const {
    place,
    rest: [end, ...command],
  } = parsePlace(rest)
  return place === undefined || end !== '--' || command.length < 2 ? undefined : { ...place, command }
}

/** The options that say where, and what comes behind them. */
export function parsePlace(words: readonly string[]): {
  place: Omit<SshCommand, 'command'> | undefined
  rest: string[]
} {
  const [projectOption, project, environmentOption, environment, serviceOption, service, ...rest] = words
  const isPlace =
    projectOption === '--project' && environmentOption === '--environment' && serviceOption === '--service'
  if (!isPlace || project === undefined || environment === undefined || service === undefined) {
    return { place: undefined, rest: [] }
  }
  return { place: { project, environment, service }, rest }
}
