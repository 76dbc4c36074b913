import type { DeploymentId } from '../platform/ids.ts'
import type { ServiceSettings, SettingName } from '../platform/service-settings.ts'

/** The difference between what the config wants of one environment and what the platform reports, as data. Holds no secret. */
export interface Plan {
  project: string
  environment: string
  /** What `deploy` would write, in the order of services. */
  changes: Change[]
  /** What `deploy` would start anew, in the order of levels. */
  deployments: PlannedDeployment[]
  /** What would have to start anew too, had the operator not named other services. */
  leftOut: PlannedDeployment[]
  /** Supplied secrets that this plan writes, with the services that should get them too and were not named. */
  splitSecrets: { secret: string; written: string[]; leftOut: string[] }[]
  /** What was noticed and is left alone, with the reason. */
  notes: PlanNote[]
  /** Described in the config, but not built yet. */
  pending: { service: string; reason: string }[]
  /** Binds the plan to the state that it was made from. */
  fingerprint: string
}

/** One difference, and what settles it. */
export interface Change {
  action: 'create' | 'update' | 'delete'
  /** Absent for the project and the environment themselves. */
  service?: string
  setting: ChangedSetting
  /** The variable's name, when the setting is `variable`. */
  variable?: string
  /** In words for people; secrets read `(secret)`, what must not be shown `(hidden)`. Absent: not set. */
  before?: string
  after?: string
  /** `config`: what we want has changed. `drift`: somebody else changed what is there. `unknown`: nothing says which. */
  cause: Cause
  severity: 'safe' | 'risky' | 'destructive'
  /** What settling it does to what runs: nothing, a new deployment, or a new deployment during which nothing answers. */
  effect: Effect
  /** Only a patch stores it, and the token may not use any: it stays as it is. */
  outOfReach?: true
  act: PlannedAct
}

export type ChangedSetting =
  | 'project'
  | 'environment'
  | 'service'
  | 'volume'
  | 'volume-size'
  | 'domain'
  | 'domain-port'
  | 'auto-deploy'
  | 'variable'
  | SettingName

export type Cause = 'config' | 'drift' | 'unknown'

export type Effect = 'none' | 'redeploy' | 'downtime'

/** What `deploy` does about a change. Values of secrets are found at that moment, never before. */
export type PlannedAct =
  | { kind: 'create-project' }
  | { kind: 'create-environment' }
  | { kind: 'create-service' }
  /** The service exists in the project, but not in this environment. */
  | { kind: 'create-instance' }
  | { kind: 'create-volume'; mountPath: string }
  | { kind: 'create-domain'; targetPort: number; custom?: string }
  | { kind: 'mount-volume'; mountPath: string }
  | { kind: 'resize-volume'; sizeMB: number }
  | { kind: 'set-domain-port'; domain: string; domainKind: 'generated' | 'custom'; targetPort: number }
  | { kind: 'set-auto-deploy'; enabled: boolean }
  | SetAct
  | { kind: 'set-variable'; variable: string; value: string }
  | { kind: 'set-secret'; variable: string; secret: string; source: SecretSource }
  | { kind: 'remove-variable'; variable: string }

/** One setting; null resets it to the platform's default. */
export type SetAct = {
  [Name in SettingName]-?: { kind: 'set'; setting: Name; value: NonNullable<ServiceSettings[Name]> | null }
}[SettingName]

/** Where a secret's value comes from: made now, copied from a service that shares it, or supplied by a person. */
export type SecretSource = { from: 'generated' } | { from: 'supplied' } | { from: 'service'; service: string }

/** A service that needs a new deployment, once, and every reason for it. */
export interface PlannedDeployment {
  service: string
  level: number
  reasons: DeploymentReason[]
  /** What runs now. */
  running?: { deploymentId: DeploymentId; commit?: string }
  /** It is on its way already, and is what is wanted: it is followed, and no new one is started. */
  follows?: { deploymentId: DeploymentId; commit?: string }
  /** Another one is on its way, and a new deployment ends it. `isOurs`: by the notes of this tool. */
  replaces?: { deploymentId: DeploymentId; commit?: string; isOurs: boolean }
  /** The commit to deploy; `latest` is the head of the branch. Absent for images. */
  commit?: string
  codebase?: string
  /** Somebody rolled this very commit back and marked it bad. */
  markedBad?: { by: string; reason?: string }
  /** Secrets that it cannot start without and nobody supplied: it is not deployed. */
  missingSecrets: string[]
  effect: 'redeploy' | 'downtime'
}

export type DeploymentReason =
  | 'never-deployed'
  | 'another-commit'
  /** The head of the branch was asked for, and only the platform knows which commit that is. */
  | 'newest-commit'
  | 'not-running'
  | 'settings-change'
  | 'variables-change'
  | 'stored-change-not-running'
  | 'reference-change'

/** Something left alone. Codes are stable. */
export interface PlanNote {
  code:
    | 'flag-differs'
    | 'flag-not-running'
    | 'bad-releases'
    | 'masked'
    | 'secret-missing'
    | 'secret-differs'
    | 'unmanaged-variables'
    | 'unmanaged-service'
    | 'larger-volume'
    | 'unmanaged-volume'
    | 'unclear-domain'
    | 'config-denied'
    | 'history-denied'
    | 'uploaded-code'
  service?: string
  message: string
}

/** Is there nothing to do? Notes do not count. */
export function isEmpty(plan: Plan): boolean {
  return plan.changes.length === 0 && plan.deployments.length === 0
}

/** Is there nothing that this token can do? What is out of its reach does not count. */
export function isSettled(plan: Plan): boolean {
  return plan.deployments.length === 0 && plan.changes.every((change) => change.outOfReach)
}

/** How a change is spelled in a sentence: `api variable APP_ENV`. */
export function subjectOf(change: Pick<Change, 'service' | 'setting' | 'variable'>): string {
  const setting = change.setting === 'variable' ? `variable ${change.variable}` : settingWords[change.setting]
  return change.service === undefined
    ? setting
    : change.setting === 'service'
      ? change.service
      : `${change.service} ${setting}`
}

/** Each setting's name for people. */
export const settingWords: Record<ChangedSetting, string> = {
  project: 'project',
  environment: 'environment',
  service: 'service',
  volume: 'volume',
  'volume-size': 'volume size',
  domain: 'domain',
  'domain-port': 'domain port',
  'auto-deploy': 'deploy on push',
  variable: 'variable',
  repo: 'repository',
  branch: 'branch',
  image: 'image',
  buildCommand: 'build command',
  preDeploy: 'pre-deploy command',
  startCommand: 'start command',
  healthcheckPath: 'health check path',
  healthcheckTimeoutSeconds: 'health check timeout',
  restartPolicy: 'restart policy',
  restartRetries: 'restart retries',
  replicas: 'replicas',
  region: 'region',
}

export function isSetting(name: string): name is ChangedSetting {
  return Object.hasOwn(settingWords, name)
}
