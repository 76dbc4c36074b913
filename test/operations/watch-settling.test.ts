import { expect, it } from 'vitest'
import { rehearsalTiming } from '../../src/config/timing.ts'
import type { OperationEvent } from '../../src/operations/events.ts'
import { watchSettling } from '../../src/operations/watch-settling.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedDeployment } from '../../src/platform/observed-state.ts'
import { anObservedDeployment } from '../support/builders.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aFakePlatform } from '../support/fake-platform.ts'

const steady = { status: 'live', instances: 1, runningInstances: 1, isStopped: false } as const

/** Watches one deployment that looks like this from the third look on, for so many looks, and steady at all others. */
async function watching(third: Partial<ObservedDeployment>, forLooks = 1) {
  const clock = new FakeClock()
  const reported: OperationEvent[] = []
  let looks = 0
  const platform = aFakePlatform({
    watchDeployments: async () => {
      looks += 1
      return [
        {
          deployment: anObservedDeployment({ ...steady, ...(looks >= 3 && looks < 3 + forLooks ? third : {}) }),
          events: [],
        },
      ]
    },
  })
  const found = await watchSettling(
    [{ service: 'api', deploymentId: id('d1'), outcome: 'live', status: 'live', elapsedMs: 0 }],
    {
      platform,
      clock,
      signal: new AbortController().signal,
      timing: rehearsalTiming,
      report: async (event) => void reported.push(event),
    },
  )
  return { found, reported: reported.map(({ type }) => type) }
}

it.each<[what: string, third: Partial<ObservedDeployment>, outcome: string | undefined]>([
  ['stays as it is', {}, undefined],
  ['falls asleep', { status: 'sleeping', runningInstances: 0 }, 'asleep'],
  ['tells no instances at all', { instances: 0, runningInstances: 0 }, undefined],
  ['crashes', { status: 'crashed', runningInstances: 0 }, 'unstable'],
  ['is between two starts', { runningInstances: 0 }, 'unstable'],
  ['has ended by itself', { isStopped: true }, 'unstable'],
  ['is replaced by another', { status: 'removing' }, 'superseded'],
  ['has to be approved', { status: 'needs-approval' }, 'held'],
  ['is on its way again, for a moment', { status: 'deploying' }, undefined],
  ['fails after all', { status: 'failed' }, 'unstable'],
])('a deployment that %s', async (_, third, outcome) => {
  const { found, reported } = await watching(third)
  expect(found?.outcome).toBe(outcome)
  expect(reported).toEqual(['level-settling', ...(outcome === undefined ? [] : ['deployment-failed'])])
})

it('a deployment that is on its way again and does not come back ends as a timeout of the verification', async () => {
  const { found } = await watching({ status: 'deploying' }, Number.POSITIVE_INFINITY)
  expect(found).toMatchObject({ outcome: 'timeout', phase: 'verify', status: 'deploying' })
  expect(found?.elapsedMs).toBeGreaterThanOrEqual(rehearsalTiming.settleMs + rehearsalTiming.deploy.verifyMs)
})
