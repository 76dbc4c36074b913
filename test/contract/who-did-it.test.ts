import { expect, test } from 'vitest'
import { aProject, oneDeployment, repository } from '../support/contract-caller.ts'

const listQuery =
  'query($id: String!, $first: Int) { environment(id: $id) { deployments(first: $first) { edges { node { id serviceId } } pageInfo { hasNextPage } } } }'
const creatorQuery = 'query($id: String!) { deployment(id: $id) { creator { name } } }'
const sinceQuery = 'query($id: String!) { deployment(id: $id) { status createdAt statusUpdatedAt } }'
const patchesQuery =
  'query($e: String!) { environmentPatches(environmentId: $e, first: 10) { edges { node { message appliedBy { name username } } } } }'

test('B100 an environment lists the deployments of all its services, the newest first', async () => {
  const caller = await aProject({ projectTokens: ['production'] })
  const [api, worker] = [await caller.makeApp('api'), await caller.makeApp('worker')]
  const elsewhere = await caller.makeEnvironment('staging')
  await caller.post(
    'mutation($e: String!, $input: EnvironmentConfig!) { environmentPatchCommit(environmentId: $e, patch: $input) }',
    { e: elsewhere, input: { services: { [api]: { isCreated: true, source: { repo: repository, branch: 'main' } } } } },
  )
  caller.clock.advance(oneDeployment)
  const first = await caller.deployed(api)
  const second = await caller.deployed(worker)
  const third = await caller.deploy(api)
  const asked = { id: caller.environmentId, first: 500 }
  expect(await caller.rows('environment.deployments', listQuery, asked)).toEqual([
    { id: third, serviceId: api },
    { id: second, serviceId: worker },
    { id: first, serviceId: api },
  ])
  expect(await caller.read('environment.deployments', listQuery, { ...asked, first: 2 })).toMatchObject({
    edges: [{ node: { id: third } }, { node: { id: second } }],
    pageInfo: { hasNextPage: true },
  })
  expect(await caller.read('environment.id', 'query($id: String!) { environment(id: $id) { id } }', asked)).toBe(
    caller.environmentId,
  )
  expect(await caller.refusal(listQuery, { id: elsewhere }, caller.asProject('production'))).toBe('Not Authorized')
})

test('B101 deployments and patches name who made them, where an account did', async () => {
  const caller = await aProject({ projectTokens: ['production'] })
  const api = await caller.makeApp('api')
  const creator = (id: unknown, headers = caller.asAccount) =>
    caller.read('deployment.creator', creatorQuery, { id }, headers)
  const byAccount = await caller.deployed(api)
  expect(await creator(byAccount)).toEqual({ name: 'Rehearsal operator' })
  const deploy = 'mutation($s: String!, $e: String!) { serviceInstanceDeployV2(serviceId: $s, environmentId: $e) }'
  const asked = { s: api, e: caller.environmentId }
  const byToken = await caller.read('serviceInstanceDeployV2', deploy, asked, caller.asProject('production'))
  expect(await creator(byToken)).toBeNull()
  caller.platform.world.push(repository, 'main')
  const [pushed] = await caller.deployments(api)
  expect(await creator(pushed?.id)).toBeNull()
  caller.platform.world.inTheNameOf('Petra', () =>
    caller.platform.world.commit(caller.environmentId, { sharedVariables: { A: { value: '1' } } }, { message: 'a' }),
  )
  caller.platform.world.commit(caller.environmentId, { sharedVariables: { A: { value: '2' } } }, { message: 'b' })
  expect(await caller.rows('environmentPatches', patchesQuery, { e: caller.environmentId })).toEqual([
    { message: 'b', appliedBy: null },
    { message: 'a', appliedBy: { name: 'Petra', username: null } },
    { message: 'store', appliedBy: { name: 'Rehearsal operator', username: null } },
  ])
})

test('B102 a deployment says since when it has its status', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const id = await caller.deploy(api)
  const since = async () => {
    const told = (await caller.read('deployment', sinceQuery, { id })) as Record<string, string>
    return { status: told.status, afterMs: Date.parse(told.statusUpdatedAt ?? '') - Date.parse(told.createdAt ?? '') }
  }
  expect((await since()).afterMs).toBe(0)
  caller.clock.advance(oneDeployment)
  const live = await since()
  expect(live.status).toBe('SUCCESS')
  expect(live.afterMs).toBeGreaterThan(0)
  caller.clock.advance(60_000)
  expect(await since()).toEqual(live)
  caller.platform.world.forceStatus(id, 'CRASHED')
  const crashed = await since()
  expect(crashed.status).toBe('CRASHED')
  expect(crashed.afterMs).toBeGreaterThanOrEqual(60_000)
})
