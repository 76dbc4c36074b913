import type { ServiceConfig } from '../contract/environment-config.ts'
import { Ledger } from './ledger.ts'
import { isInProgress } from './lifecycle.ts'
import type { Deployment, Environment, Origin, ServiceInstance } from './model.ts'
import { cannotProcess, PlatformError } from './platform-error.ts'
import type { PlatformModel } from './platform-model.ts'
import type { Commit } from './repositories.ts'
import { deploymentVariables, referencedServices } from './variables.ts'

/** How long the image of a removed deployment is kept: as on the Pro plan. */
const retentionMs = 120 * 60 * 60 * 1000

/** As many as a client may ask for, and the one that comes on top. */
const mostBuildRows = 5_001

/** What to deploy: a commit, the newest one, or what runs already (at first: the newest one). */
export interface Wanted {
  commitSha?: string | undefined
  latest?: boolean | undefined
}

/** A new deployment with the settings and variables that are stored now. */
export function deployInstance(model: PlatformModel, instance: ServiceInstance, wanted: Wanted = {}): Deployment {
  const settings = settingsOf(instance)
  const deployment = newDeployment(model, instance, originFor(model, instance, settings, wanted), settings)
  model.lifecycle.begin(deployment)
  return deployment
}

/** Code that was sent from a directory, with the settings and variables that are stored now, whatever source the service has. */
export function deployUpload(model: PlatformModel, instance: ServiceInstance, commit: Commit): Deployment {
  const deployment = newDeployment(model, instance, { kind: 'upload', commit }, settingsOf(instance))
  model.lifecycle.begin(deployment)
  return deployment
}

/**
 * New deployments of several services on the commits they run, where a service waits for those of the others that it
 * references, directly or not. A service without a source, or whose repository is not known, gets none.
 */
export function deployBatch(
  model: PlatformModel,
  environment: Environment,
  serviceIds: readonly string[],
  patchId?: string,
): Deployment[] {
  const batch = serviceIds.flatMap((id) => {
    const instance = environment.instances.get(id)
    if (instance === undefined) return []
    const settings = settingsOf(instance)
    const origin = deployableOrigin(model, instance, settings)
    return origin === undefined ? [] : [newDeployment(model, instance, origin, settings, { patchId })]
  })
  const reachable = reachability(environment)
  for (const deployment of batch) {
    const { id } = deployment.instance.service
    deployment.waitsFor = batch.filter(({ instance }) => {
      const other = instance.service.id
      // Two that reference each other wait for nobody.
      return other !== id && reachable(id).has(other) && !reachable(other).has(id)
    })
  }
  for (const deployment of batch) model.lifecycle.begin(deployment)
  return batch
}

/** The same source, settings and variables again; built again unless its image is asked for. */
export function redeploy(model: PlatformModel, old: Deployment, usePreviousImage: boolean): Deployment {
  const deployment = newDeployment(model, old.instance, old.origin, old.settings, {
    variables: old,
    builds: !usePreviousImage && old.origin.kind !== 'image',
  })
  model.lifecycle.begin(deployment)
  return deployment
}

/** The old image with its settings and variables, without a build. */
export function rollBack(model: PlatformModel, old: Deployment): Deployment {
  if (!canRollBack(model, old)) throw cannotProcess('The image of this deployment is not kept')
  const deployment = newDeployment(model, old.instance, old.origin, old.settings, { variables: old, builds: false })
  model.lifecycle.begin(deployment)
  return deployment
}

export function restart(model: PlatformModel, deployment: Deployment): void {
  const isUp = deployment.status === 'SUCCESS' || deployment.status === 'CRASHED'
  if (!isUp) throw cannotProcess('Only a deployment that is live or crashed can be restarted')
  model.lifecycle.restart(deployment)
}

export function canRollBack(model: PlatformModel, { wasLive, removedAt }: Deployment): boolean {
  return wasLive && removedAt !== undefined && model.agenda.now() - removedAt <= retentionMs
}

export function canRedeploy(deployment: Deployment): boolean {
  return !isInProgress(deployment)
}

/** Running now, the newest first. */
export function activeDeployments(instance: ServiceInstance): Deployment[] {
  return instance.deployments.filter(({ status }) => status === 'SUCCESS' || status === 'SLEEPING').reverse()
}

/** A commit arrives on a branch: every service that follows it is deployed, in no order. */
export function pushed(model: PlatformModel, repository: string, branch: string, commitSha: string): void {
  for (const environment of model.environments()) {
    for (const instance of environment.instances.values()) {
      const { trigger, autoDeploy } = instance
      if (!autoDeploy || trigger?.repository !== repository || trigger.branch !== branch) continue
      if (settingsOf(instance).source?.repo === repository) deployInstance(model, instance, { commitSha })
    }
  }
}

function originFor(model: PlatformModel, instance: ServiceInstance, settings: ServiceConfig, wanted: Wanted): Origin {
  const { repo, image, branch: chosen } = settings.source ?? {}
  if (!repo) {
    if (image) return { kind: 'image', image }
    const uploaded = instance.deployments.findLast(({ origin }) => origin.kind === 'upload')?.origin
    if (uploaded === undefined) throw cannotProcess('The service has no source')
    return uploaded
  }
  const { repositories } = model
  if (!repositories.has(repo)) throw cannotProcess(`The repository ${repo} is not known`)
  const branch = chosen ?? instance.trigger?.branch ?? repositories.defaultBranch(repo)
  const commit =
    wanted.commitSha !== undefined
      ? repositories.find(repo, wanted.commitSha)
      : ((wanted.latest === true ? undefined : runningCommit(instance, repo, branch)) ??
        repositories.head(repo, branch))
  if (commit === undefined) throw new PlatformError('Commit not found')
  return { kind: 'commit', repository: repo, branch, commit }
}

function deployableOrigin(
  model: PlatformModel,
  instance: ServiceInstance,
  settings: ServiceConfig,
): Origin | undefined {
  try {
    return originFor(model, instance, settings, {})
  } catch (error) {
    if (error instanceof PlatformError) return undefined
    throw error
  }
}

/** What is live, else what was tried last, as long as it comes from that branch. */
function runningCommit({ deployments }: ServiceInstance, repository: string, branch: string) {
  const running = deployments.findLast(({ status }) => status === 'SUCCESS') ?? deployments.at(-1)
  const origin = running?.origin
  return origin?.kind === 'commit' && origin.repository === repository && origin.branch === branch
    ? origin.commit
    : undefined
}

interface Special {
  patchId?: string | undefined
  /** The deployment whose variables it starts with, instead of those stored now. */
  variables?: Pick<Deployment, 'variables' | 'shownVariables'>
  builds?: boolean
}

function newDeployment(
  model: PlatformModel,
  instance: ServiceInstance,
  origin: Origin,
  settings: ServiceConfig,
  special: Special = {},
): Deployment {
  const createdAt = model.agenda.moment()
  const deployment: Deployment = {
    id: model.id(),
    instance,
    createdAt,
    creator: model.actor,
    status: 'INITIALIZING',
    statusUpdatedAt: createdAt,
    origin,
    settings,
    variables: special.variables?.variables ?? deploymentVariables(instance, origin, 'container'),
    shownVariables: special.variables?.shownVariables ?? deploymentVariables(instance, origin, 'client'),
    patchId: special.patchId,
    builds: special.builds ?? origin.kind !== 'image',
    waitsFor: [],
    events: [],
    snapshotId: model.id(),
    buildRows: new Ledger(mostBuildRows),
    instances: [],
    startedAt: undefined,
    run: 0,
    restarts: 0,
    wasLive: false,
    gaveUpVolume: false,
    stopped: false,
    removedAt: undefined,
  }
  instance.deployments.push(deployment)
  model.deployments.set(deployment.id, deployment)
  return deployment
}

function settingsOf({ environment, service }: ServiceInstance): ServiceConfig {
  return environment.config.services?.[service.id] ?? {}
}

/** From a service's id to the ids of all that it references, directly or through others. */
function reachability(environment: Environment): (serviceId: string) => ReadonlySet<string> {
  const idByName = new Map(Array.from(environment.instances.values(), ({ service }) => [service.name, service.id]))
  const known = new Map<string, Set<string>>()
  return (serviceId) => {
    const cached = known.get(serviceId)
    if (cached !== undefined) return cached
    const found = new Set<string>()
    const open = [serviceId]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const instance = environment.instances.get(id)
      for (const name of instance === undefined ? [] : referencedServices(instance)) {
        const other = idByName.get(name)
        if (other === undefined || found.has(other)) continue
        found.add(other)
        open.push(other)
      }
    }
    known.set(serviceId, found)
    return found
  }
}
