import type { EnvironmentConfig } from '../contract/environment-config.ts'
import type { Secret } from '../kit/secret.ts'
import type {
  DeploymentId,
  EnvironmentId,
  PatchId,
  ProjectId,
  ServiceId,
  TriggerId,
  VolumeId,
  VolumeInstanceId,
} from './ids.ts'
import type { ServiceSettings } from './service-settings.ts'

/** What may be denied to a token that may read the rest: the config itself; what is staged, and the history of patches. */
export type DeniedPart = 'config' | 'patches'

/** What one reading of an environment says, in our words. */
export interface ObservedState {
  project: { id: ProjectId; name: string }
  environment: { id: EnvironmentId; name: string }
  /** Every environment of the project that the token may name. */
  environments: { id: EnvironmentId; name: string }[]
  /** Services of the project that have an instance in this environment. */
  services: ObservedService[]
  /** Services of the project that have none here. */
  servicesElsewhere: { id: ServiceId; name: string }[]
  sharedVariables: Record<string, ObservedVariable>
  /** What waits uncommitted; undefined when this reading could not ask. */
  staged: ObservedPatch | undefined
  /** Committed patches, newest first, the last 20; undefined when this reading could not ask. */
  patches: ObservedPatch[] | undefined
  /** How many staged changes there are, by the platform's own count. */
  unmergedChanges: number | undefined
  platformStatus: { isStable: boolean; incident?: { message: string; url: string } }
  /** The platform's clock at this reading (its `Date` header), in milliseconds; undefined when it sent none. */
  platformTime: number | undefined
  /** The newest deployments of all services; absent when this reading did not ask, or could not. */
  recent?: { deployments: PastDeployment[]; isWhole: boolean }
  /** What was read in another way, or not at all, because the token may not; absent: nothing. */
  denied?: readonly DeniedPart[]
}

export interface ObservedService {
  id: ServiceId
  name: string
  settings: ServiceSettings
  /** Unrendered: references still read `${{…}}`. */
  variables: Record<string, ObservedVariable>
  volumes: ObservedVolume[]
  domains: ObservedDomain[]
  /** By which pushes to a branch reach it. */
  trigger?: { id: TriggerId; repository: string; branch: string }
  /** Running now; the newest first. */
  active: ObservedDeployment[]
  /** The newest attempt, perhaps failed. */
  latest: ObservedDeployment | undefined
}

/** A value that may be a secret, or one that the platform will not show: masked or sealed. */
export type ObservedVariable = { value: Secret } | { masked: true }

export interface ObservedVolume {
  id: VolumeId
  /** Of the volume in this environment: what a backup is made of. */
  instanceId: VolumeInstanceId
  mountPath: string
  sizeMB: number
}

export interface ObservedDomain {
  domain: string
  kind: 'generated' | 'custom'
  targetPort: number | undefined
}

/** The platform's statuses of a deployment, in our words; `translate.ts` holds the table. */
export type DeploymentStatus =
  | 'queued'
  | 'waiting'
  | 'needs-approval'
  | 'building'
  | 'deploying'
  | 'live'
  | 'sleeping'
  | 'crashed'
  | 'failed'
  | 'skipped'
  | 'removing'
  | 'removed'

export type DeploymentStep =
  | 'snapshot-code'
  | 'build-image'
  | 'publish-image'
  | 'wait-for-dependencies'
  | 'pre-deploy-command'
  | 'migrate-volumes'
  | 'create-container'
  | 'configure-network'
  | 'healthcheck'
  | 'drain-instances'

export interface ObservedDeployment {
  id: DeploymentId
  status: DeploymentStatus
  /** Milliseconds since the epoch. */
  createdAt: number
  /** Since when it has its status, in milliseconds; absent where the platform does not say. */
  statusSince?: number
  /** Every process has ended, whatever the status says. */
  isStopped: boolean
  runningInstances: number
  instances: number
  canRollback: boolean
  canRedeploy: boolean
  /** The commit, for code from a repository. */
  commit: string | undefined
  image: string | undefined
  /** What it was built and started with, where the platform says so and no file in the code says otherwise. */
  settings?: ServiceSettings
  /** The patch that caused it, where a patch did. */
  patchId: PatchId | undefined
}

/** A deployment among those of all services. */
export interface PastDeployment extends ObservedDeployment {
  serviceId: ServiceId | undefined
  /** Who asked for it, by name, where the platform tells. */
  creator?: string
  /** By its steps; absent where they were not read, or do not say. */
  wasLive?: boolean
}

/** A patch, and who committed it, where the platform tells. */
export interface PastPatch extends ObservedPatch {
  appliedBy?: string
}

/** What was done in an environment, by the platform's word. */
export interface Past {
  /** The newest first. */
  deployments: PastDeployment[]
  /** The newest first; undefined where the token may not read them. */
  patches: PastPatch[] | undefined
  /** Before this moment (milliseconds) something may be missing; undefined where everything was read. */
  completeSince: number | undefined
}

export interface ObservedPatch {
  id: PatchId
  status: 'staged' | 'applying' | 'committed'
  message: string | undefined
  /** Milliseconds since the epoch. */
  createdAt: number
  appliedAt: number | undefined
  error: string | undefined
  /** Holds secrets, unrendered. */
  config: Secret<EnvironmentConfig>
}

/** What the services really run with, asked in one request after `ObservedState`. */
export interface ObservedRunning {
  /** By service; variables are rendered. Absent for a service that was never deployed. */
  snapshots: Map<ServiceId, Record<string, Secret>>
  /** By service: are pushes deployed without us? */
  autoDeploy: Map<ServiceId, boolean>
}

/** One look at one deployment on its way. */
export interface DeploymentProgress {
  deployment: ObservedDeployment
  events: DeploymentEvent[]
}

export interface DeploymentEvent {
  step: DeploymentStep
  startedAt: number
  completedAt: number | undefined
  error: string | undefined
  /** Why it ended before it was done, where somebody ended it. */
  reason?: string
}
