import { describe, expect, it } from 'vitest'
import type { ServiceConfig } from '../../src/contract/environment-config.ts'
import type {
  ObservedDeploymentFragment,
  ObservedEnvironmentFragment,
  ObservedPatchFragment,
} from '../../src/contract/types.ts'
import { toDeployment, toPatch, toPatches, toProgress, toSnapshot, toVariables } from '../../src/platform/translate.ts'
import { toObservedState } from '../../src/platform/translate-environment.ts'

const deployment: ObservedDeploymentFragment = {
  id: 'd1',
  status: 'SUCCESS',
  statusUpdatedAt: null,
  createdAt: '2026-11-03T08:00:00Z',
  deploymentStopped: false,
  canRollback: true,
  canRedeploy: false,
  meta: null,
  instances: [],
}
const patch: ObservedPatchFragment = {
  id: 'p1',
  status: 'COMMITTED',
  message: null,
  createdAt: '2026-11-03T08:00:00Z',
  appliedAt: null,
  lastAppliedError: null,
  patch: {},
}

/** A word that the platform may learn after us. */
const fromTheFuture = (word: string) => word as never

describe('a deployment', () => {
  it.each([
    ['INITIALIZING', 'queued'],
    ['QUEUED', 'queued'],
    ['WAITING', 'waiting'],
    ['NEEDS_APPROVAL', 'needs-approval'],
    ['BUILDING', 'building'],
    ['DEPLOYING', 'deploying'],
    ['SUCCESS', 'live'],
    ['SLEEPING', 'sleeping'],
    ['CRASHED', 'crashed'],
    ['FAILED', 'failed'],
    ['SKIPPED', 'skipped'],
    ['REMOVING', 'removing'],
    ['REMOVED', 'removed'],
  ] as const)('that is %s reads %s', (status, expected) => {
    expect(toDeployment({ ...deployment, status }).status).toBe(expected)
  })

  it.each(['PAUSED', 'toString', ''])('with a status that we do not know (%j) is one to wait for', (status) => {
    expect(toDeployment({ ...deployment, status: fromTheFuture(status) }).status).toBe('waiting')
  })

  it('counts the instances that run', () => {
    const instances = (['RUNNING', 'CRASHED', 'RUNNING', fromTheFuture('NEW')] as const).map((status, nth) => ({
      id: String(nth),
      status,
    }))
    expect(toDeployment({ ...deployment, instances })).toMatchObject({ runningInstances: 2, instances: 4 })
  })

  it.each([
    ['null', null],
    ['a text', 'meta'],
    ['half filled', { commitHash: null, image: '' }],
  ])('has no commit and no image where its meta is %s', (_, meta) => {
    expect(toDeployment({ ...deployment, meta })).toMatchObject({
      commit: undefined,
      image: undefined,
      patchId: undefined,
    })
  })

  it('tells what it was made from', () => {
    const meta = {
      commitHash: 'abc',
      image: 'redis:7',
      patchId: 'p1',
    }
    expect(toDeployment({ ...deployment, meta })).toMatchObject({
      commit: 'abc',
      image: 'redis:7',
      patchId: 'p1',
    })
  })

  it('with a time that is none is a failure with a message, no crash', () => {
    expect(() => toDeployment({ ...deployment, createdAt: 'yester\u001bday' })).toThrow(
      expect.objectContaining({
        name: 'OperatorError',
        code: 'platform-error',
        message: expect.stringContaining('yester day'),
      }),
    )
  })

  it('passes over events whose step we do not know', () => {
    const event = { createdAt: '2026-11-03T08:00:00Z', completedAt: null, payload: null }
    const edges = [
      { node: { ...event, step: fromTheFuture('NEW_STEP') } },
      { node: { ...event, step: 'HEALTHCHECK' as const } },
    ]
    expect(toProgress({ deployment, events: { edges } }).events.map(({ step }) => step)).toEqual(['healthcheck'])
  })
})

describe('a patch', () => {
  it('with a status that we do not know is still being applied', () => {
    expect(toPatch({ ...patch, status: fromTheFuture('QUEUED') }).status).toBe('applying')
  })

  it('that holds no object holds nothing', () => {
    expect(toPatch({ ...patch, patch: fromTheFuture('text') }).config.reveal()).toEqual({})
  })

  it('counts as history once it is committed, by the time it was applied', () => {
    const edges = [
      {
        node: { ...patch, id: 'staged-long-ago', createdAt: '2026-11-01T00:00:00Z', appliedAt: '2026-11-03T09:00:00Z' },
      },
      { node: { ...patch, id: 'direct', createdAt: '2026-11-03T08:30:00Z' } },
      { node: { ...patch, id: 'waiting', status: 'STAGED' as const } },
    ]
    expect(toPatches({ edges }).map(({ id }) => id)).toEqual(['staged-long-ago', 'direct'])
  })
})

describe('variables', () => {
  it.each([
    ['a value', { value: 'text' }, 'text'],
    ['an empty value', { value: '' }, ''],
    ['a value of other stars', { value: '***' }, '***'],
    ['no value', {}, 'masked'],
    ['null', { value: null }, 'masked'],
    ['stars', { value: '*****' }, 'masked'],
    ['a seal', { isSealed: true }, 'masked'],
    ['a seal and a value', { value: 'text', isSealed: true }, 'masked'],
    ['a seal and an empty value', { value: '', isSealed: true }, 'masked'],
    ['a number', fromTheFuture(5 as never), 'absent'],
    ['a deletion', null, 'absent'],
  ])('with %s', (_, entry, expected) => {
    const [variable] = Object.values(toVariables({ KEY: entry }))
    expect(variable === undefined ? 'absent' : 'value' in variable ? variable.value.reveal() : 'masked').toBe(expected)
  })

  it.each([[undefined], [null], [fromTheFuture('text')]])('that are none at all: %s', (variables) => {
    expect(toVariables(variables)).toEqual({})
  })

  it('of a snapshot leave out what the container did not get', () => {
    const snapshot = toSnapshot({ SET: 'x', EMPTY: '', NULL: null })
    expect(Object.entries(snapshot).map(([name, secret]) => [name, secret.reveal()])).toEqual([
      ['SET', 'x'],
      ['EMPTY', ''],
    ])
  })
})

describe('an environment', () => {
  const list = <Node>(...nodes: Node[]) => ({
    edges: nodes.map((node) => ({ node })),
    pageInfo: { endCursor: null, hasNextPage: false },
  })
  const instance = (serviceId: string) => ({
    id: `i-${serviceId}`,
    serviceId,
    serviceName: `name-${serviceId}`,
    activeDeployments: [],
    latestDeployment: null,
    domains: { serviceDomains: [], customDomains: [] },
  })
  const environment: ObservedEnvironmentFragment = {
    id: 'e1',
    name: 'production',
    unmergedChangesCount: null,
    config: {},
    serviceInstances: list(),
    volumeInstances: list(),
    deploymentTriggers: list(),
  }
  const observed = (overrides: Partial<ObservedEnvironmentFragment>, services: { id: string; name: string }[] = []) =>
    toObservedState(
      {
        project: {
          id: 'p',
          name: 'fakturino',
          environments: list({ id: 'e1', name: 'production' }),
          services: list(...services),
        },
        environment: { ...environment, ...overrides },
        platformStatus: { isStable: true, incident: null },
      },
      undefined,
    )

  it.each<[string, ServiceConfig | null | undefined, string[]]>([
    ['is not mentioned in the config', undefined, ['s1']],
    ['has an empty config', {}, ['s1']],
    ['was deleted', { isDeleted: true }, []],
    ['was set to null', null, []],
  ])('with an instance whose service %s', (_, config, expected) => {
    const services = config === undefined ? {} : { s1: config }
    const state = observed({ serviceInstances: list(instance('s1')), config: { services } }, [
      { id: 's1', name: 'api' },
    ])
    expect(state.services.map(({ id }) => id)).toEqual(expected)
    expect(state.servicesElsewhere.map(({ name }) => name)).toEqual(expected.length === 0 ? ['api'] : [])
  })

  it.each([['text'], [[]], [{ services: 'text', sharedVariables: [], volumes: 5 }]])(
    'with the config %j is read as empty',
    (config) => {
      const state = observed({ serviceInstances: list(instance('s1')), config: config as never })
      expect(state.services).toMatchObject([{ name: 'name-s1', settings: {}, variables: {} }])
      expect(state.sharedVariables).toEqual({})
    },
  )

  it('knows volumes that are there, not those on their way out, nor those of other services', () => {
    const volume = {
      id: 'x',
      serviceId: 's1',
      mountPath: '/data',
      sizeMB: 500,
      state: null,
      isPendingDeletion: false,
    }
    const state = observed({
      serviceInstances: list(instance('s1')),
      volumeInstances: list(
        { ...volume, volumeId: 'kept' },
        { ...volume, volumeId: 'growing', state: 'UPDATING' as const },
        { ...volume, volumeId: 'pending', isPendingDeletion: true },
        { ...volume, volumeId: 'deleting', state: 'DELETING' as const },
        { ...volume, volumeId: 'deleted', state: 'DELETED' as const },
        { ...volume, volumeId: 'detached', serviceId: null },
        { ...volume, volumeId: 'other', serviceId: 's2' },
      ),
      config: { volumes: { growing: { sizeMB: 900 }, kept: null } },
    })
    expect(state.services[0]?.volumes.map(({ id, sizeMB }) => [id, sizeMB])).toEqual([
      ['kept', 500],
      ['growing', 900],
    ])
  })

  it.each([
    ['takes it from the trigger of the same repository', { repo: 'acme/app' }, 'main'],
    ['keeps its own', { repo: 'acme/app', branch: 'release' }, 'release'],
    ['has none where the trigger is of another', { repo: 'acme/other' }, undefined],
    ['has none without a repository', { image: 'redis:7' }, undefined],
  ])('with a service that %s: the branch', (_, source, branch) => {
    const state = observed({
      serviceInstances: list(instance('s1')),
      deploymentTriggers: list(
        { id: 't0', serviceId: 's0', repository: 'acme/app', branch: 'wrong' },
        { id: 't1', serviceId: 's1', repository: 'acme/app', branch: 'main' },
      ),
      config: { services: { s1: { source } } },
    })
    expect(state.services[0]?.settings.branch).toBe(branch)
  })
})
