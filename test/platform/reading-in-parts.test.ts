import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpClient } from '../../src/kit/http.ts'
import { Secret } from '../../src/kit/secret.ts'
import { type DeniedPart, type LocalPlatformOptions, startLocalPlatform } from '../../src/local/index.ts'
import { chooseCredential } from '../../src/platform/credential.ts'
import { createGraphqlClient } from '../../src/platform/graphql-client.ts'
import { createGraphqlPlatform } from '../../src/platform/graphql-platform.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedState } from '../../src/platform/observed-state.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** The same world every time, whatever is denied in it: ids are counted. */
async function aWorld(options: Partial<LocalPlatformOptions> & { as?: 'account' | 'project' } = {}) {
  const { as = 'account', ...rest } = options
  const clock = new FakeClock()
  let number = 0
  const random = (bytes: number) => Uint8Array.from({ length: bytes }, (_, index) => (index === 0 ? ++number : number))
  const local = await startLocalPlatform({
    clock,
    repositories: [{ name: 'acme/app', branches: { main: [{ message: 'first' }], next: [{}] } }],
    projectTokens: ['production'],
    random,
    ...rest,
  })
  const http = createHttpClient({ clock, userAgent: 'fakturino/test' })
  onTestFinished(async () => {
    http.close()
    await local.stop()
  })
  const { world } = local
  const project = world.addProject('shop')
  const staging = world.addEnvironment(project.id, 'staging')
  const production = world.environmentNamed('production')
  const api = world.addService(project.id, 'api').id
  const redis = world.addService(project.id, 'redis', { source: { image: 'redis:7' } }).id
  world.addService(project.id, 'empty')
  const patch = {
    services: {
      [api]: {
        source: { repo: 'acme/app', branch: 'next' },
        build: { buildCommand: 'build' },
        deploy: {
          startCommand: 'serve',
          preDeployCommand: ['migrate', 'seed'],
          healthcheckPath: '/up',
          healthcheckTimeout: 60,
          restartPolicyType: 'ALWAYS',
          multiRegionConfig: { 'us-west2': { numReplicas: 2 } },
        },
        networking: { serviceDomains: { 'api.up.railway.app': { port: 8080 } } },
        variables: {
          KEY: { value: 'sentinel-of-api' },
          URL: { value: '$' + '{{redis.URL}}' },
          EMPTY: { value: '' },
          SEALED: { value: 'sentinel-sealed', isSealed: true },
          __proto__x: { value: 'name' },
        },
      },
      [redis]: { deploy: { restartPolicyMaxRetries: 3, numReplicas: 2 }, variables: { URL: { value: 'redis://x' } } },
    },
    sharedVariables: { SHARED: { value: 'sentinel-shared' }, HIDDEN: { value: 'sentinel-hidden', isSealed: true } },
  } as const
  world.commit(production.id, structuredClone(patch) as never, {
    message: 'fakturino deploy by nina',
    skipDeploys: true,
  })
  const { account, project: tokens } = local.address.tokens
  const variables: Record<string, string> =
    as === 'account' ? { RAILWAY_API_TOKEN: account } : { RAILWAY_TOKEN: tokens.production ?? '' }
  const credential = chooseCredential(variables, local.address)
  const platform = createGraphqlPlatform(createGraphqlClient({ credential, http, clock, random: () => 0 }))
  const target = { projectId: id<'project'>(project.id), environmentId: id<'environment'>(production.id) }
  await (as === 'account'
    ? platform.change('create-volume', { ...target, serviceId: id(redis), mountPath: '/data' })
    : undefined)
  const asked = async <Result>(act: () => Promise<Result>): Promise<[Result, string[]]> => {
    const start = local.requests.length
    const result = await act()
    return [result, local.requests.slice(start).map(({ operationName = '' }) => operationName)]
  }
  return { clock, local, platform, target, asked, other: { ...target, environmentId: id<'environment'>(staging.id) } }
}

/** Everything, secrets revealed, so that two readings can be compared. */
function plainly(value: unknown): unknown {
  if (value instanceof Secret) return { revealed: plainly(value.reveal()) }
  if (Array.isArray(value)) return value.map(plainly)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainly(inner)]))
}

function plainlyOf(state: ObservedState): Record<string, unknown> {
  return plainly(state) as Record<string, unknown>
}

/** Two of them are sent at the same time. */
function inAnyOrder(names: readonly string[]): string[] {
  return [...names].sort((one, other) => one.localeCompare(other))
}

const nothingDenied: DeniedPart[] = []

describe('an environment of which a part is denied', () => {
  it.each<[string, DeniedPart[], string[], string[]]>([
    ['nothing', nothingDenied, ['ObserveEnvironment'], ['ObserveEnvironment']],
    [
      'patches',
      ['patches'],
      ['ObserveEnvironment', 'ObserveParts', 'StoredConfig', 'EnvironmentHistory'],
      ['ObserveInParts'],
    ],
    [
      'config',
      ['config'],
      ['ObserveEnvironment', 'ObserveParts', 'StoredConfig', 'EnvironmentHistory', 'ObserveVariables'],
      ['ObserveInParts', 'ObserveVariables'],
    ],
    [
      'config and patches',
      ['config', 'patches'],
      ['ObserveEnvironment', 'ObserveParts', 'StoredConfig', 'EnvironmentHistory', 'ObserveVariables'],
      ['ObserveInParts', 'ObserveVariables'],
    ],
  ])('reads the same without %s, and goes there directly from then on', async (_, denied, first, later) => {
    const whole = await aWorld()
    const expected = plainlyOf(await whole.platform.observe(whole.target))
    const { platform, target, asked } = await aWorld({ denied })

    const [state, requests] = await asked(() => platform.observe(target))
    expect(inAnyOrder(requests)).toEqual(inAnyOrder(first))
    const { denied: told, staged, patches, ...rest } = plainlyOf(state)
    const { staged: _staged, patches: _patches, ...wholeRest } = expected
    expect(rest).toEqual(wholeRest)
    expect(told).toEqual(denied.length === 0 ? undefined : denied)
    const isHistoryDenied = denied.includes('patches')
    expect(staged).toEqual(isHistoryDenied ? undefined : expected.staged)
    expect(patches).toEqual(isHistoryDenied ? undefined : expected.patches)

    const [again, laterRequests] = await asked(() => platform.observe(target))
    expect(laterRequests).toEqual(later)
    expect(plainly(again)).toEqual(plainly(state))
  })

  it.each<[DeniedPart[], 'account' | 'project']>([
    [[], 'account'],
    [['patches'], 'account'],
    [['config'], 'account'],
    [['config', 'patches'], 'account'],
    [['config'], 'project'],
  ])('without %j a token of kind %s sees the newest deployments where they are asked for', async (denied, as) => {
    const { platform, local, target } = await aWorld({ denied, as })
    const redis = local.world.serviceNamed('redis').id
    local.world.commit(target.environmentId, { services: { [redis]: { variables: { MORE: { value: 'more' } } } } }, {})
    const { length } = local.world.deployments(target.environmentId, redis)
    expect(length).toBe(1)
    const place = as === 'project' ? 'token' : target
    for (const _ of ['first', 'later']) {
      const { recent } = await platform.observe(place, { withRecent: true })
      expect(recent?.deployments).toHaveLength(length)
      expect(recent?.isWhole).toBe(true)
      expect((await platform.observe(place)).recent).toBeUndefined()
    }
  })

  it('sees that a sealed variable is there, and no value of it', async () => {
    const { platform, target } = await aWorld({ denied: ['config'] })
    const state = await platform.observe(target)
    const api = state.services.find(({ name }) => name === 'api')
    expect(api?.variables.SEALED).toEqual({ masked: true })
    expect(api?.variables.EMPTY).toHaveProperty('value')
    expect(state.sharedVariables.HIDDEN).toEqual({ masked: true })
    expect(inspect(state, { depth: 20 })).not.toContain('sentinel')
  })

  it('reads a restart policy that is spelled out and the default as not set', async () => {
    const { platform, target, local } = await aWorld({ denied: ['config'] })
    const { id: redis } = local.world.serviceNamed('redis')
    const deploy = { restartPolicyType: 'ON_FAILURE', restartPolicyMaxRetries: 10 } as const
    local.world.commit(target.environmentId, { services: { [redis]: { deploy } } }, { skipDeploys: true })
    const state = await platform.observe(target)
    expect(state.services.find(({ name }) => name === 'redis')?.settings).toEqual({ image: 'redis:7', replicas: 2 })
  })

  it.each([1, 2])('reads on where lists come %i rows a page', async (pageCap) => {
    const whole = await aWorld()
    const expected = plainlyOf(await whole.platform.observe(whole.target))
    const { platform, target } = await aWorld({ denied: ['config'], pageCap })
    for (const _ of ['first', 'later']) {
      const {
        denied: _denied,
        staged: _staged,
        patches: _patches,
        environments: _environments,
        ...rest
      } = plainlyOf(await platform.observe(target))
      expect(expected).toMatchObject(rest)
      expect(rest.services).toEqual(expected.services)
    }
  })

  it('brings several environments, each by itself', async () => {
    const { platform, target, other, asked } = await aWorld({ denied: ['config'] })
    const [states, requests] = await asked(() => platform.observeAll([target, other]))
    expect(states.map(({ environment, denied }) => [environment.name, denied])).toEqual([
      ['production', ['config']],
      ['staging', ['config']],
    ])
    expect(requests[0]).toBe('ObserveEnvironments')
    expect(requests).toHaveLength(5 + 2)
    const [, later] = await asked(() => platform.observeAll([target, other]))
    expect(later).toEqual(['ObserveInParts', 'ObserveVariables', 'ObserveInParts', 'ObserveVariables'])
  })

  it.each<[DeniedPart[], string[]]>([
    [
      ['config'],
      ['ObserveThroughToken', 'ObservePartsThroughToken', 'StoredConfig', 'EnvironmentHistory', 'ObserveVariables'],
    ],
    [['patches'], ['ObserveThroughToken']],
  ])('is found by its project token, without %j', async (denied, first) => {
    const { platform, target, asked } = await aWorld({ denied, as: 'project' })
    const [state, requests] = await asked(() => platform.observe('token'))
    expect(inAnyOrder(requests)).toEqual(inAnyOrder(first))
    expect(state).toMatchObject({ environment: { name: 'production' } })
    expect(state.services.map(({ name }) => name)).toEqual(['api', 'redis', 'empty'])
    const complete = await platform.observeRunning(state)
    expect(complete.state.denied).toEqual(denied)
    const [, later] = await asked(() => platform.observe(target))
    expect(later).toEqual(denied.includes('config') ? ['ObserveInParts', 'ObserveVariables'] : ['ObserveInParts'])
  })

  it('asks once whether the history is denied, where a project token’s first reading could not', async () => {
    const { platform, asked } = await aWorld({ denied: ['patches'], as: 'project' })
    const state = await platform.observe('token')
    const [observed, requests] = await asked(() => platform.observeRunning(state))
    expect(requests).toEqual(['ObserveRunning', 'ObserveRunning'])
    expect(observed.state).toMatchObject({ denied: ['patches'], staged: undefined, patches: undefined })
    const [, later] = await asked(() => platform.observeRunning(observed.state))
    expect(later).toEqual(['ObserveRunning'])
  })

  it('is refused with the first words where nothing of it may be read', async () => {
    const { platform, target, asked, local } = await aWorld({ as: 'project', denied: ['config'] })
    const { id: elsewhere } = local.world.environmentNamed('staging')
    const other = { ...target, environmentId: id<'environment'>(elsewhere) }
    const [refusal, requests] = await asked(() => platform.observe(other).catch((error: unknown) => error))
    expect(refusal).toMatchObject({ kind: 'denied', code: 'not-authorized' })
    expect(String(refusal)).toContain('"observe environment"')
    expect(requests).toEqual(['ObserveEnvironment', 'ObserveParts'])
  })
})
