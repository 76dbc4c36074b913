import type { DesiredService, DesiredState } from '../config/desired-state.ts'
import type { EnvironmentConfig, ServiceConfig } from '../contract/environment-config.ts'
import type { ObservedDeployment, ObservedRunning, ObservedService, ObservedState } from '../platform/observed-state.ts'
import { ownVariablePrefix } from './compare-variables.ts'
import type { Change, DeploymentReason, PlannedDeployment } from './plan.ts'
import { holdsReference, referencesIn } from './references.ts'

/** The commit that a deploy is asked to bring: a given one, the head of the branch, or what runs already. */
export type WantedCommit = { kind: 'given'; commit: string } | { kind: 'latest' } | { kind: 'running' }

/** What deployments are planned from. */
export interface DeploymentSituation {
  desired: DesiredState
  observed: ObservedState | undefined
  running: ObservedRunning | undefined
  changes: readonly Change[]
  commit: WantedCommit
  /** Names of the secrets that nobody holds or supplied. */
  missingSecrets: readonly string[]
}

/** Which services need a new deployment, each once, with every reason; in the order of levels. */
export function planDeployments(situation: DeploymentSituation): PlannedDeployment[] {
  const changed = changedVariables(situation)
  const changesOf = groupedByService(situation.changes)
  const observedOf = new Map(situation.observed?.services.map((service) => [service.name, service]))
  const commitOf = wantedCommits(situation)
  return situation.desired.services.flatMap((service) => {
    const observed = observedOf.get(service.name)
    const live = liveDeployment(observed)
    const commit = service.codebase === undefined ? undefined : commitOf.get(service.codebase)
    const reasons = new Set<DeploymentReason>()
    if (live === undefined) reasons.add('never-deployed')
    else {
      if (commit === 'latest' || (commit !== undefined && commit !== live.commit)) reasons.add('another-commit')
      if (observed !== undefined && isBehindStore(situation, observed, live)) reasons.add('stored-change-not-running')
    }
    for (const change of changesOf.get(service.name) ?? []) {
      if (change.effect === 'none') continue
      reasons.add(change.setting === 'variable' ? 'variables-change' : 'settings-change')
    }
    if (readsAny(service, changed)) reasons.add('reference-change')
    if (reasons.size === 0) return []
    return [
      {
        service: service.name,
        level: service.level,
        reasons: reasons.has('never-deployed') ? ['never-deployed'] : [...reasons],
        ...(live === undefined
          ? {}
          : { running: { deploymentId: live.id, ...(live.commit === undefined ? {} : { commit: live.commit }) } }),
        ...(commit === undefined ? {} : { commit }),
        ...(service.codebase === undefined ? {} : { codebase: service.codebase }),
        missingSecrets: situation.desired.secrets
          .filter(
            (secret) => secret.requiredBy.includes(service.name) && situation.missingSecrets.includes(secret.name),
          )
          .map((secret) => secret.name),
        effect: service.volume === undefined ? 'redeploy' : 'downtime',
      },
    ]
  })
}

/** What serves now: the newest active deployment. */
export function liveDeployment(observed: ObservedService | undefined): ObservedDeployment | undefined {
  return observed?.active[0]
}

/** The commit that each codebase should run; `latest` where only the platform knows it. */
function wantedCommits(situation: DeploymentSituation): Map<string, string> {
  const codebases = new Set(situation.desired.services.flatMap((service) => service.codebase ?? []))
  const wanted = (codebase: string): string => {
    if (situation.commit.kind === 'given') return situation.commit.commit
    if (situation.commit.kind === 'latest') return 'latest'
    return runningCommit(situation.desired, situation.observed, codebase) ?? 'latest'
  }
  return new Map([...codebases].map((codebase) => [codebase, wanted(codebase)]))
}

/** What a codebase runs: the commit of its first service, in the order of deployment, that serves one. */
export function runningCommit(
  desired: DesiredState,
  observed: ObservedState | undefined,
  codebase: string,
): string | undefined {
  const observedOf = new Map(observed?.services.map((service) => [service.name, service]))
  return desired.services
    .filter((service) => service.codebase === codebase)
    .flatMap((service) => liveDeployment(observedOf.get(service.name))?.commit ?? [])[0]
}

/** Has something been stored since that the running containers do not have? What only flags changed is for `flags` to say. */
function isBehindStore(situation: DeploymentSituation, observed: ObservedService, live: ObservedDeployment): boolean {
  return hasNewerPatch(situation, observed, live) || differsFromSnapshot(situation, observed)
}

function hasNewerPatch(situation: DeploymentSituation, observed: ObservedService, live: ObservedDeployment): boolean {
  const flags = flagVariables(situation.desired)
  return (situation.observed?.patches ?? []).some((patch) => {
    if (patch.status !== 'committed' || patch.id === live.patchId) return false
    if ((patch.appliedAt ?? patch.createdAt) <= live.createdAt) return false
    return touches(patch.config.reveal(), observed, situation.observed, flags)
  })
}

/** Does a patch change what a new deployment of the service would be? Its own settings, or a variable that it refers to. */
function touches(
  patch: EnvironmentConfig,
  service: ObservedService,
  state: ObservedState | undefined,
  flags: ReadonlySet<string>,
): boolean {
  const own = patch.services?.[service.id]
  if (own !== null && own !== undefined && touchesDeployment(own, flags)) return true
  return Object.values(service.variables).some((variable) => {
    if ('masked' in variable) return false
    return referencesIn(variable.value.reveal()).some((reference) => {
      if (reference.service === undefined) return false
      if (reference.service === 'shared') return patch.sharedVariables?.[reference.variable] !== undefined
      const target = state?.services.find((candidate) => candidate.name === reference.service)
      return target !== undefined && patch.services?.[target.id]?.variables?.[reference.variable] !== undefined
    })
  })
}

function touchesDeployment(config: ServiceConfig, flags: ReadonlySet<string>): boolean {
  const { variables, networking: _network, isCreated: _created, source, deploy, ...rest } = config
  const { branch: _branch, ...sourceRest } = source ?? {}
  // The platform scales what runs without a new deployment (PLATFORM.md §4.1).
  const { numReplicas: _replicas, multiRegionConfig: _regions, ...deployRest } = deploy ?? {}
  if ([rest, sourceRest, deployRest].some((part) => Object.keys(part).length > 0)) return true
  return Object.keys(variables ?? {}).some((name) => !flags.has(name) && !name.startsWith(ownVariablePrefix))
}

/** Snapshots are rendered: only values without references can be compared with what is stored. */
function differsFromSnapshot(situation: DeploymentSituation, observed: ObservedService): boolean {
  const snapshot = situation.running?.snapshots.get(observed.id)
  if (snapshot === undefined) return false
  const flags = flagVariables(situation.desired)
  return Object.entries(observed.variables).some(([name, variable]) => {
    if ('masked' in variable || flags.has(name) || name.startsWith(ownVariablePrefix)) return false
    const stored = variable.value.reveal()
    return !holdsReference(stored) && snapshot[name]?.reveal() !== stored
  })
}

function flagVariables(desired: DesiredState): ReadonlySet<string> {
  return new Set(desired.flags.map((flag) => flag.variable))
}

/** `service.VARIABLE` of everything this plan changes, and of what follows from it inside the same service. */
function changedVariables({ desired, changes }: DeploymentSituation): ReadonlySet<string> {
  const changed = new Set<string>()
  for (const change of changes) {
    if (change.variable !== undefined) changed.add(`${change.service}.${change.variable}`)
    if (change.setting === 'domain') changed.add(`${change.service}.RAILWAY_PUBLIC_DOMAIN`)
  }
  for (let before = -1; before !== changed.size; ) {
    before = changed.size
    for (const service of desired.services) {
      for (const [name, variable] of Object.entries(service.variables)) {
        if (variable.kind === 'text' && readsOne(service.name, variable.value, changed))
          changed.add(`${service.name}.${name}`)
      }
    }
  }
  return changed
}

function readsAny(service: DesiredService, changed: ReadonlySet<string>): boolean {
  return Object.values(service.variables).some(
    (variable) => variable.kind === 'text' && readsOne(service.name, variable.value, changed),
  )
}

function readsOne(service: string, value: string, changed: ReadonlySet<string>): boolean {
  return referencesIn(value).some((reference) => changed.has(`${reference.service ?? service}.${reference.variable}`))
}

function groupedByService(changes: readonly Change[]): Map<string | undefined, Change[]> {
  const groups = new Map<string | undefined, Change[]>()
  for (const change of changes) {
    const group = groups.get(change.service)
    if (group === undefined) groups.set(change.service, [change])
    else group.push(change)
  }
  return groups
}
