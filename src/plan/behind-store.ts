import type { DesiredService, DesiredState } from '../config/desired.ts'
import { holdsReference } from '../config/expressions.ts'
import { own } from '../config/own.ts'
import type { EnvironmentConfig, ServiceConfig } from '../contract/environment-config.ts'
import type { ObservedDeployment, ObservedRunning, ObservedService, ObservedState } from '../platform/observed-state.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import { compareSettings } from './compare-settings.ts'
import { ownVariablePrefix } from './compare-variables.ts'
import { isPinning } from './last-applied.ts'
import { placeOf, referenceReach } from './reference-reach.ts'

/** Says whether a service is behind what is stored for it. */
export type IsBehindStore = (service: DesiredService, observed: ObservedService, live: ObservedDeployment) => boolean

/**
 * Has something been stored since that the running containers do not have? What only flags changed is for `flags` to say, and
 * a database starts anew for what the config says of itself only: that stops everything else.
 */
export function behindStore(
  desired: DesiredState,
  state: ObservedState | undefined,
  running: ObservedRunning | undefined,
): IsBehindStore {
  const flags = new Set(desired.flags.map((flag) => flag.variable))
  const isDeployed = (variable: string) => !flags.has(variable) && !variable.startsWith(ownVariablePrefix)
  const patches = readPatches(state, isDeployed)
  return (service, observed, live) => {
    const isApp = service.kind === 'app'
    const counts = (variable: string) => isDeployed(variable) && (isApp || Object.hasOwn(service.variables, variable))
    const isNewer = patches.some(
      (patch) =>
        patch.id !== live.patchId &&
        patch.time > live.createdAt &&
        (patch.isPinning && patch.config.services?.[observed.id] !== undefined
          ? false
          : touchesDeployment(patch.config.services?.[observed.id], counts) ||
            (isApp && patch.reached().has(service.name))),
    )
    // What is on its way has no snapshot yet: the one that was read is of what runs.
    const isSnapshotOfIt = live.id === observed.active[0]?.id
    const hasHistory = state?.denied?.includes('patches') !== true
    return (
      isNewer ||
      (!hasHistory && runsOtherSettings(observed, live)) ||
      (isSnapshotOfIt && differsFromSnapshot(observed, running, counts))
    )
  }
}

/** Where no history says what was stored since, what is stored is compared with what the deployment was made from. */
function runsOtherSettings({ settings }: ObservedService, live: ObservedDeployment): boolean {
  if (live.settings === undefined) return false
  return compareSettings(settings, { ...settingDefaults, ...live.settings }).some(
    ({ effect, path: [part] }) => effect !== 'none' && part !== 'source',
  )
}

/** The committed patches, and for each the services whose variables refer to what it touches, asked for only when it matters. */
function readPatches(state: ObservedState | undefined, isDeployed: (variable: string) => boolean) {
  let reach: ReturnType<typeof referenceReach> | undefined
  const names = new Map<string, string>(state?.services.map((service) => [service.id, service.name]))
  return (state?.patches ?? [])
    .filter((patch) => patch.status === 'committed')
    .map((patch) => {
      const config = patch.config.reveal()
      let reached: ReadonlySet<string> | undefined
      return {
        id: patch.id,
        time: patch.appliedAt ?? patch.createdAt,
        config,
        isPinning: isPinning(patch),
        reached: () => {
          reach ??= referenceReach((state?.services ?? []).map(shownValues))
          reached ??= reach(touchedVariables(config, names, isDeployed))
          return reached
        },
      }
    })
}

function shownValues({ name, variables }: ObservedService) {
  return {
    service: name,
    values: Object.entries(variables).flatMap(([variable, held]): [string, string][] =>
      'value' in held ? [[variable, held.value.reveal()]] : [],
    ),
  }
}

function touchedVariables(
  { services, sharedVariables }: EnvironmentConfig,
  names: ReadonlyMap<string, string>,
  isDeployed: (variable: string) => boolean,
): string[] {
  const places = (service: string, variables: object | undefined) =>
    Object.keys(variables ?? {})
      .filter(isDeployed)
      .map((variable) => placeOf(service, variable))
  return [
    ...places('shared', sharedVariables),
    ...Object.entries(services ?? {}).flatMap(([id, config]) => places(names.get(id) ?? id, config?.variables)),
  ]
}

/** Does a patch change what a new deployment of the service would be? */
function touchesDeployment(config: ServiceConfig | null | undefined, counts: (variable: string) => boolean): boolean {
  if (config === null || config === undefined) return false
  const { variables, networking: _network, isCreated: _created, source, deploy, ...rest } = config
  if (source === null || deploy === null) return true
  const { branch: _branch, ...sourceRest } = source ?? {}
  // The platform scales what runs without a new deployment (PLATFORM.md §4.1).
  const { numReplicas: _replicas, multiRegionConfig: _regions, ...deployRest } = deploy ?? {}
  if ([rest, sourceRest, deployRest].some((part) => Object.keys(part).length > 0)) return true
  return Object.keys(variables ?? {}).some(counts)
}

/** Snapshots are rendered: only values without references can be compared with what is stored. */
function differsFromSnapshot(
  observed: ObservedService,
  running: ObservedRunning | undefined,
  counts: (variable: string) => boolean,
): boolean {
  const snapshot = running?.snapshots.get(observed.id)
  if (snapshot === undefined) return false
  return Object.entries(observed.variables).some(([name, variable]) => {
    if ('masked' in variable || !counts(name)) return false
    const stored = variable.value.reveal()
    return !holdsReference(stored) && own(snapshot, name)?.reveal() !== stored
  })
}
