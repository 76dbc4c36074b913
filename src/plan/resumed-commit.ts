import type { DesiredState } from '../config/desired.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { operationNotes } from './operation-notes.ts'
import { runningCommit, type WantedCommit } from './plan-deployments.ts'

/**
 * The commit that a deploy is about, once an operation that asked for the head of the branch and was not finished has found out
 * which one that is: going on with it means that very commit, so that no service gets two deployments, or another one than the rest.
 */
export function resumedCommit(wanted: WantedCommit, desired: DesiredState, state: ObservedState): WantedCommit {
  const { operation } = operationNotes(state)
  const [codebase, ...others] = new Set(desired.services.flatMap((service) => service.codebase ?? []))
  // A given commit is for every codebase: with several, none can be named.
  if (operation === undefined || codebase === undefined || others.length > 0) return wanted
  const isHeadWanted =
    wanted.kind === 'latest'
      ? operation.commit === 'latest'
      : wanted.kind === 'running' && runningCommit(desired, state, codebase) === undefined
  if (!isHeadWanted) return wanted
  const names = new Set(desired.services.filter((one) => one.codebase === codebase).map(({ name }) => name))
  const started = state.services
    .filter(({ name }) => names.has(name))
    .flatMap(({ active, latest }) => [...active, ...(latest === undefined ? [] : [latest])])
    .filter(({ createdAt, commit }) => createdAt >= operation.since && commit !== undefined)
    .sort((one, other) => other.createdAt - one.createdAt)
  const commit = started[0]?.commit
  return commit === undefined ? wanted : { kind: 'given', commit }
}
