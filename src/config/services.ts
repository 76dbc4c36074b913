import { database } from './databases.ts'
import { type Expression, referencesIn, type VariableValue } from './expressions.ts'
import type { AppService, FakturinoConfig, ServiceConfig } from './fakturino-config.ts'
import type { Ordered } from './levels.ts'
import { own } from './own.ts'
import { providedVariables } from './railway-variables.ts'

/** Described, but not built yet. */
export function isPending(service: ServiceConfig): service is AppService & { status: 'pending' } {
  return service.kind === 'app' && service.status === 'pending'
}

/** The apps of a config by name, pending ones among them. */
export function appsOf(config: FakturinoConfig): [name: string, app: AppService][] {
  return Object.entries(config.services).flatMap(([name, service]) =>
    service.kind === 'app' ? [[name, service] satisfies [string, AppService]] : [],
  )
}

/** The repository and branch of an app in an environment: `owner/name#branch`; undefined where it has none. */
export function codebaseOf(config: FakturinoConfig, app: AppService, branch: string): string | undefined {
  if (app.source === undefined) return `${config.repository}#${branch}`
  if ('image' in app.source) return undefined
  return `${app.source.repository}#${app.source.branch ?? branch}`
}

/** The variables that are written for a service, flags apart: its own, and the port it listens at. */
export function valuesOf(service: ServiceConfig): Record<string, VariableValue> {
  const port = service.kind === 'app' ? service.port : undefined
  return { ...(port === undefined ? {} : { PORT: String(port) }), ...service.variables }
}

/** Every variable that others can refer to. */
export function variableNamesOf(config: FakturinoConfig, name: string, service: ServiceConfig): string[] {
  const flags = Object.values(config.flags ?? {}).filter((flag) => flag.services.includes(name))
  return [
    ...Object.keys(valuesOf(service)),
    ...(service.kind === 'app' ? [] : Object.keys(database(name, service).variables)),
    ...flags.map((flag) => flag.variable),
    ...providedVariables(service),
  ]
}

/** Does a command migrate? To look at what is pending migrates nothing. */
export function migrates(command: string): boolean {
  return /\bmigrate(?![:\w])/.test(command)
}

/** What an app runs between its build and traffic. */
export function preDeployOf(app: AppService): string[] {
  if (app.preDeploy === undefined) return []
  return typeof app.preDeploy === 'string' ? [app.preDeploy] : app.preDeploy
}

/** A variable's value in one environment; undefined where it has none there. */
export function valueIn(environment: string, value: VariableValue): string | Expression | undefined {
  return typeof value === 'object' && value.kind === 'per-environment' ? own(value.values, environment) : value
}

/** What the order of deployment asks about a service in one environment. */
export function ordered(config: FakturinoConfig, environment: string, name: string, service: ServiceConfig): Ordered {
  const branch = own(config.environments, environment)?.branch ?? ''
  const codebase = service.kind === 'app' ? codebaseOf(config, service, branch) : undefined
  const references = Object.values(service.variables ?? {}).flatMap((value) =>
    referencesIn(valueIn(environment, value) ?? ''),
  )
  const others = references.flatMap(({ service: other, variable }) =>
    other === undefined || other === name ? [] : [{ other, isAddress: variable.startsWith('RAILWAY_') }],
  )
  const needed = others.filter(({ isAddress }) => !isAddress).map(({ other }) => other)
  return {
    name,
    refersTo: others.map(({ other }) => other),
    addressOf: others.filter(({ isAddress, other }) => isAddress && !needed.includes(other)).map(({ other }) => other),
    ...(codebase === undefined ? {} : { codebase }),
    hasPreDeploy: service.kind === 'app' && preDeployOf(service).length > 0,
  }
}
