import { expect, test } from 'vitest'
import { aProject, type ContractCaller } from '../support/contract-caller.ts'

const create =
  'mutation($v: String!, $name: String) { volumeInstanceBackupCreate(volumeInstanceId: $v, name: $name) { workflowId } }'
const list =
  'query($v: String!) { volumeInstanceBackupList(volumeInstanceId: $v) { id name createdAt expiresAt usedMB } }'
const follow = 'query($w: String!) { workflowStatus(workflowId: $w) { status error } }'

async function aVolume(caller: ContractCaller) {
  const postgres = await caller.makeService('postgres', { source: { image: 'postgres:15' } })
  await caller.makeVolume(postgres)
  const [volume] = caller.platform.world.environment(caller.environmentId).volumeInstances.values()
  if (volume === undefined) throw new Error('there is no volume')
  const { world } = caller.platform
  return {
    id: volume.id,
    feels: (backup: 'fails' | 'unfollowed') => world.setCondition(caller.environmentId, postgres, { backup }),
    backups: (headers = caller.asAccount) => caller.read('volumeInstanceBackupList', list, { v: volume.id }, headers),
  }
}

test('B105 a backup is asked for, and its workflow tells how far it is', async () => {
  const caller = await aProject()
  const volume = await aVolume(caller)
  const started = await caller.text('volumeInstanceBackupCreate.workflowId', create, { v: volume.id, name: 'first' })
  const status = () => caller.read('workflowStatus', follow, { w: started })
  expect(await status()).toEqual({ status: 'NotFound', error: null })
  caller.clock.advance(500)
  expect(await status()).toEqual({ status: 'Running', error: null })
  caller.clock.advance(1_500)
  expect(await status()).toEqual({ status: 'Complete', error: null })

  volume.feels('fails')
  const failing = await caller.text('volumeInstanceBackupCreate.workflowId', create, { v: volume.id })
  caller.clock.advance(2_000)
  expect(await caller.read('workflowStatus', follow, { w: failing })).toEqual({
    status: 'Error',
    error: 'The snapshot of the volume could not be taken',
  })
  expect(await caller.read('workflowStatus.status', follow, { w: 'never-heard-of' })).toBe('NotFound')

  volume.feels('unfollowed')
  expect(await caller.read('volumeInstanceBackupCreate.workflowId', create, { v: volume.id })).toBeNull()
  expect(await caller.refusal(create, { v: 'no-volume' })).toBe('VolumeInstance not found')
})

test('B106 the backups of a volume are listed when they are whole, the newest first', async () => {
  const caller = await aProject()
  const volume = await aVolume(caller)
  expect(await volume.backups()).toEqual([])
  await caller.post(create, { v: volume.id, name: 'first' })
  expect(await volume.backups()).toEqual([])
  caller.clock.advance(2_000)
  await caller.post(create, { v: volume.id })
  caller.clock.advance(2_000)
  expect(await volume.backups()).toMatchObject([
    { name: 'Manual', createdAt: '2026-11-03T09:00:04.000Z', expiresAt: null, usedMB: 48 },
    { name: 'first', createdAt: '2026-11-03T09:00:02.000Z' },
  ])
})

test('B107 a project token makes, follows and lists backups of its own environment', async () => {
  const caller = await aProject({ projectTokens: ['production', 'staging'] })
  await caller.makeEnvironment('staging')
  const volume = await aVolume(caller)
  const own = caller.asProject('production')
  const workflow = await caller.read('volumeInstanceBackupCreate.workflowId', create, { v: volume.id }, own)
  caller.clock.advance(2_000)
  expect(await caller.read('workflowStatus.status', follow, { w: workflow }, own)).toBe('Complete')
  expect(await volume.backups(own)).toHaveLength(1)
  const foreign = caller.asProject('staging')
  expect(await caller.refusal(list, { v: volume.id }, foreign)).toBe('Not Authorized')
  expect(await caller.refusal(create, { v: volume.id }, foreign)).toBe('Not Authorized')
  expect(await caller.refusal(follow, { w: workflow }, foreign)).toBe('Not Authorized')
})
