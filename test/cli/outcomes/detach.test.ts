import { expect, it } from 'vitest'
import { firstCommit, repository } from '../../support/stage.ts'
import { aDeployedStage, aStoredStage, commitsOf, deploymentCounts, succeeding } from './deployed-stage.ts'

it('starts the first level, waits for nothing, and says which levels wait and what goes on', async () => {
  const stage = await aDeployedStage()
  const { sha } = stage.platform.world.addCommit(repository, 'main', {})
  const start = stage.platform.requests.length
  const argv = ['deploy', '-e', 'staging', '--commit', sha, '--yes', '--detach', '--json']
  const { documents } = await succeeding(stage, argv)
  expect(stage.platform.requests.slice(start).map(({ operationName }) => operationName)).not.toContain(
    'WatchDeployments',
  )
  expect(documents).toContainEqual({
    type: 'services-not-started',
    services: ['worker', 'scheduler'],
    because: '--detach does not wait until api is live',
  })
  const services = documents.at(-1)?.services
  expect(services).toContainEqual({
    name: 'api',
    outcome: 'started',
    deploymentId: expect.any(String),
    commit: sha,
  })
  expect(services).toContainEqual(expect.objectContaining({ name: 'worker', outcome: 'waiting', commit: firstCommit }))
  expect(services).toContainEqual(expect.objectContaining({ name: 'redis', outcome: 'unchanged' }))
  expect(documents.at(-1)).toMatchObject({
    type: 'answer',
    command: 'deploy',
    verdict: 'unknown',
    commit: sha,
    previousCommit: firstCommit,
    undo: { command: expect.stringContaining(`--commit ${firstCommit}`) },
    next: [
      expect.stringMatching(/^fakturino status -e staging --local /),
      expect.stringMatching(new RegExp(`^fakturino deploy -e staging --commit ${sha} --local `)),
    ],
  })
  stage.clock.advance(10_000)
  await succeeding(stage, ['deploy', '-e', 'staging', '--commit', sha, '--yes'])
  expect(commitsOf(stage, 'staging')).toEqual({ api: [sha], worker: [sha], scheduler: [sha] })
  expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 2, worker: 2, scheduler: 2 })
})

it('of one level says only where to look', async () => {
  const stage = await aDeployedStage()
  const { world } = stage.platform
  world.setVariable(world.environmentNamed('staging').id, world.serviceNamed('worker').id, 'QUEUE_CONNECTION', 'sync', {
    skipDeploys: true,
  })
  const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--detach', '--json'])
  expect(documents.at(-1)).toMatchObject({
    verdict: 'unknown',
    next: [expect.stringMatching(/^fakturino status -e staging /)],
  })
})

it('of the very first level asks for the same again, without a commit that nobody knows yet', async () => {
  const stage = await aStoredStage()
  const { stdout } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--detach'])
  expect(stdout).toContain('postgres and redis started.')
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
    'api, worker and scheduler were not started: first postgres and redis must be live.',
  )
  expect(stdout).toMatch(/^ {2}fakturino deploy -e staging --local/m)
})

it('with nothing to do is no unknown', async () => {
  const stage = await aDeployedStage()
  const before = deploymentCounts(stage, 'staging')
  const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--detach', '--json'])
  expect(documents.at(-1)).toMatchObject({ verdict: 'pass' })
  expect(documents.at(-1)).not.toHaveProperty('next')
  expect(deploymentCounts(stage, 'staging')).toEqual(before)
})
