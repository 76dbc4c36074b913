import { describe, expect, it, test } from 'vitest'
import { defaultTiming } from '../../src/config/timing.ts'
import type { OperationEvent } from '../../src/operations/events.ts'
import { watchDeployments } from '../../src/operations/watch-deployments.ts'
import { id } from '../../src/platform/ids.ts'
import type {
  DeploymentEvent,
  DeploymentProgress,
  DeploymentStatus,
  DeploymentStep,
} from '../../src/platform/observed-state.ts'
import { anObservedDeployment } from '../support/builders.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aFakePlatform } from '../support/fake-platform.ts'

/** What one look finds: a status, and the step that is open; after `!` the step's error. */
type Look =
  | DeploymentStatus
  | `${DeploymentStatus} ${DeploymentStep}`
  | `${DeploymentStatus} ${DeploymentStep}!${string}`

const healthMs = 90_000

/** Watches services whose looks go by; the last one lasts. */
async function watched(scripts: Record<string, Look[]>, signal = new AbortController().signal) {
  const clock = new FakeClock()
  const startedAt = clock.now()
  const services = Object.keys(scripts)
  const lookedAt: number[] = []
  const asked: string[][] = []
  const reported: OperationEvent[] = []
  const looks = new Map<string, number>()
  const platform = aFakePlatform({
    watchDeployments: async (ids) => {
      lookedAt.push(clock.now() - startedAt)
      asked.push([...ids])
      return ids.map((deploymentId) => {
        const script = scripts[deploymentId.slice(2)] ?? []
        const at = looks.get(deploymentId) ?? 0
        looks.set(deploymentId, at + 1)
        return progress(deploymentId, script[Math.min(at, script.length - 1)] ?? 'queued')
      })
    },
  })
  const endings = await watchDeployments(
    services.map((service) => ({ service, deploymentId: id(`d-${service}`), startedAt, healthMs })),
    { platform, clock, signal, timing: defaultTiming, report: async (event) => void reported.push(event) },
  )
  return { endings, reported, lookedAt, asked, told: reported.map(told) }
}

function progress(deploymentId: string, look: Look): DeploymentProgress {
  const [, status = 'queued', step, error] = /^(\S+)(?: ([a-z-]+))?(?:!(.*))?$/.exec(look) ?? []
  return {
    deployment: anObservedDeployment({ id: id(deploymentId), status: status as DeploymentStatus }),
    events: [
      anEvent('snapshot-code', { completedAt: 1 }),
      ...(step === undefined
        ? []
        : [anEvent(step as DeploymentStep, error === undefined ? {} : { completedAt: 2, error })]),
    ],
  }
}

function anEvent(step: DeploymentStep, overrides: Partial<DeploymentEvent>): DeploymentEvent {
  return { step, startedAt: 0, completedAt: undefined, error: undefined, ...overrides }
}

function told(event: OperationEvent): string {
  if (event.type === 'deployment-moved') return `${event.service} ${event.status} ${event.step ?? ''}`.trim()
  if (event.type === 'deployment-live') return `${event.service} is live`
  if (event.type === 'deployment-failed') return `${event.service} ended: ${event.status}`
  return event.type
}

test.each<[DeploymentStatus, string]>([
  ['live', 'live'],
  ['sleeping', 'asleep'],
  ['crashed', 'failed'],
  ['failed', 'failed'],
  ['skipped', 'failed'],
  ['needs-approval', 'held'],
  ['removing', 'superseded'],
  ['removed', 'superseded'],
  ['queued', 'timeout'],
  ['waiting', 'timeout'],
  ['building', 'timeout'],
  ['deploying', 'timeout'],
])('a deployment that stays %s ends as %s', async (status, outcome) => {
  const { endings } = await watched({ api: [status] })
  expect(endings).toMatchObject([{ service: 'api', deploymentId: 'd-api', outcome, status }])
})

test('one that is live says its commit and how long it took, and no step', async () => {
  const { endings, reported } = await watched({ api: ['building', 'live create-container'] })
  expect(endings).toEqual([
    { service: 'api', deploymentId: 'd-api', outcome: 'live', status: 'live', commit: 'c1', elapsedMs: 2_000 },
  ])
  expect(reported.at(-1)).toEqual({
    type: 'deployment-live',
    service: 'api',
    deploymentId: 'd-api',
    commit: 'c1',
    elapsedMs: 2_000,
  })
})

test('one that failed says where and why, in the words of the platform', async () => {
  const { endings, reported } = await watched({ api: ['deploying', 'failed pre-deploy-command!exit code 1'] })
  const where = { status: 'failed', step: 'pre-deploy-command', reason: 'exit code 1' }
  expect(endings).toMatchObject([{ outcome: 'failed', ...where }])
  expect(reported.at(-1)).toMatchObject({ type: 'deployment-failed', service: 'api', ...where })
})

test('one that failed without a word says the step that was open', async () => {
  const { endings } = await watched({ api: ['failed healthcheck'] })
  expect(endings[0]).toMatchObject({ step: 'healthcheck' })
  expect(endings[0]).not.toHaveProperty('reason')
})

describe('time', () => {
  const { deploy } = defaultTiming

  test.each<[string, Look, number]>([
    ['the queue', 'queued', deploy.queueMs],
    ['the queue, waiting', 'waiting', deploy.queueMs],
    ['a build', 'building build-image', deploy.buildMs],
    ['a pre-deploy command', 'deploying pre-deploy-command', deploy.preDeployMs],
    ['a health check', 'deploying healthcheck', healthMs],
    ['a container that is made', 'deploying create-container', healthMs],
    ['whatever the platform does not name', 'deploying', healthMs],
  ])('is up for %s after its own limit, and no look later', async (_, look, limitMs) => {
    const { endings } = await watched({ api: [look] })
    expect(endings).toMatchObject([{ outcome: 'timeout', elapsedMs: expect.any(Number) }])
    const elapsedMs = endings[0]?.elapsedMs ?? 0
    expect(elapsedMs).toBeGreaterThan(limitMs)
    // A phase begins with the look that sees it.
    expect(elapsedMs).toBeLessThanOrEqual(limitMs + 2 * defaultTiming.polling.longestMs)
  })

  it('begins anew with each phase', async () => {
    const long = (look: Look, forMs: number) => Array<Look>(Math.floor(forMs / 10_000)).fill(look)
    const { endings } = await watched({
      api: [
        ...long('queued', deploy.queueMs),
        ...long('building', deploy.buildMs),
        ...long('deploying pre-deploy-command', deploy.preDeployMs),
        ...long('deploying healthcheck', healthMs),
        'live',
      ],
    })
    expect(endings).toMatchObject([{ outcome: 'live' }])
    expect(endings[0]?.elapsedMs).toBeGreaterThan(deploy.buildMs * 2)
  })

  it('does not begin anew with each step of a phase', async () => {
    const steps = Array.from({ length: 50 }, (_, at): Look => `building ${at % 2 ? 'build-image' : 'publish-image'}`)
    const { endings } = await watched({ api: [...steps, ...steps, ...steps, 'building'] })
    expect(endings[0]?.elapsedMs).toBeLessThan(deploy.buildMs + 20_000)
  })

  it('that is up says the step that was open', async () => {
    expect((await watched({ api: ['deploying pre-deploy-command'] })).endings).toMatchObject([
      { outcome: 'timeout', status: 'deploying', step: 'pre-deploy-command' },
    ])
  })
})

describe('what is reported', () => {
  it('is each move once, whatever the number of looks', async () => {
    const { told: events } = await watched({
      api: [
        'queued',
        'queued',
        'building',
        'building',
        'building build-image',
        'building build-image',
        'deploying',
        'deploying healthcheck',
        'deploying healthcheck',
        'live',
      ],
    })
    expect(events).toEqual([
      'api queued',
      'api building',
      'api building build-image',
      'api deploying',
      'api deploying healthcheck',
      'api is live',
    ])
  })

  it('is a way back too', async () => {
    expect((await watched({ api: ['building', 'queued', 'building', 'live'] })).told).toEqual([
      'api building',
      'api queued',
      'api building',
      'api is live',
    ])
  })

  test.each<[Look, string]>([
    ['needs-approval', 'api ended: needs-approval'],
    ['removed', 'api ended: removed'],
    ['skipped', 'api ended: skipped'],
  ])('is %s as an end that is not well', async (look, expected) => {
    expect((await watched({ api: [look] })).told).toEqual([expected])
  })
})

describe('a level of several', () => {
  it('is looked at in one request, and those that ended are not asked for again', async () => {
    const { asked } = await watched({
      api: ['live'],
      worker: ['building', 'live'],
      scheduler: ['building', 'building', 'failed'],
    })
    expect(asked).toEqual([['d-api', 'd-worker', 'd-scheduler'], ['d-worker', 'd-scheduler'], ['d-scheduler']])
  })

  it('is watched to the end of all, however one of them ends, and told in their order', async () => {
    const { endings } = await watched({
      worker: ['building', 'building', 'live'],
      api: ['failed'],
      docs: ['building', 'removed'],
    })
    expect(endings.map(({ service, outcome }) => `${service} ${outcome}`)).toEqual([
      'worker live',
      'api failed',
      'docs superseded',
    ])
  })
})

test('looks become rarer, up to a limit', async () => {
  const { lookedAt } = await watched({ api: [...Array<Look>(7).fill('building'), 'live'] })
  expect(lookedAt.slice(1).map((at, index) => at - (lookedAt[index] ?? 0))).toEqual([
    2_000, 3_000, 4_500, 6_750, 10_000, 10_000, 10_000,
  ])
})

test('an interruption ends the wait', async () => {
  const controller = new AbortController()
  const watching = watched({ api: ['building'] }, controller.signal)
  controller.abort(new Error('interrupted'))
  await expect(watching).rejects.toThrow('interrupted')
})

describe('word from the platform', () => {
  /** Looks at one deployment; word comes at these milliseconds, and the stream counts as connected between them. */
  async function told(statuses: DeploymentStatus[], at: number[], connectedUntilMs = 0) {
    const clock = new FakeClock()
    const startedAt = clock.now()
    const lookedAt: number[] = []
    const followed: string[][] = []
    let isStopped = false
    const platform = aFakePlatform({
      watchDeployments: async ([deploymentId = '']) => {
        lookedAt.push(clock.now() - startedAt)
        return [progress(deploymentId, statuses[Math.min(lookedAt.length, statuses.length) - 1] ?? 'queued')]
      },
      followDeployments: (ids, _signal, onWord) => {
        followed.push([...ids])
        for (const ms of at) clock.after(ms, onWord)
        return {
          isConnected: () => clock.now() - startedAt < connectedUntilMs,
          stop: () => {
            isStopped = true
          },
        }
      },
    })
    const endings = await watchDeployments([{ service: 'api', deploymentId: id('d-api'), startedAt, healthMs }], {
      platform,
      clock,
      signal: new AbortController().signal,
      timing: defaultTiming,
      report: async () => {},
    })
    return { endings, lookedAt, followed, isStopped }
  }

  it('brings a look, which alone decides', async () => {
    const { endings, lookedAt, followed, isStopped } = await told(
      ['building', 'building', 'building', 'live'],
      [20_000, 40_000],
      60_000,
    )
    expect(lookedAt).toEqual([0, 15_000, 20_000, 35_000])
    expect(endings).toMatchObject([{ outcome: 'live', elapsedMs: 35_000 }])
    expect(followed).toEqual([['d-api']])
    expect(isStopped).toBe(true)
  })

  it('that says again and again that something happened brings no verdict, and no more than a look each 2 s', async () => {
    const every100Ms = Array.from({ length: 300 }, (_, nth) => nth * 100)
    const { lookedAt, endings } = await told(
      [...Array<DeploymentStatus>(10).fill('building'), 'live'],
      every100Ms,
      60_000,
    )
    expect(lookedAt).toEqual(Array.from({ length: 11 }, (_, nth) => nth * 2_000))
    expect(endings).toMatchObject([{ outcome: 'live' }])
  })

  it('that stays away although it can be counted on ends no deployment early and none late', async () => {
    const { endings } = await told(['building'], [], Number.POSITIVE_INFINITY)
    expect(endings).toMatchObject([{ outcome: 'timeout', phase: 'build', limitMs: defaultTiming.deploy.buildMs }])
    const { elapsedMs = 0 } = endings[0] ?? {}
    expect(elapsedMs).toBeLessThanOrEqual(defaultTiming.deploy.buildMs + 2 * defaultTiming.polling.followedMs)
  })
})
