import type { ServiceSettings } from '../platform/service-settings.ts'
import { database } from './databases.ts'
import type { DesiredService, DesiredVariable } from './desired.ts'
import { type Surroundings, writtenText } from './expressions.ts'
import type { AppService, EnvironmentSettings, FakturinoConfig, ServiceConfig } from './fakturino-config.ts'
import { own } from './own.ts'
import { durationMs, sizeMB } from './quantities.ts'
import { codebaseOf, preDeployOf, valueIn, valuesOf } from './services.ts'

/** One service in one environment, resolved. */
export function desiredService(
  config: FakturinoConfig,
  environmentName: string,
  name: string,
  service: ServiceConfig,
  level: number,
): DesiredService {
  const environment = own(config.environments, environmentName)
  const variables = desiredVariables(config, environmentName, name, service)
  if (service.kind !== 'app') {
    const { settings, volume, variables: made } = database(name, service)
    return { name, kind: service.kind, settings, variables: { ...made, ...variables }, volume, level }
  }
  const codebase = codebaseOf(config, service, environment?.branch ?? '')
  return {
    name,
    kind: 'app',
    settings: appSettings(config, service, environment),
    variables,
    ...(service.volume === undefined
      ? {}
      : { volume: { mountPath: service.volume.mountPath, sizeMB: sizeMB(service.volume.size) } }),
    ...domainOf(name, service, environment),
    ...(codebase === undefined ? {} : { codebase, autoDeploy: service.autoDeploy ?? false }),
    level,
    ...(service.domain === true && service.healthcheck !== undefined
      ? { liveness: livenessOf(config, name, service.healthcheck) }
      : {}),
    ...(service.domain === true && service.revision !== undefined ? { revision: service.revision } : {}),
  }
}

function appSettings(
  config: FakturinoConfig,
  app: AppService,
  environment: EnvironmentSettings | undefined,
): ServiceSettings {
  const preDeploy = preDeployOf(app)
  const { healthcheck } = app
  return {
    ...sourceOf(config, app, environment),
    ...(app.build === undefined ? {} : { buildCommand: app.build }),
    ...(preDeploy.length === 0 ? {} : { preDeploy }),
    ...(app.start === undefined ? {} : { startCommand: app.start }),
    ...(healthcheck === undefined ? {} : { healthcheckPath: healthcheck.path }),
    ...(healthcheck?.deployTimeout === undefined
      ? {}
      : { healthcheckTimeoutSeconds: Math.ceil(durationMs(healthcheck.deployTimeout) / 1000) }),
    ...(app.restart === undefined ? {} : { restartPolicy: app.restart }),
    ...(app.restartRetries === undefined ? {} : { restartRetries: app.restartRetries }),
    ...(app.replicas === undefined ? {} : { replicas: app.replicas }),
    ...(app.region === undefined ? {} : { region: app.region }),
  }
}

function sourceOf(
  config: FakturinoConfig,
  { source }: AppService,
  environment: EnvironmentSettings | undefined,
): ServiceSettings {
  if (source !== undefined && 'image' in source) return { image: source.image }
  const branch = source?.branch ?? environment?.branch
  return { repo: source?.repository ?? config.repository, ...(branch === undefined ? {} : { branch }) }
}

function domainOf(
  name: string,
  app: AppService,
  environment: EnvironmentSettings | undefined,
): Pick<DesiredService, 'domain'> {
  if (app.domain !== true || app.port === undefined) return {}
  const custom = own(environment?.domains, name)
  return { domain: { targetPort: app.port, ...(custom === undefined ? {} : { custom }) } }
}

function desiredVariables(
  config: FakturinoConfig,
  environmentName: string,
  name: string,
  service: ServiceConfig,
): Record<string, DesiredVariable> {
  const environment = own(config.environments, environmentName)
  const surroundings: Surroundings = {
    service: name,
    customDomain: (other) => own(environment?.domains, other),
    port: (other) => {
      const target = own(config.services, other)
      return target?.kind === 'app' ? target.port : undefined
    },
  }
  const entries = Object.entries(valuesOf(service)).flatMap(([variable, written]) => {
    const value = valueIn(environmentName, written)
    if (value === undefined) return []
    const desired: DesiredVariable =
      typeof value === 'object' && value.kind === 'secret'
        ? { kind: 'secret', secret: value.secret }
        : { kind: 'text', value: writtenText(value, surroundings) }
    return [[variable, desired] satisfies [string, DesiredVariable]]
  })
  return { ...Object.fromEntries(entries), ...flagVariables(config, name) }
}

/** The flags that a service reads, at the value that a new environment starts with. */
function flagVariables({ flags = {} }: FakturinoConfig, service: string): Record<string, DesiredVariable> {
  return Object.fromEntries(
    Object.values(flags)
      .filter((flag) => flag.services.includes(service))
      .map((flag): [string, DesiredVariable] => [flag.variable, { kind: 'text', value: String(flag.default) }]),
  )
}

function livenessOf(
  { checks = {} }: FakturinoConfig,
  name: string,
  { path, status = 200 }: NonNullable<AppService['healthcheck']>,
): NonNullable<DesiredService['liveness']> {
  const advisory = Object.values(checks).flatMap((check) =>
    check.service === name && check.path === path && check.format === 'health' ? (check.advisory ?? []) : [],
  )
  return { path, status, ...(advisory.length === 0 ? {} : { advisory }) }
}
