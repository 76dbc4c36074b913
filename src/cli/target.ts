import type { DesiredState } from '../config/desired.ts'
import { desiredState } from '../config/desired-state.ts'
import type { FakturinoConfig } from '../config/fakturino-config.ts'
import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import type { WantedEnvironment } from '../operations/observe-environment.ts'
import { id } from '../platform/ids.ts'
import type { Context } from './context.ts'

/** Does the command only look at what is there, read it to compare it with the config, or change something? */
export type Purpose = 'looking' | 'reading' | 'changing'

/**
 * Which environment a command is about: `-e`, then FAKTURINO_ENVIRONMENT, then RAILWAY_ENVIRONMENT_ID or the project token's own.
 * Without any, a changing command asks for `-e`, and the others take the config's first unprotected one. Only a command that looks may
 * name an environment that the config does not have.
 */
export async function wantedEnvironment(
  context: Context,
  purpose: Purpose,
  config: FakturinoConfig | undefined,
): Promise<WantedEnvironment> {
  const { options, variables } = context
  const { credential } = await context.access()
  const named = options.environment ?? (variables.FAKTURINO_ENVIRONMENT || undefined)
  if (named !== undefined && config !== undefined && purpose !== 'looking') desiredState(config, named)
  const environmentId = named === undefined ? variables.RAILWAY_ENVIRONMENT_ID || undefined : idOfNamed(context)
  const byProjectToken = credential.kind === 'project'
  const name = named ?? (environmentId === undefined && !byProjectToken ? otherwise(purpose, config) : undefined)
  return {
    project: wantedProject(context, config, byProjectToken || environmentId !== undefined),
    environment: {
      ...(name === undefined ? {} : { name }),
      ...(environmentId === undefined ? {} : { id: id<'environment'>(environmentId) }),
    },
    ...(options.workspace === undefined ? {} : { workspace: options.workspace }),
    byProjectToken,
  }
}

/** With `-e` the id in the environment is of use only where it cannot contradict the name: it is checked in the same read. */
function idOfNamed({ variables, options }: Context): string | undefined {
  return options.environment === undefined ? variables.RAILWAY_ENVIRONMENT_ID || undefined : undefined
}

/** By id where one is known: `--project`, RAILWAY_PROJECT_ID, the config's; else by the config's name. */
export function wantedProject(
  { options, variables }: Context,
  config: FakturinoConfig | undefined,
  isKnownOtherwise = false,
): WantedEnvironment['project'] {
  const given = options.project ?? (projectIdIn(variables) || undefined)
  if (given !== undefined) return isId(given) ? { name: given, id: id(given) } : { name: given }
  if (config !== undefined) {
    const { name, id: configured } = config.project
    return configured === undefined ? { name } : { name, id: id(configured) }
  }
  if (isKnownOtherwise) return { name: '' }
  throw new OperatorError({
    kind: 'usage',
    code: 'project-missing',
    message: 'Without a config nothing says which project this is about.',
    hint: 'Name it with --project, or run this where a fakturino.config.ts is that can be read.',
  })
}

/** A name in it would be looked up as one, and made by `init` where there is none: whoever sets an id means a project that is there. */
function projectIdIn({ RAILWAY_PROJECT_ID: given = '' }: Context['variables']): string {
  if (given === '' || isId(given)) return given
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: 'RAILWAY_PROJECT_ID does not hold the id of a project (a UUID).',
    hint: 'Set it to an id, or unset it and name the project with --project.',
  })
}

/** What is wanted of an environment, by its name. */
export function desiredBy(config: FakturinoConfig): (environment: string) => DesiredState {
  return (environment) => desiredState(config, environment)
}

/** The same, but nothing of an environment that the config does not have, and nothing without a config. */
export function desiredWhere(config: FakturinoConfig | undefined): (environment: string) => DesiredState | undefined {
  return (environment) =>
    config !== undefined && Object.hasOwn(config.environments, environment)
      ? desiredState(config, environment)
      : undefined
}

function otherwise(purpose: Purpose, config: FakturinoConfig | undefined): string {
  const environments = Object.entries(config?.environments ?? {})
  const [unprotected] = environments.find(([, settings]) => settings.protected !== true) ?? []
  if (purpose !== 'changing' && unprotected !== undefined) return unprotected
  throw new OperatorError({
    kind: 'usage',
    code: 'missing-environment',
    message:
      purpose === 'changing'
        ? 'This changes an environment, and none was named.'
        : 'Nothing says which environment this is about.',
    hint:
      environments.length === 0
        ? 'Name it with -e.'
        : `Name one: ${listed(
            environments.map(([name]) => `-e ${name}`),
            'or',
          )}.`,
  })
}

/** The platform's ids are UUIDs; names that look like one do not occur. */
function isId(text: string): boolean {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)
}
