import type { SoakLimits } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import { count } from '../kit/text.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { DeploymentId } from '../platform/ids.ts'
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
import type { ProbeAnswer } from './probe.ts'
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
  /** What was live when the watch began, by service. */
  deployed: ReadonlyMap<string, DeploymentId>
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
  const now = subject.state.platformTime ?? needs.clock.now()
  // A burst is one of the last minutes, however long the watch: logs of an hour are not read again and again.
  const errors = window === undefined ? {} : { since: Math.max(window.since, now - needs.timing.check.errorBurstMs) }
  const { results, look } = await runChecks({ ...subject, ...errors }, needs, sampledKinds)
  const latency = await latencies(subject, needs)
  const compared =
    window === undefined
      ? []
      : [...stillDeployed(subject, window.deployed), ...(await failingShares(subject, window, limits, needs))]
  return { checks: [...results.flatMap((result) => sampled(result, subject)), ...latency, ...compared], look }
}

/** What is live of each service that runs. Pure. */
export function deployedIn({ services }: CheckSubject['state']): Map<string, DeploymentId> {
  return new Map(
    services.flatMap((service) => {
      const live = liveDeployment(service)
      return live === undefined ? [] : [[service.name, live.id]]
    }),
  )
}

/**
 * Is what was live when the watch began still what is? Where somebody deployed in between, samples are of two things, and nothing can
 * be judged by them. Pure.
 */
export function stillDeployed(
  { state, services }: Pick<CheckSubject, 'state' | 'services'>,
  deployed: ReadonlyMap<string, DeploymentId>,
): SampledCheck[] {
  const now = deployedIn(state)
  return services.flatMap(({ name: service }): SampledCheck[] => {
    const [first, live] = [deployed.get(service), now.get(service)]
    // That nothing of it runs is another check's finding.
    if (first === undefined || live === undefined) return []
    const about = { check: 'deployment', service, use: 'gating' as const, isOverall: true as const }
    if (live === first) return [{ ...about, outcome: 'good' }]
    const message = `Deployment ${live} of ${service} is live, and the watch began with ${first}: somebody else deployed.`
    return [{ ...about, outcome: 'unknown', message }]
  })
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
    asked.map(async ({ service, url }) =>
      judgeLatency(service, url, await needs.probe.get(url, probeTimeoutMs(needs))),
    ),
  )
}

/** Pure. */
export function judgeLatency(service: string, url: string, answer: ProbeAnswer): SampledCheck {
  const about = { check: 'latency', service, use: 'gating' as const }
  if (answer.kind === 'unasked') {
    return { ...about, outcome: 'unknown', message: `How long ${url} takes is not known: ${answer.reason}.` }
  }
  const { elapsedMs } = answer
  if (elapsedMs > slowMs) {
    const told = answer.kind === 'answered' ? 'took' : 'did not answer in'
    return { ...about, outcome: 'bad', message: `${url} ${told} ${Math.round(elapsedMs)} ms; ${slowMs} is the limit.` }
  }
  // Refused at once is no quick answer; that it does not answer is another check's finding.
  if (answer.kind === 'unanswered') {
    return { ...about, outcome: 'unknown', message: `${url} did not answer (${answer.reason}).` }
  }
  return { ...about, outcome: 'good' }
}

/** How many requests of people the edge answers with 5xx, compared with before the change. */
async function failingShares(
  subject: CheckSubject,
  window: SampleWindow,
  limits: Pick<SoakLimits, 'minimumRequests'>,
  needs: CheckNeeds,
): Promise<SampledCheck[]> {
  const now = subject.state.platformTime ?? needs.clock.now()
  const { requestsMs } = needs.timing.check
  const counted = countedWindow(window, now, requestsMs)
  const asked = subject.services.flatMap(({ name }) => {
    const observed = observedService(subject, name)
    return observed === undefined || observed.active.length === 0 || observed.domains.length === 0 ? [] : [observed]
  })
  return Promise.all(
    asked.map(async ({ id, name }): Promise<SampledCheck> => {
      try {
        const { all, ofPaths } = await needs.platform.readAnsweredByPath(
          {
            environmentId: subject.state.environment.id,
            serviceId: id,
            from: counted.before.from,
            // The platform's clock tells whole seconds, and the second that it told belongs to the time.
            until: now + 999,
            stepSeconds: counted.stepMs / 1000,
          },
          askedPaths(subject, name),
        )
        // What we and the platform's own watchers ask is no request of people.
        return judgeShare(name, all, ofPaths.flat(), counted, limits)
      } catch (error) {
        if (needs.signal.aborted || !(error instanceof OperatorError)) throw error
        return { ...aboutShares(name), outcome: 'unknown', message: error.message }
      }
    }),
  )
}

/** When requests are counted, all in milliseconds. */
export interface CountedWindow {
  /** Counts come in steps; one that begins in the middle of one belongs to neither side. */
  stepMs: number
  since: number
  /** The last minutes of it: what begins to fail late drowns in the whole. */
  lately: number
  before: { from: number; until: number }
}

/** The same in whole steps, few enough to be read again and again. Pure. */
export function countedWindow(
  { since, before: { from, until } }: Pick<SampleWindow, 'since' | 'before'>,
  now: number,
  requestsMs: number,
): CountedWindow {
  const stepMs = Math.max(1, Math.round(requestsMs / 5_000)) * 1000
  const floor = (at: number) => Math.floor(at / stepMs) * stepMs
  const begin = Math.ceil(since / stepMs) * stepMs
  return {
    stepMs,
    since: begin,
    lately: Math.max(begin, floor(now - requestsMs)),
    before: { from: floor(from), until: floor(until) },
  }
}

/** Pure. `ours` are among `all`. */
export function judgeShare(
  service: string,
  all: readonly AnsweredRequests[],
  ours: readonly AnsweredRequests[],
  { since, lately, before: { from, until } }: CountedWindow,
  { minimumRequests }: Pick<SoakLimits, 'minimumRequests'>,
): SampledCheck {
  const about = aboutShares(service)
  const shareSince = (begin: number) => share(all, ours, (at) => at >= begin)
  const whole = shareSince(since)
  const before = partOf(share(all, ours, (at) => at >= from && at < until))
  if (whole.all < minimumRequests) {
    return {
      ...about,
      outcome: 'unknown',
      message: `${count(whole.all, 'request')} of people since the change; fewer than ${minimumRequests} say nothing about how many fail.`,
    }
  }
  const bad = [whole, shareSince(lately)].find(
    (one) => one.all >= minimumRequests && partOf(one) > mostFailing && partOf(one) > growth * before,
  )
  if (bad === undefined) return { ...about, outcome: 'good' }
  const told = bad === whole ? 'since the change' : 'lately'
  return {
    ...about,
    outcome: 'bad',
    message: `${(partOf(bad) * 100).toFixed(1)} % of ${bad.all} requests were answered with 5xx ${told}, and ${(before * 100).toFixed(1)} % before the change.`,
  }
}

function aboutShares(service: string) {
  return { check: 'failing-requests', service, use: 'gating' as const, isOverall: true as const }
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
