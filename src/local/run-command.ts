import { isRecord } from '../kit/json.ts'
import { parsePlace, type SshCommand } from './ssh-command.ts'

/** Where commands on this machine are asked for, on the port of the API. */
export const runPath = '/run'

/** A command on this machine, and what it is given of a service. */
export interface RunCommand extends SshCommand {
  variables: Record<string, string>
}

/** Reads `run --project ID --environment ID --service ID --no-local -- COMMAND...`, as strictly as `ssh` is read. */
export function parseRunArguments([name, ...rest]: readonly string[]): SshCommand | undefined {
  if (name !== 'run') return undefined
  const {
    place,
    rest: [local, end, ...command],
  } = parsePlace(rest)
  if (place === undefined || local !== '--no-local' || end !== '--' || command.length === 0) return undefined
  return { ...place, command }
}

/** What is run: `env -u NAME` before it only takes variables away that are nobody's concern here. */
export function withoutEnv(command: readonly string[]): readonly string[] {
  if (command[0] !== 'env') return command
  let at = 1
  while (command[at] === '-u') at += 2
  return command.slice(at)
}

/** The host of the database as Laravel finds it, where it is one that only containers reach. */
export function unknownHost(variables: Readonly<Record<string, string>>): string | undefined {
  const url = variables.DB_URL || variables.DATABASE_URL
  // Passwords with a slash make no URL, so the host is what stands behind the last @.
  const host = url ? /^\w+:\/\/(?:.*@)?([^/:?#@]+)/.exec(url)?.[1] : variables.DB_HOST
  return host?.endsWith('.railway.internal') ? host : undefined
}

/** The rendered variables in an answer of the API; or what it says instead. */
export function variablesIn(body: unknown): Record<string, string> | string {
  const data = isRecord(body) && isRecord(body.data) ? body.data.variablesForServiceDeployment : undefined
  if (isRecord(data)) {
    return Object.fromEntries(
      Object.entries(data).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    )
  }
  const [first]: unknown[] = isRecord(body) && Array.isArray(body.errors) ? body.errors : []
  return isRecord(first) && typeof first.message === 'string' ? first.message : 'the rehearsal refused'
}
