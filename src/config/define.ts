/** The author's side of a config: what `import … from 'fakturino'` gives. Imports nothing, so that a config loads at once. */
import type { Domain, Expression, PerEnvironment, Reference, SecretName, SharedReference, Url } from './expressions.ts'
import type { FakturinoConfig } from './fakturino-config.ts'

export type { VariableValue } from './expressions.ts'
export type {
  AppService,
  CheckConfig,
  Duration,
  EnvironmentSettings,
  FakturinoConfig,
  FlagConfig,
  MetricConfig,
  PostgresService,
  RedisService,
  SecretConfig,
  ServiceConfig,
  Size,
  ValidationSection,
  Variables,
} from './fakturino-config.ts'

/** Gives its argument back; it is there for the editor. `satisfies FakturinoConfig` does the same. */
export function defineConfig(config: FakturinoConfig): FakturinoConfig {
  return config
}

/** Another service's variable: `ref('postgres', 'DATABASE_URL')` is stored as `${{postgres.DATABASE_URL}}`. */
export function ref(service: string, variable: string): Reference {
  return { kind: 'reference', service, variable }
}

/** One of the environment's shared variables: `${{shared.X}}`. */
export function shared(variable: string): SharedReference {
  return { kind: 'shared', variable }
}

/** A secret by the name that `secrets` declares. */
export function secret(name: string): SecretName {
  return { kind: 'secret', secret: name }
}

/** The host name at which a service is reached from outside; without a name, that of the service itself. */
export function publicDomain(service?: string): Domain {
  return service === undefined ? { kind: 'public-domain' } : { kind: 'public-domain', service }
}

/** The host name at which a service is reached by the others; without a name, that of the service itself. */
export function privateDomain(service?: string): Domain {
  return service === undefined ? { kind: 'private-domain' } : { kind: 'private-domain', service }
}

/** `https://` and a public domain, or `http://`, a private domain and the `port` of that service. */
export function url(of: Domain): Url {
  return { kind: 'url', of }
}

/** One value for each environment: `perEnvironment({ staging: 'sandbox', production: 'live' })`. */
export function perEnvironment(values: Record<string, string | Expression>): PerEnvironment {
  return { kind: 'per-environment', values }
}
