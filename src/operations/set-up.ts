import type { DesiredState } from '../config/desired.ts'
import type { Secret } from '../kit/secret.ts'
import { listed } from '../kit/text.ts'
import { missingSecrets } from '../plan/compare-variables.ts'
import { judgeGuards, passedGuards } from '../plan/guards/index.ts'
import { isSettled, type Plan, subjectOf } from '../plan/plan.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { ProjectSummary } from '../platform/platform.ts'
import { type ApplyNeeds, applyPlan } from './apply-plan.ts'
import type { Approve } from './approval.ts'
import { awaitLease } from './await-lease.ts'
import { createProject, environmentIdOf, withServices } from './create-project.ts'
import { guarded } from './deploy.ts'
import { shareEvidenceKey } from './evidence-key.ts'
import { type LeaseNeeds, type LeaseRequest, operationOf, underLease } from './lease.ts'
import { findProject, type KnownIds, type WantedEnvironment } from './observe-environment.ts'
import type { Author } from './patch-message.ts'
import { inProject } from './plan-environment.ts'
import { hasSameChanges, type Place, readPlaces } from './read-places.ts'
import { refuseStagedByOthers } from './refuse-staged-by-others.ts'
import { type SecondWays, secondWays } from './second-ways.ts'
import { unfinishedEvent, unfinishedIn } from './unfinished.ts'

export interface SetUpRequest {
  /** One for each environment of the config; a protected one first, where there is one: it becomes the project's own. */
  desired: DesiredState[]
  wanted: Pick<WantedEnvironment, 'project' | 'workspace'>
  supplied: ReadonlyMap<string, Secret>
  author: Author
  allowed: readonly string[]
  confirmed: readonly string[]
  /** Take the lease of an environment from whoever holds it. */
  takesLease: boolean
  /** Nothing is to be changed. */
  isDryRun: boolean
}

export interface SetUpNeeds extends Omit<ApplyNeeds, 'check'>, LeaseNeeds {
  knownIds: KnownIds
  approve: Approve
  /** A local platform, not the real one. */
  isRehearsal: boolean
}

/** What `init` found and made. */
export interface SetUp {
  /** Null after a dry run. */
  project: { id: string; name: string } | null
  environments: { name: string; changes: number; missingSecrets: string[]; secondWays?: SecondWays }[]
}

/**
 * First setup: the project, its environments, its services once, volumes and domains, and everything stored, in every environment
 * of the config, without deploying. What is there already is found by name and kept; run again, it makes nothing twice. The project
 * that is looked for is the one that is made, whatever the config calls it; one that is named by its id is never made.
 */
export async function setUp(asked: SetUpRequest, needs: SetUpNeeds): Promise<SetUp> {
  const project = await findProject(asked.wanted, needs.platform)
  const name = project?.name ?? asked.wanted.project.name
  const request = { ...asked, desired: asked.desired.map((desired) => inProject(desired, name)) }
  const places = await readPlaces(request, project, needs)
  for (const [index, place] of places.entries()) {
    const { plan, desired } = place
    await needs.report({
      type: 'target-found',
      project: plan.project,
      environment: plan.environment,
      isProtected: desired.environment.protected,
      isRehearsal: needs.isRehearsal,
    })
    const unfinished = place.state === undefined ? undefined : await unfinishedIn(place.state, needs)
    place.isUnfinished = unfinished?.command === request.author.command
    if (unfinished !== undefined) await needs.report(unfinishedEvent(unfinished, plan.environment))
    const same = places.slice(0, index).find((earlier) => hasSameChanges(earlier.plan, plan))
    await needs.report({ type: 'plan-made', plan, ...(same === undefined ? {} : { sameAs: same.plan.environment }) })
  }
  refuseUnsafe(places, request)
  const isComplete = project !== undefined && places.every((place) => isSettled({ ...place.plan, deployments: [] }))
  if (isComplete) {
    await finish(request, places, needs)
    await shareKey(
      request,
      places.flatMap(({ state }) => state ?? []),
      needs,
    )
    return told(project, request, places, needs)
  }
  const allowStaged = request.allowed.includes('staged-changes')
  for (const { desired, plan, state } of places) {
    if (state !== undefined)
      refuseStagedByOthers({ desired, supplied: request.supplied, allowStaged }, plan, state, needs)
  }
  if ((await approve(places, needs)) === 'dry-run') return told(undefined, request, places, needs)
  const created = await createProject(request, project, places, needs)
  const targets = places.map((place) => ({ projectId: created.id, environmentId: environmentIdOf(created, place) }))
  const made = await withServices(request, project !== undefined, targets, places, needs)
  await shareKey(
    request,
    made.map(([, state]) => state),
    needs,
  )
  for (const [place, state] of made) {
    if (place.plan.changes.length > 0) place.secondWays = await store(request, place, state, needs)
    else if (place.isUnfinished) await underLease(leaseOf(request, state), needs, async () => ({ result: undefined }))
  }
  return told(created, request, places, needs)
}

/** What was validated in one environment counts in another only where both can prove it. */
async function shareKey(request: SetUpRequest, states: readonly ObservedState[], needs: SetUpNeeds): Promise<void> {
  const isNeeded = request.desired.some(({ environment }) => environment.validates !== undefined)
  if (isNeeded && !request.isDryRun) await shareEvidenceKey(states, needs)
}

/** What an earlier run did not say was over is over: everything is there. Nothing but the note of it is changed. */
async function finish(request: SetUpRequest, places: readonly Place[], needs: SetUpNeeds): Promise<void> {
  for (const { state, isUnfinished } of places) {
    if (state === undefined || !isUnfinished || request.isDryRun) continue
    await underLease(leaseOf(request, state), needs, async () => ({ result: undefined }))
  }
}

function leaseOf(request: SetUpRequest, state: ObservedState): LeaseRequest {
  return {
    target: { projectId: state.project.id, environmentId: state.environment.id },
    operation: {
      ...operationOf(request.author),
      project: state.project.name,
      environment: state.environment.name,
    },
    takesOver: request.takesLease,
  }
}

/** Stores one environment while nobody else works on it. */
async function store(
  request: SetUpRequest,
  place: Place,
  state: ObservedState,
  needs: SetUpNeeds,
): Promise<SecondWays | undefined> {
  const lease = leaseOf(request, state)
  for (;;) {
    const worked = await underLease(lease, needs, async ({ state: now, clock, report, check }) => {
      const { storing } = await applyPlan(
        {
          desired: place.desired,
          plan: place.plan,
          observed: state,
          now,
          running: place.running,
          commit: { kind: 'running' },
          supplied: request.supplied,
          author: {
            ...request.author,
            passed: passedGuards({ ...place, confirmed: request.confirmed }, request.allowed),
          },
          allowStaged: request.allowed.includes('staged-changes'),
        },
        { ...needs, clock, report, check },
      )
      return { result: secondWays(state, storing) }
    })
    if (worked.outcome === 'done') return worked.result
    await awaitLease(lease, worked.by, needs)
  }
}

async function told(
  project: ProjectSummary | undefined,
  request: SetUpRequest,
  places: readonly Place[],
  needs: SetUpNeeds,
): Promise<SetUp> {
  if (project !== undefined) await needs.knownIds.remember(project, project.environments)
  return {
    project: project === undefined ? null : { id: project.id, name: project.name },
    environments: places.map(({ desired, plan, state, secondWays: ways = leftAlone(plan, state) }) => ({
      name: plan.environment,
      changes: plan.changes.length,
      missingSecrets: missingSecrets(desired, state, request.supplied),
      ...(ways === undefined ? {} : { secondWays: ways }),
    })),
  }
}

/** Where nothing is stored, what is out of reach is all that differs. */
function leftAlone({ changes }: Plan, state: ObservedState | undefined): SecondWays | undefined {
  return secondWays(state, { way: 'nothing', notStored: changes.filter((change) => change.outOfReach).map(subjectOf) })
}

function refuseUnsafe(places: readonly Place[], { allowed, confirmed }: SetUpRequest): void {
  const findings = places.flatMap(({ plan, desired }) => judgeGuards({ plan, desired, confirmed }, allowed))
  if (findings.length > 0) throw guarded(findings)
}

async function approve(places: readonly Place[], needs: SetUpNeeds): Promise<'option' | 'person' | 'dry-run'> {
  const what = `set up ${listed(places.map((place) => place.plan.environment))}`
  const by = await needs.approve({
    what,
    environments: places.map(({ desired }) => ({
      name: desired.environment.name,
      isProtected: desired.environment.protected,
    })),
    plans: places.map((place) => place.plan),
  })
  if (by !== 'dry-run') await needs.report({ type: 'approval-given', by, what })
  return by
}
