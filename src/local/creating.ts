import type { ServiceConfig, SourceConfig, VariableConfig } from '../contract/environment-config.ts'
import { changeService, defaultVolumeMB, emptyPatch, followSource, replaceConfig } from './changing.ts'
import { activeDeployments, deployBatch } from './deploying.ts'
import { Ledger } from './ledger.ts'
import type { Domain, Environment, Project, Service, ServiceInstance, Volume } from './model.ts'
import { applyPatch } from './patches.ts'
import { cannotProcess, notAuthorized } from './platform-error.ts'
import type { PlatformModel } from './platform-model.ts'
import { slug } from './variables.ts'

/** Of one environment; older rows are forgotten. */
const mostRowsKept = 200_000

export interface NewProject {
  name: string
  defaultEnvironmentName?: string | undefined
  workspaceId?: string | undefined
}

export function createProject(model: PlatformModel, input: NewProject): Project {
  const workspaceId = input.workspaceId ?? model.workspace.id
  if (workspaceId !== model.workspace.id) throw notAuthorized()
  const project: Project = {
    id: model.id(),
    name: input.name,
    workspaceId,
    createdAt: model.agenda.now(),
    environments: new Map(),
    services: new Map(),
    volumes: new Map(),
  }
  model.projects.set(project.id, project)
  createEnvironment(model, project, { name: input.defaultEnvironmentName ?? 'production' })
  return project
}

/** Made from no other one, it starts without services. */
export function createEnvironment(
  model: PlatformModel,
  project: Project,
  { name, isEphemeral = false }: { name: string; isEphemeral?: boolean },
): Environment {
  if (Array.from(project.environments.values()).some((other) => other.name === name)) {
    throw cannotProcess(`The project has an environment ${name} already`)
  }
  const id = model.id()
  const environment: Environment = {
    id,
    name,
    project,
    createdAt: model.agenda.now(),
    isEphemeral,
    config: {},
    revision: 0,
    staged: emptyPatch(model, id),
    patches: [],
    instances: new Map(),
    volumeInstances: new Map(),
    rows: new Ledger(mostRowsKept),
  }
  model.remember(environment)
  return environment
}

export interface NewService {
  name?: string | undefined
  source?: SourceConfig | undefined
  variables?: Record<string, VariableConfig> | undefined
  settings?: ServiceConfig | undefined
}

/** With an instance in every environment that is no fork, or in the given fork alone; a source deploys it there. */
export function createService(model: PlatformModel, where: Environment, input: NewService): Service {
  const { project } = where
  const name = input.name ?? `service-${model.hex(2)}`
  if (Array.from(project.services.values()).some((other) => other.name === name)) {
    throw cannotProcess(`The project has a service ${name} already`)
  }
  const service = { id: model.id(), name }
  project.services.set(service.id, service)
  const settings: ServiceConfig = {
    ...input.settings,
    ...(input.source && { source: input.source }),
    ...(input.variables && { variables: input.variables }),
  }
  for (const environment of where.isEphemeral ? [where] : standing(project)) {
    changeService(model, environment, service.id, settings)
    followSource(model, model.instance(environment, service.id))
    if (input.source !== undefined) deployBatch(model, environment, [service.id])
  }
  return service
}

export interface NewVolume {
  serviceId?: string | undefined
  /** Undefined means every environment that is no fork, null none. */
  environment: Environment | null | undefined
  mountPath: string
  region?: string | undefined
}

/** A live service is deployed again with its new volume. */
export function createVolume(model: PlatformModel, project: Project, input: NewVolume): Volume {
  const { serviceId, mountPath, region } = input
  const environments = input.environment === null ? [] : input.environment ? [input.environment] : standing(project)
  if (serviceId !== undefined) {
    for (const environment of environments) refuseSecondVolume(model.instance(environment, serviceId))
  }
  const serviceName = serviceId === undefined ? undefined : project.services.get(serviceId)?.name
  const volume = {
    id: model.id(),
    name: serviceName === undefined ? `volume-${model.hex(2)}` : `${serviceName}-volume`,
  }
  project.volumes.set(volume.id, volume)
  for (const environment of environments) {
    const mounts = serviceId !== undefined && {
      services: { [serviceId]: { volumeMounts: { [volume.id]: { mountPath } } } },
    }
    const size = { sizeMB: defaultVolumeMB, ...(region !== undefined && { region }) }
    replaceConfig(model, environment, applyPatch(environment.config, { volumes: { [volume.id]: size }, ...mounts }))
    const created = environment.volumeInstances.get(volume.id)
    if (created !== undefined) created.mountPath = mountPath
    const instance = serviceId === undefined ? undefined : environment.instances.get(serviceId)
    if (instance !== undefined && activeDeployments(instance).length > 0) {
      deployBatch(model, environment, [instance.service.id])
    }
  }
  return volume
}

/** One per service instance: `<service>-<environment>-<4 hex>.up.railway.app`. */
export function createServiceDomain(model: PlatformModel, instance: ServiceInstance, targetPort?: number): Domain {
  if (instance.domains.some(({ kind }) => kind === 'service')) throw cannotProcess('The service has a domain already')
  const names = `${slug(instance.service.name)}-${slug(instance.environment.name)}`
  let domain = `${names}-${model.hex(2)}.up.railway.app`
  while (domainOwner(model, domain) !== undefined) domain = `${names}-${model.hex(2)}.up.railway.app`
  return addDomain(model, instance, 'serviceDomains', domain, targetPort)
}

export function createCustomDomain(
  model: PlatformModel,
  instance: ServiceInstance,
  domain: string,
  targetPort?: number,
): Domain {
  if (domainOwner(model, domain) !== undefined) throw cannotProcess(`The domain ${domain} is in use`)
  return addDomain(model, instance, 'customDomains', domain, targetPort)
}

/** The domain of that name, whichever environment it is in. */
export function domainOwner(
  model: PlatformModel,
  name: string,
): { domain: Domain; instance: ServiceInstance } | undefined {
  for (const environment of model.environments()) {
    for (const instance of environment.instances.values()) {
      const domain = instance.domains.find((other) => other.domain === name)
      if (domain !== undefined) return { domain, instance }
    }
  }
  return undefined
}

function addDomain(
  model: PlatformModel,
  instance: ServiceInstance,
  kind: 'serviceDomains' | 'customDomains',
  name: string,
  targetPort: number | undefined,
): Domain {
  const entry = targetPort === undefined ? {} : { port: targetPort }
  changeService(model, instance.environment, instance.service.id, { networking: { [kind]: { [name]: entry } } })
  const domain = instance.domains.find((other) => other.domain === name)
  if (domain === undefined) throw cannotProcess(`The domain ${name} could not be added`)
  return domain
}

function standing(project: Project): Environment[] {
  return Array.from(project.environments.values()).filter(({ isEphemeral }) => !isEphemeral)
}

function refuseSecondVolume({ environment, service }: ServiceInstance): void {
  const mounts = environment.config.services?.[service.id]?.volumeMounts ?? {}
  if (Object.keys(mounts).length > 0) throw cannotProcess(`The service ${service.name} has a volume already`)
}
