import { describe, expect, it } from 'vitest'
import { repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  aStoredStage,
  codeServices,
  commitsOf,
  deploymentCounts,
  eachService,
  environments,
  expectEmptyPlan,
  failureOf,
  idOf,
  inventory,
  mutationsSince,
  services,
  shippedConfig,
  storedValue,
  succeeding,
  wholeInventory,
} from './deployed-stage.ts'

const secondCommit = '2222222222222222222222222222222222222222'

describe('a platform that never answers more than two rows of a list', () => {
  it('is set up and deployed like any other, and nothing is made twice', async () => {
    const stage = await aDeployedStage({ both: true, pageCap: 2 })
    expect(inventory(stage)).toEqual(wholeInventory)
    for (const environment of environments) {
      expect(deploymentCounts(stage, environment)).toEqual(eachService(1))
      const planned = await stage.run(['plan', '-e', environment, '--detailed-exit-code'])
      expect(planned.exitCode).toBe(0)
    }
    const start = stage.platform.requests.length
    await succeeding(stage, ['init', '--yes'])
    expect(mutationsSince(stage, start)).toEqual([])
    expect(inventory(stage)).toEqual(wholeInventory)
  })

  it('shows every service in its status', async () => {
    const stage = await aDeployedStage({ pageCap: 2 })
    const { documents } = await succeeding(stage, ['status', '-e', 'staging', '--json'])
    for (const name of services) {
      expect(documents[0]?.services).toContainEqual(expect.objectContaining({ name, healthy: true }))
    }
  })

  it('is found among many projects', async () => {
    const stage = await aStoredStage({ pageCap: 2 })
    for (const name of ['one', 'two', 'three', 'four', 'five']) stage.platform.world.addProject(name)
    for (const path of Object.keys(stage.files.all()))
      if (path.endsWith('known-ids.json')) await stage.files.remove(path)
    const start = stage.platform.requests.length
    await succeeding(stage, ['init', '--yes'])
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('takes the newest commit, and the step in which one fails is named', async () => {
    const stage = await aDeployedStage({ pageCap: 2 })
    stage.platform.world.addCommit(repository, 'main', { sha: secondCommit })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', 'latest'])
    expect(commitsOf(stage, 'staging')).toEqual({
      api: [secondCommit],
      worker: [secondCommit],
      scheduler: [secondCommit],
    })

    stage.platform.world.addCommit(repository, 'main', { behaviour: 'failing-migration' })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', 'latest', '--json'])
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran).message).toContain('api failed in pre-deploy-command')
  })

  it('keeps what was stored long ago apart from what runs', async () => {
    const stage = await aDeployedStage({ pageCap: 2 })
    for (const store of ['database', 'file', 'array', 'database']) {
      await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": `CACHE_STORE: '${store}'` }))
      await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
      expect(storedValue(stage, 'staging', 'scheduler', 'CACHE_STORE')).toBe(store)
      const planned = await stage.run(['plan', '-e', 'staging', '--detailed-exit-code'])
      expect(planned.exitCode, planned.stdout).toBe(0)
    }
  })
})

describe.each(['absent', 'null', 'empty', 'stars'] as const)('values that the platform withholds as %s', (masked) => {
  /** APP_KEY and CACHE_STORE of the three services are sealed: no client sees them any more. */
  async function aSealedStage(): Promise<Stage> {
    const stage = await aDeployedStage({ masked })
    const { world } = stage.platform
    const { id } = world.environmentNamed('staging')
    for (const service of codeServices) {
      for (const variable of ['APP_KEY', 'CACHE_STORE']) {
        const value = storedValue(stage, 'staging', service, variable)
        if (typeof value !== 'string') throw new Error(`${service} has no ${variable}`)
        world.setVariable(id, idOf(stage, service), variable, value, { sealed: true, skipDeploys: true })
      }
    }
    return stage
  }

  it('are no difference, and a note says that they were not compared', async () => {
    const stage = await aSealedStage()
    const planned = await stage.run(['plan', '-e', 'staging', '--json', '--detailed-exit-code'])
    expect(planned.documents[0]).toMatchObject({ changes: [], deployments: [] })
    expect(planned.exitCode).toBe(0)
    expect(planned.documents[0]?.notes).toContainEqual({
      code: 'masked',
      service: 'worker',
      message: expect.stringContaining('CACHE_STORE'),
    })
  })

  it('stay as they are through a deploy that stores something else, which converges', async () => {
    const stage = await aSealedStage()
    const key = storedValue(stage, 'staging', 'api', 'APP_KEY')
    await stage.useConfig(await shippedConfig({ "QUEUE_CONNECTION: 'redis'": "QUEUE_CONNECTION: 'database'" }))
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    for (const service of codeServices) {
      expect(storedValue(stage, 'staging', service, 'APP_KEY')).toBe(key)
      expect(storedValue(stage, 'staging', service, 'CACHE_STORE')).toBe('redis')
      expect(storedValue(stage, 'staging', service, 'QUEUE_CONNECTION')).toBe('database')
    }
    await expectEmptyPlan(stage, 'staging')
    const planned = await stage.run(['plan', '-e', 'staging', '--detailed-exit-code'])
    expect(planned.exitCode).toBe(0)
    const start = stage.platform.requests.length
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('are not made anew by init', async () => {
    const stage = await aSealedStage()
    const start = stage.platform.requests.length
    await succeeding(stage, ['init', '--yes'])
    expect(mutationsSince(stage, start)).toEqual([])
  })
})
