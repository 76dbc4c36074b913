import type { DesiredState } from '../config/desired.ts'
import type { EnvironmentConfig } from '../contract/environment-config.ts'
import type { Secret } from '../kit/secret.ts'
import { withoutUnstored } from '../plan/direct-store.ts'
import { withNotesOf } from '../plan/operation-notes.ts'
import { type Plan, subjectOf } from '../plan/plan.ts'
import type { WantedCommit } from '../plan/plan-deployments.ts'
import type { ObservedRunning, ObservedState } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import { createAttachments, createsIds } from './create-missing.ts'
import type { Author } from './patch-message.ts'
import { planFrom } from './plan-environment.ts'
import { refuseIfMoved } from './refuse-if-moved.ts'
import type { Stored } from './second-ways.ts'
import { needsInstances } from './store-directly.ts'
import { type StorePlanNeeds, type StorePlanRequest, storePlan } from './store-plan.ts'

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

export interface ApplyNeeds extends StorePlanNeeds {
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
  const { way, notStored, stored } = await storePlan(toStore(request, needs), plan, state, needs)
  return {
    plan: withoutUnstored(plan, notStored),
    state,
    storing: { way, notStored: notStored.map(subjectOf) },
    ...(stored === undefined ? {} : { stored }),
  }
}

/** A service of the project that has no instance here gets one by a patch of its own: volumes and domains hang on instances. */
async function createInstances(request: ApplyRequest, state: ObservedState, needs: ApplyNeeds): Promise<ObservedState> {
  const plan = planNow(request, state, needs)
  const changes = plan.changes.filter((change) => change.act.kind === 'create-instance')
  if (changes.length === 0) return state
  const services = changes.flatMap(({ service }) => service ?? [])
  if (state.denied?.includes('patches')) throw needsInstances(state, services)
  const { notStored } = await storePlan(toStore(request, needs), { ...plan, changes }, state, needs)
  if (notStored.length > 0) throw needsInstances(state, services)
  return needs.platform.observe(targetOf(state))
}

function toStore(request: ApplyRequest, needs: ApplyNeeds): StorePlanRequest {
  return { ...request, changesIn: (later) => planNow(request, later, needs).changes }
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
