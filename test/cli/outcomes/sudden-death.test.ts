import { describe, expect, it } from 'vitest'
import { repository, type Stage } from '../../support/stage.ts'
import { killedAt, moments } from '../../support/sudden-death.ts'
import {
  aDeployedStage,
  commitsOf,
  deploymentsOf,
  expectEmptyPlan,
  notesOf,
  services,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const newer = '2222222222222222222222222222222222222222'
const deploying = ['deploy', '-e', 'staging', '--yes', '--commit', 'latest']

/** Staging runs the first commit, and there is a newer one and a variable to store. */
async function aStageWithNews(): Promise<Stage> {
  const stage = await aDeployedStage()
  stage.platform.world.addCommit(repository, 'main', { sha: newer })
  await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis',": "CACHE_STORE: 'redis',\n  LOG_LEVEL: 'info'," }))
  return stage
}

async function requestsOfDeploy(): Promise<string[]> {
  const stage = await aStageWithNews()
  const start = stage.platform.requests.length
  await succeeding(stage, deploying)
  return stage.platform.requests.slice(start).map(({ operationName = '' }) => operationName)
}

/** The world that one undisturbed deploy leads to. */
async function expectDeployedOnce(stage: Stage, where: string): Promise<void> {
  expect(commitsOf(stage, 'staging'), where).toEqual({ api: [newer], worker: [newer], scheduler: [newer] })
  for (const service of services) {
    const ofCode = deploymentsOf(stage, 'staging', service).map(({ origin }) =>
      origin.kind === 'image' ? origin.image : origin.commit.sha,
    )
    expect(new Set(ofCode).size, `${where}: ${service} twice at one commit`).toBe(ofCode.length)
  }
  expect(storedValue(stage, 'staging', 'api', 'LOG_LEVEL'), where).toBe('info')
  const { staged, patches } = stage.platform.world.environmentNamed('staging')
  expect(staged.patch, where).toEqual({})
  expect(patches.length, where).toBe(2)
  expect(notesOf(stage), where).toMatchObject({ lease: undefined, operation: undefined })
  await expectEmptyPlan(stage, 'staging')
}

describe('a deploy whose process is killed at any request', () => {
  it.each(moments)(
    '%s: the next one goes on, and starts nothing twice',
    async (moment) => {
      const requests = await requestsOfDeploy()
      for (const [index, operation] of requests.entries()) {
        const where = `request ${index + 1}, ${operation}, killed ${moment}`
        const stage = await aStageWithNews()
        const wasRunning = await killedAt(stage, deploying, index + 1, moment)
        expect(wasRunning, where).toBe(true)
        // Where its last word had arrived it is over; asking for the newest commit anew is then a deploy of its own, because only
        // the platform knows which commit that is.
        const isOver = index === requests.length - 1 && notesOf(stage).operation === undefined
        await succeeding(stage, isOver ? ['deploy', '-e', 'staging', '--yes'] : deploying)
        await expectDeployedOnce(stage, where)
      }
    },
    240_000,
  )
})
