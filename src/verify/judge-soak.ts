import type { SoakLimits } from '../config/timing.ts'

/** What one look found of one check. `unknown`: it could not be asked, or what came says nothing. */
export interface SampledCheck {
  check: string
  service: string
  outcome: 'good' | 'bad' | 'unknown'
  /** Observed ones are told, and never act. */
  use: 'gating' | 'observed'
  /** It is about the whole time so far, not about this moment: the newest one alone tells whether it can be judged. */
  isOverall?: true
  /** Why it is not good. */
  message?: string
}

/** One look at an environment while a change of flags is watched. */
export interface SoakSample {
  /** Milliseconds, by our own clock. */
  at: number
  checks: SampledCheck[]
}

/** All samples of one check, brought together. */
export interface SoakedCheck {
  check: string
  service: string
  use: 'gating' | 'observed'
  /** The oldest first, one a sample. */
  outcomes: SampledCheck['outcome'][]
  bad: number
  /** Bad ones at the end, one after the other; one that says nothing in between ends no row. */
  inARow: number
  verdict: 'pass' | 'fail' | 'inconclusive'
  /** What the newest sample that was not good said. */
  message?: string
}

/** What the samples so far come to. */
export interface SoakJudgement {
  /** `inconclusive`: nothing failed, and not everything that gates could be judged. */
  verdict: 'pass' | 'fail' | 'inconclusive'
  checks: SoakedCheck[]
  /** The first gating check that failed. */
  trigger?: { check: string; service: string; message: string }
  /** Of the trigger, when what failed it began (milliseconds): its row of bad samples, or the first of them all. */
  firstBadAt?: number
}

/**
 * Judges samples. A check fails with so many bad samples, or so many one after the other; with too few that say anything it is
 * inconclusive. A check that is missing from a sample was not asked there, which counts as nothing. Only gating checks count. Pure.
 */
export function judgeSoak(
  samples: readonly SoakSample[],
  limits: Pick<SoakLimits, 'failureLimit' | 'consecutiveLimit' | 'minimumProbes'>,
): SoakJudgement {
  const checks = keysOf(samples).map((key) => soaked(key, samples, limits))
  const gating = checks.filter(({ use }) => use === 'gating')
  const failed = gating.find(({ verdict }) => verdict === 'fail')
  if (failed !== undefined) {
    const { check, service, message = 'it was not well' } = failed
    const bad = samples.filter((sample) => outcomeOf(failed, sample) === 'bad')
    const isRow = failed.inARow >= limits.consecutiveLimit
    const firstBadAt = bad.at(isRow ? -failed.inARow : 0)?.at
    return {
      verdict: 'fail',
      checks,
      trigger: { check, service, message },
      ...(firstBadAt === undefined ? {} : { firstBadAt }),
    }
  }
  const isJudged = gating.length > 0 && gating.every(({ verdict }) => verdict === 'pass')
  return { verdict: isJudged ? 'pass' : 'inconclusive', checks }
}

type Key = Pick<SampledCheck, 'check' | 'service'>

function keysOf(samples: readonly SoakSample[]): Key[] {
  const keys = new Map<string, Key>()
  for (const { checks } of samples) {
    for (const { check, service } of checks) keys.set(`${check} ${service}`, { check, service })
  }
  return [...keys.values()]
}

function soaked(key: Key, samples: readonly SoakSample[], limits: Parameters<typeof judgeSoak>[1]): SoakedCheck {
  const found = samples.flatMap(({ checks }) => checks.filter((one) => isSame(one, key)))
  const outcomes = found.map(({ outcome }) => outcome)
  const bad = outcomes.filter((outcome) => outcome === 'bad').length
  const known = outcomes.filter((outcome) => outcome !== 'unknown')
  const inARow = known.length - 1 - known.findLastIndex((outcome) => outcome !== 'bad')
  const isOverall = found.at(-1)?.isOverall === true
  const isEnough = isOverall ? outcomes.at(-1) !== 'unknown' : known.length >= limits.minimumProbes
  const message = found.findLast(({ outcome }) => outcome !== 'good')?.message
  const isFailed = bad >= limits.failureLimit || inARow >= limits.consecutiveLimit
  return {
    ...key,
    // Where it gates in any sample, it gates.
    use: found.some(({ use }) => use === 'gating') ? 'gating' : 'observed',
    outcomes,
    bad,
    inARow,
    verdict: isFailed ? 'fail' : isEnough ? 'pass' : 'inconclusive',
    ...(message === undefined ? {} : { message }),
  }
}

function outcomeOf(key: Key, { checks }: SoakSample): SampledCheck['outcome'] | undefined {
  return checks.find((one) => isSame(one, key))?.outcome
}

function isSame(one: Key, other: Key): boolean {
  return one.check === other.check && one.service === other.service
}
