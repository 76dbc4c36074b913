import type { DesiredState } from '../config/desired.ts'
import type { EnvironmentConfig } from '../contract/environment-config.ts'
import { OperatorError } from '../kit/errors.ts'
import { Secret } from '../kit/secret.ts'
import { listed } from '../kit/text.ts'
import { directStore, withoutUnstored } from '../plan/direct-store.ts'
import { isSameState } from '../plan/fingerprint.ts'
import { movedPlaces, runsOf } from '../plan/moved-places.ts'
import { withNotesOf } from '../plan/operation-notes.ts'
import { type Change, type Plan, subjectOf } from '../plan/plan.ts'
import { isOnItsWay, type WantedCommit } from '../plan/plan-deployments.ts'
import { type StoreIds, storePatch } from '../plan/store-patch.ts'
import type { ObservedRunning, ObservedState } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import { type CreateNeeds, createAttachments, createsIds, serviceIdOf } from './create-missing.ts'
import type { Author } from './patch-message.ts'
import { planFrom } from './plan-environment.ts'
import type { Stored } from './second-ways.ts'
import { secretValues } from './secret-values.ts'
import { refuseStaged, type StoreNeeds, storeChanges } from './store-changes.ts'
import { needsInstances, refuseUnmerged, storeDirectly } from './store-directly.ts'

export interface ApplyRequest {
  desired: DesiredState
  plan: Plan
  /** The state that the plan was made from, but for services that were made since. */
  observed: ObservedState
  /** The state a moment ago, read when nobody else could be at work any more. */
  now: ObservedState
  running: ObservedRunning | undefined
  commit: WantedCommit
  services?: readonly string[]
  supplied: ReadonlyMap<string, Secret>
  author: Author
  allowStaged: boolean
}

export interface ApplyNeeds extends CreateNeeds, StoreNeeds {
  random: (bytes: number) => Uint8Array
  /** Throws where what was just read says that somebody else works on the environment. */
  check: (state: ObservedState) => void
}

/** What is to be deployed now, the last reading before anything was stored, and what was stored and how. */
export interface AppliedPlan {
  plan: Plan
  state: ObservedState
  storing: Stored
  /** Our patch, without what others had staged. Absent: none was stored. */
  stored?: Secret<EnvironmentConfig>
}

/**
 * Makes one environment's stored state equal to the plan, deploying nothing; its services exist already. What needs an id is
 * made first, then everything is read again, refused if anything moved meanwhile, and the rest is stored as one patch. Gives
 * back what is to be deployed now.
 */
export async function applyPlan(request: ApplyRequest, needs: ApplyNeeds): Promise<AppliedPlan> {
  let state = await createInstances(request, request.now, needs)
  await createAttachments(state, planNow(request, state, needs), needs)
  needs.checkpoint()
  // The last read before a commit: it knows the new ids, and whether somebody else was here.
  if (createsIds(request.plan)) {
    state = await needs.platform.observe(targetOf(state))
    needs.check(state)
  }
  const plan = planNow(request, state, needs)
  refuseIfMoved(request.plan, request.observed, plan, state)
  const { way, notStored, stored } = await storePlan(request, plan, state, needs)
  return {
    plan: withoutUnstored(plan, notStored),
    state,
    storing: { way, notStored: notStored.map(subjectOf) },
    ...(stored === undefined ? {} : { stored }),
  }
}

/**
 * Refuses what others staged before anything is made: exit 5 then means that nothing has changed. What the plan sets on services
 * that do not exist yet has no id, so that nothing staged can be about it.
 */
export function refuseStagedByOthers(
  request: Pick<ApplyRequest, 'desired' | 'supplied' | 'allowStaged'>,
  plan: Plan,
  state: ObservedState,
  needs: Pick<ApplyNeeds, 'random'>,
): void {
  // A new volume may have to grow, which is stored.
  const isStored = plan.changes.some((change) => !isDirect(change) || change.act.kind === 'create-volume')
  if (!isStored) return
  if (state.denied?.includes('patches')) refuseUnmerged(state, request.allowStaged)
  const there = new Set([...state.services, ...state.servicesElsewhere].map(({ name }) => name))
  const changes = plan.changes.filter(({ service }) => service !== undefined && there.has(service))
  const patch = patchOf(request, changes, state, needs) ?? {}
  refuseStaged({ state, patch, allowStaged: request.allowStaged }, state.staged)
}

/** A service of the project that has no instance here gets one by a patch of its own: volumes and domains hang on instances. */
async function createInstances(request: ApplyRequest, state: ObservedState, needs: ApplyNeeds): Promise<ObservedState> {
  const plan = planNow(request, state, needs)
  const changes = plan.changes.filter((change) => change.act.kind === 'create-instance')
  if (changes.length === 0) return state
  const services = changes.flatMap(({ service }) => service ?? [])
  if (state.denied?.includes('patches')) throw needsInstances(state, services)
  const { notStored } = await storePlan(request, { ...plan, changes }, state, needs)
  if (notStored.length > 0) throw needsInstances(state, services)
  return needs.platform.observe(targetOf(state))
}

function planNow(request: ApplyRequest, state: ObservedState, needs: ApplyNeeds): Plan {
  return planFrom(request, withNotesOf(request.observed, state), stillRunning(request, state), true, needs)
}

/** What was read of running containers says nothing about others that took their place since. */
function stillRunning({ observed, running }: ApplyRequest, state: ObservedState): ObservedRunning | undefined {
  if (running === undefined) return undefined
  const before = new Map(observed.services.map(({ id, active }) => [id, active[0]?.id]))
  const same = new Set(state.services.filter(({ id, active }) => before.get(id) === active[0]?.id).map(({ id }) => id))
  return { ...running, snapshots: new Map([...running.snapshots].filter(([id]) => same.has(id))) }
}

function targetOf(state: ObservedState): Target {
  return { projectId: state.project.id, environmentId: state.environment.id }
}

interface StoredPlan {
  way: Stored['way']
  notStored: Change[]
  stored?: Secret<EnvironmentConfig>
}

/** Stores a plan as a patch, or directly where the token may use none, and switches deploys on push, where the plan asks for either. */
async function storePlan(
  request: ApplyRequest,
  plan: Plan,
  state: ObservedState,
  needs: ApplyNeeds,
): Promise<StoredPlan> {
  const patch = patchOf(request, plan.changes, state, needs)
  const stored = patch === undefined ? nothingStored : await storePatched(request, plan, patch, state, needs)
  await setAutoDeploy(request.desired, plan, state, needs)
  return stored
}

const nothingStored: StoredPlan = { way: 'nothing', notStored: [] }

async function storePatched(
  request: ApplyRequest,
  plan: Plan,
  patch: EnvironmentConfig,
  state: ObservedState,
  needs: ApplyNeeds,
): Promise<StoredPlan> {
  const { author, allowStaged } = request
  const changes = plan.changes.filter((change) => !isDirect(change))
  needs.checkpoint()
  if (!state.denied?.includes('patches')) {
    const patchId = await storeChanges({ state, patch, author, allowStaged }, needs)
    if (patchId !== 'denied') {
      const environment = state.environment.name
      await needs.report({ type: 'changes-stored', environment, way: 'patch', patchId, changes: changes.length })
      return { way: 'patch', notStored: [], stored: new Secret(patch) }
    }
  }
  return storePastPatches(request, changes, state, needs)
}

async function storePastPatches(
  request: ApplyRequest,
  changes: readonly Change[],
  state: ObservedState,
  needs: ApplyNeeds,
): Promise<StoredPlan> {
  refuseUnmerged(state, request.allowStaged)
  const writes = directStore(changes, {
    ...idsIn(request, state, needs),
    trigger: (name) => state.services.find((service) => service.name === name)?.trigger,
  })
  const changesIn = (later: ObservedState) => planNow(request, later, needs).changes
  const notStored = await storeDirectly({ state, changes, writes, changesIn }, needs)
  const environment = state.environment.name
  const stored = changes.length - notStored.length
  if (stored > 0) await needs.report({ type: 'changes-stored', environment, way: 'direct', changes: stored })
  if (notStored.length > 0)
    await needs.report({ type: 'changes-not-stored', environment, places: notStored.map(subjectOf) })
  return { way: stored > 0 ? 'direct' : 'nothing', notStored }
}

function patchOf(
  request: Pick<ApplyRequest, 'desired' | 'supplied'>,
  changes: readonly Change[],
  state: ObservedState,
  needs: Pick<ApplyNeeds, 'random'>,
) {
  return storePatch(changes, idsIn(request, state, needs))
}

function idsIn(
  request: Pick<ApplyRequest, 'desired' | 'supplied'>,
  state: ObservedState,
  needs: Pick<ApplyNeeds, 'random'>,
): StoreIds {
  return {
    service: (name) => serviceIdOf(state, name),
    volume: (name) => volumeIdOf(state, name),
    settings: (name) => state.services.find((service) => service.name === name)?.settings ?? {},
    secret: secretValues(request.desired, state, request.supplied, needs.random),
  }
}

/**
 * A repository that a patch connects deploys pushes by itself from then on, by the platform's choice; so what the config says
 * is set after every patch that connects one, not only where it was seen to differ.
 */
async function setAutoDeploy(
  desired: DesiredState,
  plan: Plan,
  state: ObservedState,
  needs: ApplyNeeds,
): Promise<void> {
  const touched = autoDeployTouched(plan)
  const services = desired.services.flatMap((service) =>
    touched.has(service.name) && service.autoDeploy !== undefined
      ? [{ name: service.name, serviceId: serviceIdOf(state, service.name), enabled: service.autoDeploy }]
      : [],
  )
  if (services.length === 0) return
  needs.checkpoint()
  await needs.platform.change('set-auto-deploy', {
    projectId: state.project.id,
    environmentId: state.environment.id,
    services: services.map(({ serviceId, enabled }) => ({ serviceId, enabled })),
  })
  for (const enabled of [true, false]) {
    const names = services.filter((service) => service.enabled === enabled).map((service) => service.name)
    if (names.length === 0) continue
    await needs.report({ type: 'auto-deploy-set', environment: state.environment.name, services: names, enabled })
  }
}

/** The services whose deploys on push a plan switches, or may switch by what it stores. */
export function autoDeployTouched({ changes }: Pick<Plan, 'changes'>): Set<string> {
  const touching = changes.filter(
    ({ act }) =>
      act.kind === 'set-auto-deploy' || (act.kind === 'set' && (act.setting === 'repo' || act.setting === 'branch')),
  )
  return new Set(touching.flatMap(({ service }) => service ?? []))
}

/** Compares what was approved with what is there a moment before writing. What we created ourselves is no surprise. */
function refuseIfMoved(approved: Plan, observed: ObservedState, latest: Plan, state: ObservedState): void {
  const ours = approved.changes.flatMap(({ act, service }) => (act.kind === 'create-volume' ? (service ?? []) : []))
  // A service that gets a volume is deployed again by the platform.
  const started = startedSince(observed, state).filter((service) => !ours.includes(service))
  if (started.length > 0)
    throw moved(
      state,
      started.map((service) => `deployment of ${service}`),
    )
  if (!createsIds(approved)) {
    if (isSameState(approved.fingerprint, state)) return
    // What was on its way and is followed may have become live meanwhile.
    const awaited = new Set(
      approved.deployments.flatMap(({ service, follows }) => (follows === undefined ? [] : [runsOf(service)])),
    )
    const places = movedPlaces(observed, state)
    const others = places.filter((place) => !awaited.has(place))
    if (others.length > 0 || places.length === 0) throw moved(state, others)
    return
  }
  const known = new Map(approved.changes.map((change) => [subjectOf(change), change]))
  // What is hidden reads the same before and after it was changed.
  const places = new Set(movedPlaces(observed, state))
  const surprises = latest.changes.filter((change) => {
    const before = known.get(subjectOf(change))
    if (before === undefined) return !isOurConsequence(change, approved)
    return before.before !== change.before || (before.before === '(hidden)' && places.has(subjectOf(change)))
  })
  if (surprises.length > 0) throw moved(state, surprises.map(subjectOf))
}

/** Services of which somebody else started a deployment since: a push, or a person. */
function startedSince(before: ObservedState, state: ObservedState): string[] {
  const known = new Map(before.services.map(({ id, latest }) => [id, latest?.id]))
  return state.services
    .filter(({ id, latest }) => latest !== undefined && isOnItsWay(latest) && latest.id !== known.get(id))
    .map(({ name }) => name)
}

function moved({ environment }: ObservedState, places: readonly string[]): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'moved',
    message: `${environment.name} was changed by somebody else since it was planned${places.length === 0 ? '' : `: ${listed(places)}`}.`,
    hint: `Nothing was deployed. To see what is different now, run: fakturino plan -e ${environment.name}`,
    retryable: true,
  })
}

/** A volume that we have just made has the platform's size, and asks for the config's. */
function isOurConsequence(change: Change, approved: Plan): boolean {
  const created = (kind: string) =>
    approved.changes.some((other) => other.service === change.service && other.act.kind === kind)
  if (change.setting === 'volume-size') return created('create-volume')
  if (change.setting === 'domain-port') return created('create-domain')
  return false
}

function isDirect({ act }: Change): boolean {
  return ['create-volume', 'create-domain', 'create-service', 'set-auto-deploy'].includes(act.kind)
}

function volumeIdOf(state: ObservedState, service: string) {
  const volume = state.services.find((candidate) => candidate.name === service)?.volumes[0]
  if (volume === undefined) throw new Error(`no volume of ${service} in what was read`)
  return volume.id
}
