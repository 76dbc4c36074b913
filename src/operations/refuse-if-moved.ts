import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import { isSameState } from '../plan/fingerprint.ts'
import { movedPlaces, runsOf } from '../plan/moved-places.ts'
import { type Change, type Plan, subjectOf } from '../plan/plan.ts'
import { isOnItsWay } from '../plan/plan-deployments.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { createsIds } from './create-missing.ts'

/** Compares what was approved with what is there a moment before writing. What we created ourselves is no surprise. */
export function refuseIfMoved(approved: Plan, observed: ObservedState, latest: Plan, state: ObservedState): void {
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
