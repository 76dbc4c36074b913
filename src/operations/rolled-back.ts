import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Verdict } from '../verify/verdict.ts'
import { isImageKept } from './kept-images.ts'
import type { MigrationsSince } from './migrations-since.ts'
import type { Pinning } from './pinning.ts'
import type { RollbackStep, ToldRollbackStep } from './rollback-steps.ts'
import type { RollbackTarget } from './rollback-target.ts'
import type { DeploymentEnding } from './watch-deployments.ts'

/** What one run of `rollback services` did. */
export interface Rollback extends MigrationsSince {
  /** What the journal and the notes on the platform call it; absent where nothing was done. */
  id?: string
  project: string
  environment: string
  verdict: Verdict
  /** Only looked at: nothing was rolled back. */
  isDryRun?: true
  /** What serves now. */
  commit: string
  services: RolledBackService[]
  /** How to go forward again; null where what served before serves now. */
  wayForward: WayForward | null
  /** Commits that this run marked bad. */
  marked?: string[]
  /** The commit that serves now was marked bad, and is no more: somebody brought it back by name. */
  cleared?: string
  /** What `--pin-variables` stored; absent where it was not asked for. */
  pinning?: Pinning
  elapsedMs: number
}

export interface RolledBackService {
  name: string
  /** `unchanged`: it served that commit already. */
  outcome: 'rolled-back' | 'unchanged'
  deploymentId: DeploymentId
  /** The commit that it served before; null where none is known. */
  from: string | null
  isBuilt: boolean
  /** Variables that are stored otherwise than it has them: the next ordinary deploy brings those back. */
  returning: string[]
}

/** What brings back what served before: by the kept images, or with a build; none where services served several commits. */
export interface WayForward {
  way: 'rollback' | 'deploy' | 'none'
  commits: string[]
  /** Only these; absent: all of the codebase. */
  services?: string[]
  /** The token may not roll back: going forward is a build as well. */
  needsBuild?: true
}

/** What became of one service. */
export interface Fate {
  step: RollbackStep
  /** The deployment that serves it; absent where none could be started. */
  deploymentId?: DeploymentId
  ending?: DeploymentEnding
  isBuilt: boolean
  /** The token may not roll back, so that it was built. */
  isDenied?: true
  reason?: string
}

/** What went wrong with one service, as a sentence; nothing where it went well. */
export function toldFate({ step, ending, reason }: Fate): string[] {
  const { name } = step.observed
  if (reason !== undefined) return [`${name} could not be rolled back: ${reason}`]
  if (ending === undefined || ending.outcome === 'live') return []
  const why = ending.reason === undefined ? '' : `: ${ending.reason}`
  const is = ending.outcome === 'timeout' ? 'is still' : 'is'
  return [`${name} did not come back: its deployment ${is} ${ending.status}${why}.`]
}

/** A platform that answers no more leaves a rollback that was begun: said with what finishes it. */
export function lostOnTheWay(error: unknown, target: RollbackTarget, environment: string): never {
  if (!(error instanceof OperatorError) || error.kind !== 'unreachable') throw error
  const { kind, code, message, hint, retryable, findings } = error
  const finish = finishing(target, environment)
  throw new OperatorError({
    kind,
    code,
    message: `${message} The rollback was begun by then, and how it ended is not known.`,
    hint: `${hint === undefined ? '' : `${hint} `}To finish it, run \`${finish}\`.`,
    retryable,
    findings,
  })
}

function finishing({ release: { commit }, services, isPart, mayBuild }: RollbackTarget, environment: string): string {
  const only = isPart ? services.flatMap(({ name }) => ['--service', shellWord(name)]) : []
  const words = [
    'fakturino rollback services',
    `--to ${shellWord(commit)}`,
    ...only,
    ...(mayBuild ? ['--rebuild'] : []),
  ]
  return [...words, `-e ${shellWord(environment)}`].join(' ')
}

/** Each service's fate, and the command that finishes it. */
export function halfDone(
  fates: readonly Fate[],
  { problems, isFailed }: { problems: readonly string[]; isFailed: boolean },
  target: RollbackTarget,
  after: ObservedState,
): OperatorError {
  const environment = after.environment.name
  const serving = fates.map(({ step }) => {
    const live = liveDeployment(after.services.find(({ id }) => id === step.observed.id))
    const what =
      live === undefined ? 'nothing' : live.commit === undefined ? 'no known commit' : shortCommit(live.commit)
    return `${step.observed.name} ${what}`
  })
  const isOpen = ({ ending }: Fate) => ending !== undefined && ['timeout', 'held'].includes(ending.outcome)
  const isBad = (fate: Fate) => !isOpen(fate) && toldFate(fate).length > 0
  const isOver = isFailed || fates.some(isBad)
  const isOpenOnly = !isOver && fates.some(isOpen)
  return new OperatorError({
    ...(isOver
      ? { kind: 'failed', code: 'rollback-failed' }
      : { kind: 'unfinished', code: isOpenOnly ? 'health-timeout' : 'verification-inconclusive' }),
    message: `Not everything went back to ${shortCommit(target.release.commit)}, or not all of it could be judged. ${problems.join(' ')} What serves now: ${listed(serving)}.`,
    hint: `To finish it, run: ${finishing(target, environment)}`,
  })
}

export function stayed(steps: readonly RollbackStep[]): Fate[] {
  return steps.map((step) => ({
    step,
    isBuilt: false,
    ...(step.way.kind === 'stays' ? { deploymentId: step.way.to.id } : {}),
  }))
}

export function rolledBack(
  fates: readonly Fate[],
  told: readonly ToldRollbackStep[],
  pinning?: Pinning,
): RolledBackService[] {
  return fates.flatMap(({ step, deploymentId, isBuilt }) => {
    if (deploymentId === undefined) return []
    const { name } = step.observed
    const changes = told.find(({ service }) => service === name)?.changes
    const pinned = pinning?.services.find(({ service }) => service === name)?.variables ?? []
    return [
      {
        name,
        outcome: step.way.kind === 'stays' ? 'unchanged' : 'rolled-back',
        deploymentId,
        from: step.from?.commit ?? null,
        isBuilt,
        // A commit that is built once more has what is stored: nothing of that is told as changed.
        returning: (changes?.returning ?? []).filter((variable) => !pinned.includes(variable)),
      },
    ]
  })
}

/** Forward goes by the images that this very command freed, where the platform keeps them. */
export function wayForward(
  fates: readonly Fate[],
  { isNamed, release }: RollbackTarget,
  after: ObservedState,
): WayForward | null {
  const moved = fates.filter(({ step }) => step.way.kind !== 'stays' && step.from?.commit !== release.commit)
  if (moved.length === 0) return null
  const commits = [...new Set(moved.flatMap(({ step }) => step.from?.commit ?? []))]
  const isWhole = !isNamed && moved.length === fates.length
  const services = isWhole ? {} : { services: moved.map(({ step }) => step.observed.name) }
  const isOne = commits.length === 1 && moved.every(({ step }) => step.from?.commit !== undefined)
  if (!isOne) return { way: 'none', commits, ...services }
  const isKept = moved.every(({ step }) => step.from !== undefined && isImageKept(step.from, step.observed.id, after))
  const needsBuild = fates.some((fate) => fate.isDenied) ? { needsBuild: true as const } : {}
  return { way: isKept ? 'rollback' : 'deploy', commits, ...services, ...(isKept ? needsBuild : {}) }
}
