import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import type { ServiceSettings } from '../platform/service-settings.ts'
import { database } from './databases.ts'
import { desiredService } from './desired-service.ts'
import type { FakturinoConfig } from './fakturino-config.ts'
import { deploymentLevels } from './levels.ts'
import { nearest } from './nearest.ts'
import { own } from './own.ts'
import { isPending, ordered } from './services.ts'

/** What the config wants of one environment, resolved: no defaults left to apply, no environment left to choose. */
export interface DesiredState {
  project: { name: string; id?: string }
  environment: DesiredEnvironment
  /** In the order of deployment: `level` never falls. */
  services: DesiredService[]
  /** Described, but not built yet: never created, never deployed. */
  pending: { name: string; reason: string }[]
  flags: DesiredFlag[]
  secrets: DesiredSecret[]
}

export interface DesiredEnvironment {
  name: string
  /** A change here needs `-e` spelled out and an approval. */
  protected: boolean
  /** The environment for which this one produces evidence. */
  validates?: string
}

export interface DesiredService {
  name: string
  kind: 'app' | 'postgres' | 'redis'
  settings: ServiceSettings
  variables: Record<string, DesiredVariable>
  /** `sizeMB` is a minimum: a larger volume is no difference. */
  volume?: { mountPath: string; sizeMB: number }
  domain?: { targetPort: number; custom?: string }
  /** Should pushes deploy it without us? Only for code from a repository. */
  autoDeploy?: boolean
  /** 0 deploys first; services of one level deploy together. */
  level: number
  /** `owner/name#branch`: services with the same one always run the same commit. */
  codebase?: string
  /** How we ask over its domain whether it is up. */
  liveness?: { path: string; status: number }
}

/** `text` may hold references (`${{postgres.DATABASE_URL}}`) and may be shown; a secret is known by its name only. */
export type DesiredVariable = { kind: 'text'; value: string } | { kind: 'secret'; secret: string }

/** A feature flag's variable. Written by `deploy` only when it does not exist yet. */
export interface DesiredFlag {
  /** The flag's name: `partner_mocked_data`. */
  name: string
  /** `FEATURE_PARTNER_MOCKED_DATA` */
  variable: string
  default: string
  /** The value that needs evidence. */
  riskyValue: string
  /** Names of the services that read it. */
  services: string[]
}

export interface DesiredSecret {
  name: string
  /** Absent: a person supplies it. */
  generate?: SecretGenerator
  /** Names of the services that hold it. */
  services: string[]
  /** Of those, the ones that cannot start without it. */
  requiredBy: string[]
  /** What it is for, for the person who must supply it. */
  purpose?: string
}

/** `laravel-key`: `base64:` and 32 bytes; `letters`: 32 letters, as the platform's own databases have; `hex`: 32 bytes. */
export type SecretGenerator = 'laravel-key' | 'letters' | 'hex'

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
