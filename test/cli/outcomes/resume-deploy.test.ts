import { describe, expect, it } from 'vitest'
import { aStage, firstCommit, type Stage } from '../../support/stage.ts'
import {
  commitsOf,
  deploymentCounts,
  deploymentsOf,
  eachService,
  failureOf,
  idOf,
  notesOf,
  services,
  succeeding,
} from './deployed-stage.ts'

/** A project whose staging is empty: its deploy has everything to create, to store and to start. */
async function anEmptyStaging(): Promise<Stage> {
  const stage = await aStage()
  const project = stage.platform.world.addProject('fakturino-production')
  stage.platform.world.addEnvironment(project.id, 'staging')
  return stage
}

/** The mutations of such a deploy, in order. */
async function mutationsOfDeploy(): Promise<string[]> {
  const stage = await anEmptyStaging()
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
  return stage.platform.requests
    .filter(({ kind }) => kind === 'mutation')
    .map(({ operationName = '' }) => operationName)
}

/** Loses the connection of the mutation of that number; the returned function stops it. */
function loseMutation(stage: Stage, number: number, when: 'drop-before' | 'drop-after'): () => void {
  let arrived = 0
  return stage.platform.onRequest(({ kind }) => {
    if (kind === 'mutation') arrived += 1
    return kind === 'mutation' && arrived === number ? { kind: when } : undefined
  })
}

/** Everything is there once, stored by one patch, and runs. */
async function expectConverged(stage: Stage, where: string): Promise<void> {
  const { patches, staged, instances, volumeInstances } = stage.platform.world.environmentNamed('staging')
  expect(patches.length, where).toBe(1)
  expect(staged.patch, where).toEqual({})
  expect(volumeInstances.size, where).toBe(3)
  expect(instances.get(idOf(stage, 'api'))?.domains.length, where).toBe(1)
  expect(instances.size, where).toBe(5)
  expect(commitsOf(stage, 'staging'), where).toEqual({
    api: [firstCommit],
    worker: [firstCommit],
    scheduler: [firstCommit],
  })
  for (const service of services) {
    const live = deploymentsOf(stage, 'staging', service).filter(({ status }) => status === 'SUCCESS')
    expect(live.length, `${where}: ${service}`).toBe(1)
  }
  const planned = await stage.run(['plan', '-e', 'staging', '--detailed-exit-code'])
  expect(planned.exitCode, `${where}\n${planned.stdout}`).toBe(0)
}

describe('a deploy that loses the answer to a mutation', () => {
  it('recognises what happened by reading, goes on, and does nothing twice', async () => {
    const mutations = await mutationsOfDeploy()
    for (const [index, operation] of mutations.entries()) {
      const where = `mutation ${index + 1}, ${operation}`
      const stage = await anEmptyStaging()
      const forget = loseMutation(stage, index + 1, 'drop-after')
      await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
      forget()
      expect(sentTimes(stage, operation), where).toBe(sentTimesUndisturbed(operation, mutations))
      await expectConverged(stage, where)
      expect(deploymentCounts(stage, 'staging'), where).toEqual(eachService(1))
      expect(notesOf(stage), where).toMatchObject({ lease: undefined, operation: undefined })
    }
  }, 60_000)

  it('asks again, once, where reading shows that it never arrived', async () => {
    const mutations = await mutationsOfDeploy()
    for (const [index, operation] of mutations.entries()) {
      const where = `mutation ${index + 1}, ${operation}`
      const stage = await anEmptyStaging()
      const forget = loseMutation(stage, index + 1, 'drop-before')
      await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
      forget()
      expect(sentTimes(stage, operation), where).toBe(sentTimesUndisturbed(operation, mutations) + 1)
      await expectConverged(stage, where)
      expect(deploymentCounts(stage, 'staging'), where).toEqual(eachService(1))
    }
  }, 60_000)

  it('that never arrives at all: ends with 6, and run again converges', async () => {
    for (const operation of new Set(await mutationsOfDeploy())) {
      const stage = await anEmptyStaging()
      const forget = stage.platform.onRequest(({ operationName, variables }) =>
        operationName === operation && !JSON.stringify(variables).includes('"FAKTURINO_LEASE":""')
          ? { kind: 'drop-before' }
          : undefined,
      )
      const broken = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
      forget()
      expect(broken.exitCode, operation).toBe(6)
      expect(failureOf(broken), operation).toMatchObject({
        code: 'mutation-unknown',
        message: expect.stringContaining('may have happened'),
        retryable: true,
      })
      await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
      await expectConverged(stage, operation)
      expect(deploymentCounts(stage, 'staging'), operation).toEqual(eachService(1))
    }
  }, 60_000)
})

function sentTimes({ platform }: Stage, operation: string): number {
  return platform.requests.filter(({ operationName }) => operationName === operation).length
}

function sentTimesUndisturbed(operation: string, mutations: readonly string[]): number {
  return mutations.filter((name) => name === operation).length
}

describe('a deploy whose reads fail for a moment', () => {
  it('asks again and goes through, each service deployed once', async () => {
    const stage = await anEmptyStaging()
    let reads = 0
    stage.platform.onRequest(({ kind }) => {
      if (kind === 'mutation') return undefined
      reads += 1
      return reads % 3 === 0 ? { kind: 'answer', status: 503, body: '<html>Service Unavailable</html>' } : undefined
    })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
  })

  it('a mutation that is turned away for asking too often is sent again, and happens once', async () => {
    const stage = await anEmptyStaging()
    const turnedAway = new Set<string>()
    stage.platform.onRequest(({ kind, operationName = '' }) => {
      if (kind === 'query' || turnedAway.has(operationName)) return undefined
      turnedAway.add(operationName)
      return {
        kind: 'answer',
        status: 429,
        headers: { 'Retry-After': '2' },
        body: '{"errors":[{"message":"Too Many Requests"}]}',
      }
    })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    await expectConverged(stage, 'turned away once each')
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
  })
})
