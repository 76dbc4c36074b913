import { expect, test } from 'vitest'
import { holdsReference, referencesIn } from '../../src/plan/references.ts'
import { ref } from '../support/builders.ts'

test.each([
  ['', []],
  [`plain \${X} {{Y}}`, []],
  [ref('X'), [{ variable: 'X' }]],
  [ref('postgres.URL'), [{ service: 'postgres', variable: 'URL' }]],
  [ref(' postgres.URL '), [{ service: 'postgres', variable: 'URL' }]],
  [ref('My Service.URL'), [{ service: 'My Service', variable: 'URL' }]],
  [ref('shared.KEY'), [{ service: 'shared', variable: 'KEY' }]],
  [`a ${ref('X')}:${ref('b.Y')}/`, [{ variable: 'X' }, { service: 'b', variable: 'Y' }]],
])('%j refers to %j', (value, references) => {
  expect(referencesIn(value)).toEqual(references)
  expect(holdsReference(value)).toBe(references.length > 0)
})

test('what only opens like a reference is held for one, so that it is never compared as plain text', () => {
  expect(holdsReference(ref('X').slice(0, -1))).toBe(true)
})
