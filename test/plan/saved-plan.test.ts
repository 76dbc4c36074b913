import { describe, expect, it, test } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import type { PlanSituation } from '../../src/plan/plan-changes.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import {
  movedSinceSaved,
  type PlanOrigin,
  readSavedPlan,
  type SavedPlan,
  savedPlan,
  savedPlanText,
} from '../../src/plan/saved-plan.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedService, ObservedState } from '../../src/platform/observed-state.ts'
import {
  aDesiredService,
  aDesiredState,
  anObservedDeployment,
  anObservedPatch,
  anObservedService,
  anObservedState,
  aPlanSituation,
  observedVariables,
  texts,
  theSecret,
} from '../support/builders.ts'

const commit = 'c'.repeat(40)

const desired = aDesiredState({
  services: [
    aDesiredService('api', {
      settings: { healthcheckPath: '/up', replicas: 2 },
      variables: { ...texts({ APP_ENV: 'staging' }), KEY: theSecret('KEY') },
      domain: { targetPort: 8080, custom: 'api.example.com' },
    }),
    aDesiredService('worker'),
  ],
  secrets: [{ name: 'KEY', services: ['api'], requiredBy: ['api'] }],
})

function state(api: Partial<ObservedService> = {}, overrides: Partial<ObservedState> = {}): ObservedState {
  const variables = observedVariables({ APP_ENV: 'local', TITLE: 'one', HIDDEN: null })
  return anObservedState({
    services: [
      anObservedService('api', { settings: { startCommand: 'run' }, variables, ...api }),
      anObservedService('worker'),
    ],
    ...overrides,
  })
}

function planned(observed: ObservedState, salt: string, overrides: Partial<PlanSituation> = {}) {
  const supplied = new Map([['KEY', new Secret('the-value-of-the-key')]])
  return planChanges(
    aPlanSituation({ desired, observed, salt, supplied, commit: { kind: 'given', commit }, ...overrides }),
  )
}

function saved(origin: Partial<PlanOrigin> = {}): SavedPlan {
  const observed = state()
  return savedPlan(planned(observed, 'salt'), {
    observed,
    commit: { kind: 'given', commit },
    isRehearsal: true,
    ...origin,
  })
}

function readBack(text: string): SavedPlan {
  const read = readSavedPlan(text)
  if ('problem' in read) throw new Error(read.problem)
  return read
}

describe('a saved plan', () => {
  test.each<[string, Partial<PlanOrigin>]>([
    ['of a given commit', {}],
    ['of the newest commit', { commit: { kind: 'latest' } }],
    ['of what runs', { commit: { kind: 'running' } }],
    ['of some services', { services: ['api'] }],
    ['of an environment that is not there', { observed: undefined }],
  ])('%s reads back as it was written', (_, origin) => {
    expect(readBack(savedPlanText(saved(origin)))).toEqual({ type: 'saved-plan', format: 1, ...saved(origin) })
  })

  it('has not moved where nothing has, whatever the salt of the plan made now', () => {
    expect(movedSinceSaved(readBack(savedPlanText(saved())), planned(state(), 'other'), state())).toBeUndefined()
  })

  it('holds no value of a variable or of a supplied secret, and says which secrets were supplied', () => {
    const text = savedPlanText(saved())
    expect(text).not.toContain('the-value-of-the-key')
    expect(text).not.toContain('"one"')
    expect(saved().suppliedSecrets).toEqual(['KEY'])
  })

  it('marks a place with too little to guess its value by', () => {
    const marks = Object.values(saved().marks).flatMap((places) => Object.values(places))
    expect(marks.length).toBeGreaterThan(5)
    for (const mark of marks) expect(mark).toMatch(/^[0-9a-f]{4}$/)
  })
})

describe('whatever else is written names itself', () => {
  const variables = (values: Record<string, string | null>) =>
    observedVariables({ APP_ENV: 'local', TITLE: 'one', HIDDEN: null, ...values })

  test.each<[string, ObservedState, string[]]>([
    ['a variable of ours', state({ variables: variables({ APP_ENV: 'other' }) }), ['api variable APP_ENV']],
    ['a variable of others', state({ variables: variables({ TITLE: 'two' }) }), ['api variable TITLE']],
    ['a new variable', state({ variables: variables({ MORE: '' }) }), ['api variable MORE']],
    ['a variable that is shown now', state({ variables: variables({ HIDDEN: 'masked' }) }), ['api variable HIDDEN']],
    ['a setting', state({ settings: { startCommand: 'walk' } }), ['api start command']],
    ['a domain', state({ domains: [{ domain: 'a.b', kind: 'custom', targetPort: 1 }] }), ['api domain']],
    [
      'a volume',
      state({ volumes: [{ id: id('v'), instanceId: id('v-here'), mountPath: '/data', sizeMB: 1 }] }),
      ['api volume'],
    ],
    ['a deployment', state({ active: [anObservedDeployment({ id: id('newer'), commit })] }), ['what runs of api']],
    ['a service', anObservedState({ services: [...state().services, anObservedService('docs')] }), ['docs']],
    ['a shared variable', state({}, { sharedVariables: observedVariables({ A: 'b' }) }), ['shared variable A']],
  ])('%s', (_, now, places) => {
    const moved = movedSinceSaved(readBack(savedPlanText(saved())), planned(now, 'other'), now)
    expect(moved?.isSameState).toBe(false)
    expect(moved?.places).toEqual(expect.arrayContaining(places))
  })

  it('even where it left no trace but its patch', () => {
    const now = state({}, { patches: [anObservedPatch({ services: {} })] })
    expect(movedSinceSaved(saved(), planned(now, 'other'), now)).toMatchObject({ isSameState: false })
  })

  it('except for what is of the tool itself', () => {
    const now = state({}, { sharedVariables: observedVariables({ FAKTURINO_LEASE: 'nina' }) })
    expect(movedSinceSaved(saved(), planned(now, 'other'), now)).toBeUndefined()
  })
})

it('what is wanted otherwise names itself where nothing moved', () => {
  const wanted = {
    ...desired,
    services: desired.services.map((service) => ({ ...service, settings: { replicas: 3 } })),
  }
  expect(movedSinceSaved(saved(), planned(state(), 'other', { desired: wanted }), state())).toMatchObject({
    isSameState: true,
    places: expect.arrayContaining(['api health check path', 'api replicas', 'worker replicas']),
  })
  const other = planned(state(), 'other', { commit: { kind: 'given', commit: 'd'.repeat(40) } })
  expect(movedSinceSaved(saved(), other, state())).toEqual({
    isSameState: true,
    places: ['deployment of api', 'deployment of worker'],
  })
})

describe('a text that is none', () => {
  test.each<[string, unknown, string]>([
    ['nothing', '', 'is no saved plan'],
    ['a list', [], 'is no saved plan'],
    ['another document', { type: 'plan', format: 1 }, 'is no saved plan'],
    [
      'another format',
      { ...saved(), type: 'saved-plan', format: 2 },
      'is a saved plan of another version of fakturino',
    ],
    ...(
      [
        { project: 1 },
        { commit: { kind: 'given', commit: 'main' } },
        { services: 'api' },
        { marks: { api: ['a'] } },
        { changes: [{ setting: 'constructor' }] },
        { changes: [{ setting: 'variable', variable: 7 }] },
        { deployments: [{}] },
        { suppliedSecrets: [1] },
      ] as const
    ).map((damage): [string, unknown, string] => [
      JSON.stringify(damage),
      { type: 'saved-plan', format: 1, ...saved(), ...damage },
      'is a saved plan that is damaged',
    ]),
  ])('%s is refused', (_, content, problem) => {
    expect(readSavedPlan(typeof content === 'string' ? content : JSON.stringify(content))).toEqual({ problem })
  })
})
