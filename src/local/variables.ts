import type { VariableConfig } from '../contract/environment-config.ts'
import type { Environment, Origin, ServiceInstance } from './model.ts'
import { referencesIn, render } from './rendering.ts'

/** Who asks: a container gets sealed values, an API client never does, nor any value made from one. */
export type Audience = 'container' | 'client'

interface Reading {
  audience: Audience
  /** `RAILWAY_*` too? */
  provided: boolean
  /** The code that a service runs or is about to run. */
  originOf: (instance: ServiceInstance) => Origin | undefined
}

/** What is stored, references intact; sealed values and entries without a value are left out. */
export function storedVariables(environment: Environment, serviceId: string | undefined): Record<string, string> {
  return Object.fromEntries(storedMap(variablesOf(environment, serviceId), 'client'))
}

/** What there is, without values: sealed variables too. */
export function variableNames(environment: Environment) {
  const owners = [undefined, ...environment.instances.keys()]
  return owners.flatMap((serviceId) =>
    Object.entries(variablesOf(environment, serviceId)).map(([name, entry]) => ({
      id: [environment.id, serviceId ?? 'shared', name].join('/'),
      name,
      environmentId: environment.id,
      serviceId,
      isSealed: entry?.isSealed === true,
    })),
  )
}

/** Rendered, without what the platform provides. */
export function renderedVariables(environment: Environment, serviceId: string | undefined): Record<string, string> {
  const names = storedMap(variablesOf(environment, serviceId), 'client')
  const all = renderAll(environment, serviceId, { audience: 'client', provided: true, originOf: activeOrigin })
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)))
}

/** Rendered, with what the platform provides, as a deployment of that code would get them. */
export function deploymentVariables(
  instance: ServiceInstance,
  origin: Origin | undefined,
  audience: Audience,
): Record<string, string> {
  return renderAll(instance.environment, instance.service.id, {
    audience,
    provided: true,
    originOf: (other) => (other === instance ? origin : activeOrigin(other)),
  })
}

/** Names of the services whose variables a service's own variables reference. */
export function referencedServices(instance: ServiceInstance): Set<string> {
  const values = Object.values(variablesOf(instance.environment, instance.service.id))
  const owners = values.flatMap((entry) => referencesIn(entry?.value ?? '').map((reference) => reference.owner))
  return new Set(owners.filter((owner): owner is string => owner !== undefined && owner !== 'shared'))
}

/** What runs: the newest deployment that is live. */
export function activeOrigin(instance: ServiceInstance): Origin | undefined {
  return instance.deployments.findLast((deployment) => deployment.status === 'SUCCESS')?.origin
}

function renderAll(environment: Environment, serviceId: string | undefined, reading: Reading): Record<string, string> {
  const cache = new Map<string | undefined, Map<string, string>>()
  const stored = (owner: string | undefined) => {
    const cached = cache.get(owner)
    if (cached !== undefined) return cached
    const instance = owner === undefined ? undefined : environment.instances.get(owner)
    const provided = instance && reading.provided ? providedVariables(instance, reading.originOf(instance)) : []
    const map = new Map([...storedMap(variablesOf(environment, owner), reading.audience), ...provided])
    cache.set(owner, map)
    return map
  }
  const byName = new Map(Array.from(environment.instances.values(), ({ service }) => [service.name, service.id]))
  // `shared` is told apart from an unknown service by a source of its own.
  const shared = Symbol('shared')
  return render<string | typeof shared>(
    {
      stored: (owner) => stored(owner === shared ? undefined : owner),
      owned: (name) => (name === 'shared' ? shared : byName.get(name)),
    },
    serviceId ?? shared,
  )
}

function variablesOf(
  environment: Environment,
  serviceId: string | undefined,
): Readonly<Record<string, VariableConfig | null>> {
  if (serviceId === undefined) return environment.config.sharedVariables ?? {}
  return environment.config.services?.[serviceId]?.variables ?? {}
}

function storedMap(
  variables: Readonly<Record<string, VariableConfig | null>>,
  audience: Audience,
): Map<string, string> {
  return new Map(
    Object.entries(variables).flatMap(([name, entry]) =>
      typeof entry?.value === 'string' && (audience === 'container' || entry.isSealed !== true)
        ? [[name, entry.value] as const]
        : [],
    ),
  )
}

function providedVariables(instance: ServiceInstance, origin: Origin | undefined): [string, string][] {
  const { service, environment } = instance
  const { project } = environment
  const publicDomain = instance.domains[0]?.domain
  const volume = Array.from(environment.volumeInstances.values()).find(({ serviceId }) => serviceId === service.id)
  const entries: [string, string | undefined][] = [
    ['RAILWAY_PROJECT_NAME', project.name],
    ['RAILWAY_PROJECT_ID', project.id],
    ['RAILWAY_ENVIRONMENT_NAME', environment.name],
    ['RAILWAY_ENVIRONMENT_ID', environment.id],
    ['RAILWAY_SERVICE_NAME', service.name],
    ['RAILWAY_SERVICE_ID', service.id],
    ['RAILWAY_PRIVATE_DOMAIN', privateDomain(instance)],
    ['RAILWAY_PUBLIC_DOMAIN', publicDomain],
    ['RAILWAY_VOLUME_NAME', volume && project.volumes.get(volume.volumeId)?.name],
    ['RAILWAY_VOLUME_MOUNT_PATH', volume?.mountPath],
    ...(origin?.kind === 'commit' ? gitVariables(origin) : []),
  ]
  return entries.filter((entry): entry is [string, string] => entry[1] !== undefined)
}

function gitVariables({ repository, branch, commit }: Extract<Origin, { kind: 'commit' }>): [string, string][] {
  const [owner = '', name = ''] = repository.split('/')
  return [
    ['RAILWAY_GIT_COMMIT_SHA', commit.sha],
    ['RAILWAY_GIT_COMMIT_MESSAGE', commit.message],
    ['RAILWAY_GIT_BRANCH', branch],
    ['RAILWAY_GIT_REPO_OWNER', owner],
    ['RAILWAY_GIT_REPO_NAME', name],
  ]
}

function privateDomain({ service, environment }: ServiceInstance): string {
  const chosen = environment.config.services?.[service.id]?.networking?.privateNetworkEndpoint
  return `${typeof chosen === 'string' ? chosen : slug(service.name)}.railway.internal`
}

/** A name as it can stand in a host name. */
export function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
}
