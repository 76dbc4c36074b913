import { expect, test } from 'vitest'
import {
  aProject,
  type ContractCaller,
  commitMutation,
  commitStagedMutation,
  oneDeployment,
  ref,
  repository,
} from '../support/contract-caller.ts'

interface Staged {
  id: string
  status: string
  patch: unknown
  lastAppliedError: string | null
}

function staged(caller: ContractCaller): Promise<Staged> {
  const query =
    'query($id: String!) { environmentStagedChanges(environmentId: $id) { id status lastAppliedError patch(decryptVariables: true) } }'
  return caller.read('environmentStagedChanges', query, { id: caller.environmentId }) as Promise<Staged>
}

function history(caller: ContractCaller): Promise<Record<string, unknown>[]> {
  const query =
    'query($id: String!) { environmentPatches(environmentId: $id, first: 20) { edges { node { id status message appliedAt patch(decryptVariables: true) } } } }'
  return caller.rows('environmentPatches', query, { id: caller.environmentId })
}

function unmerged(caller: ContractCaller): Promise<unknown> {
  const query = 'query($id: String!) { environment(id: $id) { unmergedChangesCount } }'
  return caller.read('environment.unmergedChangesCount', query, { id: caller.environmentId })
}

function triggers(caller: ContractCaller): Promise<Record<string, unknown>[]> {
  const query =
    'query($id: String!) { environment(id: $id) { deploymentTriggers { edges { node { id branch repository serviceId } } } } }'
  return caller.rows('environment.deploymentTriggers', query, { id: caller.environmentId })
}

const shared = (name: string, value = name) => ({ sharedVariables: { [name]: { value } } })

test('B26 what is staged is an empty patch while nothing is', async () => {
  const caller = await aProject()
  expect(await staged(caller)).toMatchObject({ status: 'STAGED', patch: {}, lastAppliedError: null })
})

test('B27 staging merges when told to and replaces otherwise', async () => {
  const caller = await aProject()
  const query =
    'mutation($e: String!, $input: EnvironmentConfig!, $merge: Boolean) { environmentStageChanges(environmentId: $e, input: $input, merge: $merge) { id patch(decryptVariables: true) } }'
  const stage = (input: object, merge?: boolean | null) =>
    caller.read('environmentStageChanges.patch', query, { e: caller.environmentId, input, merge })
  expect(await stage(shared('A'))).toEqual(shared('A'))
  expect(await stage({ sharedVariables: { B: null } }, true)).toEqual({
    sharedVariables: { A: { value: 'A' }, B: null },
  })
  for (const merge of [false, null, undefined]) {
    expect(await stage(shared('C'), merge)).toEqual(shared('C'))
    await stage(shared('D'), true)
  }
  expect(await caller.refusal(query, { e: caller.environmentId, input: [] })).toBe('Problem processing request')
  expect(await caller.config()).toEqual({})
})

test('B28 staged changes are counted one by one', async () => {
  const caller = await aProject()
  const api = await caller.makeService('api')
  expect(await unmerged(caller)).toBe(0)
  await caller.stage({ services: {}, sharedVariables: {} })
  expect(await unmerged(caller)).toBe(0)
  const variables = { A: { value: '1', isSealed: false }, B: null }
  const deploy = { startCommand: 'serve', healthcheckPath: null, preDeployCommand: ['a', 'b'] }
  await caller.stage({
    services: { [api]: { variables, deploy, networking: { tcpProxies: { '5432': {} } } } },
    ...shared('S'),
  })
  expect(await unmerged(caller)).toBe(7)
  await caller.commitStaged(true)
  expect(await unmerged(caller)).toBe(0)
})

test('B29 committing applies all that is staged, keeps its id and empties it', async () => {
  const caller = await aProject()
  const id = await caller.stage(shared('MINE'))
  caller.platform.world.stage(caller.environmentId, shared('FOREIGN'))
  const answer = await caller.commitStaged(true, 'both')
  expect(answer).not.toBe(id)
  const both = { sharedVariables: { MINE: { value: 'MINE' }, FOREIGN: { value: 'FOREIGN' } } }
  expect(await caller.config()).toEqual(both)
  const query =
    'query($id: String!) { environmentPatch(id: $id) { id status message patch(decryptVariables: true) appliedAt lastAppliedError environmentId } }'
  expect(await caller.read('environmentPatch', query, { id })).toEqual({
    id,
    status: 'COMMITTED',
    message: 'both',
    patch: both,
    appliedAt: new Date(caller.clock.now()).toISOString(),
    lastAppliedError: null,
    environmentId: caller.environmentId,
  })
  const empty = await staged(caller)
  expect(empty.patch).toEqual({})
  expect(empty.id).not.toBe(id)
})

test('B30 a commit deploys what it affects unless told to skip', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const other = await caller.makeApp('other')
  const empty = await caller.makeService('empty')
  const change = (value: string) => ({
    services: { [api]: { variables: { A: { value } } }, [empty]: { variables: { A: { value } } } },
  })
  await caller.stage(change('1'))
  await caller.commitStaged(true)
  expect(await caller.deployments(api)).toEqual([])
  await caller.stage(change('2'))
  await caller.commitStaged(false)
  expect(await caller.deployments(api)).toHaveLength(1)
  expect(await caller.deployments(other)).toEqual([])
  expect(await caller.deployments(empty)).toEqual([])
})

test('B31 there is no patch to apply when nothing is staged', async () => {
  const caller = await aProject()
  const { environmentId: e } = caller
  expect(await caller.refusal(commitStagedMutation, { e })).toBe('No patch to apply')
  expect(await caller.refusal(commitMutation, { e, patch: {} })).toBe('No patch to apply')
  expect(await caller.refusal(commitMutation, { e, patch: null })).toBe('No patch to apply')
  await caller.stage(shared('A'))
  await caller.commitStaged(true)
  expect(await caller.refusal(commitStagedMutation, { e })).toBe('No patch to apply')
  expect(await history(caller)).toHaveLength(1)
})

test('B32 a direct commit leaves what is staged and deploys on the commit that runs', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  await caller.deployed(api)
  const running = (await caller.deployments(api))[0]
  caller.platform.world.addCommit(repository, 'main', { message: 'Second' })
  await caller.stage(shared('S'))
  const before = await staged(caller)
  await caller.commit({ services: { [api]: { variables: { A: { value: '1' } } } } })
  expect(await staged(caller)).toEqual(before)
  expect((await caller.config()).sharedVariables).toBeUndefined()
  const [newest, ...older] = await caller.deployments(api)
  expect(older).toHaveLength(1)
  expect(newest?.meta).toMatchObject({
    commitHash: (running?.meta as { commitHash?: string } | undefined)?.commitHash ?? 'none',
  })
})

test('B33 a batch deploys in the order of references, and a cycle waits for nobody', async () => {
  const caller = await aProject()
  const references = (value: string) => ({ A: { value } })
  const api = await caller.makeApp('api')
  const worker = await caller.makeApp('worker', { variables: references(ref('middle.A')) })
  const middle = await caller.makeService('middle', { variables: references(ref('api.RAILWAY_PRIVATE_DOMAIN')) })
  const left = await caller.makeApp('left', { variables: references(ref('right.A')) })
  const right = await caller.makeApp('right', { variables: references(ref('left.A')) })
  const change = { variables: { NEW: { value: '1' } } }
  await caller.commit({
    services: { [worker]: change, [left]: change, [right]: change, [api]: change, [middle]: change },
  })
  const statuses = async () =>
    Promise.all([api, worker, left, right].map(async (id) => (await caller.deployments(id))[0]?.status))
  expect(await statuses()).toEqual(['INITIALIZING', 'INITIALIZING', 'INITIALIZING', 'INITIALIZING'])
  caller.clock.advance(1_100)
  expect(await statuses()).toEqual(['DEPLOYING', 'QUEUED', 'DEPLOYING', 'DEPLOYING'])
  caller.clock.advance(400)
  expect(await statuses()).toEqual(['SUCCESS', 'DEPLOYING', 'SUCCESS', 'SUCCESS'])
  caller.clock.advance(500)
  expect(await statuses()).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS'])
  const [newest] = await caller.deployments(worker)
  const steps = (await caller.events(String(newest?.id))).map(({ step }) => step)
  expect(steps).toEqual(['SNAPSHOT_CODE', 'BUILD_IMAGE', 'PUBLISH_IMAGE', 'WAIT_FOR_DEPENDENCIES', 'CREATE_CONTAINER'])

  caller.platform.world.addCommit(repository, 'main', { behaviour: 'failing-build' })
  const failing = await caller.makeApp('failing', { variables: { NEW: { value: '1' } } })
  await caller.store({ services: { [worker]: { variables: { A: { value: ref('failing.NEW') } } } } })
  await caller.commit({
    services: { [worker]: { variables: { NEW: { value: '2' } } }, [failing]: { variables: { NEW: { value: '2' } } } },
  })
  caller.clock.advance(oneDeployment)
  expect((await caller.deployments(failing))[0]?.status).toBe('FAILED')
  expect((await caller.deployments(worker))[0]?.status).toBe('SUCCESS')
})

test('B34 the history holds every committed patch, the newest first', async () => {
  const caller = await aProject()
  await caller.commit(shared('A'), 'first')
  caller.clock.advance(1_000)
  await caller.stage(shared('B'))
  await caller.commitStaged(true, 'second')
  caller.clock.advance(1_000)
  await caller.commit(shared('C'), 'third')
  await caller.stage(shared('D'))
  expect(await history(caller)).toMatchObject([
    { message: 'third', status: 'COMMITTED', patch: shared('C') },
    { message: 'second', status: 'COMMITTED', patch: shared('B') },
    { message: 'first', status: 'COMMITTED', patch: shared('A') },
  ])
})

test('B35 a patch that cannot be applied changes nothing and leaves its reason', async () => {
  const caller = await aProject()
  const api = await caller.makeService('api')
  const volume = await caller.makeVolume(api)
  const before = await caller.config()
  const wrong: [object, RegExp][] = [
    [{ services: { none: { isCreated: true } } }, /no service none/],
    [{ services: { [api]: { variables: { A: 'text' } } } }, /A has no text/],
    [{ services: { [api]: { variables: { A: { value: 1 } } } } }, /A has no text/],
    [{ services: 'all' }, /services must be an object/],
    [{ services: { [api]: 'all' } }, /must be an object or null/],
    [{ volumes: { none: { sizeMB: 1 } } }, /no volume none/],
    [{ volumes: { [volume]: { sizeMB: 100 } } }, /cannot shrink/],
    [{ services: { [api]: { volumeMounts: { none: { mountPath: '/x' } } } } }, /more than one volume/],
  ]
  for (const [patch, reason] of wrong) {
    await caller.stage({ ...shared('GOOD'), ...patch }, false)
    expect(await caller.refusal(commitStagedMutation, { e: caller.environmentId })).toBe('Problem processing request')
    expect(await caller.refusal(commitMutation, { e: caller.environmentId, patch })).toBe('Problem processing request')
    const waiting = await staged(caller)
    expect(waiting.status).toBe('STAGED')
    expect(waiting.lastAppliedError).toMatch(reason)
  }
  expect(await caller.config()).toEqual(before)
  expect(await history(caller)).toEqual([])
})

test('B36 a repository in a patch makes a trigger with auto-deploy on, and goes with it', async () => {
  const caller = await aProject()
  const api = await caller.makeService('api')
  const status =
    'query($p: String!, $e: String!, $s: String!) { serviceInstanceAutoDeployStatus(projectId: $p, environmentId: $e, serviceId: $s) { enabled } }'
  const enabled = () =>
    caller.read('serviceInstanceAutoDeployStatus.enabled', status, {
      p: caller.projectId,
      e: caller.environmentId,
      s: api,
    })
  await caller.store({ services: { [api]: { source: { repo: repository } } } })
  const [made] = await triggers(caller)
  expect(made).toMatchObject({ repository, branch: 'main', serviceId: api })
  expect(await enabled()).toBe(true)
  await caller.store({ services: { [api]: { source: { branch: 'next' } } } })
  expect(await triggers(caller)).toEqual([{ ...made, branch: 'next' }])
  await caller.store({ services: { [api]: { source: { repo: null, branch: null, image: 'redis:7' } } } })
  expect(await triggers(caller)).toEqual([])
  expect(await enabled()).toBe(false)
})

test('B37 replicas are scaled and networking is changed without a deployment', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const id = await caller.deployed(api)
  await caller.commit({ services: { [api]: { deploy: { numReplicas: 3 } } } })
  expect((await caller.deployment(id)).instances).toMatchObject(Array(3).fill({ status: 'RUNNING' }))
  await caller.commit({ services: { [api]: { deploy: { multiRegionConfig: { 'us-west2': { numReplicas: 2 } } } } } })
  expect((await caller.deployment(id)).instances).toHaveLength(2)
  await caller.commit({ services: { [api]: { networking: { customDomains: { 'a.example.com': {} } } } } })
  expect(await caller.deployments(api)).toHaveLength(1)
})

test('B38 a shared variable deploys who references it, a service’s variable only the service', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', { variables: { A: { value: `x-${ref(' shared.S ')}` } } })
  const worker = await caller.makeApp('worker', { variables: { B: { value: ref('api.A') } } })
  await caller.commit(shared('S'))
  expect(await caller.deployments(api)).toHaveLength(1)
  expect(await caller.deployments(worker)).toEqual([])
  caller.clock.advance(oneDeployment)
  await caller.commit({ services: { [api]: { variables: { A: { value: 'y' } } } } })
  expect(await caller.deployments(api)).toHaveLength(2)
  expect(await caller.deployments(worker)).toEqual([])
})
