import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EnvironmentConfig } from '../../src/contract/environment-config.ts'
import {
  applyPatch,
  combinePatches,
  countChanges,
  maskConfig,
  replicasOf,
  servicesToDeploy,
} from '../../src/local/patches.ts'
import { ref } from '../support/contract-caller.ts'

const seed = 20_261_103

/** JSON objects whose keys often meet. */
const json = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'),
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<unknown>('x', 1, true, null),
      fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('value'), { maxKeys: 3 }),
    ),
  })).value,
)

describe('applying a patch', () => {
  test('changes neither the settings nor the patch', () => {
    fc.assert(
      fc.property(json, json, (config, patch) => {
        const before = JSON.stringify([config, patch])
        applyPatch(config, patch)
        expect(JSON.stringify([config, patch])).toBe(before)
      }),
      { seed },
    )
  })

  test('twice is the same as once', () => {
    fc.assert(
      fc.property(json, json, (config, patch) => {
        const once = applyPatch(config, patch)
        expect(JSON.stringify(applyPatch(once, patch))).toBe(JSON.stringify(once))
      }),
      { seed },
    )
  })

  test('of nothing changes nothing', () => {
    fc.assert(
      fc.property(json, (config) => {
        expect(applyPatch(config, {})).toEqual(config)
      }),
      { seed },
    )
  })

  test('takes the marks of creation away and keeps everything else', () => {
    const patch = { services: { a: { isCreated: true, variables: { X: { value: '1' } } }, b: { isDeleted: true } } }
    expect(applyPatch({ services: { b: { deploy: {} } } }, patch)).toEqual({
      services: { a: { variables: { X: { value: '1' } } } },
    })
  })
})

describe('two staged patches in one', () => {
  test('keep their nulls, the later one decides', () => {
    const earlier = { sharedVariables: { A: null, B: { value: '1' }, C: { value: '1' } } }
    const later = { sharedVariables: { B: null, C: { value: '2' } } }
    expect(combinePatches(earlier, later)).toEqual({ sharedVariables: { A: null, B: null, C: { value: '2' } } })
  })
})

test.each<[EnvironmentConfig, number]>([
  [{}, 0],
  [{ services: {}, volumes: {} }, 0],
  [{ services: { a: { variables: {} } } }, 0],
  [{ services: { a: { variables: { X: { value: '1', isSealed: true } } } } }, 1],
  [{ services: { a: { deploy: { preDeployCommand: ['a', 'b'], startCommand: null } } } }, 2],
  [{ services: { a: { isCreated: true } } }, 1],
  [{ volumes: { v: { sizeMB: 1 } }, sharedVariables: { A: null } }, 2],
  [{ services: { a: { networking: { serviceDomains: { d: {} } } } } }, 1],
])('the changes in %j are %i', (patch, count) => {
  expect(countChanges(patch)).toBe(count)
})

test.each<[string, EnvironmentConfig, string[]]>([
  ['a variable', { services: { a: { variables: { X: { value: '2' } } } } }, ['a']],
  ['a start command', { services: { a: { deploy: { startCommand: 'y' } } } }, ['a']],
  ['a source', { services: { b: { source: { image: 'x' } } } }, ['b']],
  ['a build command', { services: { b: { build: { buildCommand: 'x' } } } }, ['b']],
  ['a mount', { services: { b: { volumeMounts: { v: { mountPath: '/x' } } } } }, ['b']],
  ['an unknown key', { services: { b: { configFile: 'x' } } }, ['b']],
  ['a domain', { services: { a: { networking: { customDomains: { d: {} } } } } }, []],
  ['replicas', { services: { a: { deploy: { numReplicas: 2, multiRegionConfig: { r: {} } } } } }, []],
  ['a volume’s size', { volumes: { v: { sizeMB: 2 } } }, []],
  ['a shared variable', { sharedVariables: { S: { value: '2' } } }, ['b']],
  ['another shared variable', { sharedVariables: { T: { value: '2' } } }, []],
  ['the same value', { services: { a: { variables: { X: { value: '1' } } } } }, []],
  ['an empty object', { services: { a: { build: {} } } }, []],
])('a patch of %s deploys the right services', (_, patch, expected) => {
  const shared = ref(' shared.S ')
  const before: EnvironmentConfig = {
    services: {
      a: { deploy: { startCommand: 'x' }, variables: { X: { value: '1' } } },
      b: { variables: { Y: { value: shared } } },
    },
    sharedVariables: { S: { value: '1' } },
  }
  expect(servicesToDeploy(before, applyPatch(before, patch))).toEqual(expected)
})

test.each([
  [{}, 1],
  [{ deploy: { numReplicas: 3 } }, 3],
  [{ deploy: { numReplicas: 3, multiRegionConfig: { r: { numReplicas: 2 }, s: {} } } }, 3],
  [{ deploy: { numReplicas: 3 }, volumeMounts: { v: { mountPath: '/x' } } }, 1],
])('settings %j mean %i containers', (settings, replicas) => {
  expect(replicasOf(settings)).toBe(replicas)
})

test('a value that a patch gives to a sealed variable is masked too', () => {
  const stored = { services: { a: { variables: { X: { value: 'old', isSealed: true } } } } }
  const patch = { services: { a: { variables: { X: { value: 'new' }, Y: { value: 'shown' }, Z: null } } } }
  expect(maskConfig(patch, stored, true, 'stars')).toEqual({
    services: { a: { variables: { X: { value: '*****' }, Y: { value: 'shown' }, Z: null } } },
  })
})
