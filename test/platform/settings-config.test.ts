import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ServiceConfig } from '../../src/contract/environment-config.ts'
import type { SettingsPatch } from '../../src/platform/platform.ts'
import type { ServiceSettings } from '../../src/platform/service-settings.ts'
import { settingsFromConfig, settingsToConfig } from '../../src/platform/translate.ts'

describe('reading settings', () => {
  it('finds every one at its place', () => {
    const config: ServiceConfig = {
      source: { repo: 'acme/app', branch: 'main', image: 'redis:7', rootDirectory: '/api' },
      build: { buildCommand: 'make', builder: 'RAILPACK' },
      deploy: {
        preDeployCommand: ['migrate', 'seed'],
        startCommand: 'run',
        healthcheckPath: '/health',
        healthcheckTimeout: 120,
        restartPolicyType: 'ALWAYS',
        restartPolicyMaxRetries: 3,
        multiRegionConfig: { 'us-west2': { numReplicas: 2 } },
        numReplicas: 1,
      },
    }
    expect(settingsFromConfig(config)).toEqual({
      repo: 'acme/app',
      branch: 'main',
      image: 'redis:7',
      buildCommand: 'make',
      preDeploy: ['migrate', 'seed'],
      startCommand: 'run',
      healthcheckPath: '/health',
      healthcheckTimeoutSeconds: 120,
      restartPolicy: 'always',
      restartRetries: 3,
      replicas: 2,
      region: 'us-west2',
    })
  })

  it.each<[string, unknown, ServiceSettings]>([
    ['a pre-deploy command that is one text', { preDeployCommand: 'migrate' }, { preDeploy: ['migrate'] }],
    ['a pre-deploy command that is empty', { preDeployCommand: '' }, {}],
    ['a pre-deploy list that is empty', { preDeployCommand: [] }, {}],
    ['a pre-deploy list of nonsense', { preDeployCommand: [null, 5, 'migrate'] }, { preDeploy: ['migrate'] }],
    [
      'settings that are null',
      { startCommand: null, healthcheckTimeout: null, restartPolicyType: null, numReplicas: null },
      {},
    ],
    ['settings that are empty', { startCommand: '', healthcheckPath: '' }, {}],
    ['settings of another kind', { startCommand: 5, healthcheckTimeout: '300', numReplicas: Number.NaN }, {}],
    ['a restart policy that we do not know', { restartPolicyType: 'SOMETIMES' }, {}],
    ['no restarts', { restartPolicyType: 'NEVER' }, { restartPolicy: 'never' }],
    ['a number without a region', { numReplicas: 3 }, { replicas: 3 }],
    ['regions that are empty', { multiRegionConfig: {}, numReplicas: 3 }, { replicas: 3 }],
    ['a region without a number', { multiRegionConfig: { a: {} } }, { replicas: 1, region: 'a' }],
    ['a region that was left', { multiRegionConfig: { a: null, b: { numReplicas: 2 } } }, { replicas: 2, region: 'b' }],
    [
      'several regions',
      { multiRegionConfig: { a: { numReplicas: 2 }, b: { numReplicas: 3 } }, numReplicas: 1 },
      { replicas: 5 },
    ],
    ['nothing', null, {}],
    ['a text', 'deploy', {}],
  ])('takes %s', (_, deploy, expected) => {
    expect(settingsFromConfig({ deploy } as ServiceConfig)).toEqual(expected)
  })
})

describe('writing settings', () => {
  it.each<[string, SettingsPatch, ServiceSettings, ServiceConfig]>([
    ['nothing', {}, {}, {}],
    ['only what is set', { startCommand: 'run' }, { replicas: 2, region: 'a' }, { deploy: { startCommand: 'run' } }],
    ['pre-deploy commands as a list', { preDeploy: ['migrate'] }, {}, { deploy: { preDeployCommand: ['migrate'] } }],
    ['no pre-deploy command as a reset', { preDeploy: [] }, {}, { deploy: { preDeployCommand: null } }],
    [
      'resets as null',
      { image: null, buildCommand: null, restartPolicy: null },
      {},
      { source: { image: null }, build: { buildCommand: null }, deploy: { restartPolicyType: null } },
    ],
    ['replicas where no region is known', { replicas: 3 }, {}, { deploy: { multiRegionConfig: null, numReplicas: 3 } }],
    [
      'replicas in the region they run in',
      { replicas: 3 },
      { region: 'a' },
      { deploy: { multiRegionConfig: { a: { numReplicas: 3 } } } },
    ],
    [
      'a region with the replicas there are',
      { region: 'a' },
      { replicas: 2 },
      { deploy: { multiRegionConfig: { a: { numReplicas: 2 } } } },
    ],
    [
      'a move, which leaves the old region',
      { region: 'b', replicas: 1 },
      { region: 'a', replicas: 2 },
      { deploy: { multiRegionConfig: { a: null, b: { numReplicas: 1 } } } },
    ],
    [
      'no region, keeping the replicas',
      { region: null },
      { region: 'a', replicas: 2 },
      { deploy: { multiRegionConfig: null, numReplicas: 2 } },
    ],
    [
      'no replicas in a region',
      { replicas: null },
      { region: 'a', replicas: 2 },
      { deploy: { multiRegionConfig: { a: { numReplicas: 1 } } } },
    ],
    ['no replicas', { replicas: null }, {}, { deploy: { multiRegionConfig: null, numReplicas: null } }],
  ])('says %s', (_, patch, before, expected) => {
    expect(settingsToConfig(patch, before)).toEqual(expected)
  })

  it('is read back as it was written, whatever it is', () => {
    const text = fc.string({ minLength: 1 })
    const positive = fc.integer({ min: 1, max: 1_000 })
    const settings: fc.Arbitrary<ServiceSettings> = fc.record(
      {
        repo: text,
        branch: text,
        image: text,
        buildCommand: text,
        preDeploy: fc.array(text, { minLength: 1, maxLength: 3 }),
        startCommand: text,
        healthcheckPath: text,
        healthcheckTimeoutSeconds: positive,
        restartPolicy: fc.constantFrom('on-failure', 'always', 'never'),
        restartRetries: fc.nat(),
        replicas: positive,
        region: text.filter((region) => region !== '__proto__'),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(settings, (wanted) => {
        // A region brings its one replica along.
        const expected = wanted.region === undefined ? wanted : { replicas: 1, ...wanted }
        expect(settingsFromConfig(settingsToConfig(wanted))).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })
})
