import { expect, test } from 'vitest'
import { valueAt } from '../../src/plan/config-path.ts'
import { isOurs, lastApplied } from '../../src/plan/last-applied.ts'
import { ourPatch, serviceId } from '../support/builders.ts'

test.each([
  ['fakturino deploy by nina', true],
  ['fakturino init by ci: first setup', true],
  ['fakturinos own', false],
  ['Fakturino deploy', false],
  ['re: fakturino deploy', false],
  ['', false],
  [undefined, false],
])('a patch that says %j is ours: %s', (message, expected) => {
  expect(isOurs({ message })).toBe(expected)
})

test.each<[string, object, string, unknown]>([
  ['what stands there', { a: { b: 1 } }, 'a.b', 1],
  ['a whole part', { a: { b: 1 } }, 'a', { b: 1 }],
  ['null, where it was reset', { a: { b: null } }, 'a.b', null],
  ['null, where all around it was reset', { a: null }, 'a.b', null],
  ['nothing, where the path is not named', { a: {} }, 'a.b', undefined],
  ['nothing, where a value stands in the way', { a: 'text' }, 'a.length', undefined],
  ['nothing of what every object has', {}, 'constructor.name', undefined],
])('at a path stands %s', (_, config, path, expected) => {
  expect(valueAt(config, path.split('.'))).toEqual(expected)
})

test('a removal is a written value too, and hides what was written before', () => {
  const on = (variables: object) => ourPatch({ services: { [serviceId('api')]: { variables: { ...variables } } } })
  const applied = lastApplied([on({ A: null }), on({ A: { value: '1' }, B: { value: '2' } })])
  expect(applied.value(serviceId('api'), ['variables', 'A', 'value'])).toEqual({ written: null })
  expect(applied.value(serviceId('api'), ['variables', 'B', 'value'])).toEqual({ written: '2' })
  expect(applied.value(serviceId('api'), ['variables', 'C', 'value'])).toBe('none')
  expect(applied.value(serviceId('worker'), ['variables', 'A', 'value'])).toBe('none')
})
