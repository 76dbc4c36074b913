import { expect, test } from 'vitest'
import { aPlatform, aProject } from '../support/contract-caller.ts'

const me = '{ me { id name } }'
const apiToken = '{ apiToken { workspaces { id name } } }'
const projectToken = '{ projectToken { projectId environmentId project { name } environment { name } } }'
const projects = '{ projects(first: 500) { edges { node { name } } } }'

test('B7 an account token may ask for everything, me included', async () => {
  const caller = await aProject()
  expect(await caller.read('me.name', me)).toBe('Rehearsal operator')
  expect(await caller.rows('projects', projects)).toEqual([{ name: 'shop' }])
  expect(await caller.read('apiToken.workspaces', apiToken)).toHaveLength(1)
})

test('B8 a workspace token sees its workspace and is not authorized for me', async () => {
  const caller = await aProject()
  expect(await caller.refusal(me, {}, caller.asWorkspace)).toBe('Not Authorized')
  const workspace = await caller.read('apiToken.workspaces.0.id', apiToken, {}, caller.asWorkspace)
  const query = 'query($w: String) { projects(workspaceId: $w) { edges { node { name } } } }'
  expect(await caller.read('projects.edges.0.node.name', query, { w: workspace }, caller.asWorkspace)).toBe('shop')
  expect(await caller.refusal(query, { w: 'another' }, caller.asWorkspace)).toBe('Not Authorized')
})

test('B9 a project token says what it is for and acts there', async () => {
  const caller = await aProject({ projectTokens: ['production'] })
  const headers = caller.asProject('production')
  expect(await caller.read('projectToken', projectToken, {}, headers)).toEqual({
    projectId: caller.projectId,
    environmentId: caller.environmentId,
    project: { name: 'shop' },
    environment: { name: 'production' },
  })
  const project = 'query($id: String!) { project(id: $id) { name } }'
  expect(await caller.read('project.name', project, { id: caller.projectId }, headers)).toBe('shop')
  const api = await caller.makeApp('api')
  const input = {
    projectId: caller.projectId,
    environmentId: caller.environmentId,
    serviceId: api,
    name: 'A',
    value: '1',
  }
  const upsert = 'mutation($input: VariableUpsertInput!) { variableUpsert(input: $input) }'
  expect(await caller.read('variableUpsert', upsert, { input }, headers)).toBe(true)
  expect(await caller.refusal(projectToken)).toBe('Not Authorized')
})

test('B10 a project token may not reach past its environment', async () => {
  const caller = await aProject({ projectTokens: ['production'] })
  const api = await caller.makeApp('api')
  const { projectId, environmentId } = caller
  const refused: [string, Record<string, unknown>][] = [
    [me, {}],
    [apiToken, {}],
    [projects, {}],
    ['mutation($input: ProjectCreateInput!) { projectCreate(input: $input) { id } }', { input: { name: 'x' } }],
    [
      'mutation($input: EnvironmentCreateInput!) { environmentCreate(input: $input) { id } }',
      { input: { projectId, name: 'x' } },
    ],
    [
      'mutation($input: ServiceCreateInput!) { serviceCreate(input: $input) { id } }',
      { input: { projectId, environmentId, name: 'x' } },
    ],
    [
      'mutation($input: VolumeCreateInput!) { volumeCreate(input: $input) { id } }',
      { input: { projectId, mountPath: '/x' } },
    ],
    [
      'mutation($s: String!, $input: ServiceInstanceUpdateInput!) { serviceInstanceUpdate(serviceId: $s, input: $input) }',
      { s: api, input: { startCommand: 'x' } },
    ],
    ['{ deployments(input: {}) { edges { node { id } } } }', {}],
  ]
  for (const [query, variables] of refused) {
    expect(await caller.refusal(query, variables, caller.asProject('production')), query).toBe('Not Authorized')
  }
  expect(caller.platform.world.projects.size).toBe(1)
  expect((await caller.config()).services?.[api]?.deploy).toBeUndefined()
})

test('B11 a project token may name other environments and look into none', async () => {
  const caller = await aProject({ projectTokens: ['production', 'staging'] })
  const staging = await caller.makeEnvironment('staging')
  const api = await caller.makeApp('api')
  const deployment = await caller.deploy(api)
  const headers = caller.asProject('staging')
  const listed = await caller.read(
    'projectToken.project.environments.edges',
    '{ projectToken { project { environments { edges { node { name canAccess } } } } } }',
    {},
    headers,
  )
  expect(listed).toEqual([
    { node: { name: 'production', canAccess: false } },
    { node: { name: 'staging', canAccess: true } },
  ])
  const id = caller.environmentId
  const refused: [string, Record<string, unknown>][] = [
    ['query($id: String!) { environment(id: $id) { name } }', { id }],
    ['{ projectToken { project { environments { edges { node { config } } } } } }', {}],
    ['query($id: String!) { environmentStagedChanges(environmentId: $id) { id } }', { id }],
    ['query($id: String!) { deployment(id: $id) { id } }', { id: deployment }],
    ['query($id: String!) { deploymentSnapshot(deploymentId: $id) { variables } }', { id: deployment }],
    ['mutation($id: String!) { deploymentRestart(id: $id) }', { id: deployment }],
    [
      'mutation($id: String!) { environmentPatchCommit(environmentId: $id, patch: {sharedVariables: {A: {value: "1"}}}) }',
      { id },
    ],
  ]
  for (const [query, variables] of refused) {
    const { json } = await caller.post(query, variables, headers)
    expect(json.errors?.[0]?.message, query).toBe('Not Authorized')
  }
  expect(
    await caller.read(
      'environment.name',
      'query($id: String!) { environment(id: $id) { name } }',
      { id: staging },
      headers,
    ),
  ).toBe('staging')
})

test('B12 wrong tokens are refused in the words of their header', async () => {
  const caller = await aPlatform({ projectTokens: ['production'] })
  const { account, project } = caller.platform.address.tokens
  const early = await caller.refusal(projectToken, {}, caller.asProject('production'))
  await caller.makeProject()
  const ask = (headers: Record<string, string>) => caller.refusal(apiToken, {}, headers)
  expect(await ask({})).toBe('Not Authorized')
  expect(await ask({ authorization: 'Bearer rehearsal_unknown' })).toBe('Not Authorized')
  expect(await ask({ authorization: account })).toBe('Not Authorized')
  expect(await ask({ authorization: `Bearer ${project.production}` })).toBe('Not Authorized')
  expect(await ask({ 'project-access-token': account })).toBe('Project Token not found')
  expect(await ask({ 'project-access-token': '' })).toBe('Project Token not found')
  expect(await ask({ 'project-access-token': 'rehearsal_unknown', ...caller.asAccount })).toBe(
    'Project Token not found',
  )
  expect(early).toBe('Project Token not found')
  for (const token of [account, caller.platform.address.tokens.workspace, project.production]) {
    expect(token).toMatch(/^rehearsal_/)
  }
})
