import { describe, expect, it, test } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import { lastApplied } from '../../src/plan/last-applied.ts'
import { isEmpty, subjectOf } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { id } from '../../src/platform/ids.ts'
import {
  aChange,
  aDesiredDatabase,
  aDesiredService,
  aDesiredState,
  anObservedService,
  anObservedState,
  aPlan,
  aPlannedDeployment,
  aPlanSituation,
  observedRunning,
  observedVariables,
  ourPatch,
  ref,
  serviceId,
  texts,
  theSecret,
} from '../support/builders.ts'

const subjects = (plan: ReturnType<typeof planChanges>) =>
  plan.changes.map(({ action, ...of }) => `${action} ${subjectOf(of)}`)

test('an environment that is as wanted needs nothing', () => {
  const plan = planChanges(aPlanSituation())
  expect(isEmpty(plan)).toBe(true)
  expect(plan).toMatchObject({ project: 'shop', environment: 'staging', notes: [], pending: [], leftOut: [] })
})

test.each([
  ['changes wait', aPlan({ changes: [aChange()] }), false],
  ['deployments wait', aPlan({ deployments: [aPlannedDeployment('api')] }), false],
  ['there is only something to say', aPlan({ notes: [{ code: 'masked', message: 'x' }] }), true],
  ['only others would have to start', aPlan({ leftOut: [aPlannedDeployment('api')] }), true],
])('is it empty when %s?', (_, plan, expected) => {
  expect(isEmpty(plan)).toBe(expected)
})

describe('what contains everything', () => {
  const desired = aDesiredState({ services: [] })

  test.each<[string, Parameters<typeof aPlanSituation>[0], string[]]>([
    [
      'the project comes first where it is missing',
      { observed: undefined, projectExists: false },
      ['create project', 'create environment'],
    ],
    ['the environment where only it is', { observed: undefined }, ['create environment']],
    ['nothing where both are there', { observed: anObservedState() }, []],
  ])('%s', (_, overrides, expected) => {
    expect(subjects(planChanges(aPlanSituation({ desired, ...overrides })))).toEqual(expected)
  })
})

describe('a service that is not there', () => {
  const acts = (servicesElsewhere: { id: ReturnType<typeof serviceId>; name: string }[]) =>
    planChanges(aPlanSituation({ observed: anObservedState({ services: [], servicesElsewhere }) })).changes.map(
      ({ act }) => act.kind,
    )

  it('is created where the project has none of that name', () => {
    expect(acts([{ id: id('x'), name: 'other' }])).toEqual(['create-service'])
  })

  it('gets an instance where the project has it elsewhere', () => {
    expect(acts([{ id: serviceId('api'), name: 'api' }])).toEqual(['create-instance'])
  })
})

describe('naming services', () => {
  const desired = aDesiredState({
    services: ['api', 'worker'].map((name) => aDesiredService(name, { variables: texts({ A: '1' }) })),
  })
  const observed = anObservedState({ services: [anObservedService('api'), anObservedService('worker')] })
  const plan = planChanges(aPlanSituation({ desired, observed, services: ['worker'] }))

  it('leaves the changes of all others out', () => {
    expect(subjects(plan)).toEqual(['create worker variable A'])
  })

  it('deploys only them', () => {
    expect(plan.deployments.map(({ service }) => service)).toEqual(['worker'])
  })

  it('says who would have to start too', () => {
    const given = planChanges(
      aPlanSituation({ desired, observed, services: ['worker'], commit: { kind: 'given', commit: 'c2' } }),
    )
    expect(given.leftOut.map(({ service, reasons }) => [service, reasons])).toEqual([['api', ['another-commit']]])
  })

  it('still creates what contains them', () => {
    const fresh = planChanges(aPlanSituation({ desired, observed: undefined, projectExists: false, services: ['api'] }))
    expect(subjects(fresh)).toEqual(['create project', 'create environment', 'create api', 'create api variable A'])
  })
})

test('what the config does not know is named and left alone, what is pending is not even that', () => {
  const plan = planChanges(
    aPlanSituation({
      desired: aDesiredState({ pending: [{ name: 'mcp-server', reason: 'Step 7' }] }),
      observed: anObservedState({
        services: [anObservedService('api'), anObservedService('mcp-server'), anObservedService('grafana')],
      }),
    }),
  )
  expect(isEmpty(plan)).toBe(true)
  expect(plan.pending).toEqual([{ service: 'mcp-server', reason: 'Step 7' }])
  expect(plan.notes).toEqual([
    { code: 'unmanaged-service', service: 'grafana', message: 'Not in the config, left alone.' },
  ])
})

test('missing secrets are told one by one where something cannot start without them, together where nothing needs them', () => {
  const secret = (name: string, requiredBy: string[] = []) => ({ name, services: ['api', 'worker'], requiredBy })
  const plan = planChanges(
    aPlanSituation({
      desired: aDesiredState({
        services: [aDesiredService('api', { variables: { A: theSecret('A') } })],
        secrets: [
          { ...secret('A', ['api', 'worker']), purpose: 'Payments' },
          secret('B'),
          { ...secret('C'), purpose: 'Bank access' },
        ],
      }),
    }),
  )
  expect(plan.notes.map(({ message }) => message)).toEqual([
    'A (Payments) is not set, and api and worker cannot start without it. Supply it with --secrets-file.',
    'Not set, and nothing needs them to start: B and C (Bank access).',
  ])
})

test('pushes that deploy are seen by what the platform says of each service', () => {
  const plan = planChanges(
    aPlanSituation({
      desired: aDesiredState({
        services: ['api', 'worker'].map((name) => aDesiredService(name, { autoDeploy: false })),
      }),
      observed: anObservedState({ services: [anObservedService('api'), anObservedService('worker')] }),
      running: observedRunning({}, { api: true, worker: false }),
    }),
  )
  expect(subjects(plan)).toEqual(['update api deploy on push'])
})

test('a whole plan holds no secret, in whatever form it is printed', () => {
  const plan = planChanges(
    aPlanSituation({
      desired: aDesiredState({
        services: [
          aDesiredService('api', { variables: { KEY: theSecret('KEY'), ...texts({ A: '1' }) } }),
          aDesiredService('worker', { variables: { KEY: theSecret('KEY') } }),
          aDesiredDatabase('redis', { variables: { PASSWORD: theSecret('redis') } }),
        ],
        secrets: [
          { name: 'KEY', services: ['api', 'worker'], requiredBy: [] },
          { name: 'redis', services: ['redis'], requiredBy: [], generate: 'letters' },
        ],
      }),
      observed: anObservedState({
        services: [
          anObservedService('api', {
            variables: observedVariables({ KEY: 'sentinel', A: 'sentinel', OLD: 'sentinel' }),
          }),
          anObservedService('worker'),
        ],
        sharedVariables: observedVariables({ S: 'sentinel' }),
      }),
      running: observedRunning({ api: { KEY: 'sentinel' } }),
      lastApplied: lastApplied([
        ourPatch({ services: { [serviceId('api')]: { variables: { OLD: { value: 'sentinel' } } } } }),
      ]),
      supplied: new Map([['KEY', new Secret('sentinel-too')]]),
    }),
  )
  expect(plan.changes).toHaveLength(6)
  expect(JSON.stringify(plan)).not.toContain('sentinel')
})

test('the same situation always gives the same plan', () => {
  const situation = aPlanSituation({ commit: { kind: 'latest' } })
  expect(planChanges(situation)).toEqual(planChanges(situation))
})

describe('a secret that several services share', () => {
  const services = ['api', 'worker', 'scheduler']
  const desired = aDesiredState({
    services: services.map((name) => aDesiredService(name, { variables: { KEY: theSecret('KEY') } })),
    secrets: [{ name: 'KEY', services, requiredBy: [] }],
  })
  const holding = (values: Record<string, string | null>) =>
    anObservedState({
      services: services.map((name) =>
        anObservedService(name, { variables: observedVariables({ KEY: values[name] ?? null }) }),
      ),
    })
  const supplied = new Map([['KEY', new Secret('new')]])
  const old = holding({ api: 'old', worker: 'old', scheduler: 'old' })

  test.each<[string, Parameters<typeof aPlanSituation>[0], ReturnType<typeof planChanges>['splitSecrets']]>([
    ['is not split where no services are named', { observed: old }, []],
    ['is not split where all are named', { observed: old, services }, []],
    [
      'is split where one is named and the others hold something else',
      { observed: old, services: ['api'] },
      [{ secret: 'KEY', written: ['api'], leftOut: ['worker', 'scheduler'] }],
    ],
    [
      'is not split where the one that was not named holds it already',
      { observed: holding({ api: 'new', worker: 'old', scheduler: 'old' }), services: ['worker', 'scheduler'] },
      [],
    ],
    [
      'is not split where nothing of it is written',
      { observed: holding({ api: 'new', worker: 'old', scheduler: 'old' }), services: ['api'] },
      [],
    ],
  ])('%s', (_, situation, expected) => {
    expect(planChanges(aPlanSituation({ desired, supplied, ...situation })).splitSecrets).toEqual(expected)
  })

  it('and of which they hold different values is noted by the names of the services, which is nothing to do', () => {
    const plan = planChanges(
      aPlanSituation({ desired, observed: holding({ api: 'sentinel-a', worker: 'sentinel-b', scheduler: null }) }),
    )
    expect(isEmpty(plan)).toBe(true)
    expect(plan.notes).toEqual([
      {
        code: 'secret-differs',
        message:
          'KEY does not have one value: api and worker differ in it. Supply it with --secrets-file, naming no services, to give all of them the same.',
      },
    ])
    expect(JSON.stringify(plan)).not.toContain('sentinel')
  })

  test.each<[string, Record<string, string | null>, Parameters<typeof aPlanSituation>[0]]>([
    ['where all values are the same', { api: 'a', worker: 'a', scheduler: 'a' }, {}],
    ['where values are not shown', { api: 'a', worker: null, scheduler: null }, {}],
    ['where one refers to another', { api: 'a', worker: ref('api.KEY'), scheduler: 'a' }, {}],
    ['where this run supplies it', { api: 'a', worker: 'b', scheduler: 'c' }, { supplied }],
  ])('is not noted %s', (_, values, situation) => {
    expect(planChanges(aPlanSituation({ desired, observed: holding(values), ...situation })).notes).toEqual([])
  })
})
