import { describe, expect, it } from 'vitest'
import { rehearsalTiming, type SoakLimits } from '../../src/config/timing.ts'
import { nothingWatched, type WatchedCheck, type WatchedMetric, type Worker } from '../../src/config/watched.ts'
import { OperatorError } from '../../src/kit/errors.ts'
import type { OperationEvent } from '../../src/operations/events.ts'
import { sampledEvery, soak, takeBaseline, unjudged } from '../../src/operations/soak.ts'
import { id } from '../../src/platform/ids.ts'
import type { AnsweredRequests } from '../../src/platform/log-row.ts'
import type { ObservedState } from '../../src/platform/observed-state.ts'
import type { ProbeAnswer } from '../../src/verify/probe.ts'
import {
  aDesiredService,
  aDesiredState,
  anAnswer,
  anObservedDeployment,
  anObservedService,
  anObservedState,
} from '../support/builders.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aFakePlatform } from '../support/fake-platform.ts'

const minute = 60_000
const limits: SoakLimits = { ...rehearsalTiming.soak, failureLimit: 5, consecutiveLimit: 3, minimumRequests: 0 }

interface World {
  limits?: Partial<SoakLimits>
  durationMs?: number
  checks?: WatchedCheck[]
  metrics?: WatchedMetric[]
  workers?: Worker[]
  /** What the nth reading (from 0) finds of the api. */
  observe?: (nth: number, clock: FakeClock) => Promise<ObservedState> | ObservedState
  answer?: (nth: number, path: string, clock: FakeClock) => ProbeAnswer | Promise<ProbeAnswer>
  requests?: (until: number) => AnsweredRequests[]
  onState?: (state: ObservedState) => void
  abortAt?: number
}

const wellState = () =>
  anObservedState({
    services: [anObservedService('api', { domains: [{ kind: 'generated', domain: 'api.test', targetPort: 8000 }] })],
  })

/** One api that answers over its domain; time passes only where the soak sleeps, or a test lets it. */
function aWorld(world: World = {}) {
  const clock = new FakeClock()
  const signal = new AbortController()
  const startedAt = clock.now()
  const events: OperationEvent[] = []
  const counts = { observed: 0, probed: 0, requests: 0 }
  const platform = aFakePlatform({
    observe: async () => {
      counts.requests += 1
      const nth = counts.observed++
      if (world.abortAt === nth) signal.abort(new Error('interrupted'))
      return (await world.observe?.(nth, clock)) ?? wellState()
    },
    readLogRows: async () => {
      counts.requests += 1
      return []
    },
    readAnsweredByPath: async ({ until }, paths) => {
      counts.requests += 1
      return { all: world.requests?.(until) ?? [], ofPaths: paths.map(() => []) }
    },
  })
  const desired = aDesiredState({
    services: [
      aDesiredService('api', {
        liveness: { path: '/up', status: 200 },
        domain: { targetPort: 8000 },
      }),
      ...(world.workers ?? []).map(({ service }) => aDesiredService(service)),
    ],
    watched: {
      ...nothingWatched,
      checks: world.checks ?? [],
      metrics: world.metrics ?? [],
      workers: world.workers ?? [],
    },
  })
  const needs = {
    platform,
    clock,
    signal: signal.signal,
    probe: {
      get: async (url: string) =>
        (await world.answer?.(counts.probed++, url.replace('https://api.test', ''), clock)) ?? anAnswer(),
    },
    timing: rehearsalTiming,
    report: async (event: OperationEvent) => void events.push(event),
  }
  const request = {
    desired,
    target: { projectId: id<'project'>('project-shop'), environmentId: id<'environment'>('environment-staging') },
    durationMs: world.durationMs ?? 20_000,
    changedAt: startedAt - 5_000,
    limits: { ...limits, ...world.limits },
    onState: world.onState ?? (() => {}),
  }
  return { run: () => soak(request, needs), needs, desired, clock, events, counts, startedAt }
}

function sampledOf(events: readonly OperationEvent[]) {
  return events.flatMap((event) => (event.type === 'soak-sampled' ? [event] : []))
}

const metricsPage: WatchedCheck = {
  name: 'api-metrics',
  service: 'api',
  path: '/metrics',
  statuses: [200],
  format: 'prometheus',
  advisory: [],
}
const unreachable = () => new OperatorError({ kind: 'unreachable', code: 'unreachable', message: 'It did not answer.' })

describe('a soak', () => {
  it('passes where all is well until its time is over, with a sample every interval', async () => {
    const { run, events, clock, startedAt } = aWorld()
    expect(await run()).toMatchObject({ verdict: 'pass', samples: 21, durationMs: 20_000 })
    expect(clock.now() - startedAt).toBe(20_000)
    expect(events[0]).toMatchObject({ type: 'soak-started', durationMs: 20_000, intervalMs: 1_000 })
    expect(events.at(-1)).toMatchObject({ type: 'soak-ended', verdict: 'pass', samples: 21, unjudged: [] })
    expect(sampledOf(events).map(({ leftMs }) => leftMs)).toEqual(
      Array.from({ length: 21 }, (_, nth) => (20 - nth) * 1000),
    )
  })

  it('asks the platform at most three times a sample', async () => {
    const { run, counts } = aWorld()
    await run()
    expect(counts.requests).toBeLessThanOrEqual(3 * 21)
  })

  it('of half an hour is over at once on a clock that jumps', async () => {
    const { run } = aWorld({ durationMs: 30 * minute, limits: { intervalMs: 30_000 } })
    expect(await run()).toMatchObject({ verdict: 'pass', samples: 61 })
  })

  it('stops as soon as a check has failed, and says which, why and since when', async () => {
    const { run, startedAt, events } = aWorld({
      answer: (_, __, clock) => anAnswer({ status: clock.now() - startedAt < 7_000 ? 200 : 500 }),
    })
    expect(await run()).toMatchObject({
      verdict: 'fail',
      samples: 10,
      trigger: { check: 'liveness', service: 'api', message: expect.stringContaining('answered 500') },
      firstBadAt: startedAt + 7_000,
    })
    expect(sampledOf(events).at(-1)?.checks).toContainEqual(
      expect.objectContaining({ check: 'liveness', row: '.......xxx', bad: 3, inARow: 3, outcome: 'bad' }),
    )
  })

  it('fails where answers take over a second', async () => {
    const { run } = aWorld({ answer: () => anAnswer({ elapsedMs: 1_400 }) })
    expect(await run()).toMatchObject({
      verdict: 'fail',
      trigger: { check: 'latency', message: expect.stringContaining('1400 ms') },
    })
  })

  it('fails where no instance runs', async () => {
    const { run } = aWorld({
      observe: () => {
        const state = wellState()
        const [api] = state.services
        return {
          ...state,
          services: api === undefined ? [] : [{ ...api, active: [anObservedDeployment({ runningInstances: 0 })] }],
        }
      },
    })
    expect(await run()).toMatchObject({ verdict: 'fail', trigger: { check: 'runs', service: 'api' } })
  })

  it('fails where a worker died, which nobody asks over HTTP', async () => {
    const { run } = aWorld({
      workers: [{ service: 'worker', queues: ['default'], dispatchers: [] }],
      observe: (nth) => {
        const state = wellState()
        const active = [anObservedDeployment({ id: id('deployment-worker'), runningInstances: nth < 8 ? 1 : 0 })]
        return { ...state, services: [...state.services, anObservedService('worker', { active })] }
      },
    })
    expect(await run()).toMatchObject({
      verdict: 'fail',
      samples: 11,
      trigger: { service: 'worker', message: expect.stringContaining('no instance of it runs') },
    })
  })

  it('fails where too many requests of people are answered with 5xx', async () => {
    const { run } = aWorld({
      limits: { minimumRequests: 10 },
      requests: (until) => [
        { status: 200, at: until - 1_000, requests: 90 },
        { status: 500, at: until - 1_000, requests: 10 },
      ],
    })
    expect(await run()).toMatchObject({ verdict: 'fail', trigger: { check: 'failing-requests', service: 'api' } })
  })

  it('with few requests is inconclusive, and says so', async () => {
    const { run, events } = aWorld({
      limits: { minimumRequests: 10 },
      requests: (until) => [{ status: 200, at: until - 1_000, requests: 9 }],
    })
    const report = await run()
    expect(report).toMatchObject({ verdict: 'inconclusive', samples: 21 })
    expect(unjudged(report)).toEqual([expect.stringContaining('fewer than 10')])
    expect(events.at(-1)).toMatchObject({ type: 'soak-ended', verdict: 'inconclusive' })
  })

  it('with a gating metric that is not there is inconclusive', async () => {
    const { run } = aWorld({
      checks: [metricsPage],
      metrics: [{ name: 'queue_depth', means: 'Jobs that wait', use: 'gating', critical: { above: 100 } }],
      answer: (_, path) => anAnswer({ body: path === '/metrics' ? 'customers 3\n' : '' }),
    })
    const report = await run()
    expect(report.verdict).toBe('inconclusive')
    expect(unjudged(report).join(' ')).toContain('queue_depth of api')
  })

  it.each([
    ['gating', 'fail'],
    ['observed', 'pass'],
  ] as const)('with a %s metric out of bounds comes to %s', async (use, verdict) => {
    const { run } = aWorld({
      checks: [metricsPage],
      metrics: [{ name: 'queue_depth', means: 'Jobs that wait', use, critical: { above: 100 } }],
      answer: (_, path) => anAnswer({ body: path === '/metrics' ? 'queue_depth 200\n' : '' }),
    })
    expect((await run()).verdict).toBe(verdict)
  })

  it('judges a total by how much it grew since the watch began', async () => {
    let total = 1_000
    const { run } = aWorld({
      checks: [metricsPage],
      metrics: [
        { name: 'jobs_failed', means: 'Jobs that failed', use: 'gating', measure: 'growth', critical: { above: 20 } },
      ],
      answer: (_, path) => {
        if (path === '/metrics') total += 5
        return anAnswer({ body: path === '/metrics' ? `jobs_failed ${total}\n` : '' })
      },
    })
    const report = await run()
    expect(report).toMatchObject({ verdict: 'fail', trigger: { check: 'jobs_failed' } })
    expect(report.samples).toBeGreaterThan(4)
  })

  it('never acts by a check that is observed only', async () => {
    const { run, events } = aWorld({
      checks: [{ ...metricsPage, name: 'extra', path: '/extra', format: 'status', use: 'observed' }],
      answer: (_, path) => anAnswer({ status: path === '/extra' ? 500 : 200 }),
    })
    expect(await run()).toMatchObject({ verdict: 'pass' })
    expect(sampledOf(events).at(-1)?.checks).toContainEqual(
      expect.objectContaining({ check: 'extra', use: 'observed', outcome: 'bad', bad: 21 }),
    )
  })
})

describe('a soak that cannot see', () => {
  it('takes no sample while the platform cannot be reached, and none of that is bad', async () => {
    const { run, events } = aWorld({
      observe: (nth) => {
        if (nth >= 3 && nth < 9) throw unreachable()
        return wellState()
      },
    })
    expect(await run()).toMatchObject({ verdict: 'pass', samples: 15 })
    expect(sampledOf(events).filter(({ isMissed }) => isMissed)).toHaveLength(6)
  })

  it('is inconclusive where it was never reached', async () => {
    const { run } = aWorld({
      observe: () => {
        throw unreachable()
      },
    })
    const report = await run()
    expect(report).toMatchObject({ verdict: 'inconclusive', samples: 0 })
    expect(unjudged(report)).toEqual(['no sample could be taken'])
  })

  it('is undecided where somebody else deployed meanwhile', async () => {
    const { run } = aWorld({
      observe: (nth) => {
        const state = wellState()
        const active = [anObservedDeployment({ id: id(nth < 15 ? 'deployment-ours' : 'deployment-theirs') })]
        return { ...state, services: state.services.map((service) => ({ ...service, active, latest: active[0] })) }
      },
    })
    const report = await run()
    expect(report.verdict).toBe('inconclusive')
    expect(unjudged(report)).toEqual([expect.stringContaining('somebody else deployed')])
  })

  it('ends with what a look at the state throws: there is nothing to watch any more', async () => {
    const { run } = aWorld({
      onState: () => {
        throw new OperatorError({ kind: 'unfinished', code: 'moved', message: 'Somebody changed it.' })
      },
    })
    await expect(run()).rejects.toMatchObject({ code: 'moved' })
  })

  it('ends when it is interrupted, also while it waits', async () => {
    const { run, counts } = aWorld({ abortAt: 4 })
    await expect(run()).rejects.toThrow('interrupted')
    expect(counts.observed).toBe(5)
  })
})

describe('the time of a soak', () => {
  it('includes what a sample takes: one that takes longer than the interval is followed at once', async () => {
    const { run, clock, startedAt, events } = aWorld({
      observe: (_, now) => {
        now.advance(1_500)
        return wellState()
      },
    })
    expect(await run()).toMatchObject({ verdict: 'pass', samples: 14 })
    expect(clock.now() - startedAt).toBe(21_000)
    expect(sampledOf(events)[1]?.leftMs).toBe(17_000)
  })

  it.each([
    ['the config says how often', 30 * minute, 30_000],
    ['a short one is sampled more often, so that it can be judged', 2 * minute, 12_000],
    ['but not more than once a second', 3_000, 1_000],
  ])('%s', (_, durationMs, intervalMs) => {
    expect(sampledEvery(durationMs, { intervalMs: 30_000, minimumProbes: 10 })).toBe(intervalMs)
  })
})

describe('a baseline', () => {
  it('is one look: good where all is well', async () => {
    const { needs, desired, counts } = aWorld()
    expect((await takeBaseline(wellState(), desired, needs)).verdict).toBe('pass')
    expect(counts.requests).toBeLessThanOrEqual(1)
  })

  it('is red by a single bad sample', async () => {
    const { needs, desired } = aWorld({ answer: () => anAnswer({ status: 503 }) })
    expect(await takeBaseline(wellState(), desired, needs)).toMatchObject({
      verdict: 'fail',
      trigger: { check: 'liveness', service: 'api' },
    })
  })
})
