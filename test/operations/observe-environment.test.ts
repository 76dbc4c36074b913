import { describe, expect, it, test } from 'vitest'
import { OperatorError } from '../../src/kit/errors.ts'
import { type KnownIds, observeEnvironment, type WantedEnvironment } from '../../src/operations/observe-environment.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedState } from '../../src/platform/observed-state.ts'
import type { Platform, ProjectSummary } from '../../src/platform/platform.ts'
import { anObservedState } from '../support/builders.ts'
import { aFakePlatform } from '../support/fake-platform.ts'

interface World {
  /** Project name -> environment names; ids are `p-shop` and `e-shop-staging`. By workspace, of which `home` is one. */
  workspaces?: Record<string, Record<string, string[]>>
  /** What the token is for, when it is a project token: `[project, environment]`. */
  token?: [string, string]
  /** What an earlier command remembered of `shop`, as names. */
  hint?: { project: string; environments: string[] }
  /** Environments that are listed and that the token may not access, in every project. */
  restricted?: string[]
  /** Instead of an answer to a reading by ids. */
  failure?: OperatorError
}

function aProject(name: string, environments: string[], restricted: string[] = []): ProjectSummary {
  return {
    id: id(`p-${name}`),
    name,
    environments: environments.map((environment) => ({
      id: id(`e-${name}-${environment}`),
      name: environment,
      isEphemeral: false,
      isAccessible: !restricted.includes(environment),
    })),
  }
}

function stateOf(project: ProjectSummary, environment: string): ObservedState {
  return anObservedState({
    project: { id: project.id, name: project.name },
    environment: { id: id(`e-${project.name}-${environment}`), name: environment },
    environments: project.environments.map(({ id: environmentId, name }) => ({ id: environmentId, name })),
  })
}

const notFound = (code: 'not-found' | 'not-authorized' | 'unreachable' = 'not-found') =>
  new OperatorError({ kind: code === 'unreachable' ? 'unreachable' : 'failed', code, message: code })

/** A platform of such a world, and what was asked of it. */
function observing(world: World) {
  const workspaces = world.workspaces ?? { home: { shop: ['staging', 'production'] } }
  const projects = Object.values(workspaces).flatMap((of) =>
    Object.entries(of).map(([name, environments]) => aProject(name, environments, world.restricted)),
  )
  const requests: string[] = []
  const remembered: string[] = []
  const platform: Platform = aFakePlatform({
    findWorkspaces: async () => {
      requests.push('workspaces')
      return Object.keys(workspaces).map((name) => ({ id: id(`w-${name}`), name }))
    },
    findProjects: async (workspaceId) => {
      requests.push(`projects of ${workspaceId}`)
      return Object.entries(workspaces[workspaceId.slice(2)] ?? {}).map(([name, of]) =>
        aProject(name, of, world.restricted),
      )
    },
    findProject: async (projectId) => {
      requests.push(`project ${projectId}`)
      const found = projects.find((project) => project.id === projectId)
      if (found === undefined) throw notFound()
      return found
    },
    observe: async (target) => {
      if (target === 'token') {
        requests.push('token')
        const [project = '', environment = ''] = world.token ?? []
        return stateOf(aProject(project, [environment]), environment)
      }
      requests.push(`environment ${target.environmentId}`)
      if (world.failure !== undefined) throw world.failure
      const project = projects.find((candidate) => candidate.id === target.projectId)
      const environment = project?.environments.find((candidate) => candidate.id === target.environmentId)
      if (project === undefined || environment === undefined) throw notFound()
      return stateOf(project, environment.name)
    },
  })
  const knownIds: KnownIds = {
    recall: async (project) => {
      if (project !== 'shop' || world.hint === undefined) return undefined
      const { id: projectId, environments } = aProject(world.hint.project, world.hint.environments)
      // The hint is by the name that was asked for, whatever the ids lead to.
      const names = ['staging', 'production']
      return {
        projectId,
        environments: Object.fromEntries(environments.map((environment, at) => [names[at] ?? '', environment.id])),
      }
    },
    remember: async (project, environments) => {
      remembered.push(`${project.name}: ${environments.map(({ name }) => name).join(' ')}`)
    },
  }
  return { needs: { platform, knownIds }, requests, remembered }
}

const wanted = (overrides: Partial<WantedEnvironment> = {}): WantedEnvironment => ({
  project: { name: 'shop' },
  environment: { name: 'staging' },
  byProjectToken: false,
  ...overrides,
})

async function found(world: World, asked: Partial<WantedEnvironment> = {}) {
  const { needs, requests, remembered } = observing(world)
  const answer = await observeEnvironment(wanted(asked), needs)
  const told =
    answer.kind === 'found'
      ? `${answer.state.project.name} ${answer.state.environment.name}`
      : `missing in ${answer.project?.name ?? 'nothing'}`
  return { told, requests, remembered }
}

async function refusal(world: World, asked: Partial<WantedEnvironment> = {}) {
  const { needs, requests } = observing(world)
  const error: unknown = await observeEnvironment(wanted(asked), needs).catch((reason: unknown) => reason)
  if (!(error instanceof OperatorError)) throw new Error(`not refused: ${String(error)}`)
  return { kind: error.kind, code: error.code, message: error.message, hint: error.hint, requests }
}

const ids = { project: { name: 'shop', id: id<'project'>('p-shop') } }
const environmentId = (name: string) => id<'environment'>(`e-shop-${name}`)

test.each<[string, World, Partial<WantedEnvironment>, string[]]>([
  [
    'whose ids are given, in one request',
    {},
    { ...ids, environment: { name: 'staging', id: environmentId('staging') } },
    ['environment e-shop-staging'],
  ],
  [
    'whose ids are given without a name',
    {},
    { ...ids, environment: { id: environmentId('staging') } },
    ['environment e-shop-staging'],
  ],
  [
    'that an earlier command saw, in one request',
    { hint: { project: 'shop', environments: ['staging'] } },
    {},
    ['environment e-shop-staging'],
  ],
  [
    'that an earlier command saw, of a project whose id is given',
    { hint: { project: 'shop', environments: ['staging'] } },
    ids,
    ['environment e-shop-staging'],
  ],
  ['by its name, in three', {}, {}, ['workspaces', 'projects of w-home', 'environment e-shop-staging']],
  ['by its name in a project whose id is given', {}, ids, ['project p-shop', 'environment e-shop-staging']],
  [
    'by its id in a project of that name',
    {},
    { environment: { id: environmentId('staging') } },
    ['workspaces', 'projects of w-home', 'environment e-shop-staging'],
  ],
  [
    'in whatever workspace its project is',
    { workspaces: { away: { other: ['staging'] }, home: { shop: ['staging'] } } },
    {},
    ['workspaces', 'projects of w-away', 'projects of w-home', 'environment e-shop-staging'],
  ],
  [
    'in the workspace that is named, though another has a project of that name',
    { workspaces: { away: { shop: ['staging'] }, home: { shop: ['staging'] } } },
    { workspace: 'home' },
    ['workspaces', 'projects of w-home', 'environment e-shop-staging'],
  ],
  [
    'in the workspace whose id is named',
    {},
    { workspace: 'w-home' },
    ['workspaces', 'projects of w-home', 'environment e-shop-staging'],
  ],
  [
    'although the hint is of another project, whose id is not the one given',
    { hint: { project: 'other', environments: ['staging'] } },
    ids,
    ['project p-shop', 'environment e-shop-staging'],
  ],
  [
    'although the hint leads nowhere any more',
    { hint: { project: 'gone', environments: ['staging'] } },
    {},
    ['environment e-gone-staging', 'workspaces', 'projects of w-home', 'environment e-shop-staging'],
  ],
  [
    'although the hint leads to a project of another name',
    {
      workspaces: { home: { shop: ['staging'], other: ['staging'] } },
      hint: { project: 'other', environments: ['staging'] },
    },
    {},
    ['environment e-other-staging', 'workspaces', 'projects of w-home', 'environment e-shop-staging'],
  ],
  [
    'although the hint leads to an environment of another name',
    { hint: { project: 'shop', environments: ['production'] } },
    {},
    ['environment e-shop-production', 'workspaces', 'projects of w-home', 'environment e-shop-staging'],
  ],
])('it finds an environment %s', async (_, world, asked, expected) => {
  const { told, requests, remembered } = await found(world, asked)
  expect(told).toBe('shop staging')
  expect(requests).toEqual(expected)
  expect(remembered).toHaveLength(1)
})

test('what was found is remembered, with all environments of the project', async () => {
  expect((await found({})).remembered).toEqual(['shop: staging production'])
})

test('the environment of a project token is read without a look-up, and nothing is remembered of it', async () => {
  const world: World = { token: ['shop', 'staging'] }
  const asked = { byProjectToken: true, environment: {} }
  expect(await found(world, asked)).toEqual({ told: 'shop staging', requests: ['token'], remembered: [] })
})

describe('what is missing is told apart', () => {
  it('a project', async () => {
    expect((await found({ workspaces: { home: { other: [] } } })).told).toBe('missing in nothing')
  })

  it('an environment of a project that is there', async () => {
    expect((await found({ workspaces: { home: { shop: ['production'] } } })).told).toBe('missing in shop')
  })

  it('everything, where the token reaches nothing', async () => {
    expect((await found({ workspaces: {} })).told).toBe('missing in nothing')
  })
})

test.each<[string, World, Partial<WantedEnvironment>, object]>([
  [
    'two projects of one name: a guess',
    { workspaces: { away: { shop: ['staging'] }, home: { shop: ['staging'] } } },
    {},
    {
      kind: 'usage',
      code: 'workspace-ambiguous',
      message: '2 projects are called shop, and which one is meant would be a guess.',
    },
  ],
  [
    'a workspace that the token does not reach',
    {},
    { workspace: 'elsewhere' },
    { kind: 'usage', code: 'invalid-option', hint: 'It reaches home.' },
  ],
  [
    'a project token for another environment, before anything else is asked',
    { token: ['shop', 'production'] },
    { byProjectToken: true },
    {
      kind: 'denied',
      code: 'token-elsewhere',
      hint: 'Set RAILWAY_TOKEN to a token of staging, or pass -e production.',
      requests: ['token'],
    },
  ],
  [
    'a project token for another environment than the id that is given',
    { token: ['shop', 'production'] },
    { byProjectToken: true, environment: { id: environmentId('staging') } },
    { kind: 'denied', code: 'token-elsewhere' },
  ],
  [
    'an id of another environment than the one that is named',
    {},
    { ...ids, environment: { name: 'staging', id: environmentId('production') } },
    { kind: 'usage', code: 'unknown-environment' },
  ],
  [
    'an id of another environment than the one that is named, of a project known by name',
    {},
    { environment: { name: 'staging', id: environmentId('production') } },
    { kind: 'usage', code: 'unknown-environment' },
  ],
  [
    'an environment that the token may not access, before anything is asked of it',
    { restricted: ['staging'] },
    {},
    {
      kind: 'denied',
      code: 'not-authorized',
      message: expect.stringMatching(/^Environment staging is restricted for this token: /),
      requests: ['workspaces', 'projects of w-home'],
    },
  ],
  [
    'ids that lead nowhere, without a look-up: they were given',
    { failure: notFound() },
    { ...ids, environment: { id: environmentId('staging') } },
    { code: 'not-found', requests: ['environment e-shop-staging'] },
  ],
  [
    'a platform that cannot be reached, without a look-up: the hint may be right',
    { failure: notFound('unreachable'), hint: { project: 'shop', environments: ['staging'] } },
    {},
    { code: 'unreachable', requests: ['environment e-shop-staging'] },
  ],
])('it refuses %s', async (_, world, asked, expected) => {
  expect(await refusal(world, asked)).toMatchObject(expected)
})

test('a hint that the token may not follow is dropped, and the look-up decides', async () => {
  const { needs, requests } = observing({
    failure: notFound('not-authorized'),
    hint: { project: 'shop', environments: ['staging'] },
  })
  await expect(observeEnvironment(wanted(), needs)).rejects.toMatchObject({ code: 'not-authorized' })
  expect(requests.slice(0, 2)).toEqual(['environment e-shop-staging', 'workspaces'])
})
