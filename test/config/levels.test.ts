import { describe, expect, test } from 'vitest'
import { deploymentLevels, type Ordered } from '../../src/config/levels.ts'

function service(name: string, details: Partial<Ordered> = {}): Ordered {
  return { name, refersTo: [], addressOf: [], hasPreDeploy: false, ...details }
}

function levels(...services: Ordered[]): Record<string, number> {
  return Object.fromEntries(deploymentLevels(services))
}

describe('the order of deployment', () => {
  test('services without references go first, and those they feed after them', () => {
    expect(levels(service('app', { refersTo: ['db', 'cache'] }), service('db'), service('cache'))).toEqual({
      app: 1,
      db: 0,
      cache: 0,
    })
  })

  test('the longest way counts', () => {
    expect(levels(service('c', { refersTo: ['a', 'b'] }), service('b', { refersTo: ['a'] }), service('a'))).toEqual({
      a: 0,
      b: 1,
      c: 2,
    })
  })

  test('the one with a pre-deploy step goes before the others of its codebase, not before others', () => {
    expect(
      levels(
        service('worker', { codebase: 'x#main' }),
        service('web', { codebase: 'x#main', hasPreDeploy: true }),
        service('site', { codebase: 'y#main' }),
      ),
    ).toEqual({ web: 0, worker: 1, site: 0 })
  })

  test('two that migrate do not wait for each other', () => {
    const both = { codebase: 'x#main', hasPreDeploy: true }
    expect(levels(service('a', both), service('b', both))).toEqual({ a: 0, b: 0 })
  })

  test('two that want each other’s address do not block each other', () => {
    expect(
      levels(service('a', { refersTo: ['b'], addressOf: ['b'] }), service('b', { refersTo: ['a'], addressOf: ['a'] })),
    ).toEqual({ a: 1, b: 0 })
  })

  test('wanting an address gives way to needing a value', () => {
    expect(levels(service('a', { refersTo: ['b'], addressOf: ['b'] }), service('b', { refersTo: ['a'] }))).toEqual({
      a: 0,
      b: 1,
    })
  })

  test('a circle of values still ends', () => {
    expect(levels(service('a', { refersTo: ['b'] }), service('b', { refersTo: ['a'] }))).toEqual({ a: 1, b: 0 })
  })

  test('a reference to a service that is not deployed orders nothing', () => {
    expect(levels(service('a', { refersTo: ['elsewhere'] }))).toEqual({ a: 0 })
  })
})
