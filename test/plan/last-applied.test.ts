import { expect, test } from 'vitest'
import { valueAt } from '../../src/plan/config-path.ts'
import { isOurs, isPinning, lastApplied } from '../../src/plan/last-applied.ts'
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

test.each([
  ['fakturino rollback by nina', true],
  ['fakturino rollback by nina: api answers 500', true],
  ['fakturino rollback by nina (allowed: staged-changes)', false],
  ['fakturino deploy by nina', false],
  ['rollback by nina', false],
  [undefined, false],
])('a patch that says %j stores what runs: %s', (message, expected) => {
  expect(isPinning(message === undefined ? { message: undefined } : { message })).toBe(expected)
})

test('what a rollback pinned counts as ours only where we had written a value before', () => {
  const on = (variables: object) => ourPatch({ services: { [serviceId('api')]: { variables: { ...variables } } } })
  const pinned = {
    ...on({ A: { value: '1' }, B: { value: '1' }, C: { value: '1' } }),
    message: 'fakturino rollback by nina',
  }
  const { value } = lastApplied([pinned, on({ A: { value: '2' }, B: null })])
  expect(value(serviceId('api'), ['variables', 'A', 'value'])).toEqual({ written: '1' })
  expect(value(serviceId('api'), ['variables', 'B', 'value'])).toEqual({ written: null })
  expect(value(serviceId('api'), ['variables', 'C', 'value'])).toBe('none')
})
