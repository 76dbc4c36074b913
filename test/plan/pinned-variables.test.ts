import { expect, test } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import { type LeftBecause, pinnedVariables, pinningPatch } from '../../src/plan/pinned-variables.ts'
import {
  aDesiredService,
  anObservedService,
  observedVariables,
  ourPatch,
  ref,
  serviceId,
  texts,
} from '../support/builders.ts'

type Values = Record<string, string>

const snapshot = (values: Values) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new Secret(value)]))
const url = ref('redis.URL')
const wrote = (value: string) => ourPatch({ services: { [serviceId('api')]: { variables: { A: { value } } } } })

test.each<
  [
    string,
    { runs: Values; before?: Values; stored: Record<string, string | null>; config?: Values; written?: string },
    Values,
    [string, LeftBecause][],
  ]
>([
  ['nothing, where all is equal', { runs: { A: '1' }, stored: { A: '1' } }, {}, []],
  ['a literal that is stored otherwise', { runs: { A: '1' }, stored: { A: '2' } }, { A: '1' }, []],
  ['one that is gone since', { runs: { A: '1' }, before: {}, stored: {} }, { A: '1' }, []],
  ['not one that ran before as well', { runs: { A: '1' }, before: { A: '1' }, stored: {} }, {}, []],
  ['not one of which nothing tells whose it is', { runs: { A: '1' }, stored: {} }, {}, [['A', 'not-stored']]],
  ['not one that is new since', { runs: {}, before: { A: '2' }, stored: { A: '2' } }, {}, [['A', 'added-since']]],
  ['not one that is not shown', { runs: {}, stored: { A: null } }, {}, [['A', 'masked']]],
  ['not over a reference', { runs: { A: 'x' }, before: { A: 'y' }, stored: { A: url } }, {}, [['A', 'reference']]],
  ['no reference that comes to the same', { runs: { A: 'x' }, before: { A: 'x' }, stored: { A: url } }, {}, []],
  [
    'not where the config has a reference',
    { runs: { A: 'x' }, stored: { A: '2' }, config: { A: url } },
    {},
    [['A', 'reference']],
  ],
  [
    'not where a reference was stored once',
    { runs: { A: 'x' }, stored: { A: '2' }, written: url },
    {},
    [['A', 'reference']],
  ],
  ["nothing of the platform's own", { runs: { RAILWAY_X: '1', PORT: '1' }, before: {}, stored: {} }, {}, []],
  ['no note of this tool', { runs: { FAKTURINO_X: '1' }, before: {}, stored: {} }, {}, []],
])('pins %s', (_, { runs, before, stored, config, written }, values, left) => {
  const service = anObservedService('api', { variables: observedVariables(stored) })
  const found = pinnedVariables(snapshot(runs), service, {
    before: before === undefined ? undefined : snapshot(before),
    desired: { services: config === undefined ? [] : [aDesiredService('api', { variables: texts(config) })] },
    patches: written === undefined ? [] : [wrote(written)],
  })
  expect(Object.fromEntries(Object.entries(found.values).map(([name, value]) => [name, value.reveal()]))).toEqual(
    values,
  )
  expect(found.left).toEqual(left.map(([variable, because]) => ({ variable, because })))
  const entries = Object.entries(values).map(([name, value]) => [name, { value }])
  expect(pinningPatch([found])).toEqual(
    entries.length === 0 ? undefined : { services: { [service.id]: { variables: Object.fromEntries(entries) } } },
  )
})
