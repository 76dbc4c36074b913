import { describe, expect, it } from 'vitest'
import { defaultTiming } from '../../src/config/timing.ts'
import type { OperationEvent } from '../../src/operations/events.ts'
import { watchRestarts } from '../../src/operations/watch-restarts.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedDeployment } from '../../src/platform/observed-state.ts'
import { anObservedDeployment } from '../support/builders.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aFakePlatform } from '../support/fake-platform.ts'

const second = 1_000
const polling = { ...defaultTiming.polling, firstMs: second, factor: 1, longestMs: second }
const timing = { ...defaultTiming, settleMs: 20 * second, polling }

const up = {}
const down = { runningInstances: 0 }

/** What a deployment looks like from which second on. */
type Course = Record<number, Partial<ObservedDeployment>>

async function watched(course: Course, withinMs = 60 * second) {
  const clock = new FakeClock()
  const startedAt = clock.now()
  const events: OperationEvent[] = []
  const platform = aFakePlatform({
    watchDeployments: async (ids) => {
      const elapsed = (clock.now() - startedAt) / second
      const [, look = {}] =
        Object.entries(course)
          .filter(([from]) => Number(from) <= elapsed)
          .at(-1) ?? []
      return ids.map(() => ({ deployment: anObservedDeployment(look), events: [] }))
    },
  })
  const endings = await watchRestarts([{ service: 'api', deploymentId: id('d'), restartedAt: startedAt, withinMs }], {
    platform,
    clock,
    signal: new AbortController().signal,
    timing,
    report: async (event) => {
      events.push(event)
    },
  })
  return { ending: endings[0], events }
}

describe('a restarted deployment', () => {
  it('is back when an instance has run through the settling time, counted from when it came up', async () => {
    const { ending, events } = await watched({ 0: down, 5: up })
    expect(ending).toMatchObject({ service: 'api', outcome: 'live', elapsedMs: 25 * second })
    expect(events).toEqual([
      expect.objectContaining({ type: 'instances-changed', running: 0, instances: 1, elapsedMs: 0 }),
      expect.objectContaining({ type: 'instances-changed', running: 1, instances: 1, elapsedMs: 5 * second }),
      expect.objectContaining({ type: 'deployment-live', service: 'api', elapsedMs: 25 * second }),
    ])
  })

  it('is not back because its status is a success and the old instance still runs', async () => {
    const { ending } = await watched({ 0: up, 10: down, 15: up })
    expect(ending).toMatchObject({ outcome: 'live', elapsedMs: 35 * second })
  })

  it('is back too where it was never seen down', async () => {
    expect((await watched({ 0: up })).ending).toMatchObject({ outcome: 'live', elapsedMs: 20 * second })
  })

  it('that went down and stayed down under a status of success runs out of time', async () => {
    const { ending, events } = await watched({ 0: up, 3: down })
    expect(ending).toMatchObject({ outcome: 'timeout', status: 'live' })
    expect(events.at(-1)).toMatchObject({ type: 'deployment-failed', reason: expect.stringContaining('keeps running') })
  })

  it('that comes up and goes down again and again runs out of time', async () => {
    const course = Object.fromEntries(Array.from({ length: 60 }, (_, nth) => [nth * 2, nth % 2 === 0 ? down : up]))
    expect((await watched(course)).ending).toMatchObject({ outcome: 'timeout' })
  })

  it('that crashes did not come back, at once', async () => {
    const { ending } = await watched({ 0: up, 4: { ...down, status: 'crashed', isStopped: true } })
    expect(ending).toMatchObject({ outcome: 'failed', status: 'crashed', elapsedMs: 4 * second })
  })

  it('whose processes ended did not come back', async () => {
    const { ending } = await watched({ 0: up, 4: { ...down, isStopped: true } })
    expect(ending).toMatchObject({ outcome: 'failed', status: 'live' })
  })

  it('that had crashed before may be told as that for a moment', async () => {
    const crashed = { ...down, status: 'crashed', isStopped: true } as const
    expect((await watched({ 0: crashed, 5: up })).ending).toMatchObject({ outcome: 'live' })
    expect((await watched({ 0: crashed })).ending).toMatchObject({ outcome: 'failed', elapsedMs: 20 * second })
  })

  it('that somebody replaced is superseded', async () => {
    const { ending } = await watched({ 0: up, 2: { status: 'removing' } })
    expect(ending).toMatchObject({ outcome: 'superseded', elapsedMs: 2 * second })
  })
})
