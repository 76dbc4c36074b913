import { expect, test } from 'vitest'
import { aProject, commitMutation, commitStagedMutation, repository } from '../support/contract-caller.ts'

const createTrigger =
  'mutation($input: DeploymentTriggerCreateInput!) { deploymentTriggerCreate(input: $input) { id serviceId repository branch } }'
const updateTrigger =
  'mutation($id: String!, $input: DeploymentTriggerUpdateInput!) { deploymentTriggerUpdate(id: $id, input: $input) { id branch } }'

test('B82 a trigger makes an instance follow a branch, and moves it', async () => {
  const caller = await aProject({ repositories: [{ name: repository, branches: { main: [{}], next: [{}] } }] })
  const { projectId, environmentId } = caller
  const api = await caller.makeService('api')
  const input = { projectId, environmentId, serviceId: api, provider: 'github', repository, branch: 'main' }
  const made = await caller.read('deploymentTriggerCreate', createTrigger, { input })
  expect(made).toMatchObject({ serviceId: api, repository, branch: 'main' })
  expect((await caller.config()).services?.[api]).toMatchObject({ source: { repo: repository, branch: 'main' } })
  expect(await caller.refusal(createTrigger, { input })).toBe('Problem processing request')

  const { id } = made as { id: string }
  const moved = { id, input: { branch: 'next' } }
  expect(await caller.read('deploymentTriggerUpdate', updateTrigger, moved)).toEqual({ id, branch: 'next' })
  expect((await caller.config()).services?.[api]).toMatchObject({ source: { repo: repository, branch: 'next' } })
  expect(await caller.refusal(updateTrigger, { id: 'none', input: {} })).toBe('DeploymentTrigger not found')

  expect(await caller.deployments(api)).toEqual([])
  caller.platform.world.push(repository, 'next')
  expect(await caller.deployments(api)).toHaveLength(1)
})

test('B83 names are listed, of shared and sealed variables too, and no value', async () => {
  const caller = await aProject()
  const api = await caller.makeService('api', {
    variables: { OPEN: { value: '1' }, SEALED: { value: '2', isSealed: true }, NONE: {} },
  })
  await caller.store({ sharedVariables: { SHARED: { value: '3' } } })
  const query =
    'query($id: String!) { environment(id: $id) { variables(first: 500) { edges { node { name serviceId isSealed environmentId } } } } }'
  const environmentId = caller.environmentId
  expect(await caller.rows('environment.variables', query, { id: environmentId })).toEqual([
    { name: 'SHARED', serviceId: null, isSealed: false, environmentId },
    { name: 'OPEN', serviceId: api, isSealed: false, environmentId },
    { name: 'SEALED', serviceId: api, isSealed: true, environmentId },
    { name: 'NONE', serviceId: api, isSealed: false, environmentId },
  ])
})

const settings =
  'query($id: String!) { environment(id: $id) { serviceInstances(first: 500) { edges { node { source { repo image } buildCommand startCommand preDeployCommand healthcheckPath healthcheckTimeout restartPolicyType restartPolicyMaxRetries numReplicas region } } } } }'

test('B84 an instance answers its settings, with a restart policy in any case', async () => {
  const caller = await aProject()
  const api = await caller.makeService('api')
  const read = async () =>
    (await caller.rows('environment.serviceInstances', settings, { id: caller.environmentId }))[0]
  expect(await read()).toEqual({
    source: null,
    buildCommand: null,
    startCommand: null,
    preDeployCommand: null,
    healthcheckPath: null,
    healthcheckTimeout: null,
    restartPolicyType: 'ON_FAILURE',
    restartPolicyMaxRetries: 10,
    numReplicas: null,
    region: null,
  })
  const deploy = {
    startCommand: 'serve',
    preDeployCommand: ['migrate'],
    healthcheckPath: '/up',
    healthcheckTimeout: 60,
    restartPolicyType: 'ALWAYS',
    restartPolicyMaxRetries: 3,
    multiRegionConfig: { 'us-west2': { numReplicas: 2 } },
  } as const
  await caller.store({
    services: {
      [api]: {
        source: { repo: repository, branch: 'main' },
        build: { buildCommand: 'build' },
        deploy: { ...deploy, preDeployCommand: ['migrate'] },
      },
    },
  })
  const { multiRegionConfig: _regions, ...told } = deploy
  expect(await read()).toEqual({
    source: { repo: repository, image: null },
    buildCommand: 'build',
    ...told,
    numReplicas: 2,
    region: 'us-west2',
  })
  const several = { 'us-west2': { numReplicas: 2 }, 'europe-west4': { numReplicas: 2 } }
  await caller.store({ services: { [api]: { deploy: { multiRegionConfig: several } } } })
  expect(await read()).toMatchObject({ numReplicas: 1, region: null })
})

const stageMutation =
  'mutation($e: String!, $input: EnvironmentConfig!) { environmentStageChanges(environmentId: $e, input: $input, merge: true) { id } }'

test('B85 patches and the config can be denied by themselves', async () => {
  const patches = await aProject({ denied: ['patches'], projectTokens: ['production'] })
  const e = patches.environmentId
  const patch = { sharedVariables: { A: { value: '1' } } }
  const refused: [string, Record<string, unknown>][] = [
    [stageMutation, { e, input: patch }],
    [commitStagedMutation, { e }],
    [commitMutation, { e, patch }],
    ['query($e: String!) { environmentStagedChanges(environmentId: $e) { id } }', { e }],
    ['query($e: String!) { environmentPatches(environmentId: $e) { edges { node { id } } } }', { e }],
    [
      'query($id: String!) { environmentPatch(id: $id) { id } }',
      { id: patches.platform.world.commit(e, patch, { skipDeploys: true }).id },
    ],
  ]
  for (const [query, variables] of refused) {
    expect(await patches.refusal(query, variables), query).toBe('Not Authorized')
    expect(await patches.refusal(query, variables, patches.asProject('production')), query).toBe('Not Authorized')
  }
  expect(await patches.config()).toEqual(patch)
  patches.platform.world.stage(e, { sharedVariables: { B: { value: '2' } } })
  const count = 'query($id: String!) { environment(id: $id) { unmergedChangesCount } }'
  expect(await patches.read('environment.unmergedChangesCount', count, { id: e })).toBe(1)

  const config = await aProject({ denied: ['config'] })
  for (const d of [true, false, null]) {
    const query = 'query($id: String!, $d: Boolean) { environment(id: $id) { name config(decryptVariables: $d) } }'
    const { json } = await config.post(query, { id: config.environmentId, d })
    expect(json.data).toBeNull()
    expect(json.errors).toMatchObject([{ message: 'Not Authorized' }])
  }
  await config.makeService('api', { variables: { A: { value: '1' } } })
})
