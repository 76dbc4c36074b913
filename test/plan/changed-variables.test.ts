import { expect, test } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import { changedVariables } from '../../src/plan/changed-variables.ts'
import { anObservedService, observedVariables, ref } from '../support/builders.ts'

const snapshot = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new Secret(value)]))

type Values = Record<string, string>

test.each<[string, Values, Values, Record<string, string | null>, [string[], string[], string[]]]>([
  ['equal everywhere', { A: '1' }, { A: '1' }, { A: '1' }, [[], [], []]],
  ['another value, which is stored too', { A: '1' }, { A: '2' }, { A: '2' }, [['A'], [], ['A']]],
  ['stored as the earlier one has it', { A: '1' }, { A: '2' }, { A: '1' }, [['A'], [], []]],
  ['stored, and not running yet', { A: '1' }, { A: '1' }, { A: '2' }, [[], [], ['A']]],
  ['new since', {}, { A: '2' }, { A: '2' }, [['A'], [], ['A']]],
  ['gone since', { A: '1' }, {}, {}, [['A'], [], ['A']]],
  ['a flag, by its name', { FEATURE_X_Y: 'false' }, { FEATURE_X_Y: 'true' }, {}, [[], ['x_y'], ['FEATURE_X_Y']]],
  ['a reference comes to what runs', { A: 'x' }, { A: 'x' }, { A: ref('redis.URL') }, [[], [], []]],
  ['a reference that came to something else', { A: 'x' }, { A: 'y' }, { A: ref('redis.URL') }, [['A'], [], ['A']]],
  ['a sealed one is judged by what runs', { A: 'x' }, { A: 'x' }, { A: null }, [[], [], []]],
  ['one that is not shown at all', { A: 'x' }, { A: 'x' }, {}, [[], [], []]],
  ["the platform's own", { RAILWAY_X: '1', PORT: '1' }, { RAILWAY_X: '2' }, {}, [[], [], []]],
])('%s', (_, earlier, running, stored, [variables, flags, returning]) => {
  const service = anObservedService('api', { variables: observedVariables(stored) })
  expect(changedVariables(snapshot(earlier), snapshot(running), service, undefined)).toEqual({
    variables,
    flags,
    returning,
  })
})
