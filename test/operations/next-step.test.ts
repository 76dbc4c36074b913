import { describe, expect, it } from 'vitest'
import { type NextStep, nextStep, type StatusFacts } from '../../src/operations/next-step.ts'
import type { ServiceStatus } from '../../src/operations/read-status.ts'

const commit = '2222222222222222222222222222222222222222'

function aService(name: string, parts: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    name,
    status: 'live',
    healthy: true,
    deployment: { id: 'd', createdAt: '2026-11-03T09:00:00.000Z' },
    since: null,
    revision: 'c1',
    instances: { running: 1, all: 1 },
    domains: [],
    latest: null,
    alsoActive: [],
    rollback: { possible: false, to: null },
    ...parts,
  }
}

const latest = (status: NonNullable<ServiceStatus['latest']>['status']) => ({
  latest: { id: 'n', status, revision: 'c2', since: null },
})
const notDeployed = { status: 'not-deployed', healthy: false, deployment: null } as const
const crashed = { status: 'crashed', healthy: false } as const
const split = [
  {
    codebase: 'acme/shop#main',
    revisions: [
      { commit, services: ['api'] },
      { commit: 'c1', services: ['worker'] },
    ],
  },
]
const underWay = { state: 'under-way', command: 'deploy', by: 'petra', since: '' } as const
const unfinished = {
  state: 'unfinished',
  command: 'deploy',
  by: 'petra',
  since: '',
  goOn: 'fakturino deploy -e staging --commit c2',
} as const

const everything: Partial<StatusFacts> = {
  services: [aService('api', latest('building')), aService('worker', crashed), aService('scheduler', notDeployed)],
  splits: split,
  stagedChanges: 2,
}

describe('the next step', () => {
  it.each<[string, Partial<StatusFacts>, NextStep['code'], string | null, RegExp]>([
    ['somebody is at work', { ...everything, operation: underWay }, 'wait', 'status --watch -e staging', /petra is at/],
    [
      'something was not finished',
      { ...everything, operation: unfinished },
      'go-on',
      'deploy -e staging --commit c2',
      /deploy was not finished/,
    ],
    ['a service crashed', everything, 'read-logs', 'logs worker -e staging', /^worker crashed$/],
    [
      'the newest deployment crashed while another serves',
      { services: [aService('api', latest('crashed'))] },
      'read-logs',
      'logs api -e staging',
      /^api crashed$/,
    ],
    [
      'the newest deployments failed',
      { services: [aService('api', latest('failed')), aService('worker', latest('failed'))] },
      'read-logs',
      'logs api worker -e staging',
      /newest deployment of api and worker failed/,
    ],
    [
      'nothing of a live service runs',
      { services: [aService('api', { healthy: false })] },
      'read-logs',
      'logs api -e staging',
      /no instance of api runs/,
    ],
    [
      'a name that a shell would read otherwise stays out of the command',
      { services: [aService('api; reboot', crashed)] },
      'read-logs',
      'logs -e staging',
      /^api; reboot crashed$/,
    ],
    [
      'a deployment is on its way',
      { services: [aService('api', latest('building')), aService('worker', notDeployed)], splits: split },
      'wait',
      'status --watch -e staging',
      /deployment of api is on its way/,
    ],
    [
      'a deployment waits for approval, which no waiting brings',
      { services: [aService('api', latest('needs-approval')), aService('worker', latest('building'))] },
      'wait',
      'status --watch -e staging',
      /newest deployment of api waits in the dashboard for somebody to approve it/,
    ],
    [
      'the environment has a name that a shell would read otherwise',
      { environment: "a; reboot 'now'" },
      'check',
      "check -e 'a; reboot '\\''now'\\'''",
      /runs/,
    ],
    [
      'others staged changes',
      { services: [aService('api', notDeployed)], splits: split, stagedChanges: 1 },
      'look-at-staged',
      'plan -e staging',
      /^1 change waits in the dashboard/,
    ],
    [
      'nothing was ever deployed',
      { services: [aService('api', notDeployed)] },
      'deploy',
      'deploy -e staging',
      /nothing/,
    ],
    [
      'one was never deployed',
      { services: [aService('api'), aService('worker', notDeployed)], splits: split },
      'deploy',
      'deploy -e staging',
      /^worker is not deployed$/,
    ],
    ['a revision is split', { splits: split }, 'deploy', `deploy -e staging --commit ${commit}`, /different commits/],
    [
      'one sleeps, which is well',
      { services: [aService('api', { status: 'sleeping', healthy: false })] },
      'check',
      'check -e staging',
      /runs/,
    ],
    ['all is well', {}, 'check', 'check -e staging', /everything runs/],
    ['nothing is there', { services: [] }, 'none', null, /nothing is here/],
  ])('where %s', (_, facts, code, command, because) => {
    const step = nextStep({
      environment: 'staging',
      services: [aService('api'), aService('worker')],
      splits: [],
      stagedChanges: 0,
      ...facts,
    })
    expect(step).toEqual({
      code,
      because: expect.stringMatching(because),
      command: command === null ? null : ['fakturino', command].join(' '),
    })
  })
})
