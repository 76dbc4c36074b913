import { describe, expect, it } from 'vitest'
import { aStage, repository, type Stage } from '../../support/stage.ts'
import { aDeployedStage, aStoredStage, environments, succeeding } from './deployed-stage.ts'

/** Reads that only wait for the platform to finish something. */
const polling = ['WatchDeployments', 'ReadPatch', 'NewestDeployments']

/** The operations that one command sends, in order. */
async function operations(stage: Stage, argv: string[]): Promise<string[]> {
  const start = stage.platform.requests.length
  await succeeding(stage, argv)
  return stage.platform.requests.slice(start).map(({ operationName = '' }) => operationName)
}

async function withoutPolling(stage: Stage, argv: string[]): Promise<string[]> {
  return (await operations(stage, argv)).filter((operation) => !polling.includes(operation))
}

describe.each(environments)('with the ids of %s known', (environment) => {
  it('status costs 1 request', async () => {
    const stage = await aDeployedStage({ both: true })
    expect(await operations(stage, ['status', '-e', environment])).toEqual(['ObserveEnvironment'])
  })

  it('plan costs 2 requests', async () => {
    const stage = await aDeployedStage({ both: true })
    expect(await operations(stage, ['plan', '-e', environment])).toEqual(['ObserveEnvironment', 'ObserveRunning'])
  })
})

describe('with nothing known', () => {
  it('plan finds the project by its name, in two requests more, and the next one knows it', async () => {
    const stage = await aStoredStage()
    const [ids = ''] = Object.keys(stage.files.all()).filter((path) => path.endsWith('known-ids.json'))
    await stage.files.remove(ids)
    expect(await operations(stage, ['plan', '-e', 'staging'])).toEqual([
      'FindWorkspaces',
      'FindProjects',
      'ObserveEnvironment',
      'ObserveRunning',
    ])
    expect(await operations(stage, ['plan', '-e', 'staging'])).toHaveLength(2)
  })
})

describe('init of two environments', () => {
  it('costs at most 45 requests, everything counted', async () => {
    const stage = await aStage()
    expect((await operations(stage, ['init', '--yes'])).length).toBeLessThanOrEqual(45)
  })

  it('never asks who the person is, so that a workspace token is enough', async () => {
    const stage = await aStage()
    const ran = await stage.run(['init', '--yes'], {
      env: { RAILWAY_API_TOKEN: stage.platform.address.tokens.workspace },
    })
    expect(ran).toMatchObject({ exitCode: 0 })
    const authorizations = new Set(stage.platform.requests.map(({ headers }) => headers.authorization))
    expect([...authorizations]).toEqual([`Bearer ${stage.platform.address.tokens.workspace}`])
  })
})

describe('a deploy of one environment, polling aside', () => {
  it.each(environments)('costs at most 25 requests the first time, in %s', async (environment) => {
    const stage = await aStoredStage()
    expect((await withoutPolling(stage, ['deploy', '-e', environment, '--yes'])).length).toBeLessThanOrEqual(25)
  })

  it('costs at most 25 requests for a new commit', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main')
    const sent = await withoutPolling(stage, ['deploy', '-e', 'staging', '--yes', '--commit', 'latest'])
    expect(sent.length).toBeLessThanOrEqual(25)
  })

  it('costs at most 25 requests when everything has to be stored first, besides one for each thing that is made', async () => {
    const stage = await aStage()
    const project = stage.platform.world.addProject('fakturino-production')
    stage.platform.world.addEnvironment(project.id, 'staging')
    const sent = await withoutPolling(stage, ['deploy', '-e', 'staging', '--yes'])
    const making = sent.filter((operation) => operation.startsWith('Create'))
    expect(making).toHaveLength(9)
    expect(sent.length - making.length).toBeLessThanOrEqual(25)
  })

  it('costs what plan costs when there is nothing to do', async () => {
    const stage = await aDeployedStage()
    expect(await operations(stage, ['deploy', '-e', 'staging', '--yes'])).toHaveLength(2)
  })
})
