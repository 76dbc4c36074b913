/** One environment's settings of one service, in our words. Absent means the platform's default. */
export interface ServiceSettings {
  /** `owner/name` */
  repo?: string
  branch?: string
  image?: string
  buildCommand?: string
  /** Each runs after the build and before traffic, in a container of its own. */
  preDeploy?: string[]
  startCommand?: string
  healthcheckPath?: string
  healthcheckTimeoutSeconds?: number
  restartPolicy?: RestartPolicy
  restartRetries?: number
  replicas?: number
  region?: string
}

export type RestartPolicy = 'on-failure' | 'always' | 'never'

export type SettingName = keyof ServiceSettings

/** What the platform does where nothing is set (PLATFORM.md §5.4, §5.6). */
export const settingDefaults = {
  healthcheckTimeoutSeconds: 300,
  restartPolicy: 'on-failure',
  restartRetries: 10,
  replicas: 1,
} as const satisfies Partial<ServiceSettings>
