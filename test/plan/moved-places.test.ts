import { expect, test } from 'vitest'
import { movedPlaces } from '../../src/plan/moved-places.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedService, ObservedState } from '../../src/platform/observed-state.ts'
import { anObservedDeployment, anObservedService, anObservedState, observedVariables } from '../support/builders.ts'

const api = (overrides: Partial<ObservedService> = {}) =>
  anObservedState({
    services: [
      anObservedService('api', {
        settings: { startCommand: 'run' },
        variables: observedVariables({ A: 'sentinel', HIDDEN: null }),
        ...overrides,
      }),
    ],
  })
const variables = (values: Record<string, string | null>) => api({ variables: observedVariables(values) })

test.each<[string, ObservedState, string[]]>([
  ['nothing', api(), []],
  ['a setting', api({ settings: { startCommand: 'theirs' } }), ['api start command']],
  ['a setting that is gone', api({ settings: {} }), ['api start command']],
  ['a setting that came', api({ settings: { startCommand: 'run', healthcheckPath: '/' } }), ['api health check path']],
  ['a variable', variables({ A: 'sentinel-too', HIDDEN: null }), ['api variable A']],
  ['a variable that is empty now', variables({ A: '', HIDDEN: null }), ['api variable A']],
  ['a variable that is gone', variables({ HIDDEN: null }), ['api variable A']],
  ['a variable that came', variables({ A: 'sentinel', HIDDEN: null, B: '' }), ['api variable B']],
  ['a variable that is not shown any more', variables({ A: null, HIDDEN: null }), ['api variable A']],
  [
    'a variable called like something that every object has',
    variables({ A: 'sentinel', HIDDEN: null, toString: '1' }),
    ['api variable toString'],
  ],
  ["a note of the tool's own", variables({ A: 'sentinel', HIDDEN: null, FAKTURINO_X: '1' }), []],
  [
    'a volume',
    api({ volumes: [{ id: id('v'), instanceId: id('v-here'), mountPath: '/data', sizeMB: 1 }] }),
    ['api volume'],
  ],
  ['a domain', api({ domains: [{ domain: 'a.b', kind: 'custom', targetPort: 1 }] }), ['api domain']],
  ['a deployment', api({ active: [anObservedDeployment({ id: id('theirs') })] }), ['what runs of api']],
  ['a service that is gone', anObservedState({ services: [] }), ['api']],
  ['a service that came', { ...api(), services: [...api().services, anObservedService('docs')] }, ['docs']],
  ['a shared variable', { ...api(), sharedVariables: observedVariables({ S: 'sentinel' }) }, ['shared variable S']],
  ['a shared note', { ...api(), sharedVariables: observedVariables({ FAKTURINO_LEASE: 'x' }) }, []],
])('what moved is %s', (_, after, places) => {
  expect(movedPlaces(api(), after)).toEqual(places)
  expect(places.join()).not.toContain('sentinel')
})

test('what moved is told service by service', () => {
  const before = anObservedState({ services: [anObservedService('api'), anObservedService('worker')] })
  const moved = observedVariables({ A: '1' })
  const after = anObservedState({
    services: [anObservedService('worker', { variables: moved }), anObservedService('api', { variables: moved })],
  })
  expect(movedPlaces(before, after)).toEqual(['api variable A', 'worker variable A'])
})
