import { describe, expect, test } from 'vitest'
import type { FakturinoConfig } from '../../src/config/fakturino-config.ts'
import { defaultTiming, healthTimeoutMs, rehearsalTiming, timingOf } from '../../src/config/timing.ts'

describe('timings', () => {
  test('a config that says nothing has the defaults', () => {
    expect(timingOf({})).toEqual(defaultTiming)
  })

  test('the defaults are those that the operator documents', () => {
    expect(defaultTiming).toEqual({
      liveness: { successes: 3, gapMs: 2000, probeTimeoutMs: 10_000 },
      settleMs: 60_000,
      deploy: { queueMs: 900_000, buildMs: 1_200_000, preDeployMs: 600_000, healthMarginMs: 60_000, verifyMs: 180_000 },
      commandMs: 2_700_000,
      polling: { firstMs: 2000, factor: 1.5, longestMs: 10_000, followedMs: 15_000 },
      check: {
        intervalMs: 30_000,
        errorBurstMs: 300_000,
        requestsMs: 300_000,
        schedulerSilentMs: 120_000,
        queueNotConsumedMs: 300_000,
      },
      backup: { freshMs: 3_600_000, madeMs: 600_000 },
      soak: {
        durationMs: 1_800_000,
        intervalMs: 30_000,
        failureLimit: 5,
        consecutiveLimit: 3,
        minimumProbes: 10,
        minimumRequests: 50,
        baselineMs: 300_000,
      },
      evidenceMs: 604_800_000,
      lease: { lifeMs: 120_000, renewMs: 40_000, waitMs: 600_000, settleMs: 1000 },
    })
  })

  test('a config says how long and how strictly a change of flags is watched, and for how long evidence is good', () => {
    const { soak } = defaultTiming
    expect(timingOf({ soak: { duration: '1h', failureLimit: 2, evidence: '1d' } })).toEqual({
      ...defaultTiming,
      soak: { ...soak, durationMs: 3_600_000, failureLimit: 2 },
      evidenceMs: 86_400_000,
    })
  })

  test('a config changes what it names, and nothing else', () => {
    expect(timingOf({ timing: { command: '1h' } })).toEqual({ ...defaultTiming, commandMs: 3_600_000 })
    const timing: Required<NonNullable<FakturinoConfig['timing']>> = {
      command: '1h',
      queue: '2s',
      build: '3s',
      preDeploy: '4s',
      healthMargin: '5s',
      verify: '6s',
      settle: '7s',
      probe: '8s',
    }
    expect(timingOf({ timing })).toEqual({
      ...defaultTiming,
      liveness: { ...defaultTiming.liveness, probeTimeoutMs: 8000 },
      settleMs: 7000,
      deploy: { queueMs: 2000, buildMs: 3000, preDeployMs: 4000, healthMarginMs: 5000, verifyMs: 6000 },
      commandMs: 3_600_000,
    })
  })

  test('a service has its own health check timeout and a margin, but 30 s in a rehearsal', () => {
    expect(healthTimeoutMs(defaultTiming, 300)).toBe(360_000)
    expect(healthTimeoutMs(rehearsalTiming, 300)).toBe(30_000)
  })

  test('a rehearsal never waits longer than the real thing', () => {
    expect(rehearsalTiming).toEqual({
      liveness: { successes: 3, gapMs: 200, probeTimeoutMs: 2000 },
      settleMs: 3000,
      deploy: {
        queueMs: 30_000,
        buildMs: 30_000,
        preDeployMs: 30_000,
        healthMarginMs: 0,
        healthMs: 30_000,
        verifyMs: 30_000,
      },
      commandMs: 300_000,
      polling: { firstMs: 250, factor: 1.5, longestMs: 1000, followedMs: 3000 },
      check: {
        intervalMs: 1000,
        probeTimeoutMs: 2000,
        errorBurstMs: 5000,
        requestsMs: 5000,
        schedulerSilentMs: 120_000,
        queueNotConsumedMs: 5000,
      },
      backup: { freshMs: 3_600_000, madeMs: 30_000 },
      soak: {
        durationMs: 20_000,
        intervalMs: 1000,
        failureLimit: 3,
        consecutiveLimit: 2,
        minimumProbes: 5,
        minimumRequests: 10,
        baselineMs: 5000,
      },
      evidenceMs: 3_600_000,
      lease: { lifeMs: 120_000, renewMs: 40_000, waitMs: 30_000, settleMs: 100 },
    })
    const real = numbersOf(defaultTiming)
    const longer = [...numbersOf(rehearsalTiming)].filter(([path, ms]) => ms > (real.get(path) ?? ms))
    expect(longer).toEqual([])
  })
})

/** Every number by its path: `deploy.queueMs`. */
function numbersOf(timing: object, under = ''): Map<string, number> {
  const all = new Map<string, number>()
  for (const [name, value] of Object.entries(timing)) {
    if (typeof value === 'number') all.set(under + name, value)
    else for (const [path, number] of numbersOf(value, `${under}${name}.`)) all.set(path, number)
  }
  return all
}
