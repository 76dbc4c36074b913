import { expect, test } from 'vitest'
import { aProject, type ContractCaller, oneDeployment, ref, repository } from '../support/contract-caller.ts'

const flag = 'FEATURE_X'

/** Three services with one flag, all live, two of which refer to the first; and the flag's patch. */
async function aFlaggedShop() {
  const caller = await aProject()
  const toApi = { APP_URL: { value: `https://${ref('api.RAILWAY_PUBLIC_DOMAIN')}` } }
  const off = { [flag]: { value: 'false' } }
  const api = await caller.makeApp('api', { variables: off })
  const worker = await caller.makeApp('worker', { variables: { ...toApi, ...off } })
  const scheduler = await caller.makeApp('scheduler', { variables: { ...toApi, ...off } })
  const ids = [api, worker, scheduler]
  for (const id of ids) await caller.deployed(id)
  const commit = (value: string, message: string) =>
    caller.commit(
      { services: Object.fromEntries(ids.map((id) => [id, { variables: { [flag]: { value } } }])) },
      message,
    )
  return { caller, ids, commit }
}

async function history(caller: ContractCaller): Promise<{ id: string; message: string | null }[]> {
  const query =
    'query($id: String!) { environmentPatches(environmentId: $id, first: 20) { edges { node { id message } } } }'
  const rows = await caller.rows('environmentPatches', query, { id: caller.environmentId })
  return rows as { id: string; message: string | null }[]
}

async function newest(caller: ContractCaller, ids: readonly string[]) {
  return Promise.all(ids.map(async (id) => (await caller.deployments(id))[0]))
}

test('B114 a commit that touches several services is one patch, and taking it back another', async () => {
  const { caller, ids, commit } = await aFlaggedShop()
  const ran = (await newest(caller, ids)).map((one) => (one?.meta as { commitHash?: string } | undefined)?.commitHash)
  const stored = (await history(caller)).length
  caller.platform.world.addCommit(repository, 'main', { message: 'Not to be deployed' })

  await commit('true', 'on')
  caller.clock.advance(2 * oneDeployment)
  await commit('false', 'off again')
  caller.clock.advance(2 * oneDeployment)

  const [off, on, ...older] = await history(caller)
  expect([on?.message, off?.message, older.length]).toEqual(['on', 'off again', stored])
  for (const [index, id] of ids.entries()) {
    const [last, before, first, ...others] = await caller.deployments(id)
    expect(others).toEqual([])
    expect(last).toMatchObject({ status: 'SUCCESS', meta: { patchId: off?.id, commitHash: ran[index] } })
    expect(before).toMatchObject({ status: 'REMOVED', meta: { patchId: on?.id, commitHash: ran[index] } })
    expect(first).toMatchObject({ status: 'REMOVED', meta: { patchId: null } })
    expect(await caller.snapshot(String(before?.id))).toMatchObject({ [flag]: 'true' })
  }
})

test('B115 a commit of what is stored already is in the history and deploys nothing', async () => {
  const { caller, ids, commit } = await aFlaggedShop()
  await commit('true', 'on')
  caller.clock.advance(2 * oneDeployment)
  const before = await newest(caller, ids)
  await commit('true', 'on, once more')
  expect((await history(caller))[0]?.message).toBe('on, once more')
  expect(await newest(caller, ids)).toEqual(before)
})

test('B116 a commit takes over from one whose deployments are on their way', async () => {
  const { caller, ids, commit } = await aFlaggedShop()
  const live = async () => (await Promise.all(ids.map((id) => caller.active(id)))).flat()
  const served = await live()
  await commit('true', 'on')
  caller.clock.advance(1_100)
  const first = await newest(caller, ids)
  expect(first.map((one) => one?.status)).toEqual(['DEPLOYING', 'QUEUED', 'QUEUED'])
  await commit('false', 'off again')
  for (const one of first) expect(await caller.status(String(one?.id))).toBe('REMOVED')
  expect(await live()).toEqual(served)
  caller.clock.advance(2 * oneDeployment)
  const second = await newest(caller, ids)
  expect(second.map((one) => one?.status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS'])
  expect(await live()).toEqual(second.map((one) => one?.id))
  for (const one of second) expect(await caller.snapshot(String(one?.id))).toMatchObject({ [flag]: 'false' })
})
