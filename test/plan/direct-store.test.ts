import { describe, expect, it, test } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import {
  type DirectIds,
  directStore,
  isDirectlyStored,
  isOnlyByPatch,
  withoutUnstored,
} from '../../src/plan/direct-store.ts'
import { tooManyServices } from '../../src/plan/guards/too-many-services.ts'
import { isSettled, type PlannedAct } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { id } from '../../src/platform/ids.ts'
import type { ServiceSettings } from '../../src/platform/service-settings.ts'
import {
  aChange,
  aDesiredService,
  aDesiredState,
  anObservedDeployment,
  anObservedService,
  anObservedState,
  aPlan,
  aPlannedDeployment,
  aPlanSituation,
} from '../support/builders.ts'

function ids(settings: ServiceSettings = {}, trigger = false): DirectIds {
  return {
    service: (name) => id(`s-${name}`),
    settings: () => settings,
    secret: ({ variable }) => new Secret(`value of ${variable}`),
    trigger: () => (trigger ? { id: id('t'), repository: 'acme/app', branch: 'main' } : undefined),
  }
}

function store(acts: PlannedAct[], settings?: ServiceSettings, trigger = false) {
  const { variables, ...rest } = directStore(
    acts.map((act) => aChange({ act })),
    ids(settings, trigger),
  )
  return { ...rest, variables: variables.map(({ serviceId, variables }) => [serviceId, variables.reveal()]) }
}

describe('what is stored past any patch', () => {
  it('is all variables of a service at once, secrets too, and no secret can be printed', () => {
    const acts: PlannedAct[] = [
      { kind: 'set-variable', variable: 'A', value: '1' },
      { kind: 'set-secret', variable: 'KEY', secret: 'KEY', source: { from: 'generated' } },
    ]
    expect(store(acts).variables).toEqual([['s-api', { A: '1', KEY: 'value of APP_ENV' }]])
    const changes = acts.map((act) => aChange({ act }))
    expect(JSON.stringify(directStore(changes, ids()))).not.toContain('value of')
  })

  it('is all settings of a service at once, with what is there now', () => {
    const before = { region: 'us-west2' }
    const acts: PlannedAct[] = [
      { kind: 'set', setting: 'startCommand', value: 'serve' },
      { kind: 'set', setting: 'healthcheckPath', value: null },
    ]
    expect(store(acts, before).settings).toEqual([
      { serviceId: 's-api', settings: { startCommand: 'serve', healthcheckPath: null }, before },
    ])
  })

  it.each<[string, PlannedAct[], ServiceSettings, boolean, unknown]>([
    [
      'a repository that is new is followed',
      [
        { kind: 'set', setting: 'repo', value: 'acme/app' },
        { kind: 'set', setting: 'branch', value: 'main' },
      ],
      {},
      false,
      [{ serviceId: 's-api', repository: 'acme/app', branch: 'main' }],
    ],
    [
      'another branch moves the trigger that is there',
      [{ kind: 'set', setting: 'branch', value: 'next' }],
      { repo: 'acme/app', branch: 'main' },
      true,
      [{ serviceId: 's-api', repository: 'acme/app', branch: 'next', triggerId: 't' }],
    ],
    ['an image follows nothing', [{ kind: 'set', setting: 'image', value: 'redis:7' }], {}, false, []],
    [
      'nothing is followed where the repository goes',
      [{ kind: 'set', setting: 'repo', value: null }],
      { repo: 'acme/app', branch: 'main' },
      true,
      [],
    ],
  ])('%s', (_, acts, settings, trigger, branches) => {
    expect(store(acts, settings, trigger).branches).toEqual(branches)
  })

  it('names no settings where only the branch is another one', () => {
    expect(store([{ kind: 'set', setting: 'branch', value: 'next' }], { repo: 'acme/app' }).settings).toEqual([])
  })
})

test.each<[PlannedAct, 'directly' | 'by patch' | 'neither']>([
  [{ kind: 'set', setting: 'image', value: 'redis:7' }, 'directly'],
  [{ kind: 'set-variable', variable: 'A', value: '1' }, 'directly'],
  [{ kind: 'set-secret', variable: 'A', secret: 'A', source: { from: 'generated' } }, 'directly'],
  [{ kind: 'resize-volume', sizeMB: 1024 }, 'by patch'],
  [{ kind: 'mount-volume', mountPath: '/data' }, 'by patch'],
  [{ kind: 'set-domain-port', domain: 'a', domainKind: 'custom', targetPort: 80 }, 'by patch'],
  [{ kind: 'remove-variable', variable: 'A' }, 'by patch'],
  [{ kind: 'create-volume', mountPath: '/data' }, 'neither'],
])('%j is stored %s', (act, how) => {
  const change = aChange({ act })
  expect([isDirectlyStored(change), isOnlyByPatch(change)]).toEqual([how === 'directly', how === 'by patch'])
})

const removal = aChange({ act: { kind: 'remove-variable', variable: 'APP_ENV' }, action: 'delete' })

describe('deployments of what is not stored', () => {
  it.each([
    ['go where nothing else asks for them', [removal], ['variables-change'], []],
    ['stay for every other reason', [removal], ['variables-change', 'not-running'], ['not-running']],
    [
      'stay where another variable is stored',
      [removal, aChange({ variable: 'OTHER' })],
      ['variables-change'],
      ['variables-change'],
    ],
    ['stay where nothing is left out', [], ['reference-change'], ['reference-change']],
  ] as const)('%s', (_, changes, reasons, left) => {
    const plan = aPlan({
      changes: [...changes],
      deployments: [aPlannedDeployment('api', { reasons: [...reasons] })],
    })
    const unstored = changes.filter((change) => change === removal)
    expect(withoutUnstored(plan, unstored).deployments.flatMap((one) => one.reasons)).toEqual(left)
  })
})

describe('a plan for a token that may not use patches', () => {
  const volume = { id: id<'volume'>('v'), instanceId: id<'volume-instance'>('v-here'), mountPath: '/data', sizeMB: 500 }
  const situation = (denied: boolean) =>
    aPlanSituation({
      desired: aDesiredState({
        services: [aDesiredService('api', { volume: { mountPath: '/srv', sizeMB: 1024 } })],
      }),
      observed: anObservedState({
        services: [anObservedService('api', { volumes: [volume] })],
        ...(denied ? { denied: ['patches'] as const, patches: undefined } : {}),
      }),
    })

  it('marks what only a patch stores, deploys nothing for it, and says that it knows no history', () => {
    const plan = planChanges(situation(true))
    expect(plan.changes).toMatchObject([
      { setting: 'volume', outOfReach: true },
      { setting: 'volume-size', outOfReach: true },
    ])
    expect(plan.deployments).toEqual([])
    expect(plan.notes).toMatchObject([{ code: 'history-denied' }])
    expect(isSettled(plan)).toBe(true)
  })

  it('is as ever for every other token', () => {
    const plan = planChanges(situation(false))
    expect(plan.changes.some((change) => change.outOfReach)).toBe(false)
    expect(plan.deployments).toHaveLength(1)
    expect(isSettled(plan)).toBe(false)
  })

  it('counts no service as touched for what stays as it is', () => {
    const changes = ['a', 'b', 'c', 'd', 'e'].map((service) => aChange({ service, action: 'update' }))
    const judged = (outOfReach: boolean) =>
      tooManyServices.judge({
        plan: aPlan({ changes: changes.map((change) => (outOfReach ? { ...change, outOfReach: true } : change)) }),
        desired: aDesiredState(),
        confirmed: [],
      })
    expect(judged(false)?.code).toBe('too-many-services')
    expect(judged(true)).toBeUndefined()
  })

  it.each([
    ['what it was started with differs from what is stored', { startCommand: 'old' }, true],
    ['it was started with what is stored', { startCommand: 'serve', restartPolicy: 'on-failure' }, false],
    ['nothing says what it was started with', undefined, false],
  ] as const)('deploys a service again only where %s', (_, settings, isAgain) => {
    const active = [anObservedDeployment(settings === undefined ? {} : { settings: { ...settings } })]
    const services = [anObservedService('api', { settings: { startCommand: 'serve' }, active })]
    const plan = planChanges(
      aPlanSituation({
        desired: aDesiredState({ services: [aDesiredService('api', { settings: { startCommand: 'serve' } })] }),
        observed: anObservedState({ services, denied: ['patches'], patches: undefined }),
      }),
    )
    expect(plan.deployments.flatMap((one) => one.reasons)).toEqual(isAgain ? ['stored-change-not-running'] : [])
  })
})
