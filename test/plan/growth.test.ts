import { expect, test } from 'vitest'
import type { Secret } from '../../src/kit/secret.ts'
import { lastApplied } from '../../src/plan/last-applied.ts'
import { type PlanSituation, planChanges } from '../../src/plan/plan-changes.ts'
import { storePatch } from '../../src/plan/store-patch.ts'
import { id } from '../../src/platform/ids.ts'
import {
  aDesiredService,
  aDesiredState,
  anObservedService,
  anObservedState,
  aPlanSituation,
  hour,
  observedRunning,
  observedVariables,
  ourPatch,
  ref,
  serviceId,
  texts,
  theSecret,
} from '../support/builders.ts'

/** The same value, every reading of a property of which is counted, however deep. Maps and secrets are handed on as they are. */
function counting<Value extends object>(value: Value, count: { reads: number }): Value {
  const seen = new WeakMap<object, object>()
  const wrap = <Part extends object>(part: Part): Part => {
    const known = seen.get(part)
    // The proxy that was made of this very part.
    if (known !== undefined) return known as Part
    const proxy = new Proxy(part, {
      get(target, key, receiver) {
        count.reads += 1
        const inner: unknown = Reflect.get(target, key, receiver)
        return isPlain(inner) ? wrap(inner) : inner
      },
      ownKeys(target) {
        const keys = Reflect.ownKeys(target)
        count.reads += keys.length
        return keys
      },
    })
    seen.set(part, proxy)
    return proxy
  }
  return wrap(value)
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
}

interface Size {
  services: number
  variables: number
}

type Shape = (size: Size) => Partial<PlanSituation>

const names = (amount: number, prefix: string) => Array.from({ length: amount }, (_, index) => `${prefix}${index}`)

/** Each service refers to the one before it, shares a secret with all, and has a codebase and a password of its own. */
function services({ services: amount, variables }: Size) {
  return names(amount, 's').map((name, index) =>
    aDesiredService(name, {
      codebase: `acme/${name}#main`,
      settings: { startCommand: 'run' },
      variables: {
        ...texts(Object.fromEntries(names(variables, 'V').map((variable) => [variable, 'new']))),
        CHAIN: { kind: 'text', value: index === amount - 1 ? 'start' : ref(`s${index + 1}.CHAIN`) },
        SHARED: theSecret('SHARED'),
        PASSWORD: theSecret(name),
      },
    }),
  )
}

function desired(size: Size) {
  const all = services(size)
  const everyone = all.map(({ name }) => name)
  return aDesiredState({
    services: all,
    secrets: [
      { name: 'SHARED', services: everyone, requiredBy: everyone },
      ...everyone.map((name) => ({ name, services: [name], requiredBy: [name] })),
    ],
  })
}

function observed(size: Size, values: Record<string, string>) {
  return anObservedState({
    services: services(size).map(({ name }, index) =>
      anObservedService(name, {
        variables: observedVariables({
          ...Object.fromEntries(names(size.variables, 'V').map((variable) => [variable, 'old'])),
          ...Object.fromEntries(names(size.variables, 'STRANGE').map((variable) => [variable, 'old'])),
          CHAIN: index === size.services - 1 ? 'end' : ref(`s${index + 1}.CHAIN`),
          ...values,
        }),
      }),
    ),
    patches: names(20, 'patch').map((patch) =>
      ourPatch(
        { services: { [serviceId(`s${size.services - 1}`)]: { variables: { CHAIN: { value: 'end' } } } } },
        { id: id(patch), createdAt: hour },
      ),
    ),
  })
}

const shapes: Record<string, Shape> = {
  'from nothing': (size) => ({ desired: desired(size), observed: undefined, projectExists: false }),
  'where everything differs and no secret is set': (size) => {
    const state = observed(size, {})
    return { desired: desired(size), observed: state, lastApplied: lastApplied(state.patches ?? []) }
  },
  'where all secrets are set and snapshots are behind': (size) => ({
    desired: desired(size),
    observed: observed(size, { SHARED: 'x', PASSWORD: 'y' }),
    running: observedRunning(Object.fromEntries(names(size.services, 's').map((name) => [name, { V0: 'older' }]))),
  }),
  'where services elsewhere only need an instance': (size) => ({
    desired: desired(size),
    observed: anObservedState({
      services: [],
      servicesElsewhere: names(size.services, 's').map((name) => ({ id: serviceId(name), name })),
    }),
  }),
  'of services that are all named': (size) => ({
    desired: desired(size),
    observed: observed(size, {}),
    services: names(size.services, 's'),
  }),
}

function work(shape: Shape, size: Size): number {
  const count = { reads: 0 }
  const situation = aPlanSituation(shape(size))
  const plan = planChanges({
    ...situation,
    desired: counting(situation.desired, count),
    observed: situation.observed === undefined ? undefined : counting(situation.observed, count),
    ...(situation.services === undefined ? {} : { services: counting([...situation.services], count) }),
  })
  expect(plan.deployments).toHaveLength(size.services)
  return count.reads
}

test.each(Object.entries(shapes))('a plan %s grows with the services and variables, and no faster', (_, shape) => {
  const small = work(shape, { services: 20, variables: 5 })
  expect(small).toBeGreaterThan(200)
  expect(work(shape, { services: 80, variables: 5 }) / small).toBeLessThan(4.4)
  expect(work(shape, { services: 20, variables: 20 }) / small).toBeLessThan(4.4)
})

test('the count sees a loop in a loop', () => {
  const quadratic = (amount: number) => {
    const count = { reads: 0 }
    const all = counting(
      names(amount, 's').map((name) => ({ name })),
      count,
    )
    for (const { name } of all) all.find((other) => other.name === name)
    return count.reads
  }
  expect(quadratic(80) / quadratic(20)).toBeGreaterThan(8)
})

test('a plan of a thousand services with a hundred variables each, every reference in one chain, is made and stored', () => {
  const size = { services: 1000, variables: 100 }
  const plan = planChanges(aPlanSituation(shapes['where everything differs and no secret is set']?.(size)))
  expect(plan.deployments).toHaveLength(1000)
  expect(plan.deployments.filter(({ reasons }) => reasons.includes('reference-change'))).toHaveLength(999)
  const asked = { services: 0 }
  const patch = storePatch(plan.changes, {
    service: (name) => {
      asked.services += 1
      return serviceId(name)
    },
    volume: () => id('volume'),
    settings: () => ({}),
    secret: (): Secret => {
      throw new Error('no secret is generated or supplied here')
    },
  })
  expect(Object.keys(patch?.services ?? {})).toHaveLength(1000)
  expect(asked.services).toBeLessThanOrEqual(plan.changes.length)
})
