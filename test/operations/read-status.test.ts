import { describe, expect, it, test } from 'vitest'
import { readStatus } from '../../src/operations/read-status.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedService } from '../../src/platform/observed-state.ts'
import {
  aDesiredService,
  aDesiredState,
  anObservedDeployment,
  anObservedService,
  anObservedState,
  deployedAt,
} from '../support/builders.ts'

const named = (...names: string[]) => anObservedState({ services: names.map((name) => anObservedService(name)) })
const wanting = (...names: string[]) => aDesiredState({ services: names.map((name) => aDesiredService(name)) })
const moment = { now: deployedAt }
const only = (service: ObservedService) =>
  readStatus(anObservedState({ services: [service] }), undefined, moment).services[0]

test('a service is told with what serves', () => {
  const service = anObservedService('api', {
    active: [anObservedDeployment({ id: id('d1'), instances: 2 })],
    domains: [{ domain: 'api.example.com', kind: 'custom', targetPort: 80 }],
  })
  expect(only(service)).toEqual({
    name: 'api',
    status: 'live',
    healthy: true,
    deployment: { id: 'd1', createdAt: new Date(deployedAt).toISOString() },
    since: null,
    revision: 'c1',
    instances: { running: 1, all: 2 },
    domains: ['api.example.com'],
    latest: null,
    alsoActive: [],
    rollback: { possible: null, to: null },
  })
})

test('one that serves nothing is told as that', () => {
  expect(only(anObservedService('api', { active: [], latest: undefined }))).toEqual({
    name: 'api',
    status: 'not-deployed',
    healthy: false,
    deployment: null,
    since: null,
    revision: null,
    instances: { running: 0, all: 0 },
    domains: [],
    latest: null,
    alsoActive: [],
    rollback: { possible: false, to: null },
  })
})

test.each<[string, Parameters<typeof anObservedDeployment>[0], boolean]>([
  ['live with an instance', {}, true],
  ['live without one', { runningInstances: 0 }, false],
  ['live and stopped', { isStopped: true }, false],
  ['asleep', { status: 'sleeping' }, false],
  ['crashed', { status: 'crashed' }, false],
])('is a service healthy that is %s?', (_, deployment, expected) => {
  expect(only(anObservedService('api', { active: [anObservedDeployment(deployment)] }))?.healthy).toBe(expected)
})

test.each<[string, Parameters<typeof anObservedDeployment>[0], string | null]>([
  ['its commit', { commit: 'c9', image: 'x' }, 'c9'],
  ['its image where there is no commit', { commit: undefined, image: 'redis:7' }, 'redis:7'],
  ['unknown where there is neither', { commit: undefined }, null],
])('the revision is %s', (_, deployment, expected) => {
  expect(only(anObservedService('api', { active: [anObservedDeployment(deployment)] }))?.revision).toBe(expected)
})

describe('a newer attempt', () => {
  const live = anObservedDeployment({ id: id('d1') })

  it('is told beside what serves', () => {
    const latest = anObservedDeployment({ id: id('d2'), status: 'failed', commit: 'c2' })
    expect(only(anObservedService('api', { active: [live], latest }))).toMatchObject({
      status: 'live',
      latest: { id: 'd2', status: 'failed', revision: 'c2' },
    })
  })

  it('is told where nothing serves', () => {
    const latest = anObservedDeployment({ id: id('d2'), status: 'building', commit: undefined })
    expect(only(anObservedService('api', { active: [], latest }))).toMatchObject({
      status: 'not-deployed',
      latest: { id: 'd2', status: 'building', revision: null },
    })
  })

  it('is none when it is what serves', () => {
    expect(only(anObservedService('api', { active: [live], latest: live }))?.latest).toBeNull()
  })
})

test.each<[string, ReturnType<typeof named>, ReturnType<typeof wanting> | undefined, string[]]>([
  [
    'in the order of deployment',
    named('worker', 'postgres', 'api'),
    wanting('postgres', 'api', 'worker'),
    ['postgres', 'api', 'worker'],
  ],
  [
    'those that the config does not know after that, by name',
    named('zoo', 'api', 'docs'),
    wanting('api'),
    ['api', 'docs', 'zoo'],
  ],
  ['those that are missing too', named('api'), wanting('api', 'worker'), ['api', 'worker']],
  ['all by name where there is no config', named('worker', 'api'), undefined, ['api', 'worker']],
])('services are told %s', (_, state, desired, expected) => {
  expect(readStatus(state, desired, moment).services.map(({ name }) => name)).toEqual(expected)
})

test('a service that is missing is not deployed', () => {
  const { services } = readStatus(named('api'), wanting('api', 'worker'), moment)
  expect(services[1]).toMatchObject({ name: 'worker', status: 'not-deployed', healthy: false })
})

test('what is pending is told with its reason, and not as a service, even where it exists', () => {
  const desired = { ...wanting('api'), pending: [{ name: 'mcp-server', reason: 'Step 7' }] }
  const status = readStatus(named('api', 'mcp-server'), desired, moment)
  expect(status.services.map(({ name }) => name)).toEqual(['api'])
  expect(status.pending).toEqual([{ name: 'mcp-server', reason: 'Step 7' }])
})

test('the state of the platform, and what waits uncommitted, are told', () => {
  const incident = { message: 'builds are slow', url: 'https://status.example.com' }
  expect(
    readStatus(
      anObservedState({ platformStatus: { isStable: false, incident }, unmergedChanges: 3 }),
      undefined,
      moment,
    ),
  ).toMatchObject({
    project: 'shop',
    environment: 'staging',
    platform: { isStable: false, incident: 'builds are slow', incidentUrl: 'https://status.example.com' },
    stagedChanges: 3,
  })
  expect(readStatus(anObservedState({ unmergedChanges: undefined }), undefined, moment)).toMatchObject({
    platform: { isStable: true },
    stagedChanges: 0,
  })
})
