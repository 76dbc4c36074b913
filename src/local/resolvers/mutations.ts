import type { EnvironmentConfig, ServiceConfig } from '../../contract/environment-config.ts'
import { isRecord } from '../../kit/json.ts'
import { changeService, commitDirectly, commitStaged, follow, moveTrigger, stage, writeVariables } from '../changing.ts'
import {
  createCustomDomain,
  createEnvironment,
  createProject,
  createService,
  createServiceDomain,
  createVolume,
} from '../creating.ts'
import { deployInstance, redeploy, restart, rollBack } from '../deploying.ts'
import type { ServiceInstance } from '../model.ts'
import { cannotProcess, PlatformError } from '../platform-error.ts'
import { instanceSettings, type ServiceInstanceUpdateInput } from './instance-settings.ts'
import type { RequestContext } from './request-context.ts'
import { given, type Resolvers } from './resolvers.ts'

interface Input<Of> {
  input: Of
}

interface OfService {
  environmentId: string
  serviceId: string
}

interface Variables {
  projectId: string
  environmentId: string
  serviceId?: string | null
  skipDeploys?: boolean | null
}

interface ServiceCreateInput {
  projectId: string
  environmentId: string
  name?: string | null
  branch?: string | null
  source?: { image?: string | null; repo?: string | null } | null
  variables?: unknown
}

interface VolumeCreateInput {
  projectId: string
  mountPath: string
  environmentId?: string | null
  region?: string | null
  serviceId?: string | null
}

export const mutations: Resolvers<unknown> = {
  customDomainCreate: (
    _,
    { input }: Input<OfService & { projectId: string; domain: string; targetPort?: number | null }>,
    context,
  ) => {
    const instance = instanceOf(context, input, input.projectId)
    return createCustomDomain(context.model, instance, input.domain, given(input.targetPort))
  },
  deploymentRedeploy: (_, args: { id: string; usePreviousImageTag?: boolean | null }, context) =>
    redeploy(context.model, context.deployment(args.id), args.usePreviousImageTag === true),
  deploymentRestart: (_, { id }: { id: string }, context) => {
    restart(context.model, context.deployment(id))
    return true
  },
  deploymentRollback: (_, { id }: { id: string }, context) => {
    context.mayUse('rollback')
    rollBack(context.model, context.deployment(id))
    return true
  },
  deploymentTriggerCreate: (
    _,
    { input }: Input<OfService & { projectId: string; repository: string; branch: string }>,
    context,
  ) => shownTrigger(follow(context.model, instanceOf(context, input, input.projectId), input)),
  deploymentTriggerUpdate: (
    _,
    { id, input }: Input<{ repository?: string | null; branch?: string | null }> & { id: string },
    context,
  ) => {
    const instance = context.model.followerBy(id)
    context.environment(instance.environment.id)
    return shownTrigger(moveTrigger(context.model, instance, input))
  },
  environmentCreate: (_, { input }: Input<{ projectId: string; name: string }>, context) => {
    context.workspaceWide()
    return createEnvironment(context.model, context.project(input.projectId), { name: input.name })
  },
  environmentPatchCommit: (
    _,
    args: { environmentId: string; patch?: unknown; commitMessage?: string | null },
    context,
  ) => {
    const environment = context.patchable(args.environmentId)
    commitDirectly(context.model, environment, configOf(args.patch ?? {}), { message: given(args.commitMessage) })
    return context.model.id()
  },
  environmentPatchCommitStaged: (
    _,
    args: { environmentId: string; commitMessage?: string | null; skipDeploys?: boolean | null },
    context,
  ) => {
    const options = { message: given(args.commitMessage), skipDeploys: given(args.skipDeploys) }
    commitStaged(context.model, context.patchable(args.environmentId), options)
    return context.model.id()
  },
  environmentStageChanges: (_, args: { environmentId: string; input: unknown; merge?: boolean | null }, context) =>
    stage(context.model, context.patchable(args.environmentId), configOf(args.input), args.merge === true),
  projectCreate: (
    _,
    { input }: Input<{ name: string; defaultEnvironmentName?: string | null; workspaceId?: string | null }>,
    context,
  ) => {
    context.workspaceWide()
    return createProject(context.model, {
      name: input.name,
      defaultEnvironmentName: given(input.defaultEnvironmentName),
      workspaceId: given(input.workspaceId),
    })
  },
  serviceCreate: (_, { input }: Input<ServiceCreateInput>, context) => {
    context.workspaceWide()
    const { image, repo } = input.source ?? {}
    const hasSource = image != null || repo != null
    return createService(context.model, context.environment(input.environmentId, input.projectId), {
      name: given(input.name),
      source: hasSource
        ? {
            ...(image != null && { image }),
            ...(repo != null && { repo }),
            ...(input.branch != null && { branch: input.branch }),
          }
        : undefined,
      variables: input.variables == null ? undefined : entriesOf(input.variables),
    })
  },
  serviceDomainCreate: (_, { input }: Input<OfService & { targetPort?: number | null }>, context) =>
    createServiceDomain(context.model, instanceOf(context, input), given(input.targetPort)),
  serviceInstanceAutoDeployUpdate: (
    _,
    { input }: Input<OfService & { projectId: string; enabled: boolean }>,
    context,
  ) => {
    const instance = instanceOf(context, input, input.projectId)
    if (input.enabled && instance.trigger === undefined) throw cannotProcess('The service follows no repository')
    instance.autoDeploy = input.enabled
    return { enabled: instance.autoDeploy }
  },
  serviceInstanceDeploy: (
    _,
    args: OfService & { commitSha?: string | null; latestCommit?: boolean | null },
    context,
  ) => {
    const wanted = { commitSha: given(args.commitSha), latest: args.latestCommit === true }
    deployInstance(context.model, instanceOf(context, args), wanted)
    return true
  },
  serviceInstanceDeployV2: (_, args: OfService & { commitSha?: string | null }, context) =>
    deployInstance(context.model, instanceOf(context, args), { commitSha: given(args.commitSha) }).id,
  serviceInstanceUpdate: (
    _,
    args: { environmentId?: string | null; serviceId: string; input: ServiceInstanceUpdateInput },
    context,
  ) => {
    const settings = instanceSettings(args.input)
    for (const environment of environmentsOf(context, args.environmentId, args.serviceId)) {
      changeService(context.model, environment, args.serviceId, settings)
    }
    return true
  },
  variableCollectionUpsert: (
    _,
    { input }: Input<Variables & { replace?: boolean | null; variables: unknown }>,
    context,
  ) => write(context, input, entriesOf(input.variables), input.replace === true),
  variableUpsert: (_, { input }: Input<Variables & { name: string; value: string }>, context) =>
    write(context, input, { [input.name]: { value: input.value } }, false),
  volumeCreate: (_, { input }: Input<VolumeCreateInput>, context) => {
    // Left out means everywhere, null means nowhere.
    const everywhere = !('environmentId' in input)
    if (input.environmentId == null) context.workspaceWide()
    return createVolume(context.model, context.project(input.projectId), {
      environment: everywhere
        ? undefined
        : input.environmentId == null
          ? null
          : context.environment(input.environmentId, input.projectId),
      mountPath: input.mountPath,
      region: given(input.region),
      serviceId: given(input.serviceId),
    })
  },
  volumeInstanceBackupCreate: (_, args: { volumeInstanceId: string; name?: string | null }, context) => {
    const { environment, volume } = context.backedUp(args.volumeInstanceId)
    return { workflowId: context.model.backups.start(environment, volume, given(args.name) ?? 'Manual') }
  },
}

function shownTrigger({ environment, service, trigger }: ServiceInstance) {
  return { ...trigger, environmentId: environment.id, serviceId: service.id }
}

function instanceOf(context: RequestContext, { environmentId, serviceId }: OfService, projectId?: string) {
  return context.model.instance(context.environment(environmentId, projectId), serviceId)
}

/** Without an environment: every one that is no fork and has the service. */
function environmentsOf(context: RequestContext, environmentId: string | null | undefined, serviceId: string) {
  if (environmentId != null) {
    const environment = context.environment(environmentId)
    context.model.instance(environment, serviceId)
    return [environment]
  }
  context.workspaceWide()
  const all = Array.from(context.model.environments())
  const found = all.filter(({ isEphemeral, instances }) => !isEphemeral && instances.has(serviceId))
  if (found.length === 0) throw new PlatformError('ServiceInstance not found')
  return found
}

function write(
  context: RequestContext,
  input: Variables,
  variables: NonNullable<ServiceConfig['variables']>,
  replace: boolean,
): boolean {
  const environment = context.environment(input.environmentId, input.projectId)
  const skipDeploys = input.skipDeploys === true
  writeVariables(context.model, environment, given(input.serviceId), variables, { replace, skipDeploys })
  return true
}

function configOf(value: unknown): EnvironmentConfig {
  if (!isRecord(value)) throw cannotProcess('A patch must be an object')
  return value
}

/** A map from name to text; a null says nothing about its variable. */
function entriesOf(value: unknown): Record<string, { value: string }> {
  if (!isRecord(value)) throw cannotProcess('Variables must be an object')
  const entries = Object.entries(value).filter(([, text]) => text !== null)
  return Object.fromEntries(
    entries.map(([name, text]) => {
      if (typeof text !== 'string') throw cannotProcess(`The variable ${name} has no text as its value`)
      return [name, { value: text }]
    }),
  )
}
