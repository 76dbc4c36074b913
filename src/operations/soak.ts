import type { DesiredState } from '../config/desired.ts'
import type { SoakLimits, Timing } from '../config/timing.ts'
import { nothingWatched } from '../config/watched.ts'
import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform, Target } from '../platform/platform.ts'
import type { CheckSubject, Look } from '../verify/check-subject.ts'
import { judgeSoak, type SoakedCheck, type SoakJudgement, type SoakSample } from '../verify/judge-soak.ts'
import type { Probe } from '../verify/probe.ts'
import { deployedIn, type SampleWindow, sampleChecks } from '../verify/soak-checks.ts'
import { checkedServices } from './check-environment.ts'
import type { Report } from './events.ts'

export interface SoakNeeds {
  platform: Platform
  clock: Clock
  signal: AbortSignal
  probe: Probe
  timing: Timing
  report: Report
}

/** A change of flags that is to be watched. */
export interface SoakRequest {
  desired: DesiredState
  target: Target
  /** In milliseconds. */
  durationMs: number
  /** When the change was stored, by the platform's clock (milliseconds): what is before it is compared with. */
  changedAt: number
  limits: SoakLimits
  /** Asked about every reading; throws where the watch makes no sense any more. */
  onState(state: ObservedState): void
}

/** What a soak came to. */
export interface SoakReport extends SoakJudgement {
  samples: number
  durationMs: number
}

/** One look before the change: what is red already would be taken for its effect. */
export async function takeBaseline(
  state: ObservedState,
  desired: DesiredState,
  needs: SoakNeeds,
): Promise<SoakJudgement> {
  const sample = await look(state, desired, { window: undefined, limits: needs.timing.soak, earlier: [] }, needs)
  // One look: a single bad sample is red already.
  return judgeSoak([sample.sample], { failureLimit: 1, consecutiveLimit: 1, minimumProbes: 1 })
}

/** Takes samples until the time is over, or until one check has failed. */
export async function soak(request: SoakRequest, needs: SoakNeeds): Promise<SoakReport> {
  const { desired, target, durationMs, changedAt, limits, onState } = request
  const { clock, signal, platform, report } = needs
  const environment = desired.environment.name
  const startedAt = clock.now()
  const samples: SoakSample[] = []
  const looks: Look[] = []
  const before = { from: changedAt - limits.baselineMs, until: changedAt }
  let window: SampleWindow | undefined
  const intervalMs = sampledEvery(durationMs, limits)
  await report({ type: 'soak-started', environment, durationMs, intervalMs })
  for (;;) {
    const at = clock.now()
    const taken = await platform
      .observe(target)
      .then(async (state) => {
        onState(state)
        window ??= { since: state.platformTime ?? at, before, deployed: deployedIn(state) }
        return look(state, desired, { window, limits, earlier: looks }, needs)
      })
      .catch(unreached(signal))
    if (taken !== undefined) {
      samples.push({ ...taken.sample, at })
      looks.push(taken.look)
    }
    const judged = judgeSoak(samples, limits)
    const leftMs = Math.max(0, startedAt + durationMs - clock.now())
    await report({
      type: 'soak-sampled',
      environment,
      sample: samples.length,
      isMissed: taken === undefined,
      leftMs,
      verdict: judged.verdict,
      checks: judged.checks.map(toldCheck),
      limits: { failureLimit: limits.failureLimit, consecutiveLimit: limits.consecutiveLimit },
    })
    if (judged.verdict === 'fail' || leftMs === 0) {
      const { verdict, trigger } = judged
      await report({
        type: 'soak-ended',
        environment,
        verdict,
        samples: samples.length,
        elapsedMs: clock.now() - startedAt,
        ...(trigger === undefined ? {} : { trigger }),
        unjudged: unjudged(judged),
      })
      return { ...judged, samples: samples.length, durationMs: clock.now() - startedAt }
    }
    // What a sample took is part of the interval.
    await clock.sleep(Math.min(leftMs, Math.max(0, intervalMs - (clock.now() - at))), signal)
  }
}

/** Often enough that a short soak has the samples that it is judged by. Pure. */
export function sampledEvery(
  durationMs: number,
  { intervalMs, minimumProbes }: Pick<SoakLimits, 'intervalMs' | 'minimumProbes'>,
): number {
  return Math.min(intervalMs, Math.max(1_000, Math.floor(durationMs / Math.max(1, minimumProbes))))
}

const letters = { good: '.', bad: 'x', unknown: '?' } as const
/** So many of its newest samples are told of a check. */
const longestRow = 60

function toldCheck({ check, service, use, outcomes, bad, inARow, message }: SoakedCheck) {
  return {
    check,
    service,
    use,
    outcome: outcomes.at(-1) ?? 'unknown',
    bad,
    inARow,
    row: outcomes
      .slice(-longestRow)
      .map((outcome) => letters[outcome])
      .join(''),
    ...(message === undefined ? {} : { message }),
  }
}

/** What keeps a soak from a verdict, in words. */
export function unjudged({ checks, verdict }: SoakJudgement): string[] {
  if (verdict !== 'inconclusive') return []
  const open = checks.filter((check) => check.use === 'gating' && check.verdict === 'inconclusive')
  if (open.length === 0) return ['no sample could be taken']
  return open.map(({ check, service, message }) =>
    message === undefined ? `${check} of ${service}: too few samples` : `${check} of ${service}: ${message}`,
  )
}

async function look(
  state: ObservedState,
  desired: DesiredState,
  {
    window,
    limits,
    earlier,
  }: { window: SampleWindow | undefined; limits: Pick<SoakLimits, 'minimumRequests'>; earlier: readonly Look[] },
  needs: SoakNeeds,
): Promise<{ sample: SoakSample; look: Look }> {
  const subject: CheckSubject = { ...subjectOf(state, desired), earlier }
  const { checks, look: seen } = await sampleChecks(subject, window, limits, needs)
  return { sample: { at: needs.clock.now(), checks }, look: seen }
}

/** Everything that the config wants to know of an environment. */
export function subjectOf(state: ObservedState, desired: DesiredState | undefined): CheckSubject {
  const services = checkedServices(state, desired)
  return {
    state,
    chosen: [...services.map(({ name }) => name), ...(desired?.pending ?? []).map(({ name }) => name)],
    services,
    watched: desired?.watched ?? nothingWatched,
    earlier: [],
  }
}

/** The platform could not be asked: no sample, and no bad one. */
function unreached(signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!signal.aborted && error instanceof OperatorError && error.kind === 'unreachable') return undefined
    throw error
  }
}
