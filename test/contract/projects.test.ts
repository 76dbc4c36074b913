import { expect, test } from 'vitest'
import { aPlatform, aProject, repository } from '../support/contract-caller.ts'

const instances =
  'query($id: String!) { environment(id: $id) { serviceInstances(first: 500) { edges { node { serviceName source { repo image } latestDeployment { status } } } } } }'
const createService = 'mutation($input: ServiceCreateInput!) { serviceCreate(input: $input) { id name } }'

test('B15 a new project has its first environment', async () => {
  const caller = await aPlatform()
  const query =
    'mutation($input: ProjectCreateInput!) { projectCreate(input: $input) { name workspaceId environments { edges { node { name isEphemeral } } } } }'
  const workspaceId = await caller.read('apiToken.workspaces.0.id', '{ apiToken { workspaces { id } } }')
  const made = await caller.read('projectCreate', query, {
    input: { name: 'shop', workspaceId, defaultEnvironmentName: 'live', prDeploys: false },
  })
  expect(made).toEqual({
    name: 'shop',
    workspaceId,
    environments: { edges: [{ node: { name: 'live', isEphemeral: false } }] },
  })
  const other = await caller.read('projectCreate', query, { input: { name: 'two' } })
  expect(other).toMatchObject({ environments: { edges: [{ node: { name: 'production' } }] } })
  expect(await caller.refusal(query, { input: { name: 'x', workspaceId: 'another' } })).toBe('Not Authorized')
})

test('B16 a new environment has no service until a patch makes an instance', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const staging = await caller.makeEnvironment('staging')
  expect(await caller.rows('environment.serviceInstances', instances, { id: staging })).toEqual([])
  caller.environmentId = staging
  await caller.store({ services: { [api]: { isCreated: true } } })
  expect(await caller.rows('environment.serviceInstances', instances, { id: staging })).toMatchObject([
    { serviceName: 'api' },
  ])
})

test('B17 a new service has an instance in every environment that is no fork, and only a source deploys it', async () => {
  const caller = await aProject()
  const { projectId, environmentId } = caller
  const staging = await caller.makeEnvironment('staging')
  const fork = caller.platform.world.addEnvironment(projectId, 'pr-7', true).id
  await caller.text('serviceCreate.id', createService, { input: { projectId, environmentId, name: 'empty' } })
  const source = { repo: repository }
  await caller.text('serviceCreate.id', createService, {
    input: { projectId, environmentId, name: 'app', source, variables: { A: '1' } },
  })
  for (const id of [environmentId, staging]) {
    expect(await caller.rows('environment.serviceInstances', instances, { id })).toEqual([
      { serviceName: 'empty', source: null, latestDeployment: null },
      { serviceName: 'app', source: { repo: repository, image: null }, latestDeployment: { status: 'INITIALIZING' } },
    ])
  }
  expect(await caller.rows('environment.serviceInstances', instances, { id: fork })).toEqual([])
  await caller.text('serviceCreate.id', createService, { input: { projectId, environmentId: fork, name: 'only' } })
  expect(await caller.rows('environment.serviceInstances', instances, { id: fork })).toMatchObject([
    { serviceName: 'only' },
  ])
  expect(await caller.rows('environment.serviceInstances', instances, { id: staging })).toHaveLength(2)
})

test('B18 a second service or environment of the same name is refused', async () => {
  const caller = await aProject()
  const { projectId, environmentId } = caller
  await caller.makeService('api')
  expect(await caller.refusal(createService, { input: { projectId, environmentId, name: 'api' } })).toBe(
    'Problem processing request',
  )
  const environment = 'mutation($input: EnvironmentCreateInput!) { environmentCreate(input: $input) { id } }'
  expect(await caller.refusal(environment, { input: { projectId, name: 'production' } })).toBe(
    'Problem processing request',
  )
  expect(caller.platform.world.projectNamed('shop').services.size).toBe(1)
})

test('B19 what does not exist is said to be not found', async () => {
  const caller = await aProject()
  const { environmentId } = caller
  const cases: [string, Record<string, unknown>, string][] = [
    ['query { project(id: "none") { id } }', {}, 'Project not found'],
    ['query { environment(id: "none") { id } }', {}, 'Environment not found'],
    [
      'query($e: String!) { environment(id: $e, projectId: "none") { id } }',
      { e: environmentId },
      'Environment not found',
    ],
    ['query { deployment(id: "none") { id } }', {}, 'Deployment not found'],
    ['query { environmentPatch(id: "none") { id } }', {}, 'Patch not found'],
    [
      'mutation($e: String!) { serviceInstanceDeployV2(environmentId: $e, serviceId: "none") }',
      { e: environmentId },
      'ServiceInstance not found',
    ],
    [
      'mutation { serviceInstanceUpdate(serviceId: "none", input: { startCommand: "x" }) }',
      {},
      'ServiceInstance not found',
    ],
  ]
  for (const [query, variables, message] of cases) expect(await caller.refusal(query, variables), query).toBe(message)
})
