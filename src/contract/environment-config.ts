/**
 * The JSON behind the platform's `EnvironmentConfig` scalar: the settings of a whole environment, and the shape of every
 * patch to it (PLATFORM.md §3). Only the keys we use are named; a reader ignores others, a writer never drops them.
 * In a patch, a key that is absent stays as it is, and `null` removes an entry or resets a setting.
 */
export interface EnvironmentConfig {
  services?: Record<string, ServiceConfig | null>
  sharedVariables?: Record<string, VariableConfig | null>
  volumes?: Record<string, VolumeConfig | null>
  [unknown: string]: unknown
}

/** One service of an environment, under its id. */
export interface ServiceConfig {
  isCreated?: boolean
  isDeleted?: boolean
  source?: SourceConfig | null
  build?: BuildConfig | null
  deploy?: DeployConfig | null
  networking?: NetworkingConfig | null
  variables?: Record<string, VariableConfig | null>
  volumeMounts?: Record<string, { mountPath: string } | null>
  [unknown: string]: unknown
}

export interface SourceConfig {
  repo?: string | null
  branch?: string | null
  image?: string | null
  [unknown: string]: unknown
}

export interface BuildConfig {
  buildCommand?: string | null
  [unknown: string]: unknown
}

export interface DeployConfig {
  startCommand?: string | null
  /** Both forms are accepted; the platform answers with the one it was given. */
  preDeployCommand?: string | string[] | null
  healthcheckPath?: string | null
  /** Seconds. */
  healthcheckTimeout?: number | null
  restartPolicyType?: 'ON_FAILURE' | 'ALWAYS' | 'NEVER' | null
  restartPolicyMaxRetries?: number | null
  numReplicas?: number | null
  multiRegionConfig?: Record<string, { numReplicas?: number } | null> | null
  [unknown: string]: unknown
}

export interface NetworkingConfig {
  serviceDomains?: Record<string, { port?: number } | null>
  customDomains?: Record<string, { port?: number } | null>
  [unknown: string]: unknown
}

/** `value` holds references unrendered; it is absent, null, empty or `*****` where the reader may not see it. */
export interface VariableConfig {
  value?: string | null
  isSealed?: boolean
  [unknown: string]: unknown
}

export interface VolumeConfig {
  sizeMB?: number
  region?: string
  isCreated?: boolean
  isDeleted?: boolean
  [unknown: string]: unknown
}
