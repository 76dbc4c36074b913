import { expect, test } from 'vitest'
import {
  aProject,
  oneDeployment,
  ref,
  repository,
  serviceDomainMutation,
  volumeMutation,
} from '../support/contract-caller.ts'

const update =
  'mutation($e: String, $s: String!, $input: ServiceInstanceUpdateInput!) { serviceInstanceUpdate(environmentId: $e, serviceId: $s, input: $input) }'
const volumes =
  'query($id: String!) { environment(id: $id) { volumeInstances(first: 500) { edges { node { volumeId serviceId mountPath sizeMB currentSizeMB state isPendingDeletion environmentId } } } } }'

test('B45 an instance’s settings are stored, and deployed by nobody', async () => {
  const caller = await aProject()
  const staging = await caller.makeEnvironment('staging')
  const fork = caller.platform.world.addEnvironment(caller.projectId, 'pr-7', true).id
  const api = await caller.makeService('api')
  caller.platform.world.commit(fork, { services: { [api]: { isCreated: true } } }, { skipDeploys: true })
  const input = {
    source: { repo: repository },
    buildCommand: 'build',
    startCommand: 'serve',
    preDeployCommand: ['migrate'],
    restartPolicyType: 'ALWAYS',
    region: 'us-west2',
  }
  expect(await caller.read('serviceInstanceUpdate', update, { e: caller.environmentId, s: api, input })).toBe(true)
  expect((await caller.config()).services?.[api]).toEqual({
    source: { repo: repository },
    build: { buildCommand: 'build' },
    deploy: {
      startCommand: 'serve',
      preDeployCommand: ['migrate'],
      restartPolicyType: 'ALWAYS',
      multiRegionConfig: { 'us-west2': { numReplicas: 1 } },
    },
  })
  expect((await caller.config(true, staging)).services?.[api]).toEqual({})
  await caller.read('', update, { s: api, input: { startCommand: 'all', buildCommand: null } })
  expect((await caller.config()).services?.[api]).toMatchObject({ build: {}, deploy: { startCommand: 'all' } })
  expect((await caller.config(true, staging)).services?.[api]).toEqual({ deploy: { startCommand: 'all' }, build: {} })
  expect((await caller.config(true, fork)).services?.[api]).toEqual({})
  expect(await caller.deployments(api)).toEqual([])
  const triggers = 'query($id: String!) { environment(id: $id) { deploymentTriggers { edges { node { id } } } } }'
  expect(await caller.rows('environment.deploymentTriggers', triggers, { id: caller.environmentId })).toEqual([])
})

test('B46 auto-deploy is switched where there is a trigger', async () => {
  const caller = await aProject()
  const { projectId, environmentId } = caller
  const api = await caller.makeApp('api')
  const redis = await caller.makeService('redis', { source: { image: 'redis:7' } })
  const set =
    'mutation($input: ServiceInstanceAutoDeployUpdateInput!) { serviceInstanceAutoDeployUpdate(input: $input) { enabled } }'
  const get =
    'query($p: String!, $e: String!, $s: String!) { serviceInstanceAutoDeployStatus(projectId: $p, environmentId: $e, serviceId: $s) { enabled canEnable reason } }'
  const status = (s: string) =>
    caller.read('serviceInstanceAutoDeployStatus', get, { p: projectId, e: environmentId, s })
  expect(await status(api)).toEqual({ enabled: true, canEnable: true, reason: null })
  for (const enabled of [false, true, false]) {
    const input = { projectId, environmentId, serviceId: api, enabled }
    expect(await caller.read('serviceInstanceAutoDeployUpdate.enabled', set, { input })).toBe(enabled)
    expect(await status(api)).toMatchObject({ enabled })
  }
  expect(await status(redis)).toMatchObject({ enabled: false, canEnable: false })
  const input = { projectId, environmentId, serviceId: redis, enabled: true }
  expect(await caller.refusal(set, { input })).toBe('Problem processing request')
})

test('B47 a volume is made everywhere, nowhere or in one environment', async () => {
  const caller = await aProject()
  const { projectId } = caller
  const staging = await caller.makeEnvironment('staging')
  const count = async () =>
    Promise.all(
      [caller.environmentId, staging].map(
        async (id) => (await caller.rows('environment.volumeInstances', volumes, { id })).length,
      ),
    )
  await caller.read('', volumeMutation, { input: { projectId, mountPath: '/everywhere' } })
  expect(await count()).toEqual([1, 1])
  await caller.read('', volumeMutation, { input: { projectId, mountPath: '/nowhere', environmentId: null } })
  expect(await count()).toEqual([1, 1])
  await caller.read('', volumeMutation, {
    input: { projectId, mountPath: '/one', environmentId: staging, region: 'us-west2' },
  })
  expect(await count()).toEqual([1, 2])
  expect(caller.platform.world.projectNamed('shop').volumes.size).toBe(3)
})

test('B48 a volume grows by a patch, never shrinks, and is not deployed for it', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const volume = await caller.makeVolume(api, '/certificates')
  await caller.deployed(api)
  const instance = async () =>
    (await caller.rows('environment.volumeInstances', volumes, { id: caller.environmentId }))[0]
  expect(await instance()).toEqual({
    volumeId: volume,
    serviceId: api,
    environmentId: caller.environmentId,
    mountPath: '/certificates',
    sizeMB: 500,
    currentSizeMB: 0,
    state: 'READY',
    isPendingDeletion: false,
  })
  await caller.commit({ volumes: { [volume]: { sizeMB: 1024 } } })
  expect(await instance()).toMatchObject({ sizeMB: 1024 })
  await expect(caller.commit({ volumes: { [volume]: { sizeMB: 1000 } } })).rejects.toThrow('Problem processing request')
  expect(await instance()).toMatchObject({ sizeMB: 1024 })
  expect(await caller.deployments(api)).toHaveLength(1)
})

test('B49 a service has one volume, and a live one is deployed again with it', async () => {
  const caller = await aProject()
  const { projectId, environmentId } = caller
  const [api, idle] = [await caller.makeApp('api'), await caller.makeApp('idle')]
  await caller.deployed(api)
  await caller.makeVolume(api)
  await caller.makeVolume(idle)
  expect(await caller.deployments(api)).toHaveLength(2)
  expect(await caller.deployments(idle)).toEqual([])
  const input = { projectId, environmentId, serviceId: api, mountPath: '/second' }
  expect(await caller.refusal(volumeMutation, { input })).toBe('Problem processing request')
  expect(caller.platform.world.projectNamed('shop').volumes.size).toBe(2)
  const staged = 'query($id: String!) { environment(id: $id) { unmergedChangesCount } }'
  expect(await caller.read('environment.unmergedChangesCount', staged, { id: environmentId })).toBe(0)
})

test('B50 a service gets one generated domain per environment, at once', async () => {
  const caller = await aProject()
  const api = await caller.makeService('My Api', { variables: { A: { value: ref('RAILWAY_PUBLIC_DOMAIN') } } })
  const { environmentId } = caller
  expect((await caller.variables(api)).A).toBe('')
  const domain = await caller.makeDomain(api, 8080)
  expect(domain).toMatch(/^my-api-production-[0-9a-f]{4}\.up\.railway\.app$/)
  expect((await caller.variables(api)).A).toBe(domain)
  expect((await caller.config()).services?.[api]?.networking).toEqual({ serviceDomains: { [domain]: { port: 8080 } } })
  expect(await caller.refusal(serviceDomainMutation, { input: { serviceId: api, environmentId } })).toBe(
    'Problem processing request',
  )
  const query =
    'query($id: String!) { environment(id: $id) { serviceInstances { edges { node { domains { serviceDomains { domain targetPort serviceId environmentId } customDomains { domain } } } } } } }'
  expect(await caller.rows('environment.serviceInstances', query, { id: environmentId })).toEqual([
    { domains: { serviceDomains: [{ domain, targetPort: 8080, serviceId: api, environmentId }], customDomains: [] } },
  ])
})

test('B51 a domain of one’s own answers at once, and is refused when it is in use', async () => {
  const caller = await aProject()
  const { projectId, environmentId } = caller
  const [api, other] = [await caller.makeApp('api'), await caller.makeApp('other')]
  const create =
    'mutation($input: CustomDomainCreateInput!) { customDomainCreate(input: $input) { domain targetPort serviceId } }'
  const input = { projectId, environmentId, serviceId: api, domain: 'shop.example.com', targetPort: 8080 }
  expect(await caller.read('customDomainCreate', create, { input })).toEqual({
    domain: 'shop.example.com',
    targetPort: 8080,
    serviceId: api,
  })
  await caller.deploy(api)
  caller.clock.advance(oneDeployment)
  expect((await caller.edge('shop.example.com')).status).toBe(200)
  expect(await caller.refusal(create, { input: { ...input, serviceId: other } })).toBe('Problem processing request')
  const patch = { services: { [other]: { networking: { customDomains: { 'shop.example.com': {} } } } } }
  await expect(caller.commit(patch)).rejects.toThrow('Problem processing request')
})
