import { expect, test } from 'vitest'
import type { Masked } from '../../src/local/index.ts'
import { aProject, ref } from '../support/contract-caller.ts'

const etag = 'query($id: String!) { environment(id: $id) { configEtag } }'

test('B20 the settings of an environment come back as they were stored, unknown keys too', async () => {
  const caller = await aProject()
  const api = await caller.makeService('api')
  const volume = await caller.makeVolume(api)
  const settings = {
    source: { repo: 'fakturino/app', branch: 'main', rootDirectory: '/api' },
    build: { buildCommand: 'npm run build', builder: 'RAILPACK' },
    deploy: {
      startCommand: 'serve',
      preDeployCommand: ['migrate', 'seed'],
      healthcheckPath: '/health',
      healthcheckTimeout: 30,
      restartPolicyType: 'ALWAYS' as const,
      multiRegionConfig: { 'us-west2': { numReplicas: 1 } },
    },
    networking: { tcpProxies: { '5432': {} }, privateNetworkEndpoint: 'inner' },
    variables: { A: { value: '1', description: 'first' } },
    somethingNew: { deep: [1, { two: 2 }] },
  }
  const before = await caller.config()
  expect(before.services?.[api]).toEqual({ volumeMounts: { [volume]: { mountPath: '/data' } } })
  await caller.store({
    services: { [api]: settings },
    sharedVariables: { S: { value: 's' } },
    volumes: { [volume]: { sizeMB: 1024 } },
    privateNetworkDisabled: false,
  })
  expect(await caller.config()).toEqual({
    services: { [api]: { ...settings, volumeMounts: { [volume]: { mountPath: '/data' } } } },
    sharedVariables: { S: { value: 's' } },
    volumes: { [volume]: { sizeMB: 1024 } },
    privateNetworkDisabled: false,
  })
})

test.each<[Masked, object]>([
  ['absent', {}],
  ['null', { value: null }],
  ['empty', { value: '' }],
  ['stars', { value: '*****' }],
])('B21 values are unrendered, and masked (%s) unless decrypted', async (masked, shown) => {
  const caller = await aProject({ masked })
  const api = await caller.makeService('api', { variables: { A: { value: ref('B') }, B: { value: 'b' } } })
  await caller.stage({ sharedVariables: { S: { value: 's' } } })
  expect((await caller.config(true)).services?.[api]?.variables).toEqual({ A: { value: ref('B') }, B: { value: 'b' } })
  for (const decrypt of [false, null]) {
    expect((await caller.config(decrypt)).services?.[api]?.variables).toEqual({ A: shown, B: shown })
  }
  const staged =
    'query($id: String!, $d: Boolean) { environmentStagedChanges(environmentId: $id) { patch(decryptVariables: $d) } }'
  const patch = (d: boolean | null) =>
    caller.read('environmentStagedChanges.patch', staged, { id: caller.environmentId, d })
  expect(await patch(true)).toEqual({ sharedVariables: { S: { value: 's' } } })
  expect(await patch(null)).toEqual({ sharedVariables: { S: shown } })
})

test('B22 a sealed value reaches containers and nobody else, and stays sealed', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', {
    variables: { KEY: { value: 'hidden-one', isSealed: true }, COPY: { value: `of ${ref('KEY')}` } },
  })
  const deployment = await caller.deployed(api)
  await caller.commit({ services: { [api]: { variables: { KEY: { value: 'hidden-two', isSealed: false } } } } })
  await caller.stage({ services: { [api]: { variables: { KEY: { value: 'hidden-three' } } } } })
  expect((await caller.config(true)).services?.[api]?.variables?.KEY).toEqual({ isSealed: true })
  const { projectId: p, environmentId: e } = caller
  const everything = await caller.post(
    `query($p: String!, $e: String!, $s: String!, $d: String!) {
      environment(id: $e) { config(decryptVariables: true) }
      environmentStagedChanges(environmentId: $e) { patch(decryptVariables: true) }
      environmentPatches(environmentId: $e) { edges { node { patch(decryptVariables: true) } } }
      rendered: variables(projectId: $p, environmentId: $e, serviceId: $s)
      stored: variables(projectId: $p, environmentId: $e, serviceId: $s, unrendered: true)
      variablesForServiceDeployment(projectId: $p, environmentId: $e, serviceId: $s)
      deploymentSnapshot(deploymentId: $d) { variables }
    }`,
    { p, e, s: api, d: deployment },
  )
  expect(everything.json.errors).toBeUndefined()
  expect(everything.body).not.toContain('hidden')
  expect((await caller.variables(api)).COPY).toBe('of ')
  const [first, second] = caller.platform.world.deployments(e, api)
  expect(first?.variables).toMatchObject({ KEY: 'hidden-one', COPY: 'of hidden-one' })
  expect(second?.variables).toMatchObject({ KEY: 'hidden-two' })
})

test('B23 the etag is another one after every change of the settings', async () => {
  const caller = await aProject()
  const read = () => caller.text('environment.configEtag', etag, { id: caller.environmentId })
  const seen = [await read()]
  const changed = async () => {
    const now = await read()
    expect(seen).not.toContain(now)
    seen.push(now)
  }
  const api = await caller.makeService('api')
  await changed()
  await caller.commit({ services: { [api]: { deploy: { startCommand: 'serve' } } } })
  await changed()
  const input = { projectId: caller.projectId, environmentId: caller.environmentId, name: 'A', value: '1' }
  await caller.read('variableUpsert', 'mutation($input: VariableUpsertInput!) { variableUpsert(input: $input) }', {
    input,
  })
  await changed()
  await caller.makeDomain(api)
  await changed()
  await caller.makeVolume(api)
  await changed()
  const before = await read()
  await caller.stage({ sharedVariables: { S: { value: 's' } } })
  expect(await read()).toBe(before)
})

test('B24 a patch is merged deep, null deletes and resets, lists are replaced', async () => {
  const caller = await aProject()
  const api = await caller.makeService('api', {
    deploy: {
      startCommand: 'serve',
      preDeployCommand: ['a', 'b'],
      healthcheckPath: '/up',
      multiRegionConfig: { x: {}, y: {} },
    },
    variables: { A: { value: '1', description: 'kept' }, B: { value: '2' } },
  })
  await caller.commit({
    services: {
      [api]: {
        deploy: { preDeployCommand: ['c'], healthcheckPath: null, multiRegionConfig: { x: null } },
        variables: { A: { value: '3' }, B: null, C: null, __proto__x: { value: '4' } },
      },
    },
  })
  expect((await caller.config()).services?.[api]).toEqual({
    deploy: { startCommand: 'serve', preDeployCommand: ['c'], multiRegionConfig: { y: {} } },
    variables: { A: { value: '3', description: 'kept' }, __proto__x: { value: '4' } },
  })
})

test('B25 a patch deletes and makes instances, and does not touch a service that has none', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const deployment = await caller.deployed(api)
  await caller.commit({ services: { [api]: { isDeleted: true } } })
  expect((await caller.config()).services).toEqual({})
  expect(await caller.active(api)).toEqual([])
  expect(caller.platform.world.projectNamed('shop').services.size).toBe(1)
  expect(await caller.status(deployment)).toBe('REMOVED')
  const patch = { services: { [api]: { deploy: { startCommand: 'serve' } } } }
  await expect(caller.commit(patch)).rejects.toThrow('Problem processing request')
  await caller.commit({ services: { [api]: { isCreated: true, deploy: { startCommand: 'serve' } } } })
  expect((await caller.config()).services).toEqual({ [api]: { deploy: { startCommand: 'serve' } } })
})
