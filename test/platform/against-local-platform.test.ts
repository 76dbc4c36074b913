import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createHttpClient } from '../../src/kit/http.ts'
import { Secret } from '../../src/kit/secret.ts'
import { type LocalPlatform, type LocalPlatformOptions, startLocalPlatform } from '../../src/local/index.ts'
import { chooseCredential } from '../../src/platform/credential.ts'
import { createGraphqlClient } from '../../src/platform/graphql-client.ts'
import { createGraphqlPlatform } from '../../src/platform/graphql-platform.ts'
import type { DeploymentId, EnvironmentId, ProjectId } from '../../src/platform/ids.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { settingsToConfig } from '../../src/platform/translate.ts'
import { FakeClock } from '../support/fake-clock.ts'

const repository = { name: 'acme/app', branches: { main: [{ message: 'first' }, { message: 'second' }] } }

async function rehearsing(options: Partial<LocalPlatformOptions> = {}) {
  const clock = new FakeClock()
  const local = await startLocalPlatform({
    clock,
    repositories: [repository],
    projectTokens: ['production'],
    ...options,
  })
  onTestFinished(() => local.stop())
  const connect = (variables: Record<string, string> = {}) => connected(local, clock, variables)
  return { clock, local, connect, platform: connect() }
}

function connected(local: LocalPlatform, clock: FakeClock, variables: Record<string, string>): Platform {
  const http = createHttpClient({ clock, userAgent: 'fakturino/test' })
  onTestFinished(() => http.close())
  const credential = chooseCredential(variables, local.address)
  return createGraphqlPlatform(createGraphqlClient({ credential, http, clock, random: () => 0 }))
}

async function aProject(platform: Platform) {
  const [workspace] = await platform.findWorkspaces()
  if (workspace === undefined) throw new Error('the rehearsal has no workspace')
  const project = await platform.change('create-project', {
    name: 'shop',
    workspaceId: workspace.id,
    firstEnvironment: 'production',
  })
  const [environment] = project.environments
  if (environment === undefined) throw new Error('the project has no environment')
  return { workspace, project, target: { projectId: project.id, environmentId: environment.id } }
}

type Target = { projectId: ProjectId; environmentId: EnvironmentId }

async function anApi(platform: Platform, target: Target, value = 'sentinel-value') {
  const { id: serviceId } = await platform.change('create-service', { ...target, name: 'api' })
  const settings = { repo: 'acme/app', branch: 'main', startCommand: 'run', preDeploy: ['migrate'], replicas: 1 }
  const config = { ...settingsToConfig(settings), variables: { KEY: { value } } }
  const staged = await platform.change('stage-changes', {
    environmentId: target.environmentId,
    config: new Secret({ services: { [serviceId]: config } }),
  })
  await platform.change('commit-staged', { environmentId: target.environmentId, message: 'by a test' })
  return { serviceId, settings, staged }
}

async function ended(platform: Platform, clock: FakeClock, deploymentId: DeploymentId): Promise<string> {
  for (let look = 0; look < 20; look++) {
    const [progress] = await platform.watchDeployments([deploymentId])
    const status = progress?.deployment.status ?? 'absent'
    if (status === 'live' || status === 'failed') return status
    await clock.sleep(500)
  }
  return 'still on its way'
}

test('what is created and stored is observed, in the words it was written in', async () => {
  const { platform } = await rehearsing()
  const { workspace, project, target } = await aProject(platform)
  expect(await platform.findProjects(workspace.id)).toEqual([project])
  expect(await platform.findProject(project.id)).toEqual(project)
  const staging = await platform.change('create-environment', { projectId: project.id, name: 'staging' })
  const { serviceId, settings, staged } = await anApi(platform, target)
  const volume = await platform.change('create-volume', { ...target, serviceId, mountPath: '/data' })
  const { domain } = await platform.change('create-domain', { ...target, serviceId, targetPort: 8080 })
  const switched = { ...target, services: [{ serviceId, enabled: false }] }
  await platform.change('set-auto-deploy', switched)

  const [production, other] = await platform.observeAll([target, { ...target, environmentId: staging.id }])
  const api = production?.services[0]
  expect(api).toMatchObject({
    id: serviceId,
    name: 'api',
    settings,
    volumes: [{ id: volume.id, mountPath: '/data' }],
    domains: [{ domain, kind: 'generated', targetPort: 8080 }],
    active: [],
    latest: undefined,
  })
  const variable = api?.variables.KEY
  expect(variable !== undefined && 'value' in variable ? variable.value.reveal() : 'masked').toBe('sentinel-value')
  expect(production?.patches).toMatchObject([{ status: 'committed', message: 'by a test' }])
  expect((await platform.readPatch(staged.id)).status).toBe('committed')
  expect((await platform.readStaged(target.environmentId)).config.reveal()).toEqual({})
  expect(other?.services[0]?.settings.repo).toBeUndefined()
  expect(inspect([production, other], { depth: 12, showHidden: true })).not.toContain('sentinel')
})

test('a deployment is watched to its end, and what it runs with is read back', async () => {
  const { platform, clock, local } = await rehearsing()
  const { target } = await aProject(platform)
  const { serviceId } = await anApi(platform, target)
  const before = await platform.observeRunning(await platform.observe(target))
  expect(before.running.snapshots.size).toBe(0)
  expect(before.running.autoDeploy.has(serviceId)).toBe(true)

  const { deploymentId } = await platform.change('deploy-service', { ...target, serviceId })
  expect(await ended(platform, clock, deploymentId)).toBe('live')
  await platform.change('deploy-latest-commit', { ...target, serviceId })
  const [newest, previous] = await platform.newestDeployments(target.environmentId, serviceId)
  expect(previous?.id).toBe(deploymentId)
  expect(newest?.commit).toMatch(/^[0-9a-f]{40}$/)
  expect(newest === undefined ? 'absent' : await ended(platform, clock, newest.id)).toBe('live')

  const asked = local.requests.length
  const { running } = await platform.observeRunning(await platform.observe(target))
  expect(running.snapshots.get(serviceId)?.KEY?.reveal()).toBe('sentinel-value')
  expect(local.requests.slice(asked).map(({ operationName }) => operationName)).toEqual([
    'ObserveEnvironment',
    'ObserveRunning',
  ])
})

test('a project token finds its environment by itself, and completes the reading with the next one', async () => {
  const { platform, connect, local } = await rehearsing({ pageCap: 1 })
  const { target } = await aProject(platform)
  await anApi(platform, target)
  await platform.change('create-service', { ...target, name: 'worker' })
  const [token = ''] = Object.values(local.address.tokens.project)
  const limited = connect({ RAILWAY_TOKEN: token })
  const state = await limited.observe('token')
  expect(state).toMatchObject({ environment: { id: target.environmentId }, staged: undefined })
  expect(new Set(state.services.map(({ name }) => name))).toEqual(new Set(['api', 'worker']))
  expect((await limited.observeRunning(state)).state.patches).toHaveLength(1)
  await expect(limited.findWorkspaces()).rejects.toMatchObject({ kind: 'denied', code: 'not-authorized' })
})

test.each([
  ['lost before it arrived', 'drop-before', 0],
  ['lost after it happened', 'drop-after', 1],
] as const)('a mutation whose answer was %s is not sent twice', async (_, kind, projects) => {
  const { platform, local } = await rehearsing()
  const [workspace] = await platform.findWorkspaces()
  if (workspace === undefined) throw new Error('the rehearsal has no workspace')
  local.onRequest((request) => (request.operationName === 'CreateProject' ? { kind } : undefined))
  const creating = platform.change('create-project', {
    name: 'shop',
    workspaceId: workspace.id,
    firstEnvironment: 'production',
  })
  await expect(creating).rejects.toMatchObject({ kind: 'unfinished', code: 'mutation-unknown' })
  expect(local.world.projects.size).toBe(projects)
  expect(local.requests.filter(({ operationName }) => operationName === 'CreateProject')).toHaveLength(1)
})

test('an unknown commit and an unknown project are told apart', async () => {
  const { platform } = await rehearsing()
  const { target } = await aProject(platform)
  const { serviceId } = await anApi(platform, target)
  const deploying = platform.change('deploy-service', { ...target, serviceId, commit: 'f'.repeat(40) })
  await expect(deploying).rejects.toMatchObject({ kind: 'failed', code: 'commit-not-found' })
  const looking = platform.findProject('00000000-0000-4000-8000-000000000000' as ProjectId)
  await expect(looking).rejects.toMatchObject({ kind: 'failed', code: 'not-found' })
})

test.each(['absent', 'null', 'empty', 'stars'] as const)(
  'a sealed value is masked however the platform hides it: %s',
  async (masked) => {
    const { platform, local } = await rehearsing({ masked })
    const { target } = await aProject(platform)
    const { serviceId } = await anApi(platform, target)
    local.world.setVariable(target.environmentId, serviceId, 'SEALED', 'sentinel', { sealed: true, skipDeploys: true })
    const state = await platform.observe(target)
    expect(state.services[0]?.variables.SEALED).toEqual({ masked: true })
  },
)
