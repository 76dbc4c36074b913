import { describe, expect, it } from 'vitest'
import { firstCommit, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  codeServices,
  commitsOf,
  deploymentCounts,
  deploymentsOf,
  failureOf,
  idOf,
  mutationsSince,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

/** A deployed staging whose config no longer has CACHE_STORE. */
async function withoutCacheStore(): Promise<Stage> {
  const stage = await aDeployedStage()
  await stage.useConfig(await shippedConfig({ "  CACHE_STORE: 'redis',\n": '' }))
  return stage
}

const confirmed = codeServices.flatMap((service) => ['--confirm-destructive', `${service}.CACHE_STORE`])

describe('a variable that was taken out of the config', () => {
  it('is refused with 5 under --yes alone, and stays', async () => {
    const stage = await withoutCacheStore()
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      code: 'guard',
      message: expect.stringContaining('api variable CACHE_STORE'),
      hint: expect.stringContaining('--confirm-destructive api.CACHE_STORE'),
    })
    expect(mutationsSince(stage, start)).toEqual([])
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
  })

  it('cannot be let through with --allow', async () => {
    const stage = await withoutCacheStore()
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--allow', 'destructive'])
    expect(ran.exitCode).toBe(64)
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
  })

  it('is refused still where only some of it was named', async () => {
    const stage = await withoutCacheStore()
    const argv = ['deploy', '-e', 'staging', '--yes', '--confirm-destructive', 'api.CACHE_STORE', '--json']
    const ran = await stage.run(argv)
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran).message).not.toContain('api variable CACHE_STORE')
    expect(failureOf(ran).message).toContain('worker variable CACHE_STORE')
  })

  it('goes where every place was named, stored and in the containers, at the same commit', async () => {
    const stage = await withoutCacheStore()
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', ...confirmed])
    for (const service of codeServices) {
      expect(storedValue(stage, 'staging', service, 'CACHE_STORE')).toBeUndefined()
      expect(deploymentsOf(stage, 'staging', service).at(-1)?.variables).not.toHaveProperty('CACHE_STORE')
    }
    expect(commitsOf(stage, 'staging')).toEqual({ api: [firstCommit], worker: [firstCommit], scheduler: [firstCommit] })
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ postgres: 1, redis: 1, api: 2, worker: 2, scheduler: 2 })
    const planned = await stage.run(['plan', '-e', 'staging', '--detailed-exit-code'])
    expect(planned.exitCode).toBe(0)
  })

  it('stays, and is named, where somebody else has given it another value', async () => {
    const stage = await withoutCacheStore()
    const { world } = stage.platform
    world.setVariable(world.environmentNamed('staging').id, idOf(stage, 'worker'), 'CACHE_STORE', 'file')
    stage.clock.advance(60_000)
    const argv = ['--confirm-destructive', 'api.CACHE_STORE', '--confirm-destructive', 'scheduler.CACHE_STORE']
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--json', ...argv])
    expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('file')
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBeUndefined()
    const made = documents.find(({ type }) => type === 'plan-made')
    expect(made?.notes).toContainEqual({
      code: 'unmanaged-variables',
      service: 'worker',
      message: expect.stringContaining('CACHE_STORE'),
    })
  })

  it('that somebody else added is never removed', async () => {
    const stage = await aDeployedStage()
    const { world } = stage.platform
    world.setVariable(world.environmentNamed('staging').id, idOf(stage, 'worker'), 'TITLE', 'night shift')
    stage.clock.advance(60_000)
    const start = stage.platform.requests.length
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(mutationsSince(stage, start)).toEqual([])
    expect(storedValue(stage, 'staging', 'worker', 'TITLE')).toBe('night shift')
  })
})
