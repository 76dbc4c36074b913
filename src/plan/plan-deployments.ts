import type { DesiredService, DesiredState } from '../config/desired.ts'
import type { ObservedDeployment, ObservedRunning, ObservedService, ObservedState } from '../platform/observed-state.ts'
import { badReleases } from './bad-releases.ts'
import { behindStore } from './behind-store.ts'
import { type OperationNotes, operationNotes } from './operation-notes.ts'
import type { Change, DeploymentReason, PlannedDeployment } from './plan.ts'
import { placeOf, referenceReach } from './reference-reach.ts'

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
  const { desired, observed: state, running } = situation
  const reached = reachedByChanges(situation)
  const changesOf = groupedByService(situation.changes)
  const observedOf = new Map(state?.services.map((service) => [service.name, service]))
  const commitOf = wantedCommits(situation)
  const missingOf = missingByService(situation)
  const isBehindStore = behindStore(desired, state, running)
  const notes = state === undefined ? undefined : operationNotes(state)
  const bad = state === undefined ? [] : badReleases(state)
  return desired.services.flatMap((service) => {
    const observed = observedOf.get(service.name)
    const live = liveDeployment(observed)
    const commit = service.codebase === undefined ? undefined : commitOf.get(service.codebase)
    const reasons = new Set<DeploymentReason>()
    const last = lastThatRan(observed)
    if (last === undefined) reasons.add('never-deployed')
    else {
      if (commit === 'latest') reasons.add('newest-commit')
      else if (commit !== undefined && commit !== last.commit) reasons.add('another-commit')
      if (!isUp(last)) reasons.add('not-running')
      if (observed !== undefined && isBehindStore(service, observed, last)) reasons.add('stored-change-not-running')
    }
    for (const change of changesOf.get(service.name) ?? []) {
      if (change.effect === 'none' || change.outOfReach) continue
      reasons.add(change.setting === 'variable' ? 'variables-change' : 'settings-change')
    }
    // What runs already may get other variables all the same.
    const mark =
      reasons.has('another-commit') || reasons.has('never-deployed')
        ? bad.find((marked) => marked.commit === commit)
        : undefined
    // A database is not stopped for what others changed.
    if (service.kind === 'app' && reached.has(service.name)) reasons.add('reference-change')
    if (reasons.size === 0) return []
    const onItsWay = observed?.latest !== undefined && isOnItsWay(observed.latest) ? observed.latest : undefined
    const isChanged =
      reasons.has('settings-change') || reasons.has('variables-change') || reasons.has('reference-change')
    const isWanted =
      observed !== undefined &&
      onItsWay !== undefined &&
      !isChanged &&
      isOfCommit(onItsWay, commit, notes) &&
      !isBehindStore(service, observed, onItsWay)
    return [
      {
        service: service.name,
        level: service.level,
        reasons: reasons.has('never-deployed') ? ['never-deployed'] : [...reasons],
        ...(live === undefined
          ? {}
          : { running: { deploymentId: live.id, ...(live.commit === undefined ? {} : { commit: live.commit }) } }),
        ...(onItsWay === undefined ? {} : onItsWayParts(onItsWay, isWanted, notes)),
        ...(commit === undefined ? {} : { commit }),
        ...(service.codebase === undefined ? {} : { codebase: service.codebase }),
        ...(mark === undefined
          ? {}
          : { markedBad: { by: mark.by, ...(mark.reason === undefined ? {} : { reason: mark.reason }) } }),
        missingSecrets: missingOf.get(service.name) ?? [],
        effect: service.volume === undefined ? 'redeploy' : 'downtime',
      },
    ]
  })
}

/** What serves now: the newest active deployment. */
export function liveDeployment(observed: ObservedService | undefined): ObservedDeployment | undefined {
  return observed?.active[0]
}

/** The same, or what serves no more because it crashed: it was deployed here, and says which commit was meant to run. */
export function lastThatRan(observed: ObservedService | undefined): ObservedDeployment | undefined {
  return liveDeployment(observed) ?? (observed?.latest?.status === 'crashed' ? observed.latest : undefined)
}

/** Will it come to an end by itself that is not known yet? */
export function isOnItsWay({ status }: Pick<ObservedDeployment, 'status'>): boolean {
  return ['queued', 'waiting', 'needs-approval', 'building', 'deploying'].includes(status)
}

/** The head of a branch that an operation of ours asked for is what it got; which commit that is may not be told yet. */
function isOfCommit(
  { commit, image, createdAt }: ObservedDeployment,
  wanted: string | undefined,
  notes: OperationNotes | undefined,
): boolean {
  if (commit === wanted) return true
  if (wanted !== 'latest' || image !== undefined) return false
  return notes?.operation !== undefined && createdAt >= notes.operation.since
}

function onItsWayParts(
  deployment: ObservedDeployment,
  isWanted: boolean,
  notes: OperationNotes | undefined,
): Pick<PlannedDeployment, 'follows' | 'replaces'> {
  const { id: deploymentId, commit } = deployment
  const told = { deploymentId, ...(commit === undefined ? {} : { commit }) }
  return isWanted ? { follows: told } : { replaces: { ...told, isOurs: isOurs(deployment, notes) } }
}

/** Did an operation of ours start it? By the notes that operations leave for each other. */
function isOurs({ id, createdAt }: ObservedDeployment, notes: OperationNotes | undefined): boolean {
  if (notes === undefined) return false
  if (notes.operation !== undefined && createdAt >= notes.operation.since) return true
  return notes.releases.some(({ deployments }) => Object.values(deployments).includes(id))
}

/** Asleep is up, for the platform: it wakes at the first request. */
function isUp({ status, isStopped }: ObservedDeployment): boolean {
  if (status === 'sleeping') return true
  return status !== 'crashed' && status !== 'failed' && !isStopped
}

/** The commit that each codebase should run; `latest` where only the platform knows it. */
function wantedCommits({ desired, observed, commit }: DeploymentSituation): Map<string, string> {
  const runs = runningCommits(desired, observed)
  const wanted = (codebase: string): string => {
    if (commit.kind === 'given') return commit.commit
    if (commit.kind === 'latest') return 'latest'
    return runs.get(codebase) ?? 'latest'
  }
  const codebases = new Set(desired.services.flatMap((service) => service.codebase ?? []))
  return new Map([...codebases].map((codebase) => [codebase, wanted(codebase)]))
}

/** What a codebase runs: the commit of its first service, in the order of deployment, that serves one. */
export function runningCommit(
  desired: DesiredState,
  observed: ObservedState | undefined,
  codebase: string,
): string | undefined {
  return runningCommits(desired, observed).get(codebase)
}

function runningCommits(desired: DesiredState, observed: ObservedState | undefined): Map<string, string> {
  const observedOf = new Map(observed?.services.map((service) => [service.name, service]))
  const ran = desired.services.flatMap(({ name, codebase }) => {
    const last = lastThatRan(observedOf.get(name))
    return codebase === undefined || last?.commit === undefined
      ? []
      : [{ codebase, commit: last.commit, isUp: isUp(last) }]
  })
  const commits = new Map<string, string>()
  // What crashed says which commit it was only where nothing else of its codebase is up.
  for (const { codebase, commit } of [...ran.filter((one) => one.isUp), ...ran.filter((one) => !one.isUp)])
    if (!commits.has(codebase)) commits.set(codebase, commit)
  return commits
}

function missingByService({ desired, missingSecrets }: DeploymentSituation): Map<string, string[]> {
  const missing = new Set(missingSecrets)
  return grouped(
    desired.secrets
      .filter((secret) => missing.has(secret.name))
      .flatMap((secret) => secret.requiredBy.map((service) => [service, secret.name] as const)),
  )
}

/** The services whose variables refer to anything that this plan changes. */
function reachedByChanges({ desired, changes }: DeploymentSituation): ReadonlySet<string> {
  const changed = changes.flatMap(({ service = '', setting, variable, outOfReach }) => {
    if (outOfReach) return []
    if (variable !== undefined) return [placeOf(service, variable)]
    return setting === 'domain' ? [placeOf(service, 'RAILWAY_PUBLIC_DOMAIN')] : []
  })
  return referenceReach(desired.services.map(writtenTexts))(changed)
}

function writtenTexts({ name, variables }: DesiredService) {
  return {
    service: name,
    values: Object.entries(variables).flatMap(([variable, wanted]): [string, string][] =>
      wanted.kind === 'text' ? [[variable, wanted.value]] : [],
    ),
  }
}

function groupedByService(changes: readonly Change[]): Map<string, Change[]> {
  return grouped(changes.map((change) => [change.service ?? '', change] as const))
}

function grouped<Value>(entries: readonly (readonly [string, Value])[]): Map<string, Value[]> {
  const groups = new Map<string, Value[]>()
  for (const [key, value] of entries) {
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}
