import { expect, test } from 'vitest'
import type { DeployConfig } from '../../src/contract/environment-config.ts'
import { isRecord } from '../../src/kit/json.ts'
import type { CommitBehaviour } from '../../src/local/index.ts'
import { aProject, type ContractCaller, deployMutation, oneDeployment, repository } from '../support/contract-caller.ts'

function commit(caller: ContractCaller, behaviour: CommitBehaviour = 'healthy'): string {
  return caller.platform.world.addCommit(repository, 'main', { message: behaviour, behaviour }).sha
}

const withHealthcheck = { deploy: { healthcheckPath: '/health' } }

test('B52 a deployment goes through its statuses, and an image is not built', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', { deploy: { preDeployCommand: 'migrate', healthcheckPath: '/up' } })
  const redis = await caller.makeService('redis', { source: { image: 'redis:7' } })
  const [ofApi, ofRedis] = [await caller.deploy(api), await caller.deploy(redis)]
  const seen: unknown[][] = []
  for (const ms of [0, 100, 899, 1, 500, 499, 1]) {
    caller.clock.advance(ms)
    seen.push([await caller.status(ofApi), await caller.status(ofRedis)])
  }
  expect(seen).toEqual([
    ['INITIALIZING', 'INITIALIZING'],
    ['BUILDING', 'DEPLOYING'],
    ['BUILDING', 'SUCCESS'],
    ['DEPLOYING', 'SUCCESS'],
    ['DEPLOYING', 'SUCCESS'],
    ['DEPLOYING', 'SUCCESS'],
    ['SUCCESS', 'SUCCESS'],
  ])
  const steps = (await caller.events(ofApi)).map(({ step }) => step)
  expect(steps).toEqual([
    'SNAPSHOT_CODE',
    'BUILD_IMAGE',
    'PUBLISH_IMAGE',
    'PRE_DEPLOY_COMMAND',
    'CREATE_CONTAINER',
    'HEALTHCHECK',
  ])
  expect((await caller.events(ofRedis)).map(({ step }) => step)).toEqual(['SNAPSHOT_CODE', 'CREATE_CONTAINER'])
})

test('B53 the deployment before stays active until the new one is', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const old = await caller.deployed(api)
  const next = await caller.deploy(api)
  caller.clock.advance(1_499)
  expect(await caller.status(old)).toBe('SUCCESS')
  expect(await caller.active(api)).toEqual([old])
  caller.clock.advance(1)
  expect(await caller.status(next)).toBe('SUCCESS')
  expect(await caller.status(old)).toBe('REMOVED')
  expect(await caller.active(api)).toEqual([next])
})

test.each<[CommitBehaviour, string, RegExp]>([
  ['failing-build', 'BUILD_IMAGE', /exited with code 1/],
  ['failing-migration', 'PRE_DEPLOY_COMMAND', /"php artisan migrate --force" exited with code 1/],
  ['error-500', 'HEALTHCHECK', /\/health did not answer 200 within 5 s, the last answer was 503/],
])('B54 %s ends in FAILED, says so at %s, and what was active stays so', async (behaviour, step, error) => {
  const caller = await aProject()
  const api = await caller.makeApp('api', {
    deploy: { preDeployCommand: ['php artisan migrate --force'], healthcheckPath: '/health', healthcheckTimeout: 5 },
  })
  const old = await caller.deployed(api)
  const failing = await caller.deploy(api, commit(caller, behaviour))
  caller.clock.advance(60_000)
  expect(await caller.status(failing)).toBe('FAILED')
  expect(await caller.status(old)).toBe('SUCCESS')
  expect(await caller.active(api)).toEqual([old])
  const failed = (await caller.events(failing)).at(-1)
  expect(failed).toMatchObject({ step, payload: { error: expect.stringMatching(error) } })
})

test('B55 the health check is asked until it answers 200 or its time is up', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', withHealthcheck)
  const slow = await caller.deploy(api, commit(caller, 'slow'))
  caller.clock.advance(31_499)
  expect(await caller.status(slow)).toBe('DEPLOYING')
  caller.clock.advance(1)
  expect(await caller.status(slow)).toBe('SUCCESS')
  const broken = await caller.deploy(api, commit(caller, 'error-500'))
  caller.clock.advance(1_500 + 299_999)
  expect(await caller.status(broken)).toBe('DEPLOYING')
  caller.clock.advance(1)
  expect(await caller.status(broken)).toBe('FAILED')
})

test.each<CommitBehaviour>(['error-500', 'slow'])(
  'B56 without a health check a %s deployment is live when its container is',
  async (behaviour) => {
    const caller = await aProject()
    const worker = await caller.makeApp('worker')
    const id = await caller.deploy(worker, commit(caller, behaviour))
    caller.clock.advance(1_500)
    expect(await caller.status(id)).toBe('SUCCESS')
    caller.clock.advance(600_000)
    expect(await caller.status(id)).toBe('SUCCESS')
  },
)

test('B57 a crashing container is restarted by its policy, then the deployment is CRASHED', async () => {
  const caller = await aProject()
  const sha = commit(caller, 'crash-after-success')
  const outcome = async (deploy: DeployConfig, ms: number) => {
    const service = await caller.makeApp(`s${caller.platform.world.projectNamed('shop').services.size}`, { deploy })
    const id = await caller.deploy(service, sha)
    caller.clock.advance(1_500 + 1_000)
    const first = await caller.deployment(id)
    caller.clock.advance(ms)
    return { first: (first.instances as { status: string }[])[0]?.status, ...(await caller.deployment(id)) }
  }
  const lifeMs = 500 + 500 + 1_000
  expect(await outcome({}, 10 * lifeMs - 1)).toMatchObject({
    first: 'RESTARTING',
    status: 'SUCCESS',
    deploymentStopped: false,
  })
  expect(await outcome({}, 10 * lifeMs)).toMatchObject({
    status: 'CRASHED',
    deploymentStopped: true,
    instances: [{ status: 'CRASHED' }],
  })
  expect(await outcome({ restartPolicyMaxRetries: 2 }, 2 * lifeMs)).toMatchObject({ status: 'CRASHED' })
  expect(await outcome({ restartPolicyType: 'NEVER' }, 0)).toMatchObject({ first: 'CRASHED', status: 'CRASHED' })
  expect(await outcome({ restartPolicyType: 'ALWAYS' }, 100 * lifeMs)).toMatchObject({ status: 'SUCCESS' })
  const api = await caller.makeApp('api', { deploy: { healthcheckPath: '/health', restartPolicyMaxRetries: 1 } })
  const crashing = await caller.deploy(api, commit(caller, 'crash'))
  caller.clock.advance(60_000)
  expect(await caller.status(crashing)).toBe('FAILED')
  expect((await caller.events(crashing)).at(-1)).toMatchObject({
    step: 'HEALTHCHECK',
    payload: { error: 'The container exited with code 1' },
  })
})

test('B58 with a volume the old deployment is down while the new one starts, and comes back if that fails', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', { deploy: { healthcheckPath: '/health', healthcheckTimeout: 10 } })
  await caller.makeVolume(api)
  const domain = await caller.makeDomain(api)
  const old = await caller.deployed(api)
  const broken = await caller.deploy(api, commit(caller, 'error-500'))
  caller.clock.advance(999)
  expect((await caller.edge(domain)).status).toBe(200)
  caller.clock.advance(1)
  expect((await caller.deployment(old)).instances).toMatchObject([{ status: 'STOPPED' }])
  expect((await caller.edge(domain)).status).toBe(502)
  caller.clock.advance(20_000)
  expect(await caller.status(broken)).toBe('FAILED')
  expect((await caller.deployment(old)).instances).toMatchObject([{ status: 'RUNNING' }])
  expect((await caller.edge(domain)).status).toBe(200)
  const good = await caller.deployed(api, commit(caller))
  expect(await caller.active(api)).toEqual([good])
  expect(await caller.status(old)).toBe('REMOVED')
})

test('B59 a deploy takes what is stored, and the commit that runs unless one is given', async () => {
  const caller = await aProject()
  const second = commit(caller)
  const api = await caller.makeApp('api')
  const commitOf = async (id: string) => ((await caller.deployment(id)).meta as { commitHash: string }).commitHash
  const first = await caller.deployed(api)
  expect(await commitOf(first)).toBe(second)
  const third = commit(caller)
  await caller.store({ services: { [api]: { variables: { A: { value: '1' } } } } })
  const again = await caller.deployed(api)
  expect(await commitOf(again)).toBe(second)
  expect(await caller.snapshot(again)).toMatchObject({ A: '1' })
  expect(await commitOf(await caller.deployed(api, third))).toBe(third)
  const failing = await caller.deployed(api, commit(caller, 'failing-build'))
  expect(await caller.status(failing)).toBe('FAILED')
  expect(await commitOf(await caller.deploy(api))).toBe(third)
  const asked = { s: api, e: caller.environmentId, commitSha: 'f'.repeat(40) }
  expect(await caller.refusal(deployMutation, asked)).toBe('Commit not found')
  expect(await caller.deployments(api)).toHaveLength(5)
})

test('B60 the newest commit is deployed when it is asked for', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  await caller.deployed(api)
  const newest = commit(caller)
  const mutation =
    'mutation($s: String!, $e: String!, $latest: Boolean, $sha: String) { serviceInstanceDeploy(serviceId: $s, environmentId: $e, latestCommit: $latest, commitSha: $sha) }'
  const deploy = (latest: boolean | null, sha?: string) =>
    caller.read('serviceInstanceDeploy', mutation, { s: api, e: caller.environmentId, latest, sha })
  expect(await deploy(null)).toBe(true)
  expect((await caller.deployments(api))[0]?.meta).toMatchObject({ commitMessage: 'First' })
  caller.clock.advance(oneDeployment)
  expect(await deploy(true)).toBe(true)
  expect((await caller.deployments(api))[0]?.meta).toMatchObject({ commitHash: newest })
})

test('B61 what has no source or an unknown one is not deployed', async () => {
  const caller = await aProject()
  const empty = await caller.makeService('empty')
  const lost = await caller.makeService('lost', { source: { repo: 'nobody/nothing' } })
  for (const s of [empty, lost]) {
    expect(await caller.refusal(deployMutation, { s, e: caller.environmentId })).toBe('Problem processing request')
    await caller.commit({ services: { [s]: { variables: { A: { value: '1' } } } } })
    expect(await caller.deployments(s)).toEqual([])
  }
})

test('B62 a new deployment removes one that is still on its way', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const first = await caller.deploy(api)
  caller.clock.advance(500)
  const second = await caller.deploy(api)
  expect(await caller.status(first)).toBe('REMOVED')
  const open = (await caller.events(first)).at(-1)
  expect(open).toMatchObject({ step: 'BUILD_IMAGE', payload: { error: null, reason: expect.stringMatching(/./) } })
  caller.clock.advance(oneDeployment)
  expect(await caller.status(first)).toBe('REMOVED')
  expect(await caller.active(api)).toEqual([second])
  await caller.deployed(api)
  expect(await caller.status(second)).toBe('REMOVED')
  const steps = (await caller.events(second)).map(({ payload }) => payload)
  expect(steps.every((payload) => isRecord(payload) && payload.reason === null)).toBe(true)
})

test('B63 a push deploys every service that follows its branch with auto-deploy on', async () => {
  const caller = await aProject()
  const { projectId, environmentId } = caller
  const [on, off, elsewhere] = [
    await caller.makeApp('on'),
    await caller.makeApp('off'),
    await caller.makeService('elsewhere', { source: { repo: repository, branch: 'next' } }),
  ]
  const set =
    'mutation($input: ServiceInstanceAutoDeployUpdateInput!) { serviceInstanceAutoDeployUpdate(input: $input) { enabled } }'
  await caller.read('', set, { input: { projectId, environmentId, serviceId: off, enabled: false } })
  const { sha } = caller.platform.world.push(repository, 'main', { message: 'Pushed' })
  expect(await caller.deployments(on)).toMatchObject([{ meta: { commitHash: sha, commitMessage: 'Pushed' } }])
  expect(await caller.deployments(off)).toEqual([])
  expect(await caller.deployments(elsewhere)).toEqual([])
})

test('B64 a redeploy takes the old source, settings and variables', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', { deploy: { startCommand: 'old' }, variables: { A: { value: 'old' } } })
  const old = await caller.deployed(api)
  await caller.store({ services: { [api]: { deploy: { startCommand: 'new' }, variables: { A: { value: 'new' } } } } })
  commit(caller)
  const mutation =
    'mutation($id: String!, $image: Boolean) { deploymentRedeploy(id: $id, usePreviousImageTag: $image) { id canRedeploy } }'
  const going = await caller.deploy(api, commit(caller))
  expect(await caller.deployment(going)).toMatchObject({ canRedeploy: false })
  caller.clock.advance(oneDeployment)
  const redeploy = (image: boolean | null) => caller.text('deploymentRedeploy.id', mutation, { id: old, image })
  const id = await redeploy(null)
  expect((await caller.deployment(id)).meta).toMatchObject({
    commitMessage: 'First',
    serviceManifest: { deploy: { startCommand: 'old' } },
  })
  expect(await caller.snapshot(id)).toMatchObject({ A: 'old' })
  caller.clock.advance(oneDeployment)
  expect((await caller.events(id)).map(({ step }) => step)).toContain('BUILD_IMAGE')
  const again = await redeploy(true)
  caller.clock.advance(oneDeployment)
  expect((await caller.events(again)).map(({ step }) => step)).not.toContain('BUILD_IMAGE')
})

test('B65 a rollback brings back image, settings and variables without a build, for the 120 hours of Pro', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', {
    deploy: { preDeployCommand: 'migrate', startCommand: 'old' },
    variables: { A: { value: 'old' } },
  })
  const old = await caller.deployed(api)
  expect(await caller.deployment(old)).toMatchObject({ canRollback: false })
  await caller.store({ services: { [api]: { deploy: { startCommand: 'new' }, variables: { A: { value: 'new' } } } } })
  const failed = await caller.deployed(api, commit(caller, 'failing-build'))
  const next = await caller.deployed(api, commit(caller))
  expect(await caller.deployment(old)).toMatchObject({ canRollback: true, status: 'REMOVED' })
  const mutation = 'mutation($id: String!) { deploymentRollback(id: $id) }'
  for (const id of [failed, next]) expect(await caller.refusal(mutation, { id })).toBe('Problem processing request')
  expect(await caller.read('deploymentRollback', mutation, { id: old })).toBe(true)
  const id = String((await caller.deployments(api))[0]?.id)
  caller.clock.advance(oneDeployment)
  expect(await caller.deployment(id)).toMatchObject({
    status: 'SUCCESS',
    meta: { commitMessage: 'First', patchId: null, serviceManifest: { deploy: { startCommand: 'old' } } },
  })
  const steps = (await caller.events(id)).map(({ step }) => step)
  expect(steps).toEqual(['SNAPSHOT_CODE', 'PRE_DEPLOY_COMMAND', 'CREATE_CONTAINER'])
  expect(await caller.snapshot(id)).toMatchObject({ A: 'old' })
  expect(await caller.variables(api)).toEqual({ A: 'new' })
  expect(await caller.status(next)).toBe('REMOVED')
  caller.clock.advance(120 * 60 * 60 * 1000)
  expect(await caller.deployment(old)).toMatchObject({ canRollback: false, canRedeploy: true })
  expect(await caller.refusal(mutation, { id: old })).toBe('Problem processing request')

  const denying = await aProject({ denied: ['rollback'] })
  const service = await denying.makeApp('api')
  const before = await denying.deployed(service)
  await denying.deployed(service, commit(denying))
  expect(await denying.deployment(before)).toMatchObject({ canRollback: true, canRedeploy: true })
  expect(await denying.refusal(mutation, { id: before })).toBe('Not Authorized')
  expect(await denying.deployments(service)).toHaveLength(2)
})

test('B66 a restart starts the same deployment again', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', { variables: { A: { value: 'old' } } })
  const id = await caller.deployed(api)
  await caller.store({ services: { [api]: { variables: { A: { value: 'new' } } } } })
  const mutation = 'mutation($id: String!) { deploymentRestart(id: $id) }'
  expect(await caller.read('deploymentRestart', mutation, { id })).toBe(true)
  expect(await caller.deployment(id)).toMatchObject({ status: 'SUCCESS', instances: [{ status: 'RESTARTING' }] })
  caller.clock.advance(500)
  expect(await caller.deployment(id)).toMatchObject({ status: 'SUCCESS', instances: [{ status: 'RUNNING' }] })
  expect(await caller.snapshot(id)).toMatchObject({ A: 'old' })
  expect(await caller.deployments(api)).toHaveLength(1)
  const next = await caller.deploy(api)
  expect(await caller.refusal(mutation, { id: next })).toBe('Problem processing request')
})

test('B67 meta says what a deployment was made from, and by which patch', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', { build: { buildCommand: 'build' }, deploy: { startCommand: 'serve' } })
  const redis = await caller.makeService('redis', { source: { image: 'redis:7' } })
  const meta = async (id: unknown) => (await caller.deployment(String(id))).meta
  expect(await meta(await caller.deployed(api))).toEqual({
    repo: repository,
    branch: 'main',
    commitHash: expect.stringMatching(/^[0-9a-f]{40}$/),
    commitMessage: 'First',
    patchId: null,
    serviceManifest: { build: { buildCommand: 'build' }, deploy: { startCommand: 'serve' } },
    fileServiceManifest: {},
  })
  expect(await meta(await caller.deployed(redis))).toMatchObject({ image: 'redis:7', patchId: null })
  await caller.commit({ services: { [api]: { variables: { A: { value: '1' } } } } })
  const patches = 'query($id: String!) { environmentPatches(environmentId: $id, first: 1) { edges { node { id } } } }'
  const [patch] = await caller.rows('environmentPatches', patches, { id: caller.environmentId })
  expect(await meta((await caller.deployments(api))[0]?.id)).toMatchObject({ patchId: patch?.id })
})

test('B68 deployments are listed by environment, service and status, the newest first', async () => {
  const caller = await aProject()
  const [api, worker] = [await caller.makeApp('api'), await caller.makeApp('worker')]
  const good = commit(caller)
  const first = await caller.deployed(api)
  const failed = await caller.deployed(api, commit(caller, 'failing-build'))
  const ofWorker = await caller.deploy(worker, good)
  const second = await caller.deploy(api)
  caller.clock.advance(oneDeployment)
  const query =
    'query($input: DeploymentListInput!) { deployments(input: $input, first: 500) { edges { node { id } } } }'
  const list = async (input: object) => (await caller.rows('deployments', query, { input })).map(({ id }) => id)
  const { projectId, environmentId } = caller
  expect(await list({ environmentId })).toEqual([second, ofWorker, failed, first])
  expect(await list({ projectId })).toHaveLength(4)
  expect(await list({ environmentId, serviceId: api })).toEqual([second, failed, first])
  expect(await list({ environmentId, status: { in: ['SUCCESS'] } })).toEqual([second, ofWorker])
  expect(await list({ environmentId, status: { notIn: ['SUCCESS', 'FAILED'] } })).toEqual([first])
})

test('B69 the old deployment overlaps and drains as long as it is set to', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', {
    deploy: { overlapSeconds: 3 },
    variables: { RAILWAY_DEPLOYMENT_DRAINING_SECONDS: { value: '5' } },
  })
  const old = await caller.deployed(api)
  const next = await caller.deploy(api)
  caller.clock.advance(1_500)
  expect(await caller.active(api)).toEqual([next, old])
  caller.clock.advance(3_000)
  expect(await caller.status(old)).toBe('REMOVING')
  expect(await caller.active(api)).toEqual([next])
  caller.clock.advance(5_000)
  expect(await caller.status(old)).toBe('REMOVED')
})

test('B70 a live deployment runs as many instances as replicas, and a removed one none', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', {
    deploy: { multiRegionConfig: { a: { numReplicas: 2 }, b: { numReplicas: 1 } } },
  })
  const id = await caller.deployed(api)
  expect(await caller.deployment(id)).toMatchObject({
    deploymentStopped: false,
    serviceId: api,
    environmentId: caller.environmentId,
    instances: Array(3).fill({ status: 'RUNNING' }),
  })
  await caller.deployed(api)
  expect(await caller.deployment(id)).toMatchObject({
    deploymentStopped: true,
    instances: Array(3).fill({ status: 'REMOVED' }),
  })
})
