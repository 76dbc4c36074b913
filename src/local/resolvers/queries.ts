import type { DeploymentStatus } from '../../contract/types.ts'
import { type LogQuestion, newestLines } from '../deployment-logs.ts'
import type { Deployment, LogKind } from '../model.ts'
import type { PageArgs } from '../pages.ts'
import { notAuthorized } from '../platform-error.ts'
import { activeOrigin, deploymentVariables, renderedVariables, storedVariables } from '../variables.ts'
import type { RequestContext } from './request-context.ts'
import type { Resolvers } from './resolvers.ts'
import { shownLine } from './things.ts'

interface Id {
  id: string
}

interface OfService {
  projectId: string
  environmentId: string
  serviceId: string
}

interface ListedDeployments extends PageArgs {
  input: {
    environmentId?: string | null
    projectId?: string | null
    serviceId?: string | null
    status?: { in?: DeploymentStatus[] | null; notIn?: DeploymentStatus[] | null } | null
  }
}

interface AskedLog extends LogQuestion {
  deploymentId: string
}

interface AskedVariables {
  projectId: string
  environmentId: string
  serviceId?: string | null
  unrendered?: boolean | null
}

export const queries: Resolvers<unknown> = {
  apiToken: (_, _args, context) => {
    context.workspaceWide()
    return { workspaces: [context.model.workspace] }
  },
  buildLogs: (_, args: AskedLog, context) => logLines(context, 'build', args),
  deployment: (_, { id }: Id, context) => context.deployment(id),
  deploymentEvents: (_, { id, ...args }: Id & PageArgs, context) => context.page(context.deployment(id).events, args),
  deploymentLogs: (_, args: AskedLog, context) => logLines(context, 'deploy', args),
  deploymentSnapshot: (_, { deploymentId }: { deploymentId: string }, context) => {
    const { id, createdAt, shownVariables } = context.deployment(deploymentId)
    return { id, createdAt, variables: shownVariables }
  },
  deployments: (_, args: ListedDeployments, context) => context.page(deployments(context, args.input), args),
  environment: (_, { id, projectId }: Id & { projectId?: string | null }, context) =>
    context.environment(id, projectId),
  environmentLogs: (
    _,
    args: { environmentId: string; filter?: string | null; beforeLimit?: number | null },
    context,
  ) => {
    const { instances } = context.environment(args.environmentId)
    const lines = [...instances.values()].flatMap(({ deployments }) =>
      deployments.flatMap((deployment) =>
        newestLines(
          deployment.logs.deploy,
          { filter: args.filter ?? null, limit: args.beforeLimit ?? null },
          false,
        ).map((line) => shownLine(line, deployment)),
      ),
    )
    return lines.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1)).slice(-(args.beforeLimit ?? 100))
  },
  environmentPatch: (_, { id }: Id, context) => {
    const patch = context.model.patch(id)
    context.patchable(patch.environmentId)
    return patch
  },
  environmentPatches: (_, args: PageArgs & { environmentId: string }, context) =>
    context.page(context.patchable(args.environmentId).patches.toReversed(), args),
  environmentStagedChanges: (_, { environmentId }: { environmentId: string }, context) =>
    context.patchable(environmentId).staged,
  httpLogs: (_, { deploymentId }: AskedLog, context) => {
    context.deployment(deploymentId)
    return []
  },
  httpMetricsGroupedByStatus: (_, { environmentId }: { environmentId: string }, context) => {
    context.environment(environmentId)
    return []
  },
  me: (_, _args, context) => {
    context.personal()
    return context.person()
  },
  platformStatus: (_, _args, context) => {
    context.requester()
    return { incident: null, isStable: true }
  },
  project: (_, { id }: Id, context) => context.project(id),
  projectToken: (_, _args, context) => {
    const requester = context.requester()
    if (requester.kind !== 'project') throw notAuthorized()
    const { environment, tokenName } = requester
    const { project } = environment
    return {
      id: environment.id,
      name: tokenName,
      environment,
      environmentId: environment.id,
      project,
      projectId: project.id,
    }
  },
  projects: (_, { workspaceId, ...args }: PageArgs & { workspaceId?: string | null }, context) => {
    context.workspaceWide()
    if (workspaceId != null && workspaceId !== context.model.workspace.id) throw notAuthorized()
    return context.page(context.model.projects.values(), args)
  },
  serviceInstanceAutoDeployStatus: (_, { projectId, environmentId, serviceId }: OfService, context) => {
    const environment = context.environment(environmentId, projectId)
    const { autoDeploy, trigger } = context.model.instance(environment, serviceId)
    const canEnable = trigger !== undefined
    return { enabled: autoDeploy, canEnable, reason: canEnable ? null : 'The service follows no repository' }
  },
  variables: (_, args: AskedVariables, context) => {
    const environment = context.environment(args.environmentId, args.projectId)
    const serviceId = args.serviceId ?? undefined
    if (serviceId !== undefined) context.model.instance(environment, serviceId)
    return args.unrendered === true
      ? storedVariables(environment, serviceId)
      : renderedVariables(environment, serviceId)
  },
  variablesForServiceDeployment: (_, { projectId, environmentId, serviceId }: OfService, context) => {
    const instance = context.model.instance(context.environment(environmentId, projectId), serviceId)
    return deploymentVariables(instance, activeOrigin(instance), 'client')
  },
}

/** One row more than asked for, where there is one: so does the platform. */
function logLines(context: RequestContext, log: LogKind, { deploymentId, ...question }: AskedLog) {
  const deployment = context.deployment(deploymentId)
  return newestLines(deployment.logs[log], question, true).map((line) => shownLine(line, deployment))
}

/** The newest first. A project token sees those of its own environment, and must ask for it. */
function deployments(context: RequestContext, input: ListedDeployments['input']): Deployment[] {
  const { environmentId, projectId, serviceId, status } = input
  if (environmentId == null) context.workspaceWide()
  const environment = environmentId == null ? undefined : context.environment(environmentId, projectId)
  const project = projectId == null ? undefined : context.project(projectId)
  return Array.from(context.model.deployments.values())
    .filter(({ instance }) => environment === undefined || instance.environment === environment)
    .filter(({ instance }) => project === undefined || instance.environment.project === project)
    .filter(({ instance }) => serviceId == null || instance.service.id === serviceId)
    .filter((deployment) => status?.in?.includes(deployment.status) ?? true)
    .filter((deployment) => !(status?.notIn?.includes(deployment.status) ?? false))
    .reverse()
}
