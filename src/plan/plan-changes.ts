import { isDeepStrictEqual } from 'node:util'
import type { DesiredService, DesiredState } from '../config/desired.ts'
import { own } from '../config/own.ts'
import type { Secret } from '../kit/secret.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { isUploaded } from '../kit/uploaded-revision.ts'
import type { DeniedPart, ObservedRunning, ObservedService, ObservedState } from '../platform/observed-state.ts'
import { settingsFromConfig } from '../platform/translate.ts'
import { badReleases } from './bad-releases.ts'
import { compareAttachments } from './compare-attachments.ts'
import { compareSettings, type SettingDifference } from './compare-settings.ts'
import {
  compareVariables,
  type KnownSecret,
  knownSecrets,
  missingSecrets,
  secretsThatDiffer,
  toldSecret,
  type VariableDifference,
} from './compare-variables.ts'
import { configAt } from './config-path.ts'
import { isOnlyByPatch } from './direct-store.ts'
import { fingerprint } from './fingerprint.ts'
import { flagsNotRunning } from './flags-not-running.ts'
import type { LastApplied } from './last-applied.ts'
import type { Cause, Change, Plan, PlanNote, PlannedDeployment } from './plan.ts'
import { liveDeployment, planDeployments, type WantedCommit } from './plan-deployments.ts'

/** Everything a plan is made from. */
export interface PlanSituation {
  desired: DesiredState
  /** Undefined: the environment, or the whole project, does not exist yet. */
  observed: ObservedState | undefined
  /** Does the project exist, when the environment does not? */
  projectExists: boolean
  running: ObservedRunning | undefined
  lastApplied: LastApplied
  /** Secrets that a person supplied in this run, by name. */
  supplied: ReadonlyMap<string, Secret>
  commit: WantedCommit
  /** Only these services; all of them when absent. */
  services?: readonly string[]
  /** Salt of the fingerprint, new for each plan. */
  salt: string
}

/** The difference between desired and observed. Pure: the same situation always gives the same plan. */
export function planChanges(situation: PlanSituation): Plan {
  const { desired, observed } = situation
  const missing = missingSecrets(desired, observed, situation.supplied)
  const there: Environment = {
    services: new Map(observed?.services.map((service) => [service.name, service])),
    elsewhere: new Set(observed?.servicesElsewhere.map((service) => service.name)),
    secrets: knownSecrets(desired, observed),
  }
  const perService = desired.services.map((service) => compareService(situation, service, there))
  const selected = situation.services === undefined ? undefined : new Set(situation.services)
  const isSelected = (service: string) => selected?.has(service) ?? true
  const mayPatch = observed?.denied?.includes('patches') !== true
  const all = [...missingContainers(situation), ...perService.flatMap((result) => result.changes)]
  const changes = all
    .filter((change) => change.service === undefined || isSelected(change.service))
    .map((change) => (mayPatch || !isOnlyByPatch(change) ? change : { ...change, outOfReach: true as const }))
  const deployments = planDeployments({
    desired,
    observed,
    running: situation.running,
    changes,
    commit: situation.commit,
    missingSecrets: missing,
  })
  return {
    project: desired.project.name,
    environment: desired.environment.name,
    changes,
    deployments: deployments.filter((deployment) => isSelected(deployment.service)),
    leftOut: deployments.filter((deployment) => !isSelected(deployment.service)),
    splitSecrets: splitSecrets(all, isSelected),
    notes: [
      ...perService.flatMap((result) => result.notes),
      ...flagsNotRunning(desired, observed, situation.running),
      ...unknownHead(situation),
      ...secretNotes(desired, missing),
      ...secretsThatDiffer(there.secrets, situation.supplied),
      ...strangers(situation),
      ...denials(observed),
      ...uploadedCode(situation, deployments),
    ],
    pending: desired.pending.map(({ name, reason }) => ({ service: name, reason })),
    fingerprint: fingerprint(observed, situation.salt),
  }
}

function missingContainers({ desired, observed, projectExists }: PlanSituation): Change[] {
  const created = { action: 'create', cause: 'config', severity: 'safe', effect: 'none' } as const
  const changes: Change[] = []
  if (!projectExists)
    changes.push({ ...created, setting: 'project', after: desired.project.name, act: { kind: 'create-project' } })
  if (observed === undefined)
    changes.push({
      ...created,
      setting: 'environment',
      after: desired.environment.name,
      act: { kind: 'create-environment' },
    })
  return changes
}

/** Only the platform knows which commit the head of the branch is, so that no guard can compare it. */
function unknownHead({ observed, commit }: PlanSituation): PlanNote[] {
  const bad = observed === undefined || commit.kind !== 'latest' ? [] : badReleases(observed)
  if (bad.length === 0) return []
  const commits = listed(bad.slice(0, 3).map((one) => shortCommit(one.commit)))
  return [
    {
      code: 'bad-releases',
      message: `Marked bad here: ${commits}. Which commit latest is, only the platform knows; --commit SHA makes sure that it is none of them.`,
    },
  ]
}

/** A secret that a person supplied is for everything that shares it: where naming services cuts through, it is said. */
function splitSecrets(changes: readonly Change[], isSelected: (service: string) => boolean): Plan['splitSecrets'] {
  const takersOf = new Map<string, Set<string>>()
  for (const { act, service } of changes) {
    if (act.kind !== 'set-secret' || act.source.from !== 'supplied' || service === undefined) continue
    takersOf.set(act.secret, (takersOf.get(act.secret) ?? new Set()).add(service))
  }
  return [...takersOf]
    .map(([secret, takers]) => ({
      secret,
      written: [...takers].filter(isSelected),
      leftOut: [...takers].filter((service) => !isSelected(service)),
    }))
    .filter(({ written, leftOut }) => written.length > 0 && leftOut.length > 0)
}

/** What is there, by name. */
interface Environment {
  services: ReadonlyMap<string, ObservedService>
  elsewhere: ReadonlySet<string>
  secrets: ReadonlyMap<string, KnownSecret>
}

function compareService(
  situation: PlanSituation,
  desired: DesiredService,
  there: Environment,
): { changes: Change[]; notes: PlanNote[] } {
  const observed = there.services.get(desired.name)
  const autoDeploy = observed === undefined ? undefined : situation.running?.autoDeploy.get(observed.id)
  const attachments = compareAttachments(desired, observed, autoDeploy)
  const variables = compareVariables({
    desired: situation.desired,
    service: desired,
    observed,
    secrets: there.secrets,
    lastApplied: situation.lastApplied,
    supplied: situation.supplied,
  })
  const causeOf = causes(situation.lastApplied, observed)
  return {
    changes: [
      ...existence(desired, observed, there),
      ...compareSettings(desired.settings, observed?.settings ?? {}, causeOf.isOurs).map(
        ({ path, ...difference }): Change => ({
          ...difference,
          service: desired.name,
          cause: causeOf.setting({ path, ...difference }),
        }),
      ),
      ...attachments.differences.map(
        (difference): Change => ({
          ...difference,
          service: desired.name,
          cause: causeOf.attachment(difference.action),
        }),
      ),
      ...variables.differences.map(
        (difference): Change => ({
          ...difference,
          service: desired.name,
          setting: 'variable',
          cause: causeOf.variable(difference),
        }),
      ),
    ],
    notes: [...variables.notes, ...attachments.notes],
  }
}

function existence(
  desired: DesiredService,
  observed: ObservedService | undefined,
  { elsewhere }: Environment,
): Change[] {
  if (observed !== undefined) return []
  return [
    {
      action: 'create',
      service: desired.name,
      setting: 'service',
      after: desired.kind,
      cause: 'config',
      severity: 'safe',
      effect: 'none',
      act: { kind: elsewhere.has(desired.name) ? 'create-instance' : 'create-service' },
    },
  ]
}

/**
 * Judges why something differs. Where our newest patch wrote what is there now, the config has changed since; where it wrote
 * something else, somebody changed it outside. Where no patch of ours names it, only a first creation has a known cause.
 */
function causes(lastApplied: LastApplied, observed: ObservedService | undefined) {
  const judge = (path: readonly string[], action: Change['action'], isThere: (written: unknown) => boolean): Cause => {
    if (observed === undefined) return 'config'
    const last = lastApplied.value(observed.id, path)
    if (last === 'none') return action === 'create' ? 'config' : 'unknown'
    return isThere(last.written) ? 'config' : 'drift'
  }
  const isThere = ({ setting, path }: Pick<SettingDifference, 'setting' | 'path'>, written: unknown) =>
    isDeepStrictEqual(settingsFromConfig(configAt(path, written))[setting], observed?.settings[setting])
  return {
    setting: ({ action, ...of }: Omit<SettingDifference, 'act'>): Cause =>
      judge(of.path, action, (written) => isThere(of, written)),
    /** Is what is there what we wrote last? */
    isOurs: (of: Pick<SettingDifference, 'setting' | 'path'>): boolean => {
      const last = observed === undefined ? 'none' : lastApplied.value(observed.id, of.path)
      return last !== 'none' && isThere(of, last.written)
    },
    variable: ({ action, variable }: VariableDifference): Cause =>
      judge(['variables', variable, 'value'], action, (written) => {
        const found = own(observed?.variables, variable)
        return found === undefined ? written === null : 'value' in found && found.value.reveal() === written
      }),
    attachment: (action: Change['action']): Cause => (action === 'create' ? 'config' : 'unknown'),
  }
}

function secretNotes(desired: DesiredState, missing: readonly string[]): PlanNote[] {
  const names = new Set(missing)
  const absent = desired.secrets.filter((secret) => names.has(secret.name))
  const optional = absent.filter((secret) => secret.requiredBy.length === 0).map(toldSecret)
  const notes = absent
    .filter((secret) => secret.requiredBy.length > 0)
    .map(
      (secret): PlanNote => ({
        code: 'secret-missing',
        message: `${toldSecret(secret)} is not set, and ${listed(secret.requiredBy)} cannot start without it. Supply it with --secrets-file.`,
      }),
    )
  if (optional.length > 0) {
    notes.push({
      code: 'secret-missing',
      message: `Not set, and nothing needs ${optional.length === 1 ? 'it' : 'them'} to start: ${listed(optional)}.`,
    })
  }
  return notes
}

/** What the token may not read, where the rest was read in another way. */
function denials(observed: ObservedState | undefined): PlanNote[] {
  const { denied = [] } = observed ?? {}
  const notes: Record<DeniedPart, PlanNote> = {
    config: {
      code: 'config-denied',
      message: 'This token may not read the config: variables and settings were read one by one.',
    },
    patches: {
      code: 'history-denied',
      message:
        'This token may not read what is staged and what was committed: why something differs is not known, and variables that left the config stay where they are.',
    },
  }
  return denied.map((part) => notes[part])
}

/** Services that the config does not know are nobody's business here; they are named and left alone. */
function strangers({ desired, observed }: PlanSituation): PlanNote[] {
  const known = new Set([
    ...desired.services.map((service) => service.name),
    ...desired.pending.map(({ name }) => name),
  ])
  return (observed?.services ?? [])
    .filter((service) => !known.has(service.name))
    .map((service) => ({
      code: 'unmanaged-service' as const,
      service: service.name,
      message: 'Not in the config, left alone.',
    }))
}

/** What runs is no commit: nothing of the config brings it, and nothing but a new choice of code replaces it. */
function uploadedCode({ desired, observed }: PlanSituation, deployments: readonly PlannedDeployment[]): PlanNote[] {
  const replaced = new Set(deployments.filter(({ commit }) => !isUploaded(commit)).map(({ service }) => service))
  const running = desired.services.flatMap(({ name, codebase }) => {
    const revision = liveDeployment(observed?.services.find((service) => service.name === name))?.commit
    return codebase === undefined || revision === undefined || !isUploaded(revision) || replaced.has(name)
      ? []
      : [{ name, codebase, revision }]
  })
  return Array.from(new Set(running.map(({ codebase }) => codebase)), (codebase) => {
    const members = running.filter((one) => one.codebase === codebase)
    const revisions = new Set(members.map(({ revision }) => shortCommit(revision)))
    const names = members.map(({ name }) => name)
    return {
      code: 'uploaded-code' as const,
      message: `${listed(names)} ${names.length === 1 ? 'runs' : 'run'} code that was uploaded from a directory (${listed([...revisions])}), not a commit of ${codebase}. Until deploy is told --commit or --upload, it stays.`,
    }
  })
}
