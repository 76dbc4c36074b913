import { describe, expect, it, test } from 'vitest'
import type { EnvironmentConfig } from '../../src/contract/environment-config.ts'
import type { PastOperation } from '../../src/journal/history.ts'
import { isSince, type TimelineParts, timeline } from '../../src/journal/timeline.ts'
import type { ReleaseNote } from '../../src/plan/operation-notes.ts'
import { id } from '../../src/platform/ids.ts'
import type { PastDeployment, PastPatch } from '../../src/platform/observed-state.ts'
import { anObservedDeployment, anObservedPatch, deployedAt, serviceId } from '../support/builders.ts'

const minutes = (count: number) => deployedAt + count * 60_000
const iso = (count: number) => new Date(minutes(count)).toISOString()

function anOperation(parts: Partial<PastOperation> = {}): PastOperation {
  return {
    id: 'o1',
    command: 'deploy',
    by: 'nina',
    began: iso(0),
    ended: iso(5),
    durationMs: 300_000,
    lastAt: iso(5),
    outcome: 'done',
    services: ['api'],
    changes: 1,
    patches: [],
    deployments: [],
    ...parts,
  }
}

function aRelease(parts: Partial<ReleaseNote> = {}): ReleaseNote {
  return {
    id: 'r1',
    at: minutes(5),
    by: 'petra',
    verdict: 'pass',
    deployments: { api: id('d1') },
    commit: 'c1',
    ...parts,
  }
}

function aPatch(
  at: number,
  message?: string,
  parts: Partial<PastPatch> = {},
  config: EnvironmentConfig = {},
): PastPatch {
  return { ...anObservedPatch(config, { id: id('p1'), message, appliedAt: minutes(at) }), ...parts }
}

function aDeployment(at: number, parts: Partial<PastDeployment> = {}): PastDeployment {
  const observed = anObservedDeployment({ id: id('d1'), createdAt: minutes(at), statusSince: minutes(at + 1) })
  return { ...observed, serviceId: serviceId('api'), ...parts }
}

function told(parts: Partial<TimelineParts>) {
  return timeline({
    operations: [],
    releases: [],
    patches: [],
    deployments: [],
    serviceName: (service) => service.replace(/^service-/, ''),
    ...parts,
  })
}

const kinds = (parts: Partial<TimelineParts>) => told(parts).map(({ kind, origin, by }) => [kind, origin, by])

describe('what belongs to an operation of ours is part of it', () => {
  test.each<[string, Partial<TimelineParts>, unknown[]]>([
    [
      'by the ids in the journal',
      {
        operations: [anOperation({ patches: [id('p1')], deployments: [id('d1')] })],
        patches: [aPatch(1, 'whatever')],
        deployments: [aDeployment(2)],
      },
      [['operation', 'here', 'nina']],
    ],
    [
      'by the ids in its release, where the journal was shortened',
      { operations: [anOperation({ id: 'r1' })], releases: [aRelease()], deployments: [aDeployment(2)] },
      [['operation', 'here', 'nina']],
    ],
    [
      'a patch by its message and time, where the journal could not be written any more',
      {
        operations: [anOperation({ ended: null, outcome: 'open' })],
        patches: [aPatch(2, 'fakturino deploy by nina: hotfix')],
      },
      [['operation', 'here', 'nina']],
    ],
    [
      'a deployment by its commit and time, where the command was ended before it could write down which it is',
      {
        operations: [anOperation({ ended: null, outcome: 'open', commit: 'c1', lastAt: iso(1) })],
        deployments: [aDeployment(2)],
      },
      [['operation', 'here', 'nina']],
    ],
    [
      'not a deployment of another commit, or of later, or one that came while nothing was missing',
      {
        operations: [
          anOperation({ id: 'o2', ended: null, outcome: 'open', commit: 'c2', lastAt: iso(1) }),
          anOperation({ ended: null, outcome: 'open', commit: 'c1', lastAt: iso(-10) }),
          anOperation({ id: 'o3', commit: 'c1', lastAt: iso(2) }),
        ],
        deployments: [aDeployment(2, { creator: 'Petra' })],
      },
      [
        ['deployment', 'others', 'Petra'],
        ['operation', 'here', 'nina'],
        ['operation', 'here', 'nina'],
        ['operation', 'here', 'nina'],
      ],
    ],
    [
      'a release of another machine, with its patch and deployments',
      { releases: [aRelease()], patches: [aPatch(1, 'fakturino deploy by petra')], deployments: [aDeployment(2)] },
      [['operation', 'elsewhere', 'petra']],
    ],
    [
      'not a patch of another person',
      { operations: [anOperation()], patches: [aPatch(2, 'fakturino deploy by petra')] },
      [
        ['patch', 'elsewhere', 'petra'],
        ['operation', 'here', 'nina'],
      ],
    ],
    [
      'not a patch of another command',
      { operations: [anOperation()], patches: [aPatch(2, 'fakturino init by nina')] },
      [
        ['patch', 'elsewhere', 'nina'],
        ['operation', 'here', 'nina'],
      ],
    ],
    [
      'not a patch of another hour',
      { operations: [anOperation()], patches: [aPatch(30, 'fakturino deploy by nina')] },
      [
        ['patch', 'elsewhere', 'nina'],
        ['operation', 'here', 'nina'],
      ],
    ],
    [
      'not what somebody else did meanwhile',
      {
        operations: [anOperation()],
        patches: [aPatch(2, 'hotfix', { appliedBy: 'Petra' })],
        deployments: [aDeployment(3, { creator: 'Petra' })],
      },
      [
        ['deployment', 'others', 'Petra'],
        ['patch', 'others', 'Petra'],
        ['operation', 'here', 'nina'],
      ],
    ],
  ])('%s', (_, parts, expected) => {
    expect(kinds(parts)).toEqual(expected)
  })

  it('and of two that fit a patch goes to the nearer one', () => {
    const operations = [
      anOperation({ id: 'o2', began: iso(4), ended: null, outcome: 'open' }),
      anOperation({ ended: null, outcome: 'open' }),
    ]
    const items = told({ operations, patches: [aPatch(5, 'fakturino deploy by nina')] })
    expect(items.map(({ ids }) => [ids.operation, ids.patches.length])).toEqual([
      ['o2', 1],
      ['o1', 0],
    ])
  })
})

test('a release of another machine began with its first deployment', () => {
  expect(
    told({ releases: [aRelease({ verdict: 'fail', reason: 'why' })], deployments: [aDeployment(2)] }),
  ).toMatchObject([
    {
      at: iso(2),
      ended: iso(5),
      durationMs: 180_000,
      outcome: 'failed',
      reason: 'why',
      services: ['api'],
      revision: 'c1',
    },
  ])
})

test.each<[string, Partial<PastDeployment>, string, number | null, string | null]>([
  ['live: how long it took', {}, 'live', 60_000, iso(3)],
  ['failed: how long it took', { status: 'failed' }, 'failed', 60_000, iso(3)],
  ['removed: when, which says nothing of how long it took', { status: 'removed' }, 'removed', null, iso(3)],
  ['on its way: neither', { status: 'building' }, 'building', null, null],
])('a deployment that is %s', (_, parts, outcome, durationMs, ended) => {
  expect(told({ deployments: [aDeployment(2, parts)] })).toMatchObject([
    { kind: 'deployment', what: 'deployment of api', outcome, durationMs, ended, at: iso(2), revision: 'c1' },
  ])
})

test('a deployment without a word of when it got its status has no end', () => {
  const { statusSince: _none, ...deployment } = aDeployment(2)
  expect(told({ deployments: [deployment] })).toMatchObject([{ durationMs: null, ended: null }])
})

test('a patch is told by the names of what it touches, never by values', () => {
  const config = {
    services: {
      [serviceId('api')]: {
        variables: { A: { value: 'sentinel' }, B: { value: 'sentinel' } },
        deploy: { startCommand: 'sentinel' },
      },
    },
    sharedVariables: { C: { value: 'sentinel' } },
  }
  const [item] = told({ patches: [aPatch(1, undefined, { error: 'no' }, config)] })
  expect(item).toMatchObject({
    what: 'change of api.variables.A, api.variables.B, api.deploy.startCommand and 1 more',
    places: ['api.variables.A', 'api.variables.B', 'api.deploy.startCommand', 'sharedVariables.C'],
    services: ['api'],
    outcome: 'failed',
    message: 'no',
    by: null,
  })
  expect(JSON.stringify(item)).not.toContain('sentinel')
})

test('the newest comes first', () => {
  const deployments = [aDeployment(1), aDeployment(9, { id: id('d2') }), aDeployment(4, { id: id('d3') })]
  expect(told({ deployments }).map(({ at }) => at)).toEqual([iso(9), iso(4), iso(1)])
})

test.each<[string, Partial<TimelineParts>, boolean[]]>([
  ['what went on until a moment', { operations: [anOperation()] }, [true, true, false]],
  [
    'what never said that it was over, until its last word,',
    { operations: [anOperation({ ended: null, outcome: 'open', lastAt: iso(4) })] },
    [true, true, false],
  ],
  ['a deployment that is on its way', { deployments: [aDeployment(1, { status: 'building' })] }, [true, true, true]],
  ['one that is over', { deployments: [aDeployment(1)] }, [true, false, false]],
])('%s is since that moment', (_, parts, expected) => {
  const [item] = told(parts)
  if (item === undefined) throw new Error('nothing')
  const { operations = [] } = parts
  expect([minutes(-1), minutes(4), minutes(6)].map((since) => isSince(item, since, operations))).toEqual(expected)
})
