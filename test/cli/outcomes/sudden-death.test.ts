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

const deploying = ['deploy', '-e', 'staging', '--yes', '--commit', 'latest']
const deploysOfOneStage = 10

/** What is new on a stage: a commit, and another value of a variable. */
interface News {
  commit: string
  level: string
}

/** Makes a newer commit than any before it, and a variable to store. */
async function bringNews(stage: Stage, number: number): Promise<News> {
  const news = { commit: String(number).padStart(40, '2'), level: `level-${number}` }
  stage.platform.world.addCommit(repository, 'main', { sha: news.commit })
  const text = await shippedConfig({
    "CACHE_STORE: 'redis',": `CACHE_STORE: 'redis',\n  LOG_LEVEL: '${news.level}',`,
  })
  await stage.useConfig(text)
  return news
}

/** Staging that has been through a deploy with news, as every one that follows finds it. */
async function aReleasedStage(number: number): Promise<Stage> {
  const stage = await aDeployedStage()
  await bringNews(stage, number)
  await succeeding(stage, deploying)
  return stage
}

async function requestsOfDeploy(): Promise<string[]> {
  const stage = await aReleasedStage(1)
  await bringNews(stage, 2)
  const start = stage.platform.requests.length
  await succeeding(stage, deploying)
  return stage.platform.requests.slice(start).map(({ operationName = '' }) => operationName)
}

/** The world that one undisturbed deploy leads to. */
async function expectDeployedOnce(
  stage: Stage,
  { commit, level }: News,
  patchesBefore: number,
  where: string,
): Promise<void> {
  expect(commitsOf(stage, 'staging'), where).toEqual({ api: [commit], worker: [commit], scheduler: [commit] })
  for (const service of services) {
    const ofCode = deploymentsOf(stage, 'staging', service).map(({ origin }) =>
      origin.kind === 'image' ? origin.image : origin.commit.sha,
    )
    expect(new Set(ofCode).size, `${where}: ${service} twice at one commit`).toBe(ofCode.length)
  }
  expect(storedValue(stage, 'staging', 'api', 'LOG_LEVEL'), where).toBe(level)
  const { staged, patches } = stage.platform.world.environmentNamed('staging')
  expect(staged.patch, where).toEqual({})
  expect(patches.length, where).toBe(patchesBefore + 1)
  expect(notesOf(stage), where).toMatchObject({ lease: undefined, operation: undefined })
  await expectEmptyPlan(stage, 'staging')
}

describe('a deploy whose process is killed at any request', () => {
  it.each(moments)(
    '%s: the next one goes on, and starts nothing twice',
    async (moment) => {
      const requests = await requestsOfDeploy()
      let stage = await aReleasedStage(1)
      for (const [index, operation] of requests.entries()) {
        // What it reads grows with every deploy.
        if (index > 0 && index % deploysOfOneStage === 0) stage = await aReleasedStage(1)
        const where = `request ${index + 1}, ${operation}, killed ${moment}`
        const news = await bringNews(stage, (index % deploysOfOneStage) + 2)
        const { length: patchesBefore } = stage.platform.world.environmentNamed('staging').patches
        const start = stage.platform.requests.length
        const wasRunning = await killedAt(stage, deploying, index + 1, moment)
        expect(wasRunning, where).toBe(true)
        expect(stage.platform.requests[start + index]?.operationName, where).toBe(operation)
        // Where its last word had arrived it is over; asking for the newest commit anew is then a deploy of its own, because only
        // the platform knows which commit that is.
        const isOver = index === requests.length - 1 && notesOf(stage).operation === undefined
        await succeeding(stage, isOver ? ['deploy', '-e', 'staging', '--yes'] : deploying)
        await expectDeployedOnce(stage, news, patchesBefore, where)
      }
    },
    240_000,
  )
})
