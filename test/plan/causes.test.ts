import { describe, expect, it, test } from 'vitest'
import type { ServiceConfig } from '../../src/contract/environment-config.ts'
import { lastApplied } from '../../src/plan/last-applied.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import type { ServiceSettings } from '../../src/platform/service-settings.ts'
import {
  aDesiredService,
  aDesiredState,
  anObservedPatch,
  anObservedService,
  anObservedState,
  aPlanSituation,
  observedVariables,
  ourPatch,
  serviceId,
  texts,
} from '../support/builders.ts'

const onApi = (config: ServiceConfig) => ({ services: { [serviceId('api')]: config } })
const oursSaid = (config: ServiceConfig) => lastApplied([ourPatch(onApi(config))])

function causeOfSetting(desired: ServiceSettings, observed: ServiceSettings, applied = lastApplied([])) {
  const { changes } = planChanges(
    aPlanSituation({
      desired: aDesiredState({ services: [aDesiredService('api', { settings: desired })] }),
      observed: anObservedState({ services: [anObservedService('api', { settings: observed })] }),
      lastApplied: applied,
    }),
  )
  return changes.map(({ setting, cause }) => `${setting}: ${cause}`)
}

test.each<[string, ServiceSettings, ServiceSettings, ServiceConfig, string]>([
  [
    'what we wrote is there: the config has changed',
    { startCommand: 'new' },
    { startCommand: 'old' },
    { deploy: { startCommand: 'old' } },
    'startCommand: config',
  ],
  [
    'something else is there: somebody changed it',
    { startCommand: 'new' },
    { startCommand: 'theirs' },
    { deploy: { startCommand: 'old' } },
    'startCommand: drift',
  ],
  [
    'what we wrote is gone: somebody took it away',
    { startCommand: 'new' },
    {},
    { deploy: { startCommand: 'old' } },
    'startCommand: drift',
  ],
  [
    'what we reset is still unset: the config has changed',
    { startCommand: 'new' },
    {},
    { deploy: { startCommand: null } },
    'startCommand: config',
  ],
  [
    'a list of commands is compared as one value',
    { preDeploy: ['new'] },
    { preDeploy: ['a', 'b'] },
    { deploy: { preDeployCommand: ['a', 'b'] } },
    'preDeploy: config',
  ],
  [
    'the platform has a word of its own for a policy',
    { restartPolicy: 'never' },
    { restartPolicy: 'always' },
    { deploy: { restartPolicyType: 'ALWAYS' } },
    'restartPolicy: config',
  ],
  [
    'a region is there whatever its number of replicas, and whatever was left for it',
    { region: 'us-east4-eqdc4a' },
    { region: 'us-west2', replicas: 2 },
    { deploy: { multiRegionConfig: { 'us-west2': { numReplicas: 2 }, 'europe-west4-drams3a': null } } },
    'region: config',
  ],
  [
    'another region than ours is drift',
    { region: 'us-east4-eqdc4a' },
    { region: 'europe-west4-drams3a', replicas: 2 },
    { deploy: { multiRegionConfig: { 'us-west2': { numReplicas: 2 } } } },
    'region: drift',
  ],
])('%s', (_, desired, observed, written, cause) => {
  expect(causeOfSetting(desired, observed, oursSaid(written))).toEqual([cause])
})

test.each<[string, ServiceSettings, ServiceSettings, string]>([
  ['nothing of ours names it: nobody knows', { startCommand: 'new' }, { startCommand: 'old' }, 'startCommand: unknown'],
  ['but a first value can only come from the config', { startCommand: 'new' }, {}, 'startCommand: config'],
])('%s', (_, desired, observed, cause) => {
  expect(causeOfSetting(desired, observed)).toEqual([cause])
})

describe("patches that are not ours, or not there yet, don't count", () => {
  const config = onApi({ deploy: { startCommand: 'old' } })
  test.each([
    ['of somebody else', anObservedPatch(config, { message: 'tuned it' })],
    ['without a message', anObservedPatch(config)],
    ['that only mentions us', anObservedPatch(config, { message: 'after fakturino deploy' })],
    ['that is staged', ourPatch(config, { status: 'staged' })],
    ['that is being applied', ourPatch(config, { status: 'applying' })],
  ])('one %s', (_, patch) => {
    expect(causeOfSetting({ startCommand: 'new' }, { startCommand: 'old' }, lastApplied([patch]))).toEqual([
      'startCommand: unknown',
    ])
  })

  it('and of ours the newest that names the place does', () => {
    const applied = lastApplied([
      ourPatch(onApi({ build: { buildCommand: 'x' } })),
      ourPatch(onApi({ deploy: { startCommand: 'newest' } })),
      ourPatch(config),
    ])
    expect(causeOfSetting({ startCommand: 'new' }, { startCommand: 'old' }, applied)).toEqual(['startCommand: drift'])
    expect(causeOfSetting({ startCommand: 'new' }, { startCommand: 'newest' }, applied)).toEqual([
      'startCommand: config',
    ])
  })
})

test.each<[string, string | undefined, ServiceConfig['variables'][], string]>([
  ['a variable that is what we wrote: the config has changed', 'old', [{ A: { value: 'old' } }], 'config'],
  ['a variable that is not: drift', 'theirs', [{ A: { value: 'old' } }], 'drift'],
  ['a variable that we wrote and that is gone: drift', undefined, [{ A: { value: 'old' } }], 'drift'],
  [
    'a variable that we removed ourselves: the config wants it again',
    undefined,
    [{ A: null }, { A: { value: 'old' } }],
    'config',
  ],
  [
    'a variable that we removed and somebody brought back: drift',
    'old',
    [{ A: null }, { A: { value: 'old' } }],
    'drift',
  ],
  ['a variable that nothing of ours names: unknown', 'old', [], 'unknown'],
  ['a variable that is new: the config', undefined, [], 'config'],
])('%s', (_, found, written, cause) => {
  const observed = anObservedService('api', { variables: observedVariables(found === undefined ? {} : { A: found }) })
  const { changes } = planChanges(
    aPlanSituation({
      desired: aDesiredState({ services: [aDesiredService('api', { variables: texts({ A: 'new' }) })] }),
      observed: anObservedState({ services: [observed] }),
      lastApplied: lastApplied(written.map((variables = {}) => ourPatch(onApi({ variables })))),
    }),
  )
  expect(changes.map((change) => change.cause)).toEqual([cause])
})

test('everything about a service that does not exist yet comes from the config', () => {
  const { changes } = planChanges(
    aPlanSituation({
      desired: aDesiredState({
        services: [
          aDesiredService('api', {
            settings: { startCommand: 'run' },
            variables: texts({ A: '1' }),
            volume: { mountPath: '/data', sizeMB: 1024 },
          }),
        ],
      }),
      observed: anObservedState({ services: [] }),
      lastApplied: oursSaid({ deploy: { startCommand: 'old' }, variables: { A: { value: '0' } } }),
    }),
  )
  expect(changes.map(({ setting, cause }) => `${setting}: ${cause}`)).toEqual([
    'service: config',
    'startCommand: config',
    'volume: config',
    'variable: config',
  ])
})

test('nothing says who changed a volume, a domain or deploys on push', () => {
  const { changes } = planChanges(
    aPlanSituation({
      desired: aDesiredState({ services: [aDesiredService('api', { domain: { targetPort: 8080 } })] }),
      observed: anObservedState({
        services: [anObservedService('api', { domains: [{ domain: 'a.b', kind: 'generated', targetPort: 80 }] })],
      }),
    }),
  )
  expect(changes.map(({ setting, cause }) => `${setting}: ${cause}`)).toEqual(['domain-port: unknown'])
})

test.each([
  ['what we wrote', 'serve hunter2', 'serve hunter2'],
  ['what somebody else wrote', 'serve', '(hidden)'],
])('a command before the change is %s: %j written, %j shown', (_, written, before) => {
  const { changes } = planChanges(
    aPlanSituation({
      desired: aDesiredState({ services: [aDesiredService('api', { settings: { startCommand: 'run' } })] }),
      observed: anObservedState({
        services: [anObservedService('api', { settings: { startCommand: 'serve hunter2' } })],
      }),
      lastApplied: oursSaid({ deploy: { startCommand: written } }),
    }),
  )
  expect(changes.map((change) => change.before)).toEqual([before])
})
