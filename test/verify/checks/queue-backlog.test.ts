import { expect, it } from 'vitest'
import { defaultTiming } from '../../../src/config/timing.ts'
import { nothingWatched, type WatchedCheck } from '../../../src/config/watched.ts'
import type { Look } from '../../../src/verify/check-subject.ts'
import { runChecks } from '../../../src/verify/run-checks.ts'
import { anAnswer, anObservedService, anObservedState } from '../../support/builders.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { aFakePlatform } from '../../support/fake-platform.ts'

const page: WatchedCheck = {
  name: 'api-metrics',
  service: 'api',
  path: '/metrics',
  statuses: [200],
  format: 'prometheus',
  timeoutMs: 25_000,
  advisory: [],
}

/** Every look of a watch, half a minute apart, over which so many jobs wait. */
async function watched(chosen: string[], pending: number[]) {
  const clock = new FakeClock()
  const earlier: Look[] = []
  const timeouts = new Set<number>()
  const found: string[] = []
  for (const waiting of pending) {
    const api = anObservedService('api', {
      domains: [{ kind: 'generated', domain: 'api.example.com', targetPort: 80 }],
    })
    const { results, look } = await runChecks(
      {
        state: anObservedState({ services: [api, anObservedService('worker')] }),
        chosen,
        services: chosen.map((name) => ({
          name,
          ...(name === 'api' ? { liveness: { path: '/metrics', status: 200 } } : {}),
        })),
        watched: {
          ...nothingWatched,
          checks: [page],
          metrics: [{ name: 'queue_jobs_pending', means: 'Queued jobs', use: 'observed' }],
          workers: [{ service: 'worker', queues: ['default'], dispatchers: [] }],
        },
        earlier,
      },
      {
        platform: aFakePlatform(),
        probe: {
          get: async (_, timeoutMs) => {
            timeouts.add(timeoutMs)
            return anAnswer({ status: 200, body: `queue_jobs_pending ${waiting}\n` })
          },
        },
        clock,
        signal: new AbortController().signal,
        timing: defaultTiming,
      },
      ['answers', 'metrics', 'queueBacklog'],
    )
    earlier.push(look)
    expect(look.figures).toMatchObject([{ metric: 'queue_jobs_pending', service: 'api', value: waiting }])
    const backlog = results.find(({ check }) => check === 'queue-backlog')
    found.push(backlog?.finding?.code ?? backlog?.outcome ?? 'none')
    clock.advance(30_000)
  }
  return { found, timeouts }
}

it.each([[['api', 'worker']], [['worker']]])('a watch over %j sees that jobs do not get fewer', async (chosen) => {
  const { found } = await watched(
    chosen,
    Array.from({ length: 11 }, () => 4),
  )
  expect(found.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'backlog-unjudged'))
  expect(found.at(-1)).toBe('backlog-not-falling')
  expect((await watched(chosen, [4, 3, 2])).found.at(-1)).toBe('pass')
})

it('a path that two checks ask may take as long as the config lets it', async () => {
  expect([...(await watched(['api', 'worker'], [0])).timeouts]).toEqual([25_000])
})
