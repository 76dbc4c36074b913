import { describe, expect, it, test } from 'vitest'
import type { DesiredService, DesiredState } from '../../src/config/desired.ts'
import type { EnvironmentConfig, ServiceConfig } from '../../src/contract/environment-config.ts'
import type { Change } from '../../src/plan/plan.ts'
import { type DeploymentSituation, planDeployments } from '../../src/plan/plan-deployments.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedPatch, ObservedService } from '../../src/platform/observed-state.ts'
import {
  aChange,
  aDesiredDatabase,
  aDesiredService,
  aDesiredState,
  anObservedDeployment,
  anObservedPatch,
  anObservedService,
  anObservedState,
  deployedAt,
  hour,
  observedRunning,
  observedVariables,
  ref,
  serviceId,
  texts,
} from '../support/builders.ts'

interface World {
  desired?: DesiredService[]
  observed?: ObservedService[]
  state?: Partial<DesiredState>
  patches?: ObservedPatch[]
  running?: DeploymentSituation['running']
  changes?: Change[]
  commit?: DeploymentSituation['commit']
  missingSecrets?: string[]
}

function planned(world: World) {
  const { desired = [aDesiredService('api')], observed = desired.map(({ name }) => anObservedService(name)) } = world
  return planDeployments({
    desired: aDesiredState({
      services: desired,
      flags: [{ name: 'x', variable: 'FEATURE_X', default: 'false', riskyValue: 'true', services: ['api'] }],
      ...world.state,
    }),
    observed: anObservedState({ services: observed, patches: world.patches ?? [] }),
    running: world.running,
    changes: world.changes ?? [],
    commit: world.commit ?? { kind: 'running' },
    missingSecrets: world.missingSecrets ?? [],
  })
}

/** `api: another-commit` */
function reasons(world: World): string[] {
  return planned(world).map((deployment) => `${deployment.service}: ${deployment.reasons.join(' ')}`)
}

const stored = (services: Record<string, ServiceConfig | null>, rest: EnvironmentConfig = {}) =>
  anObservedPatch({
    ...rest,
    services: Object.fromEntries(Object.entries(services).map(([name, config]) => [serviceId(name), config])),
  })
const onCommit = (name: string, commit: string) =>
  anObservedService(name, { active: [anObservedDeployment({ id: id(`deployment-${name}`), commit })] })
const neverDeployed = (name: string) => anObservedService(name, { active: [], latest: undefined })

describe('nothing is deployed', () => {
  test.each<[string, World]>([
    ['that runs what is wanted', {}],
    ['for a change that needs no deployment', { changes: [aChange({ setting: 'replicas', effect: 'none' })] }],
    ['for a change of another service', { changes: [aChange({ service: 'worker' })] }],
    ['for a commit that runs already', { commit: { kind: 'given', commit: 'c1' } }],
  ])('%s', (_, world) => {
    expect(planned(world)).toEqual([])
  })
})

describe('a deployment', () => {
  it('says what runs now, what it brings and at what cost', () => {
    expect(
      planned({
        desired: [aDesiredService('api', { level: 1, volume: { mountPath: '/data', sizeMB: 1 } })],
        commit: { kind: 'given', commit: 'c2' },
      }),
    ).toEqual([
      {
        service: 'api',
        level: 1,
        reasons: ['another-commit'],
        running: { deploymentId: 'deployment-api', commit: 'c1' },
        commit: 'c2',
        codebase: 'acme/shop#main',
        missingSecrets: [],
        effect: 'downtime',
      },
    ])
  })

  it('of an image has no commit', () => {
    expect(planned({ desired: [aDesiredDatabase('postgres')], observed: [neverDeployed('postgres')] })).toEqual([
      { service: 'postgres', level: 0, reasons: ['never-deployed'], missingSecrets: [], effect: 'redeploy' },
    ])
  })

  it('names the secrets that its service cannot start without and nobody has', () => {
    const secret = (name: string, requiredBy: string[]) => ({ name, services: ['api', 'worker'], requiredBy })
    const [deployment] = planned({
      observed: [neverDeployed('api')],
      state: { secrets: [secret('A', ['api']), secret('B', ['worker']), secret('C', ['api']), secret('D', ['api'])] },
      missingSecrets: ['A', 'B', 'C'],
    })
    expect(deployment?.missingSecrets).toEqual(['A', 'C'])
  })

  it('is needed once, whatever the number of reasons', () => {
    expect(
      reasons({
        changes: [aChange(), aChange({ variable: 'OTHER' }), aChange({ setting: 'startCommand', effect: 'redeploy' })],
        commit: { kind: 'given', commit: 'c2' },
        patches: [stored({ api: { build: { buildCommand: 'x' } } })],
      }),
    ).toEqual(['api: another-commit stored-change-not-running variables-change settings-change'])
  })

  it('of a service that never ran has that one reason', () => {
    expect(
      reasons({ observed: [neverDeployed('api')], changes: [aChange()], commit: { kind: 'given', commit: 'c2' } }),
    ).toEqual(['api: never-deployed'])
  })

  it('of a service that does not exist yet is its first', () => {
    expect(reasons({ observed: [] })).toEqual(['api: never-deployed'])
  })

  it('is listed in the order of the services', () => {
    const names = ['postgres', 'api', 'worker'].map((name, level) => aDesiredService(name, { level }))
    expect(planned({ desired: names, observed: [] }).map(({ service }) => service)).toEqual([
      'postgres',
      'api',
      'worker',
    ])
  })
})

describe('the commit', () => {
  const [api, worker] = [aDesiredService('api'), aDesiredService('worker', { level: 1 })]
  const commits = (world: World) =>
    planned({ desired: [api, worker], ...world }).map(({ service, commit }) => `${service}@${commit}`)

  test.each<[string, World, string[]]>([
    ['given goes to all that do not run it', { commit: { kind: 'given', commit: 'c2' } }, ['api@c2', 'worker@c2']],
    [
      'given goes to those only that do not run it',
      { commit: { kind: 'given', commit: 'c2' }, observed: [onCommit('api', 'c2'), onCommit('worker', 'c1')] },
      ['worker@c2'],
    ],
    [
      'latest is asked of the platform for all, whatever runs',
      { commit: { kind: 'latest' } },
      ['api@latest', 'worker@latest'],
    ],
    ['running ships nothing new', {}, []],
    [
      'running is what the first service runs, also for one that runs another',
      { observed: [onCommit('api', 'c1'), onCommit('worker', 'c2')] },
      ['worker@c1'],
    ],
    [
      'running is what any runs, for one that runs nothing yet',
      { observed: [neverDeployed('api'), onCommit('worker', 'c7')] },
      ['api@c7'],
    ],
    ['running is the latest where none runs any', { observed: [] }, ['api@latest', 'worker@latest']],
    [
      'running goes with a deployment that has other reasons',
      { observed: [onCommit('api', 'c3'), onCommit('worker', 'c3')], changes: [aChange()] },
      ['api@c3'],
    ],
  ])('%s', (_, world, expected) => {
    expect(commits(world)).toEqual(expected)
  })

  it('is chosen for each codebase apart', () => {
    const desired = [api, aDesiredService('docs', { codebase: 'acme/docs#main' })]
    expect(
      commits({ desired, observed: [onCommit('api', 'c1'), neverDeployed('docs')], commit: { kind: 'running' } }),
    ).toEqual(['docs@latest'])
  })

  it('is no reason for an image', () => {
    expect(planned({ desired: [aDesiredDatabase('redis')], commit: { kind: 'given', commit: 'c2' } })).toEqual([])
  })
})

describe('a stored change that does not run yet', () => {
  const behind = ['api: stored-change-not-running']

  test.each<[string, ServiceConfig | null, string[]]>([
    ['a variable', { variables: { A: { value: '1' } } }, behind],
    ['a removed variable', { variables: { A: null } }, behind],
    ['a setting of its build', { build: { buildCommand: 'x' } }, behind],
    ['a setting of its start', { deploy: { startCommand: 'x' } }, behind],
    ['another image', { source: { image: 'x' } }, behind],
    ['everything about its start, reset', { deploy: null }, behind],
    ['its source, reset', { source: null }, behind],
    ['a volume', { volumeMounts: { v: { mountPath: '/data' } } }, behind],
    ['something that we do not know', { cronSchedule: '* * * * *' }, behind],
    ['only the branch', { source: { branch: 'main' } }, []],
    ['only replicas', { deploy: { numReplicas: 3 } }, []],
    ['only regions', { deploy: { multiRegionConfig: { west: { numReplicas: 3 } } } }, []],
    ['only ports of its domains', { networking: { serviceDomains: { 'a.b': { port: 80 } } } }, []],
    ['only its existence', { isCreated: true }, []],
    ["only a flag's variable", { variables: { FEATURE_X: { value: 'true' } } }, []],
    ["only the tool's own variables", { variables: { FAKTURINO_LEASE: { value: 'x' } } }, []],
    ['a flag and something else', { variables: { FEATURE_X: { value: 'true' }, A: { value: '1' } } }, behind],
    ['nothing of it', {}, []],
    ['its end', null, []],
  ])('a patch since that touches %s', (_, config, expected) => {
    expect(reasons({ patches: [stored({ api: config })] })).toEqual(expected)
  })

  const touching = { services: { [serviceId('api')]: { variables: { A: { value: '1' } } } } }
  test.each<[string, Parameters<typeof anObservedPatch>[1], string[]]>([
    ['from before its deployment', { createdAt: deployedAt - hour, appliedAt: deployedAt - hour }, []],
    ['of the same moment', { createdAt: deployedAt, appliedAt: deployedAt }, []],
    ['staged before and applied after', { createdAt: deployedAt - hour, appliedAt: deployedAt + 1 }, behind],
    ['made after, without a time of applying', { createdAt: deployedAt + 1, appliedAt: undefined }, behind],
    ['that is only staged', { status: 'staged' }, []],
    ['that is still being applied', { status: 'applying' }, []],
  ])('a patch %s', (_, overrides, expected) => {
    expect(reasons({ patches: [anObservedPatch(touching, overrides)] })).toEqual(expected)
  })

  it('is not the patch that the deployment came from', () => {
    const active = [anObservedDeployment({ patchId: id('patch-1') })]
    expect(reasons({ observed: [anObservedService('api', { active })], patches: [anObservedPatch(touching)] })).toEqual(
      [],
    )
  })

  it('is found behind newer patches too', () => {
    const patches = [stored({ api: { source: { branch: 'main' } } }), anObservedPatch(touching)]
    expect(reasons({ patches })).toEqual(behind)
  })

  describe('in a variable that it refers to', () => {
    const observed = [
      anObservedService('postgres', {
        variables: observedVariables({ PGUSER: 'shop', URL: `postgresql://${ref('PGUSER')}@host`, UNUSED: '' }),
      }),
      anObservedService('api', { variables: observedVariables({ DB: ref('postgres.URL'), KEY: ref('shared.KEY') }) }),
      anObservedService('worker', { variables: observedVariables({ DB: ref('api.DB') }) }),
      anObservedService('other', {
        variables: observedVariables({
          HIDDEN: null,
          PGUSER: 'mine',
          NOTE: ref('shared.FAKTURINO_LEASE'),
          FLAG: ref('api.FEATURE_X'),
        }),
      }),
    ]
    const desired = [aDesiredDatabase('postgres'), ...['api', 'worker', 'other'].map((name) => aDesiredService(name))]

    test.each<[string, ObservedPatch, string[]]>([
      [
        'of another service, straight or through a third one',
        stored({ postgres: { variables: { URL: { value: 'x' } } } }),
        ['api: stored-change-not-running', 'worker: stored-change-not-running'],
      ],
      [
        'of another service, through that one itself',
        stored({ postgres: { variables: { PGUSER: { value: 'x' } } } }),
        ['api: stored-change-not-running', 'worker: stored-change-not-running'],
      ],
      [
        'of the environment',
        anObservedPatch({ sharedVariables: { KEY: { value: 'x' } } }),
        ['api: stored-change-not-running'],
      ],
      [
        'of the environment, and that is gone',
        anObservedPatch({ sharedVariables: { KEY: null } }),
        ['api: stored-change-not-running'],
      ],
      ['but not in one that nobody reads', stored({ postgres: { variables: { UNUSED: { value: 'x' } } } }), []],
      ["but not in a flag's", stored({ api: { variables: { FEATURE_X: { value: 'true' } } } }), []],
      ['but not in one of the same name elsewhere', anObservedPatch({ sharedVariables: { URL: { value: 'x' } } }), []],
      [
        'but not in the notes of the tool',
        anObservedPatch({ sharedVariables: { FAKTURINO_LEASE: { value: 'x' } } }),
        [],
      ],
    ])('%s', (_, patch, expected) => {
      expect(reasons({ desired, observed, patches: [patch] })).toEqual(expected)
    })
  })

  describe('by what it was started with', () => {
    const started = (
      snapshot: Record<string, string>,
      variables: Record<string, string | null>,
      service = aDesiredService('api'),
    ) =>
      reasons({
        desired: [service],
        observed: [anObservedService('api', { variables: observedVariables(variables) })],
        running: observedRunning({ api: snapshot }),
      })

    test.each<[string, Record<string, string>, Record<string, string | null>, string[]]>([
      ['the same', { A: '1' }, { A: '1' }, []],
      ['another value', { A: '0' }, { A: '1' }, behind],
      ['nothing of that name', {}, { A: '1' }, behind],
      ['more than is stored: the platform adds its own', { A: '1', RAILWAY_X: '1' }, { A: '1' }, []],
      ['a rendered reference', { A: 'rendered' }, { A: ref('b.C') }, []],
      ['a value that is not shown', { A: '0' }, { A: null }, []],
      ["another value of a flag's variable", { FEATURE_X: 'false' }, { FEATURE_X: 'true' }, []],
      ["another value of the tool's own", {}, { FAKTURINO_X: '1' }, []],
      ['nothing called like something that every object has', {}, { toString: '1' }, behind],
    ])('%s', (_, snapshot, variables, expected) => {
      expect(started(snapshot, variables)).toEqual(expected)
    })

    it('says nothing where the platform has no snapshot', () => {
      const observed = [anObservedService('api', { variables: observedVariables({ A: '1' }) })]
      expect(reasons({ observed, running: observedRunning({}) })).toEqual([])
    })

    it('counts for a database only in what the config says of it', () => {
      const database = aDesiredDatabase('api', { variables: texts({ A: '1' }) })
      expect(started({ A: '1' }, { A: '1', STRANGE: 'x' }, database)).toEqual([])
      expect(started({ A: '0' }, { A: '1', STRANGE: 'x' }, database)).toEqual(behind)
    })
  })
})

describe('a change in a variable that others refer to', () => {
  const desired = [
    aDesiredDatabase('postgres', {
      variables: texts({ USER: 'shop', URL: `x://${ref('USER')}`, OTHER: ref('api.A') }),
    }),
    aDesiredService('api', {
      variables: texts({ DB: ref('postgres.URL'), A: '1', HOST: ref('RAILWAY_PUBLIC_DOMAIN') }),
    }),
    aDesiredService('worker', { variables: texts({ DB: ref('api.DB'), HOST: ref('api.RAILWAY_PUBLIC_DOMAIN') }) }),
    aDesiredService('scheduler', { variables: texts({ USER: 'mine', NAME: 'postgres.URL' }) }),
  ]
  const changing = (service: string, variable: string) =>
    reasons({ desired, changes: [aChange({ service, variable })] })

  it('restarts all that read it, straight or through others', () => {
    expect(changing('postgres', 'URL')).toEqual([
      'postgres: variables-change',
      'api: reference-change',
      'worker: reference-change',
    ])
  })

  it('reaches them through variables of the service that changes', () => {
    expect(changing('postgres', 'USER')).toEqual([
      'postgres: variables-change',
      'api: reference-change',
      'worker: reference-change',
    ])
  })

  it('does not restart a database, which has its own settings only', () => {
    expect(changing('api', 'A')).toEqual(['api: variables-change'])
  })

  it('counts a new domain as a change of its name', () => {
    const domain = aChange({ setting: 'domain', effect: 'none' })
    delete domain.variable
    expect(reasons({ desired, changes: [domain] })).toEqual(['api: reference-change', 'worker: reference-change'])
  })

  it('ends where two refer to each other', () => {
    const circle = [
      aDesiredService('api', { variables: texts({ A: ref('worker.B') }) }),
      aDesiredService('worker', { variables: texts({ B: ref('api.A') }) }),
    ]
    expect(reasons({ desired: circle, changes: [aChange({ variable: 'A' })] })).toEqual([
      'api: variables-change reference-change',
      'worker: reference-change',
    ])
  })
})

describe('the newest commit', () => {
  it('is a reason of its own, whatever runs', () => {
    expect(reasons({ commit: { kind: 'latest' } })).toEqual(['api: newest-commit'])
  })

  it('is no reason for what never ran', () => {
    expect(reasons({ observed: [neverDeployed('api')], commit: { kind: 'latest' } })).toEqual(['api: never-deployed'])
  })
})

describe('a service that is not running', () => {
  const active = (overrides: Parameters<typeof anObservedDeployment>[0]) =>
    anObservedService('api', { active: [anObservedDeployment(overrides)] })
  const latest = (overrides: Parameters<typeof anObservedDeployment>[0]) =>
    anObservedService('api', { active: [], latest: anObservedDeployment(overrides) })

  test.each<[string, ObservedService, string[]]>([
    ['crashed', active({ status: 'crashed', isStopped: true }), ['api: not-running']],
    ['failed', active({ status: 'failed' }), ['api: not-running']],
    ['was stopped', active({ isStopped: true, runningInstances: 0 }), ['api: not-running']],
    ['crashed, so that nothing is active any more', latest({ status: 'crashed' }), ['api: not-running']],
    ['sleeps, which is fine', active({ status: 'sleeping', isStopped: true, runningInstances: 0 }), []],
    ['is starting its container again, which is fine', active({ runningInstances: 0 }), []],
    ['failed the first time', latest({ status: 'failed' }), ['api: never-deployed']],
  ])('because it %s', (_, observed, expected) => {
    expect(reasons({ observed: [observed] })).toEqual(expected)
  })

  it('is deployed with the commit that its codebase runs, or else with its own', () => {
    const desired = [aDesiredService('api'), aDesiredService('worker')]
    const crashed = active({ status: 'crashed', commit: 'c2' })
    const commits = (observed: ObservedService[]) =>
      planned({ desired, observed }).map(({ service, commit }) => `${service}@${commit}`)
    expect(commits([crashed, onCommit('worker', 'c1')])).toEqual(['api@c1'])
    expect(commits([crashed, neverDeployed('worker')])).toEqual(['api@c2', 'worker@c2'])
  })
})
