import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import { database } from './databases.ts'
import type { DesiredFlag, DesiredSecret, DesiredService, DesiredState } from './desired.ts'
import { desiredService } from './desired-service.ts'
import type { FakturinoConfig } from './fakturino-config.ts'
import { deploymentLevels } from './levels.ts'
import { nearest } from './nearest.ts'
import { own } from './own.ts'
import { rolloutOf } from './rollout-of.ts'
import { isPending, ordered } from './services.ts'
import { watchedBy } from './watched-by.ts'

/**
 * What a config without critical findings wants of one environment. Pure. An environment that the config does not name is an
 * `unknown-environment`.
 */
export function desiredState(config: FakturinoConfig, environmentName: string): DesiredState {
  const environment = own(config.environments, environmentName)
  if (environment === undefined) throw unknownEnvironment(environmentName, Object.keys(config.environments))

  const built = Object.entries(config.services).filter(([, service]) => !isPending(service))
  const levels = deploymentLevels(built.map(([name, service]) => ordered(config, environmentName, name, service)))
  const services = built
    .map(([name, service]) => desiredService(config, environmentName, name, service, levels.get(name) ?? 0))
    .sort((a, b) => a.level - b.level)

  return {
    project: config.project,
    environment: {
      name: environmentName,
      protected: environment.protected ?? false,
      ...(environment.validates === undefined ? {} : { validates: environment.validates }),
    },
    services,
    pending: Object.entries(config.services).flatMap(([name, service]) =>
      isPending(service) ? [{ name, reason: service.reason ?? 'not built yet' }] : [],
    ),
    flags: desiredFlags(config, services),
    secrets: desiredSecrets(config, services),
    rollout: rolloutOf(config),
    watched: watchedBy(config, environmentName),
    ...(config.migrations === undefined ? {} : { migrations: { ...config.migrations, ...environment.migrations } }),
  }
}

function desiredFlags(config: FakturinoConfig, services: DesiredService[]): DesiredFlag[] {
  return Object.entries(config.flags ?? {}).map(([name, flag]) => ({
    name,
    variable: flag.variable,
    default: String(flag.default),
    riskyValue: String(flag.riskyValue),
    services: flag.services.filter((reader) => services.some((service) => service.name === reader)),
  }))
}

function desiredSecrets(config: FakturinoConfig, services: DesiredService[]): DesiredSecret[] {
  const declared = Object.entries(config.secrets ?? {}).map(([name, { purpose, generate, requiredBy = [] }]) => {
    const holders = holdersOf(name, services)
    return {
      name,
      ...(generate === undefined ? {} : { generate }),
      services: holders,
      requiredBy: requiredBy.filter((service) => holders.includes(service)),
      ...(purpose === undefined ? {} : { purpose }),
    }
  })
  const passwords = Object.entries(config.services).flatMap(([name, service]) =>
    service.kind === 'app' ? [] : [database(name, service).secret],
  )
  return [...declared.filter((secret) => secret.services.length > 0), ...passwords]
}

function holdersOf(secret: string, services: DesiredService[]): string[] {
  return services
    .filter(({ variables }) => Object.values(variables).some((one) => one.kind === 'secret' && one.secret === secret))
    .map(({ name }) => name)
}

function unknownEnvironment(name: string, known: string[]): OperatorError {
  const meant = nearest(name, known)
  return new OperatorError({
    kind: 'usage',
    code: 'unknown-environment',
    message: `The config has no environment '${name}'; it has ${listed(known) || 'none'}.`,
    hint: meant === undefined ? 'Name one of them with -e.' : `Did you mean -e ${meant}?`,
  })
}
