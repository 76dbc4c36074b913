import type { ServiceSettings } from '../platform/service-settings.ts'
import type { MigrationPlace } from './migration-place.ts'
import type { Rollout } from './rollout.ts'
import type { Watched } from './watched.ts'

/** What the config wants of one environment, resolved: no defaults left to apply, no environment left to choose. */
export interface DesiredState {
  project: { name: string; id?: string }
  environment: DesiredEnvironment
  /** In the order of deployment: `level` never falls. */
  services: DesiredService[]
  /** Described, but not built yet: never created, never deployed. */
  pending: { name: string; reason: string }[]
  flags: DesiredFlag[]
  secrets: DesiredSecret[]
  /** How its flags are switched in stages. */
  rollout: Rollout
  /** What is asked of it once it runs. */
  watched: Watched
  /** Absent: the config does not say where migrations run. */
  migrations?: { service: string; place: MigrationPlace }
}

export interface DesiredEnvironment {
  name: string
  /** A change here needs `-e` spelled out and an approval. */
  protected: boolean
  /** The environment for which this one is tried first: its flags are validated here. */
  validates?: string
}

export interface DesiredService {
  name: string
  kind: 'app' | 'postgres' | 'redis'
  settings: ServiceSettings
  variables: Record<string, DesiredVariable>
  /** `sizeMB` is a minimum: a larger volume is no difference. */
  volume?: { mountPath: string; sizeMB: number }
  domain?: { targetPort: number; custom?: string }
  /** Should pushes deploy it without us? Only for code from a repository. */
  autoDeploy?: boolean
  /** 0 deploys first; services of one level deploy together. */
  level: number
  /** `owner/name#branch`: services with the same one always run the same commit. */
  codebase?: string
  /**
   * How we ask over its domain whether it is up. `advisory`: the path answers for its parts too, and these alone never make it down.
   */
  liveness?: { path: string; status: number; advisory?: string[] }
  /** How it says over its domain which commit it runs. */
  revision?: RevisionProbe
}

/**
 * How the running app says which commit it is: a field of a JSON answer (`build.commit` for one within another), or a header.
 * `deploy` asks over the domain; what says another commit fails it.
 */
export type RevisionProbe = { path: string; field: string } | { path: string; header: string }

/** `text` may hold references (`${{postgres.DATABASE_URL}}`) and may be shown; a secret is known by its name only. */
export type DesiredVariable = { kind: 'text'; value: string } | { kind: 'secret'; secret: string }

/** A feature flag's variable. Written by `deploy` only when it does not exist yet. */
export interface DesiredFlag {
  /** The flag's name: `partner_mocked_data`. */
  name: string
  /** `FEATURE_PARTNER_MOCKED_DATA` */
  variable: string
  default: string
  /** The value that is tried elsewhere first; a guard asks before it comes into being where changes are protected. */
  riskyValue: string
  /** Names of the services that read it. */
  services: string[]
}

export interface DesiredSecret {
  name: string
  /** Absent: a person supplies it. */
  generate?: SecretGenerator
  /** Names of the services that hold it. */
  services: string[]
  /** Of those, the ones that cannot start without it. */
  requiredBy: string[]
  /** What it is for, for the person who must supply it. */
  purpose?: string
}

/** `laravel-key`: `base64:` and 32 bytes; `letters`: 32 letters, as the platform's own databases have; `hex`: 32 bytes. */
export type SecretGenerator = 'laravel-key' | 'letters' | 'hex'
