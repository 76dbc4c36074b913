import type { SoakLimits } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import { count } from '../kit/text.ts'
import type { AnsweredRequests } from '../platform/log-row.ts'
import type { CheckResult } from './check.ts'
import {
  type CheckNeeds,
  type CheckSubject,
  observedService,
  probeTimeoutMs,
  questionOf,
  urlOf,
} from './check-subject.ts'
import type { CheckKind } from './checks/index.ts'
import type { SampledCheck } from './judge-soak.ts'
import { runChecks } from './run-checks.ts'

/** What `check` asks, and what of it is asked again at every sample. */
const sampledKinds: readonly CheckKind[] = [
  'runs',
  'answers',
  'health',
  'statuses',
  'metrics',
  'workers',
  'queueConsumers',
  'errorBurst',
]

/** An answer that takes longer is a bad one. */
const slowMs = 1_000
/** A greater share of 5xx answers than this, and over twice the share before, is too many. */
const mostFailing = 0.02
const growth = 2

/**
 * What is judged, and what it is compared with, in milliseconds by the platform's clock. In between services were deployed, which says
 * nothing: one with a volume is down meanwhile.
 */
export interface SampleWindow {
  since: number
  before: { from: number; until: number }
}

/**
 * Looks once at everything that says whether a change of flags holds: the checks of `check`, how long answers take, and their shares.
 * @param window undefined: before the change, when there are no shares to compare
 */
export async function sampleChecks(
  subject: CheckSubject,
  window: SampleWindow | undefined,
  limits: Pick<SoakLimits, 'minimumRequests'>,
  needs: CheckNeeds,
): Promise<{ checks: SampledCheck[]; look: Awaited<ReturnType<typeof runChecks>>['look'] }> {
  const { results, look } = await runChecks(
    window === undefined ? subject : { ...subject, since: window.since },
    needs,
    sampledKinds,
  )
  const latency = await latencies(subject, needs)
  const shares = window === undefined ? [] : await failingShares(subject, window, limits, needs)
  return { checks: [...results.flatMap((result) => sampled(result, subject)), ...latency, ...shares], look }
}

/** What one result says in a sample; nothing where there was nothing to ask. Pure. */
export function sampled(result: CheckResult, { watched }: Pick<CheckSubject, 'watched'>): SampledCheck[] {
  const { check, service, outcome, finding, isAside } = result
  if (outcome === 'skipped') return []
  const asked = watched.checks.find(({ name }) => name === check)
  const metric = watched.metrics.find(({ name }) => name === check)
  const use = isAside === true ? 'observed' : (asked?.use ?? metric?.use ?? 'gating')
  // What is only advisory is said by `check`, and takes nothing back.
  const isBad = outcome === 'fail' && finding?.severity !== 'advisory'
  return [
    {
      check,
      service,
      use,
      outcome: isBad ? 'bad' : outcome === 'unknown' ? 'unknown' : 'good',
      ...(finding === undefined || (outcome === 'fail' && !isBad) ? {} : { message: finding.message }),
    },
  ]
}

/** How long each service takes to answer where the platform asks it too. */
async function latencies(subject: CheckSubject, needs: CheckNeeds): Promise<SampledCheck[]> {
  const asked = subject.services.flatMap(({ name, liveness }) => {
    const url = liveness === undefined ? undefined : urlOf(subject, name, liveness.path)
    return url === undefined ? [] : [{ service: name, url }]
  })
  return Promise.all(
    asked.map(async ({ service, url }): Promise<SampledCheck> => {
      const answer = await needs.probe.get(url, probeTimeoutMs(needs))
      const about = { check: 'latency', service, use: 'gating' as const }
      if (answer.kind === 'unasked') return { ...about, outcome: 'unknown', message: answer.reason }
      if (answer.elapsedMs <= slowMs) return { ...about, outcome: 'good' }
      return { ...about, outcome: 'bad', message: `${url} took ${Math.round(answer.elapsedMs)} ms to answer.` }
    }),
  )
}

/** How many requests of people the edge answers with 5xx, compared with before the change. */
async function failingShares(
  subject: CheckSubject,
  window: SampleWindow,
  limits: Pick<SoakLimits, 'minimumRequests'>,
  needs: CheckNeeds,
): Promise<SampledCheck[]> {
  const until = subject.state.platformTime ?? needs.clock.now()
  const asked = subject.services.flatMap(({ name }) => {
    const observed = observedService(subject, name)
    return observed === undefined || observed.active.length === 0 || observed.domains.length === 0 ? [] : [observed]
  })
  return Promise.all(
    asked.map(async ({ id, name }): Promise<SampledCheck> => {
      const read = (path?: string) =>
        needs.platform.readAnsweredRequests({
          environmentId: subject.state.environment.id,
          serviceId: id,
          from: Math.floor(window.before.from / 1000) * 1000,
          until: until + 999,
          stepSeconds: 1,
          ...(path === undefined ? {} : { path }),
        })
      try {
        const all = await read()
        // What we and the platform's own watchers ask is no request of people.
        let ours: AnsweredRequests[] = []
        for (const path of askedPaths(subject, name)) ours = [...ours, ...(await read(path))]
        return judgeShare(name, all, ours, window, limits)
      } catch (error) {
        if (needs.signal.aborted || !(error instanceof OperatorError)) throw error
        return { check: 'failing-requests', service: name, use: 'gating', outcome: 'unknown', message: error.message }
      }
    }),
  )
}

/** Pure. `ours` are among `all`. */
export function judgeShare(
  service: string,
  all: readonly AnsweredRequests[],
  ours: readonly AnsweredRequests[],
  { since, before: { from, until } }: SampleWindow,
  { minimumRequests }: Pick<SoakLimits, 'minimumRequests'>,
): SampledCheck {
  const lately = share(all, ours, (at) => at >= since)
  const before = share(all, ours, (at) => at >= from && at < until)
  const about = { check: 'failing-requests', service, use: 'gating' as const }
  if (lately.all < minimumRequests) {
    return {
      ...about,
      outcome: 'unknown',
      message: `${count(lately.all, 'request')} of people since the change; fewer than ${minimumRequests} say nothing about how many fail.`,
    }
  }
  const [part, partBefore] = [partOf(lately), partOf(before)]
  if (part <= mostFailing || part <= growth * partBefore) return { ...about, outcome: 'good' }
  return {
    ...about,
    outcome: 'bad',
    message: `${(part * 100).toFixed(1)} % of ${lately.all} requests were answered with 5xx since the change, and ${(partBefore * 100).toFixed(1)} % before it.`,
  }
}

function share(all: readonly AnsweredRequests[], ours: readonly AnsweredRequests[], isIn: (at: number) => boolean) {
  const sum = (some: readonly AnsweredRequests[]) =>
    some.filter(({ at }) => isIn(at)).reduce((total, { requests }) => total + requests, 0)
  const failing = (some: readonly AnsweredRequests[]) => sum(some.filter(({ status }) => status >= 500))
  return { all: Math.max(0, sum(all) - sum(ours)), failing: Math.max(0, failing(all) - failing(ours)) }
}

function partOf({ all, failing }: { all: number; failing: number }): number {
  return all === 0 ? 0 : failing / all
}

function askedPaths(subject: CheckSubject, service: string): string[] {
  const { watched, services } = subject
  const liveness = services.find(({ name }) => name === service)?.liveness
  const ofChecks = watched.checks.flatMap((check) =>
    check.service === service && 'asked' in questionOf(check, subject) ? [check.path] : [],
  )
  const paths = [...(liveness === undefined ? [] : [liveness.path]), ...ofChecks]
  return [...new Set(paths.map((path) => path.split('?')[0] ?? ''))]
}
