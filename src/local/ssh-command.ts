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
export function parseSshArguments(argv: readonly string[]): SshCommand | undefined {
  const [name, projectOption, project, environmentOption, environment, serviceOption, service, end, ...command] = argv
  const isSsh =
    name === 'ssh' &&
    projectOption === '--project' &&
    environmentOption === '--environment' &&
    serviceOption === '--service' &&
    end === '--'
  if (!isSsh || project === undefined || environment === undefined || service === undefined) return undefined
  return command.length < 2 ? undefined : { project, environment, service, command }
}
