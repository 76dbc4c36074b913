import { describe, expect, it, onTestFinished, test } from 'vitest'
import type { DesiredService, DesiredState } from '../../src/config/desired.ts'
import { rehearsalTiming } from '../../src/config/timing.ts'
import type { EnvironmentConfig, ServiceConfig } from '../../src/contract/environment-config.ts'
import { createHttpClient } from '../../src/kit/http.ts'
import { Secret } from '../../src/kit/secret.ts'
import { startLocalPlatform } from '../../src/local/index.ts'
import { applyPlan } from '../../src/operations/apply-plan.ts'
import { createServices, missingServices } from '../../src/operations/create-missing.ts'
import type { OperationEvent } from '../../src/operations/events.ts'
import { planFrom } from '../../src/operations/plan-environment.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { chooseCredential } from '../../src/platform/credential.ts'
import { createGraphqlClient } from '../../src/platform/graphql-client.ts'
import { createGraphqlPlatform } from '../../src/platform/graphql-platform.ts'
import type { ObservedRunning, ObservedState } from '../../src/platform/observed-state.ts'
import type { ChangeName, Platform, Target } from '../../src/platform/platform.ts'
import { aDesiredService, aDesiredState, ref, texts, theSecret } from '../support/builders.ts'
import { FakeClock } from '../support/fake-clock.ts'

interface Planned {
  plan: Plan
  observed: ObservedState
  running: ObservedRunning
}

/** A local platform with one empty environment, the real client, and the two halves of a deploy around the approval. */
async function anEnvironment() {
  const clock = new FakeClock()
  const local = await startLocalPlatform({
    clock,
    repositories: [{ name: 'acme/shop', branches: { main: [{ message: 'first' }] } }],
  })
  const http = createHttpClient({ clock, userAgent: 'fakturino/test' })
  onTestFinished(async () => {
    http.close()
    await local.stop()
  })
  const credential = chooseCredential({}, local.address)
  const platform = createGraphqlPlatform(createGraphqlClient({ credential, http, clock, random: () => 0 }))
  const [workspace] = await platform.findWorkspaces()
  if (workspace === undefined) throw new Error('no workspace')
  const project = await platform.change('create-project', {
    name: 'shop',
    workspaceId: workspace.id,
    firstEnvironment: 'staging',
  })
  const [environment] = project.environments
  if (environment === undefined) throw new Error('no environment')
  const target: Target = { projectId: project.id, environmentId: environment.id }

  const written: ChangeName[] = []
  const writing: Platform = {
    ...platform,
    change: (name, input) => {
      written.push(name)
      return platform.change(name, input)
    },
  }
  const reported: OperationEvent[] = []
  let randomness = 0
  const needs = {
    platform: writing,
    clock,
    signal: new AbortController().signal,
    report: async (event: OperationEvent) => void reported.push(event),
    timing: rehearsalTiming,
    checkpoint: () => {},
    check: () => {},
    random: (bytes: number) => new Uint8Array(bytes).fill(randomness++),
  }

  const wants = (desired: DesiredState, supplied: Record<string, string>) => ({
    desired,
    commit: { kind: 'running' } as const,
    supplied: new Map(Object.entries(supplied).map(([name, value]) => [name, new Secret(value)])),
  })

  return {
    platform,
    target,
    written,
    reported,
    needs,
    local,
    /** Everything up to the approval. */
    plan: async (desired: DesiredState, supplied: Record<string, string> = {}): Promise<Planned> => {
      const { state, running } = await platform.observeRunning(await platform.observe(target))
      return { plan: planFrom(wants(desired, supplied), state, running, true, needs), observed: state, running }
    },
    /** Everything after it, but for the deployments. */
    apply: async (
      desired: DesiredState,
      { plan, observed, running }: Planned,
      supplied: Record<string, string> = {},
    ) => {
      const created = await createServices(target, missingServices([plan]), needs)
      const now = await platform.observe(target)
      return applyPlan(
        {
          ...wants(desired, supplied),
          plan,
          observed: created ? now : observed,
          now,
          running,
          author: { command: 'deploy', person: 'nina' },
          allowStaged: false,
        },
        needs,
      )
    },
    /** What somebody else does in the dashboard, stored without a deployment. */
    someone: async (stores: (ids: Record<string, string>) => EnvironmentConfig) => {
      const state = await platform.observe(target)
      const ids = Object.fromEntries(state.services.map((service) => [service.name, service.id]))
      await platform.change('stage-changes', { ...target, config: new Secret(stores(ids)) })
      await platform.change('commit-staged', { ...target, message: 'tuned it' })
    },
    state: () => platform.observe(target),
  }
}

const onApi = (config: ServiceConfig) => (ids: Record<string, string>) => ({ services: { [ids.api ?? '']: config } })

function wanting(...services: DesiredService[]): DesiredState {
  return aDesiredState({
    services,
    secrets: [{ name: 'KEY', services: ['api', 'worker'], requiredBy: [], generate: 'hex' }],
  })
}

const api = (overrides: Partial<DesiredService> = {}) =>
  aDesiredService('api', {
    settings: { repo: 'acme/shop', branch: 'main', startCommand: 'serve' },
    variables: { KEY: theSecret('KEY'), ...texts({ APP_ENV: 'staging', URL: ref('api.RAILWAY_PUBLIC_DOMAIN') }) },
    volume: { mountPath: '/data', sizeMB: 6_000 },
    domain: { targetPort: 8080 },
    autoDeploy: false,
    ...overrides,
  })
const worker = (overrides: Partial<DesiredService> = {}) =>
  aDesiredService('worker', {
    settings: { repo: 'acme/shop', branch: 'main', startCommand: 'work' },
    variables: { KEY: theSecret('KEY') },
    autoDeploy: false,
    ...overrides,
  })
const plain = aDesiredState({ services: [aDesiredService('api', { settings: { startCommand: 'serve' } })] })
const changed = aDesiredState({ services: [aDesiredService('api', { settings: { startCommand: 'serve --more' } })] })

/** An environment in which `plain` is stored. */
async function aPlainEnvironment() {
  const world = await anEnvironment()
  await world.apply(plain, await world.plan(plain))
  world.written.length = 0
  world.reported.length = 0
  return world
}

test('everything that is missing is created and stored, and nothing is left to store', async () => {
  const world = await anEnvironment()
  const desired = wanting(api(), worker())
  const { plan } = await world.apply(desired, await world.plan(desired))
  expect(plan.deployments.map(({ service }) => service)).toEqual(['api', 'worker'])
  expect((await world.plan(desired)).plan.changes).toEqual([])
  expect(world.written).toEqual([
    'create-service',
    'create-service',
    'create-volume',
    'create-domain',
    'stage-changes',
    'commit-staged',
    'set-auto-deploy',
  ])
  const state = await world.state()
  expect(state.patches).toMatchObject([{ status: 'committed', message: 'fakturino deploy by nina' }])
  expect(state.services.flatMap((service) => service.active)).toEqual([])
  const keys = state.services.map(({ variables: { KEY } }) => KEY !== undefined && 'value' in KEY && KEY.value.reveal())
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(keys[1]).toBe(keys[0])
})

test('every act is reported when it is done, and no report holds a secret', async () => {
  const world = await anEnvironment()
  const desired = wanting(api(), worker())
  const supplied = { KEY: 'sentinel' }
  await world.apply(desired, await world.plan(desired, supplied), supplied)
  expect(world.reported).toMatchObject([
    { type: 'service-created', service: 'api' },
    { type: 'service-created', service: 'worker' },
    { type: 'volume-created', environment: 'staging', service: 'api', mountPath: '/data' },
    { type: 'domain-created', environment: 'staging', service: 'api', domain: expect.any(String) },
    { type: 'changes-stored', environment: 'staging', patchId: expect.any(String) },
    { type: 'auto-deploy-set', environment: 'staging', services: ['api', 'worker'], enabled: false },
  ])
  expect(JSON.stringify(world.reported)).not.toContain('sentinel')
})

test('an empty plan writes nothing', async () => {
  const world = await aPlainEnvironment()
  await world.apply(plain, await world.plan(plain))
  expect([world.written, world.reported]).toEqual([[], []])
})

test('what only differs is stored in one patch, and nothing else is written', async () => {
  const world = await aPlainEnvironment()
  await world.apply(changed, await world.plan(changed))
  expect(world.written).toEqual(['stage-changes', 'commit-staged'])
  expect((await world.plan(changed)).plan.changes).toEqual([])
})

describe('a service that the project has and this environment has not', () => {
  test.each<[string, DesiredService]>([
    ['gets an instance and all that hangs on it', api()],
    ['gets an instance, though nothing hangs on it', worker({ name: 'api' })],
  ])('%s', async (_, service) => {
    const world = await anEnvironment()
    await world.apply(plain, await world.plan(plain))
    await world.someone(onApi({ isDeleted: true }))
    const desired = wanting(service)
    const planned = await world.plan(desired)
    expect(planned.plan.changes[0]?.act.kind).toBe('create-instance')
    await world.apply(desired, planned)
    expect((await world.plan(desired)).plan.changes).toEqual([])
    expect(world.written.filter((name) => name === 'create-service')).toHaveLength(1)
  })
})

describe('an environment that was changed by somebody else after it was planned', () => {
  test.each<[string, ReturnType<typeof onApi>, string]>([
    [
      'in what the plan changes',
      onApi({ deploy: { startCommand: 'theirs' } }),
      'staging was changed by somebody else since it was planned: api start command.',
    ],
    [
      'to what the plan wants',
      onApi({ deploy: { startCommand: 'serve --more' } }),
      'staging was changed by somebody else since it was planned: api start command.',
    ],
    [
      'in something that the plan would change now',
      onApi({ deploy: { healthcheckPath: '/up' } }),
      'staging was changed by somebody else since it was planned: api health check path.',
    ],
    [
      'in something that the plan does not care about',
      onApi({ variables: { STRANGE: { value: '1' } } }),
      'staging was changed by somebody else since it was planned: api variable STRANGE.',
    ],
  ])('%s, is refused with the places named, and nothing is written', async (_, stores, message) => {
    const world = await aPlainEnvironment()
    const planned = await world.plan(changed)
    await world.someone(stores)
    const before = await world.state()
    await expect(world.apply(changed, planned)).rejects.toMatchObject({
      kind: 'refused',
      code: 'moved',
      message,
      hint: expect.stringMatching(/^Nothing was deployed\. .*run: fakturino plan -e \w+$/),
    })
    expect(world.written).toEqual([])
    expect((await world.state()).patches).toEqual(before.patches)
  })

  it('is refused too after what needs an id was created, naming only what others did', async () => {
    const world = await aPlainEnvironment()
    const desired = aDesiredState({
      services: [
        aDesiredService('api', {
          settings: { startCommand: 'serve --more' },
          volume: { mountPath: '/data', sizeMB: 6_000 },
          domain: { targetPort: 8080 },
        }),
      ],
    })
    const planned = await world.plan(desired)
    await world.someone(onApi({ deploy: { startCommand: 'theirs' } }))
    await expect(world.apply(desired, planned)).rejects.toMatchObject({
      code: 'moved',
      message: 'staging was changed by somebody else since it was planned: api start command.',
    })
    expect(world.written).toEqual(['create-volume', 'create-domain'])
  })

  it('is refused where changes of others wait staged, which stay', async () => {
    const world = await aPlainEnvironment()
    const planned = await world.plan(changed)
    const [service] = planned.observed.services
    const theirs = { services: { [service?.id ?? '']: { variables: { B: { value: '1' } } } } }
    await world.platform.change('stage-changes', { ...world.target, config: new Secret(theirs) })
    await expect(world.apply(changed, planned)).rejects.toMatchObject({ code: 'staged-changes' })
    expect(world.written).toEqual([])
    expect((await world.platform.readStaged(world.target.environmentId)).config.reveal()).toEqual(theirs)
  })
})

test('what we created ourselves between plan and last reading is no surprise', async () => {
  const world = await aPlainEnvironment()
  // A new volume has the size of the platform, so that its size is a change that the approved plan did not name.
  const desired = aDesiredState({
    services: [
      aDesiredService('api', { settings: { startCommand: 'serve' }, volume: { mountPath: '/data', sizeMB: 60_000 } }),
    ],
  })
  const planned = await world.plan(desired)
  expect(planned.plan.changes.map(({ setting }) => setting)).toEqual(['volume'])
  await world.apply(desired, planned)
  expect((await world.state()).services[0]?.volumes).toMatchObject([{ mountPath: '/data', sizeMB: 60_000 }])
  expect((await world.plan(desired)).plan.changes).toEqual([])
})

test.each<[string, number, ChangeName[]]>([
  ['before anything', 1, []],
  ['after a service', 2, ['create-service']],
  ['after a volume', 3, ['create-service', 'create-volume']],
  ['before the last reading', 4, ['create-service', 'create-volume', 'create-domain']],
  ['before the patch', 5, ['create-service', 'create-volume', 'create-domain']],
  [
    'before deploys on push are set',
    6,
    ['create-service', 'create-volume', 'create-domain', 'stage-changes', 'commit-staged'],
  ],
])('an interruption %s starts nothing more', async (_, at, written) => {
  const world = await anEnvironment()
  const desired = wanting(api())
  const planned = await world.plan(desired)
  let passed = 0
  world.needs.checkpoint = () => {
    passed += 1
    if (passed === at) throw new Error('interrupted')
  }
  await expect(world.apply(desired, planned)).rejects.toThrow('interrupted')
  expect(world.written).toEqual(written)
})
