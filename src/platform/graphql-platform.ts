import type {
  DeploymentProgressQuery,
  ObserveThroughTokenQuery,
  ServiceAutoDeployQuery,
  ServiceSnapshotQuery,
} from '../contract/types.ts'
import {
  DeploymentEvents,
  DeploymentProgress,
  EnvironmentHistory,
  FindProject,
  FindProjects,
  FindWorkspaces,
  FollowDeployment,
  FollowDeploymentEvents,
  IdentifyProjectToken,
  Me,
  NewestDeployments,
  ObserveEnvironment,
  ObserveThroughToken,
  ReadPatch,
  ReadStaged,
  ServiceAutoDeploy,
  ServiceSnapshot,
  StoredVariables,
} from '../contract/types.ts'
import { OperatorError } from '../kit/errors.ts'
import type { PartReader } from './combined-request.ts'
import { CombinedRequest } from './combined-request.ts'
import { graphqlChanges } from './graphql-changes.ts'
import type { GraphqlClient } from './graphql-client.ts'
import type { DeploymentId, ServiceId } from './ids.ts'
import { id } from './ids.ts'
import { isDenied } from './is-denied.ts'
import type { ObservedRunning, ObservedService, ObservedState } from './observed-state.ts'
import { allOf, allPages } from './paging.ts'
import type { ChangeName, Changes, Identity, Platform, Target } from './platform.ts'
import { readingBackups } from './reading-backups.ts'
import { readingInParts } from './reading-in-parts.ts'
import { readingLogs } from './reading-logs.ts'
import { readPast } from './reading-past.ts'
import { valuesRead } from './redact.ts'
import type { Subscriptions } from './subscriptions.ts'
import { newestFirst, toDeployment, toPatch, toPatches, toProgress, toProjectSummary, toSnapshot } from './translate.ts'
import type { Reading } from './translate-environment.ts'
import { toObservedState } from './translate-environment.ts'

/**
 * Railway, or a rehearsal of it, over its public GraphQL API.
 * @param subscriptions without them nothing is followed, and whoever waits looks by itself
 */
export function createGraphqlPlatform(client: GraphqlClient, subscriptions?: Subscriptions): Platform {
  const changes = graphqlChanges(client)
  const parts = readingInParts(client)

  async function observeTarget({ projectId, environmentId }: Target, asking: Asking): Promise<ObservedState> {
    const first = await client.read(ObserveEnvironment, { projectId, environmentId, ...asking })
    return completed({ projectId, environmentId }, first.result, first.platformTime)
  }

  /** Reads what did not fit on the first page. */
  async function completed(target: Target, first: Reading, time: number | undefined): Promise<ObservedState> {
    const { projectId, environmentId } = target
    let platformTime = time
    const whole = await allPages(first, async (cursors) => {
      const page = await client.read(ObserveEnvironment, { projectId, environmentId, ...cursors })
      platformTime = page.platformTime
      return page.result
    })
    return toObservedState(whole, platformTime)
  }

  async function observeThroughToken(asking: Asking): Promise<ObservedState> {
    const first = await client.read(ObserveThroughToken, asking)
    let { platformTime } = first
    const whole = await allPages(nested(first.result), async (cursors) => {
      const page = await client.read(ObserveThroughToken, { ...cursors })
      platformTime = page.platformTime
      return nested(page.result)
    })
    return toObservedState(whole, platformTime)
  }

  /** Whatever the platform says later, it is told without the values that were read. */
  function learnt(state: ObservedState): ObservedState {
    client.learn(valuesRead(state))
    return state
  }

  async function observeAll(targets: Target[]): Promise<ObservedState[]> {
    if (targets.length === 0) return []
    const request = new CombinedRequest('ObserveEnvironments')
    const parts = targets.map(({ projectId, environmentId }) => ({
      target: { projectId, environmentId },
      readingIn: request.add(ObserveEnvironment, { projectId, environmentId }),
    }))
    const { result, platformTime } = await client.readCombined(request)
    return Promise.all(parts.map(({ target, readingIn }) => completed(target, readingIn(result), platformTime)))
  }

  async function observeRunning(state: ObservedState): Promise<Observed> {
    const isIncomplete = state.staged === undefined || state.patches === undefined
    if (!isIncomplete || state.denied?.includes('patches')) return readRunning(state, false)
    try {
      return await readRunning(state, true)
    } catch (error) {
      if (!isDenied(error)) throw error
      const observed = await readRunning({ ...state, denied: [...(state.denied ?? []), 'patches'] }, false)
      parts.learnPatchesDenied()
      return observed
    }
  }

  async function readRunning(state: ObservedState, asksHistory: boolean): Promise<Observed> {
    const running: ObservedRunning = { snapshots: new Map(), autoDeploy: new Map() }
    const environmentId = state.environment.id
    const request = new CombinedRequest('ObserveRunning')
    const historyIn = asksHistory ? request.add(EnvironmentHistory, { environmentId }) : undefined
    const asked = state.services.map((service) => askRunning(request, state, service))
    if (request.size === 0) return { state, running }

    const { result, platformTime } = await client.readCombined(request)
    for (const { serviceId, snapshotIn, autoDeployIn } of asked) {
      if (autoDeployIn !== undefined) running.autoDeploy.set(serviceId, autoDeployIn(result).autoDeploy.enabled)
      const snapshot = snapshotIn?.(result).snapshot
      if (snapshot) {
        running.snapshots.set(serviceId, toSnapshot(snapshot.variables))
        client.learn(Object.values(snapshot.variables).filter((value) => value !== null))
      }
    }
    const history = historyIn?.(result)
    if (history === undefined) return { state, running }
    const { staged, patches } = history
    const complete = { ...state, staged: toPatch(staged), patches: toPatches(patches), platformTime }
    return { state: learnt(complete), running }
  }

  /** Reads the events that did not fit on the first page. */
  async function withAllEvents(
    deploymentId: DeploymentId,
    first: DeploymentProgressQuery,
  ): Promise<DeploymentProgressQuery> {
    const { pageInfo, edges } = first.events
    if (!pageInfo.hasNextPage) return first
    const rest = await allOf(async (after) => {
      const page = await client.read(DeploymentEvents, { deploymentId, after: after ?? pageInfo.endCursor })
      return page.result.events
    })
    return { ...first, events: { pageInfo, edges: [...edges, ...rest.map((node) => ({ node }))] } }
  }

  const findWorkspaces: Platform['findWorkspaces'] = async () => {
    const { result } = await client.read(FindWorkspaces, {})
    return result.apiToken.workspaces.map((workspace) => ({ id: id(workspace.id), name: workspace.name }))
  }

  async function identifyProjectToken(): Promise<Identity> {
    const { result } = await client.read(IdentifyProjectToken, {})
    const { name, project, environment } = result.projectToken
    return {
      kind: 'project',
      name,
      project: { id: id(project.id), name: project.name },
      environment: { id: id(environment.id), name: environment.name },
    }
  }

  /** The workspaces first: a dead token is refused there, and `Not Authorized` to `me` then only means that it is a workspace's. */
  async function identifyBearer(): Promise<Identity> {
    const workspaces = await findWorkspaces()
    try {
      const { result } = await client.read(Me, {})
      return { kind: 'account', name: result.me.name ?? undefined, workspaces }
    } catch (error) {
      if (error instanceof OperatorError && error.code === 'not-authorized') return { kind: 'workspace', workspaces }
      throw error
    }
  }

  return {
    identify: (token) => (token === 'project' ? identifyProjectToken() : identifyBearer()),
    findWorkspaces,
    findProjects: async (workspaceId) => {
      const projects = await allOf(async (after) => {
        const { result } = await client.read(FindProjects, { workspaceId, after })
        return result.projects
      })
      return projects.map(toProjectSummary)
    },
    findProject: async (projectId) => {
      const { result } = await client.read(FindProject, { projectId })
      return toProjectSummary(result.project)
    },
    observe: async (target, asking = {}) =>
      learnt(
        await parts.observe(
          target,
          () => (target === 'token' ? observeThroughToken(asking) : observeTarget(target, asking)),
          asking,
        ),
      ),
    observeAll: async (targets) => (await parts.observeAll(targets, () => observeAll(targets))).map(learnt),
    observeRunning,
    readSnapshots: async (deploymentIds) => {
      if (deploymentIds.length === 0) return new Map()
      const request = new CombinedRequest('ReadSnapshots')
      const parts = deploymentIds.map((deploymentId) => ({
        deploymentId,
        snapshotIn: request.add(ServiceSnapshot, { deploymentId }),
      }))
      const { result } = await client.readCombined(request)
      return new Map(
        parts.flatMap(({ deploymentId, snapshotIn }) => {
          const { snapshot } = snapshotIn(result)
          if (!snapshot) return []
          client.learn(Object.values(snapshot.variables).filter((value) => value !== null))
          return [[deploymentId, toSnapshot(snapshot.variables)]]
        }),
      )
    },
    readStaged: async (environmentId) => {
      const { result } = await client.read(ReadStaged, { environmentId })
      return toPatch(result.environmentStagedChanges)
    },
    readSharedVariables: async ({ projectId, environmentId }, options) => {
      const { result, platformTime } = await client.read(StoredVariables, { projectId, environmentId }, options)
      return { variables: toSnapshot(result.variables), platformTime }
    },
    readPatch: async (patchId) => {
      const { result } = await client.read(ReadPatch, { patchId })
      const { lastAppliedError } = result.environmentPatch
      const said = lastAppliedError === null ? null : client.redact(lastAppliedError)
      return toPatch({ ...result.environmentPatch, lastAppliedError: said })
    },
    watchDeployments: async (deploymentIds) => {
      if (deploymentIds.length === 0) return []
      const request = new CombinedRequest('WatchDeployments')
      const parts = deploymentIds.map((deploymentId) => ({
        deploymentId,
        progressIn: request.add(DeploymentProgress, { deploymentId }),
      }))
      const { result } = await client.readCombined(request)
      return Promise.all(
        parts.map(async ({ deploymentId, progressIn }) => {
          const progress = progressIn(result)
          return toProgress(await withAllEvents(deploymentId, progress), client.redact)
        }),
      )
    },
    followDeployments: (deploymentIds, signal, onWord) => {
      const wanted = deploymentIds.flatMap((deploymentId) =>
        [FollowDeployment, FollowDeploymentEvents].map((document) => ({
          document,
          variables: { deploymentId },
          topic: deploymentId,
        })),
      )
      return subscriptions?.follow(wanted, signal, onWord) ?? { isConnected: () => false, stop: () => {} }
    },
    ...readingLogs(client, subscriptions),
    newestDeployments: async (environmentId, serviceId) => {
      const { result } = await client.read(NewestDeployments, { environmentId, serviceId })
      return newestFirst(result.deployments.edges.map(({ node }) => toDeployment(node)))
    },
    readPast: (asked) => readPast(client, asked),
    ...readingBackups(client),
    change<Name extends ChangeName>(name: Name, input: Changes[Name]['input']): Promise<Changes[Name]['result']> {
      return changes[name](input)
    },
  }
}

function nested({ projectToken, platformStatus }: ObserveThroughTokenQuery): Reading {
  return { project: projectToken.project, environment: projectToken.environment, platformStatus }
}

/** A part is asked where it can be answered: a snapshot of what is active, and pushes only where code comes from a repository. */
function askRunning(request: CombinedRequest, state: ObservedState, service: ObservedService): AskedRunning {
  const { id: serviceId } = service
  const [active] = service.active
  const ids = { projectId: state.project.id, environmentId: state.environment.id, serviceId }
  return {
    serviceId,
    snapshotIn: active && request.add(ServiceSnapshot, { deploymentId: active.id }),
    autoDeployIn: service.settings.repo === undefined ? undefined : request.add(ServiceAutoDeploy, ids),
  }
}

/** What is asked for on top. */
interface Asking {
  withRecent?: boolean
}

interface Observed {
  state: ObservedState
  running: ObservedRunning
}

interface AskedRunning {
  serviceId: ServiceId
  snapshotIn: PartReader<ServiceSnapshotQuery> | undefined
  autoDeployIn: PartReader<ServiceAutoDeployQuery> | undefined
}
