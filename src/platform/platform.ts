import type { EnvironmentConfig } from '../contract/environment-config.ts'
import type { Secret } from '../kit/secret.ts'
import type { TokenKind } from './credential.ts'
import type {
  DeploymentId,
  EnvironmentId,
  PatchId,
  ProjectId,
  ServiceId,
  TriggerId,
  VolumeId,
  VolumeInstanceId,
  WorkflowId,
  WorkspaceId,
} from './ids.ts'
import type { AnsweredRequests, LogRow, LogSource, LogWindow } from './log-row.ts'
import type {
  DeploymentProgress,
  ObservedDeployment,
  ObservedPatch,
  ObservedRunning,
  ObservedState,
  Past,
} from './observed-state.ts'
import type { ServiceSettings } from './service-settings.ts'
import type { StreamEnding } from './subscriptions.ts'
import type { VolumeBackup, WorkflowProgress } from './volume-backup.ts'

/** An environment named by its ids. */
export interface Target {
  projectId: ProjectId
  environmentId: EnvironmentId
}

/** An environment of a project as far as a look-up by name tells. */
export interface EnvironmentSummary {
  id: EnvironmentId
  name: string
  isEphemeral: boolean
  /** May the token read and change it? One that is restricted is listed all the same. */
  isAccessible: boolean
}

/** How far back the past of an environment is read. */
export interface AskedPast {
  environmentId: EnvironmentId
  /** Back to this moment; absent: only so much as `most` says. In milliseconds. */
  since?: number
  /** About so many rows of each list where no moment is given. */
  most: number
  /** False where it is known that the token may not read them. */
  withPatches: boolean
}

/** What a look-up by name finds. */
export interface ProjectSummary {
  id: ProjectId
  name: string
  environments: EnvironmentSummary[]
}

/** Whose token it is, and how far it reaches. Railway says more of a project token than of the others. */
export type Identity =
  | {
      kind: 'project'
      /** The token's own. */
      name: string
      project: { id: ProjectId; name: string }
      environment: { id: EnvironmentId; name: string }
    }
  /** `name`: the person's, where there is one. */
  | { kind: 'account'; name: string | undefined; workspaces: { id: WorkspaceId; name: string }[] }
  | { kind: 'workspace'; workspaces: { id: WorkspaceId; name: string }[] }

/**
 * The door to Railway, in our words. Everything but `change` only reads. Failures are `OperatorError`s; none of them, and nothing
 * else that comes through this door, carries the token.
 */
export interface Platform {
  /**
   * One request for a project token, two for the others: whether it is an account's is known only by asking what a workspace token
   * may not ask. For `whoami`; no other command needs to know.
   */
  identify(token: TokenKind): Promise<Identity>
  /** One request. The workspaces that the token may act in; works for account and workspace tokens. */
  findWorkspaces(): Promise<{ id: WorkspaceId; name: string }[]>
  /** One request a page of 500. */
  findProjects(workspaceId: WorkspaceId): Promise<ProjectSummary[]>
  /** One request. */
  findProject(projectId: ProjectId): Promise<ProjectSummary>
  /**
   * One request, more only where a list has a second page. `token` means: the environment that the project token is for.
   * `withRecent` asks for the newest deployments of all services too.
   */
  observe(target: Target | 'token', options?: { withRecent?: boolean }): Promise<ObservedState>
  /** The same for several environments of a project, in one request. */
  observeAll(targets: Target[]): Promise<ObservedState[]>
  /**
   * One request: what each service runs with, and whether pushes deploy it. Asks for staged changes and history too where
   * `state` lacks them, and gives the completed state back.
   */
  observeRunning(state: ObservedState): Promise<{ state: ObservedState; running: ObservedRunning }>
  /** One request for all of them. The variables that each deployment was made with, rendered. */
  readSnapshots(deploymentIds: readonly DeploymentId[]): Promise<Map<DeploymentId, Record<string, Secret>>>
  /** One request. What waits uncommitted. */
  readStaged(environmentId: EnvironmentId): Promise<ObservedPatch>
  /**
   * One request. What every service may refer to, by name, and the platform's clock (milliseconds). `isParting`: asked even after
   * somebody asked us to stop.
   */
  readSharedVariables(
    target: Target,
    options?: { isParting?: boolean },
  ): Promise<{ variables: Record<string, Secret>; platformTime: number | undefined }>
  /** One request. */
  readPatch(patchId: PatchId): Promise<ObservedPatch>
  /** One request for all of them, in the order asked. */
  watchDeployments(deploymentIds: DeploymentId[]): Promise<DeploymentProgress[]>
  /**
   * Calls `onWord` when something happened to one of them, as far as the platform tells by itself. Costs no request, never throws,
   * and proves nothing: what happened is known by `watchDeployments`.
   */
  followDeployments(deploymentIds: DeploymentId[], signal: AbortSignal, onWord: () => void): Following
  /**
   * One request. The oldest row first, at most one more than asked for. `isOnce`: never repeated, whatever comes back; for what is
   * good to have and not worth a wait.
   */
  readLogRows(source: LogSource, window: LogWindow, options?: { isOnce?: boolean }): Promise<LogRow[]>
  /** The same for what several deployments ran, all of them in one request. */
  readDeploymentsRows(
    asked: readonly { deploymentId: DeploymentId; window: LogWindow }[],
  ): Promise<Map<DeploymentId, LogRow[]>>
  /**
   * Gives rows as they are printed, until it is stopped or told that it ended. Costs no request and never throws. `windowOf` says
   * what each connection begins with; for the logs of one deployment, and of a build, only `filter` and `before` count.
   */
  followLogRows(source: LogSource, windowOf: () => LogWindow, signal: AbortSignal, listener: RowListener): RowStream
  /** One request. How the edge answered for a service between two moments (milliseconds), in steps of so many seconds; at one path where one is named. */
  readAnsweredRequests(asked: {
    environmentId: EnvironmentId
    serviceId: ServiceId
    from: number
    until: number
    stepSeconds: number
    path?: string
  }): Promise<AnsweredRequests[]>
  /** One request. The same for the whole service and for each of these paths, in their order. */
  readAnsweredByPath(
    asked: Omit<Parameters<Platform['readAnsweredRequests']>[0], 'path'>,
    paths: readonly string[],
  ): Promise<{ all: AnsweredRequests[]; ofPaths: AnsweredRequests[][] }>
  /** One request. The newest deployments of one service, newest first, at most 10. */
  newestDeployments(environmentId: EnvironmentId, serviceId: ServiceId): Promise<ObservedDeployment[]>
  /** One request, and one for each further page. What was deployed and committed in an environment. */
  readPast(asked: AskedPast): Promise<Past>
  /** One request. Of a volume in one environment, the newest first. */
  readBackups(volumeInstanceId: VolumeInstanceId): Promise<VolumeBackup[]>
  /** One request. */
  readWorkflow(workflowId: WorkflowId): Promise<WorkflowProgress>
  /** The only writing. One request; never sent twice unless the platform said that it did not happen. */
  change<Name extends ChangeName>(name: Name, input: Changes[Name]['input']): Promise<Changes[Name]['result']>
}

/** What a build printed, or what the pre-deploy command and the containers did. */
export type LogKind = 'build' | 'deploy'

/** Told what comes of a log that is followed. The texts say why, and are fit to be shown. */
export interface RowListener {
  /** A connection stands; the first rows that it brings are those of its window. */
  connected(): void
  /** As the platform sent them together. */
  rows(rows: LogRow[]): void
  /** It connects again by itself. */
  lost(why: string): void
  /** Nothing comes any more. */
  ended(ending: StreamEnding): void
}

export interface RowStream {
  stop(): void
}

/** Deployments that are followed. */
export interface Following {
  /** Can silence be taken to mean that nothing happens? */
  isConnected(): boolean
  stop(): void
}

export type ChangeName = keyof Changes

/** Every way to change something, each one request. */
export interface Changes {
  'create-project': {
    input: { name: string; workspaceId: WorkspaceId; firstEnvironment: string }
    result: ProjectSummary
  }
  'create-environment': {
    input: { projectId: ProjectId; name: string }
    result: { id: EnvironmentId; name: string }
  }
  /** An empty service: an instance in every environment that is no fork, and nothing deploys. */
  'create-service': {
    input: Target & { name: string }
    result: { id: ServiceId; name: string }
  }
  'create-volume': {
    input: Target & { serviceId: ServiceId; mountPath: string }
    result: { id: VolumeId }
  }
  /** Asked for, not made: the workflow tells when it is there, where the platform names one. */
  'create-backup': {
    input: { volumeInstanceId: VolumeInstanceId; name: string }
    result: { workflowId: WorkflowId | undefined }
  }
  'create-domain': {
    input: Target & { serviceId: ServiceId; targetPort: number; custom?: string }
    result: { domain: string }
  }
  /** Adds to what is staged. */
  'stage-changes': {
    input: { environmentId: EnvironmentId; config: Secret<EnvironmentConfig> }
    result: ObservedPatch
  }
  /** Puts exactly this in the place of everything that is staged. */
  'replace-staged': {
    input: { environmentId: EnvironmentId; config: Secret<EnvironmentConfig> }
    result: ObservedPatch
  }
  /** Commits what is staged without deploying anything. */
  'commit-staged': {
    input: { environmentId: EnvironmentId; message: string }
    result: undefined
  }
  /**
   * One patch of its own, committed at once: every service that it touches is deployed, in one round. What others staged is neither
   * committed nor lost. `message` has to be no other patch's: by it the patch is recognised where the answer is lost.
   */
  'commit-changes': {
    input: Target & { config: Secret<EnvironmentConfig>; message: string }
    result: undefined
  }
  /** Adds to the variables of services, past any patch, and deploys nothing. */
  'store-variables': {
    input: Target & { services: { serviceId: ServiceId; variables: Secret<Record<string, string>> }[] }
    result: undefined
  }
  /** Settings of services, past any patch; nothing is deployed. A branch is none of them. */
  'store-settings': {
    input: Target & { services: { serviceId: ServiceId; settings: SettingsPatch; before: ServiceSettings }[] }
    result: undefined
  }
  /** Services follow a branch of their repository, past any patch. Deploys on push are on afterwards. */
  'follow-branches': {
    input: Target & { services: { serviceId: ServiceId; repository: string; branch: string; triggerId?: TriggerId }[] }
    result: undefined
  }
  'set-auto-deploy': {
    input: Target & { services: { serviceId: ServiceId; enabled: boolean }[] }
    result: undefined
  }
  /** A new deployment with what is stored now; without `commit`, of what the platform would build. */
  'deploy-service': {
    input: Target & { serviceId: ServiceId; commit?: string }
    result: { deploymentId: DeploymentId }
  }
  /** A new deployment of the branch's newest commit. The platform answers only that it happened. */
  'deploy-latest-commit': {
    input: Target & { serviceId: ServiceId }
    result: undefined
  }
  /**
   * Shared variables that no service refers to; nothing is deployed, and others stay as they are. `isParting`: sent even after
   * somebody asked us to stop. `over`: the nonces of leases that this may be written over, '' for none; where another stands, a write
   * whose answer was lost is not repeated.
   */
  'write-shared-variables': {
    input: Target & { variables: Record<string, string>; over: readonly string[]; isParting?: boolean }
    result: undefined
  }
  /** A new deployment of what an earlier one ran: its kept image and its variables, no build. The platform answers only that it happened. */
  'rollback-deployment': {
    input: { service: string; deploymentId: DeploymentId }
    result: undefined
  }
  /**
   * A new deployment of what an earlier one was made from: built again from its source, with its settings and its variables. Where the
   * image is not kept this is what is left.
   */
  'redeploy-deployment': {
    input: { service: string; deploymentId: DeploymentId }
    result: { deploymentId: DeploymentId }
  }
  /** The processes of a deployment start again: same image, same variables, same id, no build. */
  'restart-deployment': {
    input: { service: string; deploymentId: DeploymentId }
    result: undefined
  }
}

/** What a store patch may set on a service; null resets a setting to the platform's default. */
export type SettingsPatch = { [Name in keyof ServiceSettings]?: ServiceSettings[Name] | null }
