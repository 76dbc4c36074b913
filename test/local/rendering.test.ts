import fc from 'fast-check'
import { expect, test } from 'vitest'
import { referencesIn, render } from '../../src/local/rendering.ts'
import { ref } from '../support/contract-caller.ts'

test('references are found with their owner and name', () => {
  const value = `${ref('A')} ${ref(' My.Service.B ')} ${ref('shared.C')} $\{D} {{E}} ${ref('')}`
  expect(referencesIn(value)).toEqual([
    { owner: undefined, name: 'A' },
    { owner: 'My.Service', name: 'B' },
    { owner: 'shared', name: 'C' },
  ])
})

test('rendering ends and leaves no reference to a known name, whatever refers to what', () => {
  const names = ['A', 'B', 'C', 'D']
  const owners = ['one', 'two']
  const part = fc.oneof(
    fc.constantFrom('x', '-', ' '),
    fc
      .tuple(fc.constantFrom('', 'one.', 'two.', 'none.'), fc.constantFrom(...names, 'E'))
      .map(([of, name]) => ref(of + name)),
  )
  const value = fc.array(part, { maxLength: 3 }).map((parts) => parts.join(''))
  const world = fc.record({
    one: fc.dictionary(fc.constantFrom(...names), value),
    two: fc.dictionary(fc.constantFrom(...names), value),
  })
  fc.assert(
    fc.property(world, fc.constantFrom(...owners), (stored, owner) => {
      const maps = new Map(Object.entries(stored).map(([of, entries]) => [of, new Map(Object.entries(entries))]))
      const sources = {
        stored: (of: string) => maps.get(of) ?? new Map<string, string>(),
        owned: (name: string) => (owners.includes(name) ? name : undefined),
      }
      const rendered = render(sources, owner)
      expect(Object.keys(rendered)).toEqual([...(maps.get(owner)?.keys() ?? [])])
      for (const text of Object.values(rendered)) expect(text).not.toContain('{{')
    }),
    { seed: 20_261_103 },
  )
})
