import { OperatorError } from '../kit/errors.ts'
import { listed, shortCommit } from '../kit/text.ts'
import type { PinnedService } from './pinning.ts'
import type { RollbackStep } from './rollback-steps.ts'
import type { RollbackTarget } from './rollback-target.ts'
import type { Fate } from './rolled-back.ts'

/** What is agreed to, in few words. */
export function toldActs({
  steps,
  commit,
  environment,
  marks,
  isSettled,
  isPinned,
}: {
  steps: readonly RollbackStep[]
  commit: string
  environment: string
  marks: readonly string[]
  isSettled: boolean
  isPinned: boolean
}): string {
  const services = listed(steps.map(({ observed }) => observed.name))
  const built = steps.flatMap(({ way, observed }) => (way.kind === 'rebuild' ? [observed.name] : []))
  const byBuild = built.length === 0 ? '' : `, ${listed(built)} with a build`
  const back = `roll back ${services} in ${environment} to ${shortCommit(commit)}${byBuild}`
  const acts = [
    ...(isSettled && (marks.length > 0 || !isPinned) ? [] : [back]),
    ...(marks.length === 0 ? [] : [`mark ${listed(marks.map(shortCommit))} bad`]),
    ...(isPinned ? [] : ['store the variables as they ran']),
  ]
  return isSettled && acts[0] !== back ? `${listed(acts)} in ${environment}` : listed(acts)
}

/** What runs, or is to run, with variables of its own: what is built takes those that are stored. */
export function pinnedServices(steps: readonly RollbackStep[]): PinnedService[] {
  return steps.flatMap(({ observed: { name }, way, from }) =>
    way.kind === 'image' || way.kind === 'follows' || way.kind === 'stays'
      ? [{ name, runs: way.to.id, before: from?.id }]
      : [],
  )
}

export function servingOf(fates: readonly Fate[]): PinnedService[] {
  return fates.flatMap(({ step, deploymentId }) =>
    deploymentId === undefined ? [] : [{ name: step.observed.name, runs: deploymentId, before: step.from?.id }],
  )
}

export function nothingLeft({ release: { commit } }: RollbackTarget, environment: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'no-earlier-release',
    message: `Nothing came to ${environment} after ${shortCommit(commit)}, so there is no release to mark bad. Nothing was touched.`,
    hint: 'Leave --mark-bad out, or name with --to what is to serve instead of the bad release.',
  })
}
