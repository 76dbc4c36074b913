import type { RevisionProbe, SecretGenerator } from './desired.ts'
import type { VariableValue } from './expressions.ts'
import type { MigrationPlace } from './migration-place.ts'

/** `250ms`, `30s`, `10m`, `1h`, `7d`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** `256MB`, `10GB`; 1 GB is 1024 MB. */
export type Size = `${number}${'MB' | 'GB'}`

/** Everything that the operator knows about a project; the default export of `fakturino.config.ts`. */
export interface FakturinoConfig {
  project: ProjectSettings
  /** `owner/name` of the repository that apps are built from. */
  repository: string
  databaseEngine: DatabaseEngine
  environments: Record<string, EnvironmentSettings>
  /** The key is the service's name on the platform. */
  services: Record<string, ServiceConfig>
  flags?: Record<string, FlagConfig>
  secrets?: Record<string, SecretConfig>
  checks?: Record<string, CheckConfig>
  metrics?: Record<string, MetricConfig>
  soak?: SoakConfig
  /** The staging checklist, by section. */
  validation?: Record<string, ValidationSection>
  migrations?: MigrationConfig
  postDeploy?: PostDeployStep[]
  knownIssues?: KnownIssue[]
  timing?: TimingConfig
}

type DatabaseEngine = 'postgres' | 'mysql'

interface ProjectSettings {
  name: string
  /** Saves a look-up by name. */
  id?: string
}

export interface EnvironmentSettings {
  /** The branch that apps are built from here. */
  branch: string
  /** A change needs `-e` spelled out and an approval. */
  protected?: boolean
  /** The environment for which this one is tried first: `flags validate` works here, and its evidence counts there. */
  validates?: string
  /** Custom domains, by service. A service without one here keeps its generated domain. */
  domains?: Record<string, string>
  /** Where migrations run here, in the place of what `migrations` says. */
  migrations?: { place: MigrationPlace }
}

export type Variables = Record<string, VariableValue>

export type ServiceConfig = AppService | PostgresService | RedisService

/** A service that runs code of ours or an image. */
export interface AppService {
  kind: 'app'
  /** What it does, in a few words. */
  purpose?: string
  /** Described but not built yet: never created, never deployed. Needs a `reason`. */
  status?: 'pending'
  reason?: string
  /** Absent: the config's repository at the environment's branch. */
  source?: RepositorySource | ImageSource
  build?: string
  /** Runs after the build and before traffic, in a container of its own; when it fails, nothing changes. */
  preDeploy?: string | string[]
  start?: string
  healthcheck?: HealthcheckConfig
  restart?: 'on-failure' | 'always' | 'never'
  restartRetries?: number
  /** 0 runs nothing of it; a guard asks before what runs is scaled down to that. */
  replicas?: number
  region?: string
  /** Where it listens: becomes its `PORT` variable, its domain's target and the port of its private URL. */
  port?: number
  variables?: Variables
  volume?: VolumeConfig
  /** Says that files live in object storage, so that no volume is missing. */
  storage?: 's3'
  /** Reachable from outside: at a generated domain, or at the one that `environments.<name>.domains` gives it. */
  domain?: boolean
  /** The queues it consumes. */
  queues?: string[]
  /** The jobs it starts by the clock. */
  schedule?: ScheduledJob[]
  /** Should pushes deploy it without us? False unless said otherwise. */
  autoDeploy?: boolean
  revision?: RevisionProbe
}

interface RepositorySource {
  repository: string
  /** Absent: the environment's branch. */
  branch?: string
}

interface ImageSource {
  image: string
}

/**
 * The platform asks `path` while it deploys, for `deployTimeout` at most; `deploy` asks it once more over the domain and expects
 * `status`. `check` asks it too, and `check --watch` each `interval`; no answer of a check takes longer than `timeout`.
 */
interface HealthcheckConfig {
  path: string
  /** 5 minutes unless said otherwise, as on the platform. */
  deployTimeout?: Duration
  interval?: Duration
  timeout?: Duration
  /** 200 unless said otherwise. */
  status?: number
}

/** `size` is a minimum: a larger volume is no difference, and volumes never shrink. */
interface VolumeConfig {
  mountPath: string
  size: Size
}

interface ScheduledJob {
  job: string
  /** In words: `hourly`, `daily`. The application decides; this tells people. */
  when: string
  /** Runs only while this flag is on. */
  flag?: string
}

export interface PostgresService {
  kind: 'postgres'
  purpose?: string
  /** The major version: `15`. */
  version: string
  storage: Size
  variables?: Variables
}

export interface RedisService {
  kind: 'redis'
  purpose?: string
  /** The major version: `7`. */
  version: string
  /** Its snapshots; without them every deploy would lose what is queued. */
  storage: Size
  /** What it may hold in memory before `eviction` applies. */
  memory: Size
  eviction: Eviction
  variables?: Variables
}

type Eviction =
  | 'noeviction'
  | 'allkeys-lru'
  | 'allkeys-lfu'
  | 'allkeys-random'
  | 'volatile-lru'
  | 'volatile-lfu'
  | 'volatile-random'
  | 'volatile-ttl'

export interface FlagConfig {
  variable: string
  /** What a new environment starts with. */
  default: boolean
  /** The value that is tried first in the environment that validates; `risky-flag-default` guards it where it is protected. */
  riskyValue: boolean
  services: string[]
  /** Sections of the staging checklist that have to be green before the risky value. */
  sections: string[] | 'every'
  requires?: { services?: string[]; secrets?: string[]; queues?: string[] }
  /** How to see from outside whether it took effect: the status that `path` answers with. */
  effect?: { service: string; path: string; on: number; off: number }
}

export interface SecretConfig {
  /** What it is for, said to the person who must supply it. */
  purpose?: string
  /** Absent: a person supplies it. */
  generate?: SecretGenerator
  /** The services that cannot start without it. */
  requiredBy?: string[]
}

/** What can be asked of a running service over HTTP: `check` does, and `deploy` where the format is `health`. */
export interface CheckConfig {
  service: string
  path: string
  /** 200 unless said otherwise. */
  status?: number | number[]
  interval?: Duration
  timeout?: Duration
  format?: 'status' | 'health' | 'prometheus'
  /** Answers only while this flag is on; while it is off, that is no failure. */
  flag?: string
  /** Named parts of a health answer that never fail the check. */
  advisory?: string[]
  /** `observed`: while a change of flags is watched it is told, and takes nothing back. `gating` unless said otherwise. */
  use?: 'gating' | 'observed'
}

/** What a figure of `/metrics` means, and how `check` judges it. */
export interface MetricConfig {
  means: string
  labels?: string[]
  /** `gating` is meant to decide whether a change was good; `observed` only to be told. */
  use: 'gating' | 'observed'
  /** Judge how much it grew while we watched: for totals that never reset. */
  measure?: 'value' | 'growth'
  /** The value that says that there is nothing to measure. */
  missing?: number
  critical?: Threshold
  advisory?: Threshold
}

type Threshold = { below: number } | { above: number }

/** How long and how strictly a change of flags is watched before it counts as good. */
interface SoakConfig {
  duration?: Duration
  interval?: Duration
  failureLimit?: number
  consecutiveLimit?: number
  minimumProbes?: number
  minimumRequests?: number
  baseline?: Duration
  /** How long evidence from the environment that is tried first is good for. */
  evidence?: Duration
}

/** A part of the staging checklist. */
export interface ValidationSection {
  title: string
  /** A sentence is confirmed by a person; one with a `check` is proven by it: one of `checks`, or one of ours (`own-checks.ts`). */
  items: (string | { item: string; check: string })[]
}

/** Whose code has the migrations, and where they run. What the place says is checked against that service's `preDeploy`. */
interface MigrationConfig {
  service: string
  place: MigrationPlace
}

/** A step of the guide's post-deploy list, and where it happens now. It is a note: no command runs it. */
interface PostDeployStep {
  command: string
  service: string
  place: 'pre-deploy' | 'start' | 'container'
}

/** A finding that is known and accepted, with the reason. */
export interface KnownIssue {
  /** The finding's code. */
  finding: string
  /** The finding's path. */
  subject: string
  reason: string
}

/** What differs from the default timings. */
interface TimingConfig {
  command?: Duration
  queue?: Duration
  build?: Duration
  preDeploy?: Duration
  healthMargin?: Duration
  verify?: Duration
  settle?: Duration
  probe?: Duration
}
