import type { DeploymentStatus } from '../../contract/types.ts'
import { requestsByStatus, type StatusQuestion } from '../http-log.ts'
import {
  type AnchoredQuestion,
  deploymentRows,
  environmentRows,
  type LogQuestion,
  requestRows,
} from '../log-questions.ts'
import type { Deployment, LogKind } from '../model.ts'
import type { PageArgs } from '../pages.ts'
import { notAuthorized } from '../platform-error.ts'
import { activeOrigin, deploymentVariables, renderedVariables, storedVariables } from '../variables.ts'
import type { RequestContext } from './request-context.ts'
import type { Resolvers } from './resolvers.ts'

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
  buildLogs: (_, args: AskedLog, context) => logRows(context, 'build', args),
  deployment: (_, { id }: Id, context) => context.deployment(id),
  deploymentEvents: (_, { id, ...args }: Id & PageArgs, context) => context.page(context.deployment(id).events, args),
  deploymentLogs: (_, args: AskedLog, context) => logRows(context, 'deploy', args),
  deploymentSnapshot: (_, { deploymentId }: { deploymentId: string }, context) => {
    const { id, createdAt, shownVariables } = context.deployment(deploymentId)
    return { id, createdAt, variables: shownVariables }
  },
  deployments: (_, args: ListedDeployments, context) => context.page(deployments(context, args.input), args),
  environment: (_, { id, projectId }: Id & { projectId?: string | null }, context) =>
    context.environment(id, projectId),
  environmentLogs: (_, { environmentId, ...question }: { environmentId: string } & AnchoredQuestion, context) =>
    environmentRows(context.environment(environmentId), question, moment(context)).rows,
  environmentPatch: (_, { id }: Id, context) => {
    const patch = context.model.patch(id)
    context.patchable(patch.environmentId)
    return patch
  },
  environmentPatches: (_, args: PageArgs & { environmentId: string }, context) =>
    context.page(context.patchable(args.environmentId).patches.toReversed(), args),
  environmentStagedChanges: (_, { environmentId }: { environmentId: string }, context) =>
    context.patchable(environmentId).staged,
  httpLogs: (_, { deploymentId, ...question }: { deploymentId: string } & AnchoredQuestion, context) =>
    requestRows(context.deployment(deploymentId), question, moment(context)).rows,
  httpMetricsGroupedByStatus: (
    _,
    { environmentId, serviceId, ...question }: { environmentId: string; serviceId: string } & StatusQuestion,
    context,
  ) => requestsByStatus(context.model.instance(context.environment(environmentId), serviceId).requests, question),
  me: (_, _args, context) => {
    context.personal()
    return context.person()
  },
  platformStatus: (_, _args, context) => {
    context.requester()
    const { incident } = context.model
    return { incident: incident ?? null, isStable: incident === undefined }
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
  volumeInstanceBackupList: (_, { volumeInstanceId }: { volumeInstanceId: string }, context) =>
    context.model.backups.of(context.backedUp(volumeInstanceId).volume),
  workflowStatus: (_, { workflowId }: { workflowId: string }, context) => {
    context.requester()
    context.mayUse('workflows')
    const { backups } = context.model
    const workflow = backups.workflow(workflowId)
    if (workflow !== undefined) context.environment(workflow.environmentId)
    return backups.told(workflow)
  },
}

function logRows(context: RequestContext, log: LogKind, { deploymentId, ...question }: AskedLog) {
  return deploymentRows(context.deployment(deploymentId), log, question, moment(context)).rows
}

function moment({ model }: RequestContext) {
  return { now: model.agenda.now(), isQuirky: true }
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
