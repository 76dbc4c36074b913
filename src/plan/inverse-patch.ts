import { isDeepStrictEqual } from 'node:util'
import { own } from '../config/own.ts'
import type { EnvironmentConfig, ServiceConfig } from '../contract/environment-config.ts'
import type { ObservedService, ObservedState, ObservedVariable } from '../platform/observed-state.ts'
import type { SettingsPatch } from '../platform/platform.ts'
import { settingsFromConfig, settingsToConfig } from '../platform/translate.ts'
import { valueAt } from './config-path.ts'
import { type Change, subjectOf } from './plan.ts'
import { mergedPatch } from './store-patch.ts'

/** What a run stored, and the environment before it and now. */
export interface StoredChanges {
  changes: readonly Change[]
  /** What was stored for them. Holds secrets. */
  patch: EnvironmentConfig
  before: ObservedState
  now: ObservedState
}

/** The way back from stored changes. Places are in the words of a plan's changes. */
export interface InversePatch {
  /** Puts back what can be put back; undefined when there is nothing to store. Holds secrets. */
  patch: EnvironmentConfig | undefined
  /** What it puts back. */
  places: string[]
  /** Somebody else changed it since, so it is theirs. */
  changedByOthers: string[]
  /** The platform does not show what was there, or what is there now. */
  hidden: string[]
  /** Created things, what was stored for services that had never run, and volume sizes, which only grow. */
  stays: string[]
}

/**
 * Only what still has the value that was stored is put back, and what has its old value already needs nothing. Several regions read as
 * one number of replicas, so that they come back as that number.
 */
export function inversePatch({ changes, patch, before, now }: StoredChanges): InversePatch {
  const found = changes.flatMap((change) => {
    const step = stepBack(change, patch, before, now)
    return step === undefined ? [] : [{ place: subjectOf(change), ...step }]
  })
  const places = (kind: StepBack['kind']) => found.filter((one) => one.kind === kind).map(({ place }) => place)
  return {
    patch: mergedPatch([...settingsBack(found, now), ...found.flatMap((one) => ('part' in one ? [one.part] : []))]),
    places: [...places('setting'), ...places('part')],
    changedByOthers: places('others'),
    hidden: places('hidden'),
    stays: places('stays'),
  }
}

type StepBack =
  | { kind: 'setting'; service: ObservedService; settings: SettingsPatch }
  | { kind: 'part'; part: EnvironmentConfig }
  | { kind: 'others' | 'hidden' | 'stays' }

/** The way back from one change; undefined when it needs none. */
function stepBack(
  change: Change,
  patch: EnvironmentConfig,
  before: ObservedState,
  now: ObservedState,
): StepBack | undefined {
  const { act } = change
  // Not stored: it is switched, and switched back, by itself.
  if (act.kind === 'set-auto-deploy') return undefined
  const old = serviceIn(before, change.service)
  if (old === undefined || old.latest === undefined) return { kind: 'stays' }
  const service = serviceIn(now, change.service)
  if (service === undefined) return { kind: 'others' }
  switch (act.kind) {
    case 'set':
      return settingBack(act.setting, patch.services?.[old.id] ?? {}, old, service)
    case 'set-variable':
    case 'set-secret':
    case 'remove-variable':
      return variableBack(act.variable, patch, old, service)
    case 'set-domain-port':
      return domainBack(act, old, service)
    case 'mount-volume':
      return mountBack(act.mountPath, old, service)
    case 'create-project':
    case 'create-environment':
    case 'create-service':
    case 'create-instance':
    case 'create-volume':
    case 'create-domain':
    case 'resize-volume':
      return { kind: 'stays' }
  }
}

function settingBack(
  setting: keyof SettingsPatch,
  stored: ServiceConfig,
  old: ObservedService,
  service: ObservedService,
): StepBack | undefined {
  const [was, is] = [old.settings[setting], service.settings[setting]]
  if (isDeepStrictEqual(was, is)) return undefined
  const written = settingsFromConfig(stored)[setting]
  // A branch that nothing names reads as the one that pushes deploy.
  const isOurs = isDeepStrictEqual(is, written) || (setting === 'branch' && written === undefined)
  return isOurs ? { kind: 'setting', service, settings: { [setting]: was ?? null } } : { kind: 'others' }
}

/** All settings of a service at once: some share a place. */
function settingsBack(found: readonly StepBack[], now: ObservedState): EnvironmentConfig[] {
  return now.services.flatMap((service) => {
    const steps = found.flatMap((step) => (step.kind === 'setting' && step.service === service ? [step.settings] : []))
    if (steps.length === 0) return []
    const settings: SettingsPatch = Object.assign({}, ...steps)
    return [{ services: { [service.id]: settingsToConfig(settings, service.settings) } }]
  })
}

function variableBack(
  name: string,
  patch: EnvironmentConfig,
  old: ObservedService,
  service: ObservedService,
): StepBack | undefined {
  const [was, is] = [own(old.variables, name), own(service.variables, name)]
  if (isMasked(was) || isMasked(is)) return { kind: 'hidden' }
  if (was?.value.reveal() === is?.value.reveal()) return undefined
  const written = valueAt(patch, ['services', service.id, 'variables', name, 'value']) ?? undefined
  if (is?.value.reveal() !== written) return { kind: 'others' }
  const entry = was === undefined ? null : { value: was.value.reveal() }
  return { kind: 'part', part: { services: { [service.id]: { variables: { [name]: entry } } } } }
}

function domainBack(
  { domain, domainKind, targetPort }: Extract<Change['act'], { kind: 'set-domain-port' }>,
  old: ObservedService,
  service: ObservedService,
): StepBack | undefined {
  const portIn = ({ domains }: ObservedService) => domains.find((one) => one.domain === domain)?.targetPort
  const [was, is] = [portIn(old), portIn(service)]
  if (was === is) return undefined
  // A port that nobody had chosen is the platform's guess, and no value to go back to.
  if (was === undefined) return { kind: 'stays' }
  if (is !== targetPort) return { kind: 'others' }
  const part = domainKind === 'generated' ? 'serviceDomains' : 'customDomains'
  return {
    kind: 'part',
    part: { services: { [service.id]: { networking: { [part]: { [domain]: { port: was } } } } } },
  }
}

function mountBack(mountPath: string, old: ObservedService, service: ObservedService): StepBack | undefined {
  const [was, is] = [old.volumes[0], service.volumes[0]]
  if (was === undefined) return { kind: 'stays' }
  if (is === undefined || is.id !== was.id) return { kind: 'others' }
  if (is.mountPath === was.mountPath) return undefined
  if (is.mountPath !== mountPath) return { kind: 'others' }
  return {
    kind: 'part',
    part: { services: { [service.id]: { volumeMounts: { [was.id]: { mountPath: was.mountPath } } } } },
  }
}

function serviceIn(state: ObservedState, name: string | undefined): ObservedService | undefined {
  return state.services.find((service) => service.name === name)
}

function isMasked(variable: ObservedVariable | undefined): variable is { masked: true } {
  return variable !== undefined && 'masked' in variable
}
