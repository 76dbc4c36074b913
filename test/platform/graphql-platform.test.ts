import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpClient } from '../../src/kit/http.ts'
import { Secret } from '../../src/kit/secret.ts'
import { createGraphqlClient } from '../../src/platform/graphql-client.ts'
import { createGraphqlPlatform } from '../../src/platform/graphql-platform.ts'
import { id } from '../../src/platform/ids.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aDeployment, anInstance, aPatch, aVolume, aWorld, type WorldParts } from '../support/platform-world.ts'
import { connection, type SchemaServer, schemaServer } from '../support/schema-server.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const date = 'Tue, 03 Nov 2026 09:00:00 GMT'
const target = { projectId: id<'project'>('p1'), environmentId: id<'environment'>('e1') }
const staging = { ...target, environmentId: id<'environment'>('e2') }

async function serving(root: () => object): Promise<{ platform: Platform; server: SchemaServer }> {
  const server = await schemaServer(root, { date })
  const clock = new FakeClock()
  const http = createHttpClient({ clock, userAgent: 'fakturino/test' })
  closing.push(server.close, http.close)
  const url = `${server.url}/graphql/v2`
  const endpoint = { url, host: '127.0.0.1', isLoopback: true }
  const credential = { endpoint, kind: 'bearer', header: 'Authorization', token: new Secret('token-1') } as const
  return { platform: createGraphqlPlatform(createGraphqlClient({ credential, http, clock, random: () => 0 })), server }
}

const world = (parts: WorldParts = {}) => serving(() => aWorld(parts))
const names = (server: SchemaServer) => server.asked.map(({ name }) => name)

describe('observing an environment', () => {
  it('brings everything in one request', async () => {
    const { platform, server } = await world({
      services: [
        { id: 's1', name: 'api' },
        { id: 's2', name: 'mcp-server' },
      ],
      instances: [
        anInstance('s1', {
          activeDeployments: [
            aDeployment({ id: 'old', createdAt: '2026-11-03T07:00:00Z' }),
            aDeployment({ id: 'new', createdAt: '2026-11-03T08:00:00Z' }),
          ],
          latestDeployment: aDeployment({ id: 'failed', status: 'FAILED', instances: [] }),
          domains: {
            serviceDomains: [{ id: 'x', domain: 'api.up.railway.app', targetPort: 8080 }],
            customDomains: [{ id: 'y', domain: 'api.example.com', targetPort: null }],
          },
        }),
      ],
      volumes: [aVolume('s1', { sizeMB: 500 })],
      triggers: [{ id: 't', serviceId: 's1', repository: 'acme/app', branch: 'main' }],
      config: {
        services: {
          s1: {
            source: { repo: 'acme/app' },
            deploy: { startCommand: 'run', healthcheckPath: '/health' },
            variables: { PLAIN: { value: 'sentinel-value' }, EMPTY: { value: '' }, HIDDEN: { isSealed: true } },
          },
        },
        sharedVariables: { SHARED: { value: 'shared' } },
        volumes: { 'v-s1': { sizeMB: 2_000 } },
      },
      patches: [
        aPatch({ id: 'one', appliedAt: '2026-11-03T07:10:00Z' }),
        aPatch({ id: 'two', appliedAt: '2026-11-03T07:20:00Z' }),
      ],
      incident: { id: 'i', message: 'Builds are\nslow', url: 'https://status.example' },
    })
    const state = await platform.observe(target)
    expect(names(server)).toEqual(['ObserveEnvironment'])
    expect(state).toMatchObject({
      project: { id: 'p1', name: 'fakturino' },
      environment: { id: 'e1', name: 'production' },
      environments: [
        { id: 'e1', name: 'production' },
        { id: 'e2', name: 'staging' },
      ],
      servicesElsewhere: [{ id: 's2', name: 'mcp-server' }],
      staged: { id: 'staged', status: 'staged' },
      unmergedChanges: 0,
      platformStatus: { isStable: false, incident: { message: 'Builds are slow', url: 'https://status.example' } },
      platformTime: Date.parse(date),
    })
    expect(state.patches?.map((patch) => patch.id)).toEqual(['two', 'one'])
    const [api] = state.services
    expect(api).toMatchObject({
      id: 's1',
      name: 'api',
      settings: { repo: 'acme/app', branch: 'main', startCommand: 'run', healthcheckPath: '/health' },
      volumes: [{ id: 'v-s1', instanceId: 'instance-v-s1', mountPath: '/data', sizeMB: 2_000 }],
      domains: [
        { domain: 'api.up.railway.app', kind: 'generated', targetPort: 8080 },
        { domain: 'api.example.com', kind: 'custom', targetPort: undefined },
      ],
      latest: { id: 'failed', status: 'failed', runningInstances: 0 },
    })
    expect(api?.active.map((deployment) => deployment.id)).toEqual(['new', 'old'])
    const revealed = Object.entries(api?.variables ?? {}).map(([name, variable]) => [
      name,
      'value' in variable ? variable.value.reveal() : 'masked',
    ])
    expect(revealed).toEqual([
      ['PLAIN', 'sentinel-value'],
      ['EMPTY', ''],
      ['HIDDEN', 'masked'],
    ])
    expect(inspect(state, { depth: 9 }) + JSON.stringify(state)).not.toContain('sentinel')
  })

  it('reads lists of several pages to their end, each node once', async () => {
    const ids = Array.from({ length: 7 }, (_, nth) => `s${nth}`)
    const { platform, server } = await world({
      cap: 3,
      services: ids.map((serviceId) => ({ id: serviceId, name: `name-${serviceId}` })),
      instances: ids.slice(0, 5).map((serviceId) => anInstance(serviceId)),
      volumes: [aVolume('s1')],
    })
    const state = await platform.observe(target)
    expect(state.services.map((service) => service.id)).toEqual(ids.slice(0, 5))
    expect(state.servicesElsewhere.map((service) => service.id)).toEqual(ids.slice(5))
    expect(state.services[1]?.volumes).toHaveLength(1)
    expect(
      server.asked.map(({ variables }) => [variables.servicesAfter, variables.instancesAfter, variables.volumesAfter]),
    ).toEqual([
      [undefined, undefined, undefined],
      ['3', '3', '1'],
      ['6', '5', '1'],
    ])
  })

  it('gives up on a list that never ends', async () => {
    const endless = () => ({ edges: [], pageInfo: { endCursor: 'same', hasNextPage: true, hasPreviousPage: false } })
    const root = aWorld()
    const { platform, server } = await serving(() => ({ ...root, project: { ...root.project, services: endless } }))
    await expect(platform.observe(target)).rejects.toMatchObject({ code: 'partial-answer' })
    expect(server.asked).toHaveLength(2)
  })

  it('finds the environment of a project token, and says what it could not ask', async () => {
    const { platform, server } = await world({ cap: 1, instances: [anInstance('s1'), anInstance('s2')] })
    const state = await platform.observe('token')
    expect(state).toMatchObject({
      environment: { id: 'e1' },
      staged: undefined,
      patches: undefined,
      platformTime: Date.parse(date),
    })
    expect(state.services.map((service) => service.id)).toEqual(['s1', 's2'])
    expect(names(server)).toEqual(['ObserveThroughToken', 'ObserveThroughToken'])
  })

  it('brings several environments in one request, and further pages of each', async () => {
    const small = await world({ services: [], instances: [] })
    expect(await small.platform.observeAll([target, staging])).toMatchObject([
      { environment: { name: 'production' } },
      { environment: { name: 'staging' } },
    ])
    expect(names(small.server)).toEqual(['ObserveEnvironments'])
    expect(await small.platform.observeAll([])).toEqual([])
    expect(small.server.asked).toHaveLength(1)

    const large = await world({ cap: 1, instances: [anInstance('s1'), anInstance('s2')] })
    const states = await large.platform.observeAll([target, staging])
    expect(states.map((state) => state.services.length)).toEqual([2, 2])
    expect(names(large.server)).toEqual(['ObserveEnvironments', 'ObserveEnvironment', 'ObserveEnvironment'])
  })

  it('is refused with the first words where nothing of it may be read', async () => {
    const environment = () => {
      throw new Error('Not Authorized')
    }
    const { platform, server } = await serving(() => ({ ...aWorld(), environment }))
    await expect(platform.observe(target)).rejects.toMatchObject({
      kind: 'denied',
      code: 'not-authorized',
      message: expect.stringContaining('"observe environment"'),
    })
    expect(names(server)).toEqual(['ObserveEnvironment', 'ObserveParts'])
  })
})

describe('observing what runs', () => {
  const running = (parts: WorldParts) => () => ({
    ...aWorld(parts),
    deploymentSnapshot: ({ deploymentId }: { deploymentId: string }) =>
      deploymentId === 'gone' ? null : { id: 'x', createdAt: date, variables: { NAME: deploymentId, NOTHING: null } },
    serviceInstanceAutoDeployStatus: ({ serviceId }: { serviceId: string }) => ({
      enabled: serviceId === 's1',
      canEnable: true,
    }),
  })

  it('asks for every deployment and every repository at once, and for nothing else', async () => {
    const repo = { source: { repo: 'acme/app', branch: 'main' } }
    const { platform, server } = await serving(
      running({
        services: [],
        instances: [
          anInstance('s1', { activeDeployments: [aDeployment({ id: 'd1' })] }),
          anInstance('s2', { latestDeployment: aDeployment({ id: 'failed', status: 'FAILED' }) }),
          anInstance('s3', { activeDeployments: [aDeployment({ id: 'gone' })] }),
          anInstance('s4'),
        ],
        config: { services: { s1: repo, s3: repo, s4: { source: { image: 'redis:7' } } } },
      }),
    )
    const state = await platform.observe(target)
    const answer = await platform.observeRunning(state)
    expect(names(server)).toEqual(['ObserveEnvironment', 'ObserveRunning'])
    expect(answer.state).toBe(state)
    expect([...answer.running.autoDeploy]).toEqual([
      ['s1', true],
      ['s3', false],
    ])
    const snapshots = [...answer.running.snapshots].map(([serviceId, variables]) => [
      serviceId,
      Object.keys(variables),
      variables.NAME?.reveal(),
    ])
    expect(snapshots).toEqual([['s1', ['NAME'], 'd1']])
  })

  it('never asks about pushes to an image, so that an error there breaks nothing', async () => {
    const parts = running({
      services: [],
      instances: [anInstance('s1', { activeDeployments: [aDeployment({ id: 'd1' })] })],
      config: { services: { s1: { source: { image: 'redis:7' } } } },
    })
    const { platform } = await serving(() => ({
      ...parts(),
      serviceInstanceAutoDeployStatus: () => {
        throw new Error('Problem processing request')
      },
    }))
    const { running: found } = await platform.observeRunning(await platform.observe(target))
    expect([[...found.snapshots.keys()], found.autoDeploy.size]).toEqual([['s1'], 0])
  })

  it('completes a state that came through a project token, in the same request', async () => {
    const { platform, server } = await serving(running({ patches: [aPatch()] }))
    const { state } = await platform.observeRunning(await platform.observe('token'))
    expect(state).toMatchObject({ staged: { id: 'staged' }, patches: [{ id: 'patch-1' }] })
    expect(names(server)).toEqual(['ObserveThroughToken', 'ObserveRunning'])
  })

  it('asks nothing where there is nothing to ask', async () => {
    const { platform, server } = await serving(running({ instances: [] }))
    const { running: found } = await platform.observeRunning(await platform.observe(target))
    expect([found.snapshots.size, found.autoDeploy.size, server.asked.length]).toEqual([0, 0, 1])
  })
})

describe('looking things up', () => {
  const project = (nth: number) => ({ ...aWorld().project, id: `p${nth}`, name: `project ${nth}` })

  it('finds workspaces, projects of several pages, and one project', async () => {
    const { platform, server } = await serving(() => ({
      ...aWorld(),
      apiToken: { workspaces: [{ id: 'w1', name: 'Acme' }] },
      projects: connection([project(1), project(2), project(3)], 2),
    }))
    expect(await platform.findWorkspaces()).toEqual([{ id: 'w1', name: 'Acme' }])
    const projects = await platform.findProjects(id('w1'))
    expect(projects.map(({ name }) => name)).toEqual(['project 1', 'project 2', 'project 3'])
    expect(await platform.findProject(id('p1'))).toEqual({
      id: 'p1',
      name: 'fakturino',
      environments: [
        { id: 'e1', name: 'production', isEphemeral: false, isAccessible: true },
        { id: 'e2', name: 'staging', isEphemeral: false, isAccessible: true },
      ],
    })
    expect(names(server)).toEqual(['FindWorkspaces', 'FindProjects', 'FindProjects', 'FindProject'])
  })

  it('reads one patch and what is staged', async () => {
    const { platform } = await serving(() => ({
      ...aWorld({ staged: aPatch({ id: 'staged', status: 'STAGED', patch: { services: { s1: {} } } }) }),
      environmentPatch: aPatch({ status: 'APPLYING', message: 'by\u001b[2J us', lastAppliedError: 'no\nspace' }),
    }))
    const staged = await platform.readStaged(target.environmentId)
    expect(staged.config.reveal()).toEqual({ services: { s1: {} } })
    expect(await platform.readPatch(id('patch-1'))).toMatchObject({
      status: 'applying',
      message: 'by us',
      error: 'no space',
    })
  })

  it('watches several deployments in one request, in the order asked', async () => {
    const events = [
      {
        step: 'BUILD_IMAGE',
        createdAt: '2026-11-03T08:01:00Z',
        completedAt: null,
        payload: { error: 'exit\n1' },
      },
      { step: 'SNAPSHOT_CODE', createdAt: '2026-11-03T08:00:00Z', completedAt: '2026-11-03T08:00:30Z', payload: null },
    ].map((event, nth) => ({ id: String(nth), ...event }))
    const { platform, server } = await serving(() => ({
      deployment: ({ id: deploymentId }: { id: string }) => aDeployment({ id: deploymentId, status: 'BUILDING' }),
      deploymentEvents: connection(events),
    }))
    const progress = await platform.watchDeployments([id('d2'), id('d1')])
    expect(progress.map(({ deployment }) => deployment.id)).toEqual(['d2', 'd1'])
    expect(progress[0]?.events).toEqual([
      {
        step: 'snapshot-code',
        startedAt: Date.UTC(2026, 10, 3, 8),
        completedAt: Date.UTC(2026, 10, 3, 8, 0, 30),
        error: undefined,
      },
      {
        step: 'build-image',
        startedAt: Date.UTC(2026, 10, 3, 8, 1),
        completedAt: undefined,
        error: 'exit 1',
      },
    ])
    expect(await platform.watchDeployments([])).toEqual([])
    expect(names(server)).toEqual(['WatchDeployments'])
  })

  it('sorts the newest deployments itself', async () => {
    const { platform, server } = await serving(() => ({
      deployments: connection([
        aDeployment({ id: 'old', createdAt: '2026-11-01T00:00:00Z' }),
        aDeployment({ id: 'new' }),
      ]),
    }))
    const found = await platform.newestDeployments(id('e1'), id('s1'))
    expect(found.map((deployment) => deployment.id)).toEqual(['new', 'old'])
    expect(server.asked[0]?.variables).toEqual({ environmentId: 'e1', serviceId: 's1' })
  })
})

describe('changing', () => {
  const service = { ...target, serviceId: id<'service'>('s1') }
  const made = { id: 'x', name: 'made' }
  const mutations = {
    projectCreate: aWorld().project,
    environmentCreate: made,
    serviceCreate: made,
    volumeCreate: made,
    serviceDomainCreate: { id: 'x', domain: 'made.up.railway.app', targetPort: 80 },
    customDomainCreate: { id: 'x', domain: 'made.example.com', targetPort: 80 },
    environmentStageChanges: aPatch({ status: 'STAGED' }),
    environmentPatchCommitStaged: 'whatever',
    environmentPatchCommit: 'whatever',
    serviceInstanceAutoDeployUpdate: ({ input }: { input: { enabled: boolean } }) => ({ enabled: input.enabled }),
    serviceInstanceDeployV2: 'd9',
    serviceInstanceDeploy: true,
  }
  const config = new Secret({ services: { s1: { variables: { KEY: { value: 'sentinel-value' } } } } })

  it.each<[string, (platform: Platform) => Promise<unknown>, string, object, unknown]>([
    [
      'a project',
      (platform) =>
        platform.change('create-project', { name: 'n', workspaceId: id('w1'), firstEnvironment: 'production' }),
      'CreateProject',
      { input: { name: 'n', workspaceId: 'w1', defaultEnvironmentName: 'production', prDeploys: false } },
      expect.objectContaining({ id: 'p1', name: 'fakturino' }),
    ],
    [
      'an environment, without deploying',
      (platform) => platform.change('create-environment', { projectId: id('p1'), name: 'staging' }),
      'CreateEnvironment',
      { input: { projectId: 'p1', name: 'staging', skipInitialDeploys: true } },
      made,
    ],
    [
      'an empty service',
      (platform) => platform.change('create-service', { ...target, name: 'api' }),
      'CreateService',
      { input: { projectId: 'p1', environmentId: 'e1', name: 'api' } },
      made,
    ],
    [
      'a volume of one environment',
      (platform) => platform.change('create-volume', { ...service, mountPath: '/data' }),
      'CreateVolume',
      { input: { projectId: 'p1', environmentId: 'e1', serviceId: 's1', mountPath: '/data' } },
      { id: 'x' },
    ],
    [
      'a generated domain',
      (platform) => platform.change('create-domain', { ...service, targetPort: 80 }),
      'CreateServiceDomain',
      { input: { environmentId: 'e1', serviceId: 's1', targetPort: 80 } },
      { domain: 'made.up.railway.app' },
    ],
    [
      'a custom domain',
      (platform) => platform.change('create-domain', { ...service, targetPort: 80, custom: 'made.example.com' }),
      'CreateCustomDomain',
      { input: { projectId: 'p1', environmentId: 'e1', serviceId: 's1', targetPort: 80, domain: 'made.example.com' } },
      { domain: 'made.example.com' },
    ],
    [
      'what is staged, by adding',
      (platform) => platform.change('stage-changes', { environmentId: target.environmentId, config }),
      'StageChanges',
      { environmentId: 'e1', input: config.reveal(), merge: true },
      expect.objectContaining({ status: 'staged' }),
    ],
    [
      'what is staged, by replacing',
      (platform) => platform.change('replace-staged', { environmentId: target.environmentId, config }),
      'StageChanges',
      { environmentId: 'e1', input: config.reveal(), merge: false },
      expect.objectContaining({ status: 'staged' }),
    ],
    [
      'what is stored, from what is staged',
      (platform) => platform.change('commit-staged', { environmentId: target.environmentId, message: 'why' }),
      'CommitStaged',
      { environmentId: 'e1', commitMessage: 'why' },
      undefined,
    ],
    [
      'what is changed and deployed at once',
      (platform) => platform.change('commit-changes', { ...target, config, message: 'why' }),
      'CommitChanges',
      { environmentId: 'e1', patch: config.reveal(), commitMessage: 'why' },
      undefined,
    ],
    [
      'auto-deploy of several services at once',
      (platform) =>
        platform.change('set-auto-deploy', {
          ...target,
          services: [
            { serviceId: id('s1'), enabled: false },
            { serviceId: id('s2'), enabled: true },
          ],
        }),
      'SetAutoDeploy',
      {
        input_1: { projectId: 'p1', environmentId: 'e1', serviceId: 's1', enabled: false },
        input_2: { projectId: 'p1', environmentId: 'e1', serviceId: 's2', enabled: true },
      },
      undefined,
    ],
    [
      'what runs, at a commit',
      (platform) => platform.change('deploy-service', { ...service, commit: 'c1' }),
      'DeployService',
      { serviceId: 's1', environmentId: 'e1', commitSha: 'c1' },
      { deploymentId: 'd9' },
    ],
    [
      'what runs, at the commit that the platform chooses',
      (platform) => platform.change('deploy-service', service),
      'DeployService',
      { serviceId: 's1', environmentId: 'e1' },
      { deploymentId: 'd9' },
    ],
    [
      'what runs, at the newest commit',
      (platform) => platform.change('deploy-latest-commit', service),
      'DeployLatestCommit',
      { serviceId: 's1', environmentId: 'e1' },
      undefined,
    ],
  ])('sends one request and answers in our words: %s', async (_, change, name, variables, answer) => {
    const { platform, server } = await serving(() => mutations)
    expect(await change(platform)).toEqual(answer)
    expect(server.asked).toEqual([{ name, variables }])
  })

  it('switches nothing for no service', async () => {
    const { platform, server } = await serving(() => mutations)
    await platform.change('set-auto-deploy', { ...target, services: [] })
    expect(server.asked).toEqual([])
  })

  it('does not believe an answer that says nothing happened', async () => {
    const { platform } = await serving(() => ({
      serviceInstanceDeploy: false,
      serviceInstanceAutoDeployUpdate: { enabled: true },
    }))
    await expect(platform.change('deploy-latest-commit', service)).rejects.toMatchObject({ code: 'platform-refused' })
    const switching = platform.change('set-auto-deploy', {
      ...target,
      services: [{ serviceId: id('s1'), enabled: false }],
    })
    await expect(switching).rejects.toMatchObject({ code: 'platform-refused' })
  })

  it('keeps a staged secret out of the refusal that repeats it', async () => {
    const { platform } = await serving(() => ({
      environmentStageChanges: () => {
        throw new Error('cannot take sentinel-value')
      },
    }))
    const outcome = await platform
      .change('stage-changes', { environmentId: target.environmentId, config })
      .catch((thrown: unknown) => inspect(thrown, { depth: 9, showHidden: true }))
    expect(outcome).toContain('cannot take [secret]')
    expect(outcome).not.toContain('sentinel')
  })
})

describe('a log', () => {
  const line = (message: string, nth = 0) => ({
    timestamp: `2026-11-03T09:00:00.00000000${nth}Z`,
    message,
    severity: 'info',
    attributes: [],
    tags: null,
  })

  it.each([
    ['build', 'ReadBuildRows', 'buildLogs'],
    ['deploy', 'ReadDeployRows', 'deploymentLogs'],
  ] as const)('of the kind %s is one request, the oldest line first', async (kind, operation, field) => {
    const { platform, server } = await serving(() => ({ [field]: [line('one', 1), line('two', 2)] }))
    const rows = await platform.readLogRows({ kind, deploymentId: id('d1') }, { before: 2 })
    expect(rows.map(({ message }) => message)).toEqual(['one', 'two'])
    expect(server.asked).toMatchObject([{ name: operation, variables: { deploymentId: 'd1', limit: 2 } }])
  })

  it('is told without secrets that were read before, also where a colour stands in the middle of one', async () => {
    const { platform } = await serving(() => ({
      ...aWorld({
        config: { services: { s1: { variables: { KEY: { value: 'sentinel-secret-value' } } } } },
      }),
      buildLogs: [line('KEY=sentinel-secret-value token-1 sentinel-\u001b[31msecret-value')],
    }))
    await platform.observe(target)
    const rows = await platform.readLogRows({ kind: 'build', deploymentId: id('d1') }, { before: 50 })
    expect(rows[0]?.message).toBe('KEY=[secret] [secret] [secret]')
  })

  it('is asked for once where that is wanted, whatever comes back', async () => {
    const { platform, server } = await serving(() => ({
      buildLogs: () => {
        throw new Error('Problem processing request')
      },
    }))
    const source = { kind: 'build', deploymentId: id<'deployment'>('d1') } as const
    await expect(platform.readLogRows(source, { before: 50 }, { isOnce: true })).rejects.toMatchObject({
      name: 'OperatorError',
    })
    expect(server.asked).toHaveLength(1)
  })
})

it('follows nothing where it was given no way to, and says so', async () => {
  const { platform, server } = await world()
  const following = platform.followDeployments([id('d1')], new AbortController().signal, () => {})
  expect(following.isConnected()).toBe(false)
  following.stop()
  expect(server.asked).toEqual([])
})
