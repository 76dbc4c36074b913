import { OperatorError } from '../kit/errors.ts'
import type { Secret } from '../kit/secret.ts'
import { shellWord } from '../kit/shell-word.ts'
import { printable } from '../kit/text.ts'
import type { ObservedService } from '../platform/observed-state.ts'
import type { MigrateNeeds } from './migrate-needs.ts'

/**
 * Artisan on this machine needs its code here and a database that can be reached from here. Whether it can is told by what the
 * service runs with: names of the private network lead nowhere outside of it.
 */
export async function refuseUnreachable(
  { name }: ObservedService,
  environment: string,
  variables: Record<string, Secret> | undefined,
  { here }: Pick<MigrateNeeds, 'here'>,
): Promise<void> {
  const host = databaseHost((variable) => variables?.[variable]?.reveal())
  if (host !== undefined && isPrivate(host.host)) throw notReachable(name, environment, host)
  if (!(await here.hasArtisan())) throw noArtisan(here.directory, environment)
}

interface NamedHost {
  variable: string
  host: string
}

/** As Laravel reads it: an address counts before a host. */
export function databaseHost(variableNamed: (variable: string) => string | undefined): NamedHost | undefined {
  for (const variable of ['DB_URL', 'DATABASE_URL', 'DB_HOST']) {
    const value = variableNamed(variable)
    if (value === undefined || value === '') continue
    // Passwords with a slash or a hash make no URL, so the host is what stands behind the last @.
    const host = variable === 'DB_HOST' ? value : /^\w+:\/\/(?:.*@)?([^/:?#@]+)/.exec(value)?.[1]
    if (host !== undefined) return { variable, host }
  }
  return undefined
}

function isPrivate(host: string): boolean {
  return /\.railway\.internal\.?$/i.test(host.trim())
}

function notReachable(service: string, environment: string, { variable, host }: NamedHost): OperatorError {
  const name = shellWord(environment)
  return new OperatorError({
    kind: 'refused',
    code: 'command-refused',
    message: `Migrations of ${environment} are to run on this machine, and ${variable} of ${service} names ${printable(host)}: a host of the private network, which only containers reach. Nothing was started.`,
    hint: `Two ways work. In a container that serves: \`fakturino migrate up --place ssh -e ${name}\`. Or before a deployment: \`fakturino migrate up --place pre-deploy -e ${name}\`. To keep to one of them, write migrations.place: 'ssh' or 'pre-deploy' into the config.`,
  })
}

function noArtisan(directory: string, environment: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'command-refused',
    message: `Migrations of ${environment} are to run on this machine, and ${printable(directory)} has no artisan file. Nothing was started.`,
    hint: `Run the command where the code is; or, in a container that serves: fakturino migrate up --place ssh -e ${shellWord(environment)}`,
  })
}
