import { expect, it } from 'vitest'
import { defaultTiming } from '../../../src/config/timing.ts'
import { nothingWatched } from '../../../src/config/watched.ts'
import { id } from '../../../src/platform/ids.ts'
import { runChecks } from '../../../src/verify/run-checks.ts'
import { anObservedDeployment, anObservedService, anObservedState, observedVariables } from '../../support/builders.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { aFakePlatform } from '../../support/fake-platform.ts'

interface Workers {
  /** Start commands that run, by service; undefined: the platform does not say. */
  starts: Record<string, string | undefined>
  /** Instances that run, of each. */
  running?: number
  chosen?: string[]
  connection?: string
}

/** Two workers, of which one reads default and the other one banking, as the config says. */
async function found({ starts, running = 1, chosen = Object.keys(starts), connection = 'redis' }: Workers) {
  const queues: Record<string, string[]> = { worker: ['default'], banker: ['banking'] }
  const services = Object.entries(starts).map(([name, startCommand]) =>
    anObservedService(name, {
      settings: startCommand === undefined ? {} : { startCommand },
      active: [anObservedDeployment({ id: id(`deployment-${name}`), runningInstances: running })],
    }),
  )
  const api = anObservedService('api', { variables: observedVariables({ QUEUE_CONNECTION: connection }) })
  const { results } = await runChecks(
    {
      state: anObservedState({ services: [api, ...services] }),
      chosen,
      services: chosen.map((name) => ({ name })),
      watched: {
        ...nothingWatched,
        workers: Object.keys(starts).map((service) => ({
          service,
          queues: queues[service] ?? [],
          dispatchers: ['api'],
        })),
        queuesOfFlags: [{ queue: 'banking', flag: { name: 'psd2', variable: 'FEATURE_PSD2', default: true } }],
      },
      earlier: [],
    },
    {
      platform: aFakePlatform(),
      probe: { get: async () => ({ kind: 'unasked', reason: 'nobody asks' }) },
      clock: new FakeClock(),
      signal: new AbortController().signal,
      timing: defaultTiming,
    },
    ['queueConsumers'],
  )
  return results.map(({ check, outcome, finding, isAside = false }) => [
    check,
    finding?.code ?? outcome,
    ...(isAside ? ['aside'] : []),
  ])
}

const both = { worker: 'php artisan queue:work redis', banker: 'php artisan queue:work redis --queue=banking' }

it.each<[what: string, workers: Workers, found: string[][]]>([
  [
    'each queue has a worker',
    { starts: both },
    [
      ['queues-consumed', 'pass'],
      ['queue-connection', 'pass'],
      ['queue-connection', 'pass'],
    ],
  ],
  [
    'only one worker is asked about, and a flag needs what another one reads',
    { starts: both, chosen: ['worker'] },
    [
      ['queues-consumed', 'pass'],
      ['queue-connection', 'pass'],
    ],
  ],
  [
    'a script starts the worker',
    { starts: { banker: 'sh worker.sh' } },
    [
      ['queues-consumed', 'queue-consumers-unknown', 'aside'],
      ['queue-connection', 'skipped'],
    ],
  ],
  [
    'Horizon starts the workers',
    { starts: { banker: 'php artisan horizon' } },
    [
      ['queues-consumed', 'queue-consumers-unknown', 'aside'],
      ['queue-connection', 'skipped'],
    ],
  ],
  [
    'nothing says how it is started',
    { starts: { banker: undefined } },
    [
      ['queues-consumed', 'queue-consumers-unknown', 'aside'],
      ['queue-connection', 'skipped'],
    ],
  ],
  [
    'it is started as something that is no worker',
    { starts: { banker: 'php artisan schedule:work' } },
    [
      ['queues-consumed', 'queue-not-consumed'],
      ['queue-connection', 'skipped'],
    ],
  ],
  [
    'no instance runs',
    { starts: both, chosen: ['banker'], running: 0 },
    [
      ['queues-consumed', 'queue-not-consumed'],
      ['queue-connection', 'skipped'],
    ],
  ],
  [
    'jobs are done where they are dispatched',
    { starts: both, chosen: ['worker'], connection: 'sync' },
    [
      ['queues-consumed', 'pass'],
      ['queue-connection', 'queue-connection-differs'],
    ],
  ],
])('%s', async (_, workers, expected) => {
  expect(await found(workers)).toEqual(expected)
})
