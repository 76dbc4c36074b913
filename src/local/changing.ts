import type { EnvironmentConfig, ServiceConfig, VariableConfig } from '../contract/environment-config.ts'
import { activeDeployments, deployBatch } from './deploying.ts'
import { Ledger } from './ledger.ts'
import type { Domain, Environment, Patch, ServiceInstance } from './model.ts'
import { applyPatch, combinePatches, countChanges, replicasOf, servicesToDeploy } from './patches.ts'
import { cannotProcess, PlatformError } from './platform-error.ts'
import type { PlatformModel } from './platform-model.ts'
import { recordOf } from './records.ts'
import { validatePatch } from './validate-patch.ts'

/** An empty staged patch: the placeholder of an environment in which nothing waits. */
export function emptyPatch(model: PlatformModel, environmentId: string): Patch {
  const now = model.agenda.now()
  return {
    id: model.id(),
    environmentId,
    status: 'STAGED',
    patch: {},
    message: undefined,
    createdAt: now,
    updatedAt: now,
    appliedAt: undefined,
    appliedBy: undefined,
    lastAppliedError: undefined,
  }
}

/** Adds to what is staged, or puts the input in its place. */
export function stage(model: PlatformModel, environment: Environment, input: EnvironmentConfig, merge: boolean): Patch {
  const { staged } = environment
  staged.patch = merge ? combinePatches(staged.patch, input) : input
  staged.updatedAt = model.agenda.now()
  staged.lastAppliedError = undefined
  return staged
}

export interface CommitOptions {
  message?: string | undefined
  skipDeploys?: boolean | undefined
}

/** Everything that is staged, whoever staged it, becomes one committed patch that keeps its id. */
export function commitStaged(model: PlatformModel, environment: Environment, options: CommitOptions): Patch {
  const { staged } = environment
  try {
    commit(model, environment, staged, options)
  } catch (error) {
    if (error instanceof PlatformError && countChanges(staged.patch) > 0) staged.lastAppliedError = error.reason
    throw error
  }
  environment.staged = emptyPatch(model, environment.id)
  model.patches.set(environment.staged.id, environment.staged)
  return staged
}

/** Applied at once; what is staged stays staged. */
export function commitDirectly(
  model: PlatformModel,
  environment: Environment,
  config: EnvironmentConfig,
  options: CommitOptions,
): Patch {
  const patch = { ...emptyPatch(model, environment.id), patch: config }
  commit(model, environment, patch, options)
  model.patches.set(patch.id, patch)
  return patch
}

/** Puts new settings in place of the old ones, and keeps everything that has an id of its own in step with them. */
export function replaceConfig(model: PlatformModel, environment: Environment, next: EnvironmentConfig): void {
  environment.config = next
  environment.revision++
  reconcileInstances(model, environment)
  reconcileVolumes(model, environment)
}

/** One service's settings, changed outside of any patch. */
export function changeService(
  model: PlatformModel,
  environment: Environment,
  serviceId: string,
  patch: ServiceConfig,
): void {
  replaceConfig(model, environment, applyPatch(environment.config, { services: { [serviceId]: patch } }))
}

/** Stored at once and without a patch. Without `serviceId` they are shared. A null removes a variable. */
export function writeVariables(
  model: PlatformModel,
  environment: Environment,
  serviceId: string | undefined,
  variables: Readonly<Record<string, VariableConfig | null>>,
  { replace = false, skipDeploys = false }: { replace?: boolean; skipDeploys?: boolean },
): void {
  if (serviceId !== undefined) model.instance(environment, serviceId)
  const before = environment.config
  const stored = serviceId === undefined ? before.sharedVariables : before.services?.[serviceId]?.variables
  const removed = replace ? Object.keys(recordOf(stored)).filter((name) => !(name in variables)) : []
  const all = { ...variables, ...Object.fromEntries(removed.map((name) => [name, null])) }
  const patch = serviceId === undefined ? { sharedVariables: all } : { services: { [serviceId]: { variables: all } } }
  replaceConfig(model, environment, applyPatch(before, patch))
  if (skipDeploys) return
  const affected = serviceId === undefined ? servicesToDeploy(before, environment.config) : [serviceId]
  deployBatch(model, environment, affected)
}

/** The repository and branch that an instance follows; pushes deploy it from then on. */
export function followSource(model: PlatformModel, instance: ServiceInstance): void {
  const { repo, branch } = instance.environment.config.services?.[instance.service.id]?.source ?? {}
  if (!repo) {
    instance.trigger = undefined
    instance.autoDeploy = false
    return
  }
  const followed = { repository: repo, branch: branch ?? model.repositories.defaultBranch(repo) }
  const { trigger } = instance
  if (trigger?.repository === followed.repository && trigger.branch === followed.branch) return
  instance.trigger = { id: trigger?.id ?? model.id(), ...followed }
  instance.autoDeploy = true
}

/** A trigger made past any patch: the settings name the same repository and branch from then on. */
export function follow(
  model: PlatformModel,
  instance: ServiceInstance,
  { repository, branch }: { repository: string; branch: string },
): ServiceInstance {
  if (instance.trigger !== undefined) throw cannotProcess('The service follows a branch already')
  const { environment, service } = instance
  changeService(model, environment, service.id, { source: { repo: repository, branch } })
  followSource(model, instance)
  return instance
}

/** The same for a trigger that is there. */
export function moveTrigger(
  model: PlatformModel,
  instance: ServiceInstance,
  { repository, branch }: { repository?: string | null; branch?: string | null },
): ServiceInstance {
  const { environment, service, trigger } = instance
  const source = { repo: repository ?? trigger?.repository ?? null, branch: branch ?? trigger?.branch ?? null }
  changeService(model, environment, service.id, { source })
  followSource(model, instance)
  return instance
}

function commit(model: PlatformModel, environment: Environment, patch: Patch, options: CommitOptions): void {
  if (countChanges(patch.patch) === 0) throw new PlatformError('No patch to apply')
  const before = environment.config
  const next = applyPatch(before, patch.patch)
  const refusal = validatePatch(model, environment, patch.patch, next)
  if (refusal !== undefined) throw cannotProcess(refusal)
  replaceConfig(model, environment, next)
  const now = model.agenda.moment()
  Object.assign(patch, {
    status: 'COMMITTED',
    message: options.message,
    appliedAt: now,
    appliedBy: model.actor,
    updatedAt: now,
  })
  environment.patches.push(patch)
  for (const instance of environment.instances.values()) {
    const { id } = instance.service
    const differs = JSON.stringify(before.services?.[id]?.source) !== JSON.stringify(next.services?.[id]?.source)
    if (differs) followSource(model, instance)
  }
  if (options.skipDeploys !== true) deployAffected(model, environment, before, patch.id)
}

function deployAffected(
  model: PlatformModel,
  environment: Environment,
  before: EnvironmentConfig,
  patchId: string,
): void {
  const affected = servicesToDeploy(before, environment.config)
  for (const instance of environment.instances.values()) {
    const { id } = instance.service
    if (affected.includes(id)) continue
    const replicas = replicasOf(environment.config.services?.[id] ?? {})
    if (replicas === replicasOf(before.services?.[id] ?? {})) continue
    for (const active of activeDeployments(instance)) model.lifecycle.scale(active, replicas)
  }
  deployBatch(model, environment, affected, patchId)
}

function reconcileInstances(model: PlatformModel, environment: Environment): void {
  const services = environment.config.services ?? {}
  for (const [id, instance] of environment.instances) {
    if (services[id] != null) continue
    for (const deployment of instance.deployments) model.lifecycle.remove(deployment, 'the service was deleted')
    environment.instances.delete(id)
  }
  for (const [id, config] of Object.entries(services)) {
    const service = environment.project.services.get(id)
    if (config == null || service === undefined) continue
    const instance = environment.instances.get(id) ?? newInstance(model, environment, service)
    instance.domains = domainsOf(model, instance, config)
  }
}

/** Of one service in one environment; older ones are forgotten. */
const mostRequestsKept = 50_000

function newInstance(model: PlatformModel, environment: Environment, service: ServiceInstance['service']) {
  const instance: ServiceInstance = {
    id: model.id(),
    service,
    environment,
    trigger: undefined,
    autoDeploy: false,
    domains: [],
    deployments: [],
    requests: new Ledger(mostRequestsKept),
    condition: {},
    cachedVariables: undefined,
    visitors: undefined,
  }
  environment.instances.set(service.id, instance)
  return instance
}

function domainsOf(model: PlatformModel, instance: ServiceInstance, config: ServiceConfig): Domain[] {
  const { serviceDomains, customDomains } = config.networking ?? {}
  const known = (kind: Domain['kind'], entries: Record<string, { port?: number } | null> | undefined) =>
    Object.entries(entries ?? {}).map(
      ([domain, entry]): Domain => ({
        id: instance.domains.find((other) => other.domain === domain)?.id ?? model.id(),
        domain,
        kind,
        environmentId: instance.environment.id,
        serviceId: instance.service.id,
        targetPort: entry?.port,
      }),
    )
  return [...known('service', serviceDomains), ...known('custom', customDomains)]
}

function reconcileVolumes(model: PlatformModel, environment: Environment): void {
  const volumes = environment.config.volumes ?? {}
  for (const id of environment.volumeInstances.keys()) if (volumes[id] == null) environment.volumeInstances.delete(id)
  for (const [volumeId, config] of Object.entries(volumes)) {
    if (config == null || !environment.project.volumes.has(volumeId)) continue
    const known = environment.volumeInstances.get(volumeId)
    const mount = Object.entries(environment.config.services ?? {}).find(
      ([, service]) => service?.volumeMounts?.[volumeId],
    )
    environment.volumeInstances.set(volumeId, {
      id: known?.id ?? model.id(),
      volumeId,
      environmentId: environment.id,
      serviceId: mount?.[0],
      mountPath: mount?.[1]?.volumeMounts?.[volumeId]?.mountPath ?? known?.mountPath ?? '',
      sizeMB: config.sizeMB ?? known?.sizeMB ?? defaultVolumeMB,
    })
  }
}

/** What a volume has where nobody said more: the smallest that the platform gives. */
export const defaultVolumeMB = 500
