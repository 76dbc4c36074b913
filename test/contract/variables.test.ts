import { expect, test } from 'vitest'
import { aProject, type ContractCaller, oneDeployment, ref, repository } from '../support/contract-caller.ts'

const upsert = 'mutation($input: VariableUpsertInput!) { variableUpsert(input: $input) }'
const upsertAll = 'mutation($input: VariableCollectionUpsertInput!) { variableCollectionUpsert(input: $input) }'

function write(caller: ContractCaller, input: Record<string, unknown>): Promise<unknown> {
  const { projectId, environmentId } = caller
  const query = 'variables' in input ? upsertAll : upsert
  return caller.read('', query, { input: { projectId, environmentId, ...input } })
}

async function forDeployment(caller: ContractCaller, serviceId: string): Promise<Record<string, string>> {
  const query =
    'query($p: String!, $e: String!, $s: String!) { variablesForServiceDeployment(projectId: $p, environmentId: $e, serviceId: $s) }'
  const asked = { p: caller.projectId, e: caller.environmentId, s: serviceId }
  return (await caller.read('variablesForServiceDeployment', query, asked)) as Record<string, string>
}

test('B39 upserts store at once, deploy unless told to skip, and make no patch', async () => {
  const caller = await aProject()
  const api = await caller.makeService('api')
  await caller.commit({ services: { [api]: { source: { image: 'redis:7' } } } })
  caller.clock.advance(oneDeployment)
  await write(caller, { serviceId: api, name: 'A', value: '1', skipDeploys: true })
  await write(caller, { serviceId: api, variables: { B: '2' }, skipDeploys: true })
  expect(await caller.deployments(api)).toHaveLength(1)
  expect(await caller.variables(api)).toEqual({ A: '1', B: '2' })
  await write(caller, { serviceId: api, name: 'A', value: '3' })
  expect(await caller.deployments(api)).toHaveLength(2)
  caller.clock.advance(oneDeployment)
  await write(caller, { serviceId: api, variables: { B: '4' } })
  expect(await caller.deployments(api)).toMatchObject([{ meta: { patchId: null } }, {}, {}])
  const history = 'query($id: String!) { environmentPatches(environmentId: $id) { edges { node { id } } } }'
  expect(await caller.rows('environmentPatches', history, { id: caller.environmentId })).toHaveLength(1)
  const { projectId, environmentId } = caller
  const input = { projectId, environmentId, serviceId: 'none', name: 'A', value: '1' }
  expect(await caller.refusal(upsert, { input })).toBe('ServiceInstance not found')
})

test('B40 replace deletes what is not listed, and without a service variables are shared', async () => {
  const caller = await aProject()
  const api = await caller.makeService('api', { variables: { A: { value: '1' }, B: { value: '2' } } })
  await write(caller, { variables: { S: 's' }, skipDeploys: true })
  await write(caller, { serviceId: api, variables: { A: null, C: '' }, skipDeploys: true })
  expect(await caller.variables(api)).toEqual({ A: '1', B: '2', C: '' })
  await write(caller, { serviceId: api, variables: { B: '3' }, replace: true, skipDeploys: true })
  expect(await caller.variables(api)).toEqual({ B: '3' })
  expect(await caller.variables(null)).toEqual({ S: 's' })
  const { projectId, environmentId } = caller
  expect(await caller.refusal(upsertAll, { input: { projectId, environmentId, variables: { A: 1 } } })).toBe(
    'Problem processing request',
  )
  expect(await caller.refusal(upsertAll, { input: { projectId, environmentId, variables: 'A' } })).toBe(
    'Problem processing request',
  )
})

test('B41 variables are rendered, or as stored, without sealed ones', async () => {
  const caller = await aProject()
  const api = await caller.makeService('api', {
    variables: { A: { value: ref('B') }, B: { value: 'b' }, C: { value: 'sealed', isSealed: true }, D: {} },
  })
  for (const unrendered of [undefined, null, false]) {
    expect(await caller.variables(api, unrendered)).toEqual({ A: 'b', B: 'b' })
  }
  expect(await caller.variables(api, true)).toEqual({ A: ref('B'), B: 'b' })
  expect(await caller.variables(null)).toEqual({})
})

test('B42 references are resolved wherever they lead, and read empty when they lead nowhere', async () => {
  const caller = await aProject()
  await write(caller, { variables: { S: 'shared', T: ref('S') }, skipDeploys: true })
  await caller.makeService('My Redis.v7', {
    variables: { URL: { value: `redis://${ref('HOST')}` }, HOST: { value: 'h' } },
  })
  const values: Record<string, [string, string]> = {
    PLAIN: ['text', 'text'],
    OWN: [ref('PLAIN'), 'text'],
    SPACED: [ref('  PLAIN  '), 'text'],
    OTHER: [ref('My Redis.v7.URL'), 'redis://h'],
    OTHER_SPACED: [ref(' My Redis.v7.URL '), 'redis://h'],
    SHARED: [ref('shared.S'), 'shared'],
    SHARED_NESTED: [ref('shared.T'), 'shared'],
    MIXED: [`a ${ref('OWN')} b ${ref('shared.S')} c`, 'a text b shared c'],
    DEEP: [ref('MIXED'), 'a text b shared c'],
    PROVIDED: [`https://${ref('RAILWAY_SERVICE_NAME')}/v1`, 'https://api/v1'],
    NOWHERE: [`[${ref('MISSING')}]`, '[]'],
    NO_SERVICE: [`[${ref('none.URL')}]`, '[]'],
    OTHER_CASE: [`[${ref('my redis.v7.URL')}]`, '[]'],
    CYCLE_A: [`a${ref('CYCLE_B')}`, 'ab'],
    SELF: [`s${ref('SELF')}`, 's'],
    UNCLOSED: ['$' + '{{PLAIN', '$' + '{{PLAIN'],
    DOLLARS: [`${ref('PRICE')}`, '$& $1'],
    PRICE: ['$& $1', '$& $1'],
  }
  const variables = Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, { value }]))
  const api = await caller.makeService('api', { variables: { ...variables, CYCLE_B: { value: `b${ref('CYCLE_A')}` } } })
  const expected = Object.fromEntries(Object.entries(values).map(([name, [, value]]) => [name, value]))
  expect(await caller.variables(api)).toMatchObject(expected)
})

test('B43 a deployment’s variables include the platform’s own', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('My Api', { variables: { A: { value: ref('RAILWAY_PRIVATE_DOMAIN') } } })
  const early = await forDeployment(caller, api)
  expect(early).toEqual({
    A: 'my-api.railway.internal',
    RAILWAY_PROJECT_NAME: 'shop',
    RAILWAY_PROJECT_ID: caller.projectId,
    RAILWAY_ENVIRONMENT_NAME: 'production',
    RAILWAY_ENVIRONMENT_ID: caller.environmentId,
    RAILWAY_SERVICE_NAME: 'My Api',
    RAILWAY_SERVICE_ID: api,
    RAILWAY_PRIVATE_DOMAIN: 'my-api.railway.internal',
  })
  await caller.makeVolume(api, '/certificates')
  const domain = await caller.makeDomain(api)
  await caller.store({ services: { [api]: { networking: { privateNetworkEndpoint: 'inner' } } } })
  await caller.deployed(api)
  const later = await forDeployment(caller, api)
  expect(later).toMatchObject({
    A: 'inner.railway.internal',
    RAILWAY_PUBLIC_DOMAIN: domain,
    RAILWAY_VOLUME_NAME: 'My Api-volume',
    RAILWAY_VOLUME_MOUNT_PATH: '/certificates',
    RAILWAY_GIT_BRANCH: 'main',
    RAILWAY_GIT_REPO_OWNER: repository.split('/')[0],
    RAILWAY_GIT_REPO_NAME: repository.split('/')[1],
    RAILWAY_GIT_COMMIT_MESSAGE: 'First',
  })
  expect(later.RAILWAY_GIT_COMMIT_SHA).toMatch(/^[0-9a-f]{40}$/)
  expect(Object.keys(later)).not.toContain('RAILWAY_DEPLOYMENT_ID')
})

test('B44 a deployment keeps the variables it was made with', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', { variables: { A: { value: ref('B') }, B: { value: 'old' } } })
  const id = await caller.deployed(api)
  await write(caller, { serviceId: api, name: 'B', value: 'new', skipDeploys: true })
  const snapshot = await caller.snapshot(id)
  expect(snapshot).toMatchObject({ A: 'old', B: 'old', RAILWAY_SERVICE_NAME: 'api', RAILWAY_GIT_BRANCH: 'main' })
  expect(snapshot).not.toHaveProperty('PORT')
  expect(await caller.snapshot(await caller.deployed(api))).toMatchObject({ A: 'new', B: 'new' })
})
