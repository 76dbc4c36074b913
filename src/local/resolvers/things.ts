import { activeDeployments, canRedeploy, canRollBack } from '../deploying.ts'
import type {
  Deployment,
  DeploymentEvent,
  Domain,
  Environment,
  Patch,
  PrintedRow,
  Project,
  RequestRow,
  ServiceInstance,
  VolumeInstance,
} from '../model.ts'
import type { PageArgs } from '../pages.ts'
import { countChanges, maskConfig } from '../patches.ts'
import { variableNames } from '../variables.ts'
import { shownSettings } from './instance-settings.ts'
import type { RequestContext } from './request-context.ts'
import type { Resolvers } from './resolvers.ts'

interface Decrypting {
  decryptVariables?: boolean | null
}

export const project: Resolvers<Project> = {
  environments: ({ environments }, { isEphemeral, ...args }: PageArgs & { isEphemeral?: boolean | null }, context) => {
    const all = [...environments.values()]
    return context.page(isEphemeral == null ? all : all.filter((other) => other.isEphemeral === isEphemeral), args)
  },
  services: ({ services }, args: PageArgs, context) => context.page(services.values(), args),
}

/** A project token may name the project's other environments, and look into none of them. */
export const environment: Resolvers<Environment> = {
  canAccess: (source, _args, context) => context.canAccess(source),
  config: (source, { decryptVariables }: Decrypting, context) => {
    context.mayUse('config')
    const { config } = opened(source, context)
    return maskConfig(config, config, decryptVariables === true, context.masked)
  },
  configEtag: (source, _args, context) => `${source.id}-${opened(source, context).revision}`,
  deploymentTriggers: (source, args: PageArgs, context) => {
    const followed = Array.from(opened(source, context).instances.values(), ({ trigger, service }) =>
      trigger === undefined ? [] : [{ ...trigger, environmentId: source.id, serviceId: service.id }],
    )
    return context.page(followed.flat(), args)
  },
  deployments: (source, args: PageArgs, context) => {
    const { id } = opened(source, context)
    const here = Array.from(context.model.deployments.values()).filter(({ instance }) => instance.environment.id === id)
    return context.page(here.reverse(), args)
  },
  projectId: (source) => source.project.id,
  serviceInstances: (source, args: PageArgs, context) => context.page(opened(source, context).instances.values(), args),
  unmergedChangesCount: (source, _args, context) => countChanges(opened(source, context).staged.patch),
  variables: (source, args: PageArgs, context) => context.page(variableNames(opened(source, context)), args),
  volumeInstances: (source, args: PageArgs, context) =>
    context.page(opened(source, context).volumeInstances.values(), args),
}

export const serviceInstance: Resolvers<ServiceInstance> = {
  activeDeployments: (instance) => activeDeployments(instance),
  buildCommand: (instance) => shownSettings(instance).buildCommand,
  domains: ({ domains }) => {
    const ofKind = (kind: Domain['kind']) => domains.filter((domain) => domain.kind === kind)
    return { serviceDomains: ofKind('service'), customDomains: ofKind('custom') }
  },
  environmentId: (instance) => instance.environment.id,
  healthcheckPath: (instance) => shownSettings(instance).healthcheckPath,
  healthcheckTimeout: (instance) => shownSettings(instance).healthcheckTimeout,
  latestDeployment: ({ deployments }) => deployments.at(-1),
  numReplicas: (instance) => shownSettings(instance).numReplicas,
  preDeployCommand: (instance) => shownSettings(instance).preDeployCommand,
  region: (instance) => shownSettings(instance).region,
  restartPolicyMaxRetries: (instance) => shownSettings(instance).restartPolicyMaxRetries,
  restartPolicyType: (instance) => shownSettings(instance).restartPolicyType,
  serviceId: ({ service }) => service.id,
  serviceName: ({ service }) => service.name,
  source: (instance) => {
    const source = instance.environment.config.services?.[instance.service.id]?.source
    return source && { image: source.image, repo: source.repo }
  },
  startCommand: (instance) => shownSettings(instance).startCommand,
}

export const volumeInstance: Resolvers<VolumeInstance> = {
  // Nothing is ever written to a simulated volume.
  currentSizeMB: () => 0,
  isPendingDeletion: () => false,
  state: () => 'READY',
}

export const patch: Resolvers<Patch> = {
  patch: (source, { decryptVariables }: Decrypting, context) => {
    const { config } = context.environment(source.environmentId)
    return maskConfig(source.patch, config, decryptVariables === true, context.masked)
  },
}

export const deployment: Resolvers<Deployment> = {
  canRedeploy: (source) => canRedeploy(source),
  canRollback: (source, _args, context) => canRollBack(context.model, source),
  deploymentStopped: ({ stopped }) => stopped,
  environmentId: ({ instance }) => instance.environment.id,
  meta: (source) => meta(source),
  serviceId: ({ instance }) => instance.service.id,
}

export const deploymentEvent: Resolvers<DeploymentEvent> = {
  payload: ({ createdAt, completedAt, error, reason }) =>
    completedAt === undefined ? null : { durationMs: completedAt - createdAt, error, reason },
}

/** The values of attributes are JSON. */
export const log: Resolvers<PrintedRow> = {
  attributes: ({ attributes, severity }) => {
    const shown = [{ key: 'level', value: `"${severity}"` }]
    for (const key of Object.keys(attributes)) {
      if (key !== 'level') shown.push({ key, value: JSON.stringify(attributes[key]) })
    }
    return shown
  },
  tags: ({ deployment: { id, instance, snapshotId }, instanceId, kind }) => ({
    deploymentId: id,
    deploymentInstanceId: instanceId,
    environmentId: instance.environment.id,
    projectId: instance.environment.project.id,
    serviceId: instance.service.id,
    snapshotId: kind === 'build' ? snapshotId : undefined,
  }),
  timestamp: ({ time }) => time,
}

export const httpLog: Resolvers<RequestRow> = {
  deploymentId: ({ deployment: { id } }) => id,
  timestamp: ({ time }) => time,
}

function opened(source: Environment, context: RequestContext): Environment {
  return context.environment(source.id)
}

function meta({ origin, settings, patchId }: Deployment): Record<string, unknown> {
  const made =
    origin.kind === 'image'
      ? { image: origin.image }
      : origin.kind === 'upload'
        ? {}
        : {
            repo: origin.repository,
            branch: origin.branch,
            commitHash: origin.commit.sha,
            commitMessage: origin.commit.message,
          }
  return {
    ...made,
    patchId: patchId ?? null,
    serviceManifest: { build: settings.build ?? {}, deploy: settings.deploy ?? {} },
    fileServiceManifest: {},
  }
}
