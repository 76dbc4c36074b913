import type { DesiredService, DesiredState, DesiredVariable } from '../../src/config/desired.ts'
import { nothingRolledOut } from '../../src/config/rollout.ts'
import { nothingWatched } from '../../src/config/watched.ts'
import type { EnvironmentConfig } from '../../src/contract/environment-config.ts'
import { Secret } from '../../src/kit/secret.ts'
import { lastApplied } from '../../src/plan/last-applied.ts'
import type { Change, Plan, PlannedDeployment } from '../../src/plan/plan.ts'
import type { PlanSituation } from '../../src/plan/plan-changes.ts'
import { id, type ServiceId } from '../../src/platform/ids.ts'
import type {
  ObservedDeployment,
  ObservedPatch,
  ObservedRunning,
  ObservedService,
  ObservedState,
  ObservedVariable,
} from '../../src/platform/observed-state.ts'
import type { ProbeAnswer } from '../../src/verify/probe.ts'

/** Builders of what the pure parts take: whole and dull, but for what a test says. Ids follow from names. */

export const hour = 60 * 60 * 1000
/** When everything that a builder makes was deployed. */
export const deployedAt = Date.UTC(2026, 10, 3, 9, 0, 0)

/** `service-api` */
export function serviceId(name: string): ServiceId {
  return id(`service-${name}`)
}

/** `${{path}}` */
export function ref(path: string): string {
  return `$\{{${path}}}`
}

/** Values as the platform shows them; null is one that it does not show. */
export function observedVariables(values: Record<string, string | null>): Record<string, ObservedVariable> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value === null ? { masked: true } : { value: new Secret(value) },
    ]),
  )
}

export function texts(values: Record<string, string>): Record<string, DesiredVariable> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { kind: 'text', value }]))
}

export function theSecret(secret: string): DesiredVariable {
  return { kind: 'secret', secret }
}

/** A live one, of commit `c1`. */
export function anObservedDeployment(overrides: Partial<ObservedDeployment> = {}): ObservedDeployment {
  return {
    id: id('deployment-1'),
    status: 'live',
    createdAt: deployedAt,
    isStopped: false,
    runningInstances: 1,
    instances: 1,
    canRollback: true,
    canRedeploy: true,
    commit: 'c1',
    image: undefined,
    patchId: undefined,
    ...overrides,
  }
}

/** One that runs what it was given; `active: []` for one that was never deployed. */
export function anObservedService(name: string, overrides: Partial<ObservedService> = {}): ObservedService {
  const active = overrides.active ?? [anObservedDeployment({ id: id(`deployment-${name}`) })]
  return {
    id: serviceId(name),
    name,
    settings: {},
    variables: {},
    volumes: [],
    domains: [],
    latest: active[0],
    ...overrides,
    active,
  }
}

/** Environment `staging` of project `shop`, with one `api`. */
export function anObservedState(overrides: Partial<ObservedState> = {}): ObservedState {
  return {
    project: { id: id('project-shop'), name: 'shop' },
    environment: { id: id('environment-staging'), name: 'staging' },
    environments: [{ id: id('environment-staging'), name: 'staging' }],
    services: [anObservedService('api')],
    servicesElsewhere: [],
    sharedVariables: {},
    staged: undefined,
    patches: [],
    unmergedChanges: 0,
    platformStatus: { isStable: true },
    platformTime: undefined,
    ...overrides,
  }
}

/** A committed patch of somebody, applied an hour after everything was deployed. */
export function anObservedPatch(
  config: EnvironmentConfig,
  overrides: Partial<Omit<ObservedPatch, 'config'>> = {},
): ObservedPatch {
  return {
    id: id('patch-1'),
    status: 'committed',
    message: undefined,
    createdAt: deployedAt + hour,
    appliedAt: deployedAt + hour,
    error: undefined,
    config: new Secret(config),
    ...overrides,
  }
}

/** The same, by this tool. */
export function ourPatch(
  config: EnvironmentConfig,
  overrides: Partial<Omit<ObservedPatch, 'config'>> = {},
): ObservedPatch {
  return anObservedPatch(config, { message: 'fakturino deploy by nina', ...overrides })
}

export function observedRunning(
  snapshots: Record<string, Record<string, string>> = {},
  autoDeploy: Record<string, boolean> = {},
): ObservedRunning {
  return {
    snapshots: new Map(
      Object.entries(snapshots).map(([name, values]) => [
        serviceId(name),
        Object.fromEntries(Object.entries(values).map(([variable, value]) => [variable, new Secret(value)])),
      ]),
    ),
    autoDeploy: new Map(Object.entries(autoDeploy).map(([name, isOn]) => [serviceId(name), isOn])),
  }
}

/** An app of codebase `acme/shop#main` that wants nothing else. */
export function aDesiredService(name: string, overrides: Partial<DesiredService> = {}): DesiredService {
  return { name, kind: 'app', settings: {}, variables: {}, level: 0, codebase: 'acme/shop#main', ...overrides }
}

/** A database: an image, and no codebase. */
export function aDesiredDatabase(name: string, overrides: Partial<DesiredService> = {}): DesiredService {
  const { codebase: _codebase, ...database } = aDesiredService(name, { kind: 'postgres', ...overrides })
  return database
}

/** Environment `staging` of project `shop`, which wants an `api` as it is. */
export function aDesiredState(overrides: Partial<DesiredState> = {}): DesiredState {
  return {
    project: { name: 'shop' },
    environment: { name: 'staging', protected: false },
    services: [aDesiredService('api')],
    pending: [],
    rollout: nothingRolledOut,
    watched: nothingWatched,
    flags: [],
    secrets: [],
    ...overrides,
  }
}

/** Wants what is there, unless told otherwise. */
export function aPlanSituation(overrides: Partial<PlanSituation> = {}): PlanSituation {
  return {
    desired: aDesiredState(),
    observed: anObservedState(),
    projectExists: true,
    running: undefined,
    lastApplied: lastApplied([]),
    supplied: new Map(),
    commit: { kind: 'running' },
    salt: 'salt',
    ...overrides,
  }
}

export function aPlan(overrides: Partial<Plan> = {}): Plan {
  return {
    project: 'shop',
    environment: 'staging',
    changes: [],
    deployments: [],
    leftOut: [],
    splitSecrets: [],
    notes: [],
    pending: [],
    fingerprint: 'salt:digest',
    ...overrides,
  }
}

/** Sets the api's APP_ENV. */
export function aChange(overrides: Partial<Change> = {}): Change {
  return {
    action: 'create',
    service: 'api',
    setting: 'variable',
    variable: 'APP_ENV',
    after: 'staging',
    cause: 'config',
    severity: 'safe',
    effect: 'redeploy',
    act: { kind: 'set-variable', variable: 'APP_ENV', value: 'staging' },
    ...overrides,
  }
}

/** Brings commit `c2` of `acme/shop#main` to a service. */
export function aPlannedDeployment(service: string, overrides: Partial<PlannedDeployment> = {}): PlannedDeployment {
  return {
    service,
    level: 0,
    reasons: ['another-commit'],
    commit: 'c2',
    codebase: 'acme/shop#main',
    missingSecrets: [],
    effect: 'redeploy',
    ...overrides,
  }
}

/** What one question over HTTP found: 200 after 12 ms, without a word, unless said otherwise. */
export function anAnswer({
  headers = {},
  ...parts
}: {
  status?: number
  isFallback?: boolean
  elapsedMs?: number
  headers?: Record<string, string>
  body?: string
} = {}): Extract<ProbeAnswer, { kind: 'answered' }> {
  return {
    kind: 'answered',
    status: 200,
    isFallback: false,
    elapsedMs: 12,
    header: (name) => headers[name.toLowerCase()] ?? null,
    ...parts,
  }
}
