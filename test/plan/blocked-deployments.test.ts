import { expect, it } from 'vitest'
import { blockedDeployments } from '../../src/plan/blocked-deployments.ts'
import type { PlannedDeployment } from '../../src/plan/plan.ts'
import { aDesiredService, aDesiredState, aPlan, aPlannedDeployment, texts } from '../support/builders.ts'

const waiting: Partial<PlannedDeployment> = { missingSecrets: ['KEY'] }

it.each<
  [what: string, deployments: PlannedDeployment[], variables: Record<string, string>, blocked: Record<string, string[]>]
>([
  ['nothing is missing', [aPlannedDeployment('api'), aPlannedDeployment('worker')], {}, {}],
  [
    'a service lacks a secret of its own',
    [aPlannedDeployment('api', waiting), aPlannedDeployment('redis')],
    {},
    { api: [] },
  ],
  [
    'what shares its codebase and comes after it waits',
    [
      aPlannedDeployment('api', { ...waiting, level: 1, codebase: 'a/b#main' }),
      aPlannedDeployment('worker', { level: 2, codebase: 'a/b#main' }),
    ],
    {},
    { api: [], worker: ['api'] },
  ],
  [
    'what shares its codebase and comes with it does not',
    [
      aPlannedDeployment('api', { ...waiting, level: 1, codebase: 'a/b#main' }),
      aPlannedDeployment('worker', { level: 1, codebase: 'a/b#main' }),
    ],
    {},
    { api: [] },
  ],
  [
    'what reads a value of it waits, and so does what reads that',
    [
      aPlannedDeployment('store', { ...waiting, level: 0, codebase: 'a/store#main' }),
      aPlannedDeployment('api', { level: 1, codebase: 'a/api#main' }),
      aPlannedDeployment('worker', { level: 2, codebase: 'a/worker#main' }),
    ],
    { api: '${{store.URL}}', worker: '${{api.TOKEN}}' },
    { store: [], api: ['store'], worker: ['store'] },
  ],
  [
    'an address is there before the service runs',
    [
      aPlannedDeployment('api', { ...waiting, level: 0, codebase: 'a/api#main' }),
      aPlannedDeployment('worker', { level: 1, codebase: 'a/worker#main' }),
    ],
    { worker: 'https://${{api.RAILWAY_PUBLIC_DOMAIN}}' },
    { api: [] },
  ],
])('%s', (_, deployments, variables, blocked) => {
  const services = deployments.map(({ service }) =>
    aDesiredService(service, {
      variables: texts(variables[service] === undefined ? {} : { VALUE: variables[service] }),
    }),
  )
  const found = blockedDeployments(aPlan({ deployments }), aDesiredState({ services }))
  expect(Object.fromEntries(found.map(({ deployment, waitsFor }) => [deployment.service, waitsFor]))).toEqual(blocked)
})
