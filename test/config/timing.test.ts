import { describe, expect, test } from 'vitest'
import { defaultTiming, healthTimeoutMs, rehearsalTiming, timingOf } from '../../src/config/timing.ts'

describe('timings', () => {
  test('a config that says nothing has the defaults', () => {
    expect(timingOf({})).toEqual(defaultTiming)
  })

  test('the defaults are those that the operator documents', () => {
    expect(defaultTiming).toMatchObject({
      soak: { durationMs: 1_800_000, intervalMs: 30_000, failureLimit: 5, consecutiveLimit: 3, minimumProbes: 10 },
      liveness: { successes: 3, gapMs: 2000, probeTimeoutMs: 10_000 },
      settleMs: 60_000,
      deploy: { queueMs: 900_000, buildMs: 1_200_000, preDeployMs: 600_000, verifyMs: 180_000 },
      commandMs: 2_700_000,
      lease: { lifeMs: 120_000, renewalMs: 40_000, waitMs: 600_000 },
      polling: { firstMs: 2000, factor: 1.5, longestMs: 10_000 },
      client: { connectMs: 10_000, readMs: 30_000, mutationMs: 90_000, readTries: 4, rateLimitMs: 60_000 },
      touchedServices: 4,
    })
  })

  test('a config changes what it names, and nothing else', () => {
    const timing = timingOf({ timing: { command: '1h', settle: '10s', leaseWait: '1m' }, soak: { duration: '5m' } })
    expect(timing).toEqual({
      ...defaultTiming,
      commandMs: 3_600_000,
      settleMs: 10_000,
      lease: { ...defaultTiming.lease, waitMs: 60_000 },
      soak: { ...defaultTiming.soak, durationMs: 300_000 },
    })
  })

  test('a service has its own health check timeout and a margin, but 30 s in a rehearsal', () => {
    expect(healthTimeoutMs(defaultTiming, 300)).toBe(360_000)
    expect(healthTimeoutMs(rehearsalTiming, 300)).toBe(30_000)
  })

  test('a rehearsal never waits longer than the real thing', () => {
    expect(rehearsalTiming.commandMs).toBeLessThan(defaultTiming.commandMs)
    expect(rehearsalTiming.soak.durationMs).toBeLessThan(defaultTiming.soak.durationMs)
    expect(rehearsalTiming.polling).toEqual({ firstMs: 250, factor: 1.5, longestMs: 1000 })
  })
})
