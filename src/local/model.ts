import type { EnvironmentConfig, ServiceConfig } from '../contract/environment-config.ts'
import type {
  DeploymentEventStep,
  DeploymentInstanceStatus,
  DeploymentStatus,
  EnvironmentPatchStatus,
} from '../contract/types.ts'
import type { Condition } from './condition.ts'
import type { Ledger } from './ledger.ts'
import type { Commit } from './repositories.ts'

// The platform's things, in the platform's words. Times are milliseconds since the epoch.

/** Who did something, as others are told. */
export interface Person {
  id: string
  name: string
}

export interface Workspace {
  id: string
  name: string
}

export interface Project {
  id: string
  name: string
  workspaceId: string
  createdAt: number
  environments: Map<string, Environment>
  services: Map<string, Service>
  volumes: Map<string, Volume>
}

export interface Service {
  id: string
  name: string
}

export interface Volume {
  id: string
  name: string
}

export interface Environment {
  id: string
  name: string
  project: Project
  createdAt: number
  /** A fork (a pull request's environment): what is made "everywhere" is not made here. */
  isEphemeral: boolean
  /** The truth about every setting, unmasked and unrendered. Never changed in place: each change is a new object. */
  config: EnvironmentConfig
  /** Goes up with every change of `config`. */
  revision: number
  /** Always there: an empty placeholder while nothing is staged. */
  staged: Patch
  /** Committed ones, the oldest first. */
  patches: Patch[]
  /** By service id; kept in step with `config.services`. */
  instances: Map<string, ServiceInstance>
  /** By volume id; kept in step with `config.volumes`. */
  volumeInstances: Map<string, VolumeInstance>
  /** What everything that was ever deployed here printed; builds stand with their deployments. */
  rows: Ledger<PrintedRow>
}

export interface Patch {
  id: string
  environmentId: string
  status: EnvironmentPatchStatus
  patch: EnvironmentConfig
  message: string | undefined
  createdAt: number
  updatedAt: number
  appliedAt: number | undefined
  /** Who committed it; undefined where no person did. */
  appliedBy: Person | undefined
  lastAppliedError: string | undefined
}

export interface ServiceInstance {
  id: string
  service: Service
  environment: Environment
  /** Pushes to this branch deploy the service while `autoDeploy` is on. */
  trigger: DeploymentTrigger | undefined
  autoDeploy: boolean
  domains: Domain[]
  /** The oldest first. */
  deployments: Deployment[]
  /** What the edge answered for it. */
  requests: Ledger<RequestRow>
  /** How it feels, whichever deployment runs. Never changed in place. */
  condition: Condition
  /** Those of the container whose config cache is still read; undefined until there was one. */
  cachedVariables: Readonly<Record<string, string>> | undefined
  /** How many people ask it in a second; undefined: nobody. Never changed in place. */
  visitors: Visitors | undefined
}

export interface Visitors {
  perSecond: number
}

interface DeploymentTrigger {
  id: string
  repository: string
  branch: string
}

export interface Domain {
  id: string
  domain: string
  kind: 'service' | 'custom'
  environmentId: string
  serviceId: string
  targetPort: number | undefined
}

export interface VolumeInstance {
  id: string
  volumeId: string
  environmentId: string
  serviceId: string | undefined
  mountPath: string
  sizeMB: number
}

/** What a deployment's image is made from. */
export type Origin =
  | { kind: 'commit'; repository: string; branch: string; commit: Commit }
  | { kind: 'image'; image: string }
  /** Code that somebody sent from a directory; no commit of any repository. */
  | { kind: 'upload'; commit: Commit }

export interface Deployment {
  id: string
  instance: ServiceInstance
  createdAt: number
  /** Who asked for it; undefined where no person did. */
  creator: Person | undefined
  status: DeploymentStatus
  statusUpdatedAt: number
  origin: Origin
  /** The settings it was made with. */
  settings: ServiceConfig
  /** Rendered, as its containers get them. */
  variables: Record<string, string>
  /** The same without what is sealed: what `deploymentSnapshot` shows. */
  shownVariables: Record<string, string>
  /** The patch that caused it, where one did. */
  patchId: string | undefined
  /** False where it starts an image that was built before. */
  builds: boolean
  /** Deployments of the same batch whose service it references. */
  waitsFor: Deployment[]
  events: DeploymentEvent[]
  /** The code that its build began with; rows of the build are named by it. */
  snapshotId: string
  buildRows: Ledger<PrintedRow>
  instances: DeploymentInstance[]
  /** When its containers last started. */
  startedAt: number | undefined
  /** Counts starts and stops, so that word from an earlier container is known as old. */
  run: number
  /** How often its containers came up again by themselves. */
  restarts: number
  wasLive: boolean
  /** Its containers are down so that a newer deployment can have the volume. */
  gaveUpVolume: boolean
  stopped: boolean
  removedAt: number | undefined
}

interface DeploymentInstance {
  id: string
  status: DeploymentInstanceStatus
}

/** What its build printed; what its pre-deploy command and its containers did. */
export type LogKind = 'build' | 'deploy'

export const severities = ['debug', 'info', 'warn', 'error'] as const
/** How bad a row is, in the platform's words. */
export type Severity = (typeof severities)[number]

/** One row of a log. */
export interface PrintedRow {
  /** From `timeText`. */
  time: string
  kind: LogKind
  message: string
  severity: Severity
  /** What a structured line held besides its message. */
  attributes: Readonly<Record<string, unknown>>
  deployment: Deployment
  /** The container; undefined of a build, and of what is printed before there is one. */
  instanceId: string | undefined
}

/** Trouble of the platform itself. */
export interface Incident {
  id: string
  message: string
  url: string
}

/** One request that the edge answered. Durations are milliseconds. */
export interface RequestRow {
  time: string
  at: number
  deployment: Deployment
  deploymentInstanceId: string
  requestId: string
  method: string
  path: string
  host: string
  httpStatus: number
  totalDuration: number
  upstreamRqDuration: number
  /** JSON; empty when nothing went wrong. */
  upstreamErrors: string
  responseDetails: string
  srcIp: string
  clientUa: string
  edgeRegion: string
  txBytes: number
  rxBytes: number
}

export interface DeploymentEvent {
  id: string
  step: DeploymentEventStep
  createdAt: number
  completedAt: number | undefined
  error: string | undefined
  reason: string | undefined
}
