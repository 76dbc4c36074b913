import { describe, expect, it } from 'vitest'
import { rehearsalTiming } from '../../../src/config/timing.ts'
import type { CommitBehaviour } from '../../../src/local/index.ts'
import { aStage, firstCommit, repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  aStoredStage,
  commitsOf,
  deploymentCounts,
  deploymentsOf,
  eachService,
  failureOf,
  idOf,
  plainly,
  running,
  services,
  shippedConfig,
  succeeding,
} from './deployed-stage.ts'

const goodCommit = 'cccccccccccccccccccccccccccccccccccccccc'
const badCommit = '2222222222222222222222222222222222222222'

/** What runs of every service at the moment when a service's deployment is asked for. */
function statusesAtStart(stage: Stage): Map<string, Record<string, string | undefined>> {
  const seen = new Map<string, Record<string, string | undefined>>()
  stage.platform.onRequest(({ operationName = '', variables }) => {
    if (!operationName.startsWith('Deploy') || variables.serviceId === undefined) return undefined
    const name = services.find((service) => idOf(stage, service) === variables.serviceId) ?? 'unknown'
    seen.set(
      name,
      Object.fromEntries(services.map((service) => [service, deploymentsOf(stage, 'staging', service).at(-1)?.status])),
    )
    return undefined
  })
  return seen
}

describe('a deploy that has no way to ask what it deployed', () => {
  it('deploys everything, ends with 6 and says what could not be judged', async () => {
    const stage = await aStoredStage()
    const { endpoint, tokens } = stage.platform.address
    for (const path of Object.keys(stage.files.all()))
      if (path.endsWith('rehearsal.json')) await stage.files.remove(path)
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'], {
      isRemote: true,
      env: { FAKTURINO_ENDPOINT: endpoint, RAILWAY_API_TOKEN: tokens.account },
    })
    expect(ran.exitCode).toBe(6)
    expect(failureOf(ran)).toMatchObject({
      kind: 'unfinished',
      code: 'verification-inconclusive',
      message: expect.stringMatching(/could not be judged\. Whether api answers at .* the edge .* is not known/),
    })
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
    expect(ran.documents.map(({ type }) => type)).not.toContain('service-verified')
  })
})

describe('the order of a deploy', () => {
  it('starts the api when the databases are live, and worker and scheduler when the api is', async () => {
    const stage = await aStoredStage()
    const seen = statusesAtStart(stage)
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect([...seen.keys()]).toEqual(['postgres', 'redis', 'api', 'worker', 'scheduler'])
    expect(seen.get('api')).toMatchObject({ postgres: 'SUCCESS', redis: 'SUCCESS', worker: undefined })
    expect(seen.get('worker')).toMatchObject({ api: 'SUCCESS' })
    expect(seen.get('scheduler')).toMatchObject({ api: 'SUCCESS' })
  })

  it('shows in the times: worker and scheduler are created after the last step of the api', async () => {
    const stage = await aDeployedStage()
    const caller = plainly(stage, 'staging')
    const [api = ''] = await caller.active(idOf(stage, 'api'))
    const ends = (await caller.events(api)).map(({ completedAt }) => Date.parse(String(completedAt)))
    for (const service of ['worker', 'scheduler']) {
      const [id = ''] = await caller.active(idOf(stage, service))
      const { createdAt } = await caller.deployment(id)
      expect(Date.parse(String(createdAt)), service).toBeGreaterThanOrEqual(Math.max(...ends))
    }
  })

  it('deploys each service exactly once, all code at one commit', async () => {
    const stage = await aDeployedStage({ both: true })
    for (const environment of ['staging', 'production']) {
      expect(deploymentCounts(stage, environment)).toEqual(eachService(1))
      expect(commitsOf(stage, environment)).toEqual({
        api: [firstCommit],
        worker: [firstCommit],
        scheduler: [firstCommit],
      })
    }
  })

  it('deploys only the code when only the commit is new', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', badCommit])
    expect(deploymentCounts(stage, 'staging')).toEqual({ postgres: 1, redis: 1, api: 2, worker: 2, scheduler: 2 })
    expect(commitsOf(stage, 'staging')).toEqual({ api: [badCommit], worker: [badCommit], scheduler: [badCommit] })
  })

  it('a second deploy finds nothing to do', async () => {
    const stage = await aDeployedStage()
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--json'])
    expect(documents.at(-1)).toMatchObject({ type: 'answer', verdict: 'pass', changes: 0 })
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
  })

  it('waits for a commit that boots slowly', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'slow' })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', badCommit])
    expect(commitsOf(stage, 'staging')).toEqual({ api: [badCommit], worker: [badCommit], scheduler: [badCommit] })
  })
})

const failures: { behaviour: CommitBehaviour; step: string; failure: string }[] = [
  { behaviour: 'failing-build', step: 'build-image', failure: 'deployment-failed' },
  { behaviour: 'failing-migration', step: 'pre-deploy-command', failure: 'migration-failed' },
  { behaviour: 'crash', step: 'healthcheck', failure: 'deployment-failed' },
]

describe.each(failures)('a commit with the behaviour $behaviour', ({ behaviour, step, failure }) => {
  it('ends with 1, says where it failed and leaves everything on the old commit', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json'])
    expect(ran.exitCode).toBe(1)
    const { message, code } = failureOf(ran)
    expect(code).toBe(failure)
    expect(message).toContain(`api failed in ${step}`)
    expect(message).toContain('11111111 keeps serving')
    expect(message).toContain('worker and scheduler were not touched')

    await expectOldCommitServes(stage)
  })

  it('on a first deploy ends with 1, says that nothing serves, and the next good commit goes through', async () => {
    const stage = await aStoredStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran).message).toContain('Nothing of it serves')
    expect(running(stage, 'staging', 'api')).toEqual([])
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ worker: 0, scheduler: 0 })

    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', firstCommit])
    expect(commitsOf(stage, 'staging')).toEqual({ api: [firstCommit], worker: [firstCommit], scheduler: [firstCommit] })
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ postgres: 1, redis: 1, worker: 1, scheduler: 1 })
  })
})

describe('a deploy that goes wrong late', () => {
  it('names a worker that failed, and says that its old deployment keeps serving', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit })
    stage.platform.onRequest(({ operationName }) => {
      const worker = deploymentsOf(stage, 'staging', 'worker').at(-1)
      const isNew = worker?.origin.kind === 'commit' && worker.origin.commit.sha === badCommit
      if (operationName === 'WatchDeployments' && isNew) stage.platform.world.forceStatus(worker.id, 'FAILED')
      return undefined
    })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json'])
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran).message).toMatch(/^worker failed.*11111111 keeps serving/)
    expect(running(stage, 'staging', 'worker')).toEqual([firstCommit])
    expect(running(stage, 'staging', 'api')).toEqual([badCommit])
  })

  it('is not called good when what was live is gone at the end', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit })
    stage.platform.onRequest(({ operationName, variables }) => {
      if (operationName !== 'DeployService' || variables.serviceId !== idOf(stage, 'worker')) return undefined
      for (const { id, status } of deploymentsOf(stage, 'staging', 'api')) {
        if (status === 'SUCCESS') stage.platform.world.forceStatus(id, 'CRASHED')
      }
      return undefined
    })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json'])
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran)).toMatchObject({
      code: 'verification-failed',
      message: expect.stringContaining('Nothing of api is active'),
    })
  })

  it.each([
    ['NEEDS_APPROVAL', 6, 'deployment-held'],
    ['SKIPPED', 1, 'deployment-failed'],
    ['REMOVED', 6, 'deployment-superseded'],
  ] as const)('a deployment that ends as %s is an answer, not a wait: exit %i', async (status, exitCode, code) => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit })
    stage.platform.onRequest(({ operationName }) => {
      const api = deploymentsOf(stage, 'staging', 'api').at(-1)
      const isNew = api?.origin.kind === 'commit' && api.origin.commit.sha === badCommit
      if (operationName === 'WatchDeployments' && isNew) stage.platform.world.forceStatus(api.id, status)
      return undefined
    })
    const before = stage.clock.now()
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json'])
    expect(ran.exitCode).toBe(exitCode)
    expect(failureOf(ran)).toMatchObject({ code })
    expect(stage.clock.now() - before).toBeLessThan(5_000)
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ worker: 1, scheduler: 1 })
  })

  it('gives up on a build that never ends with 6, and says where it hangs', async () => {
    const stage = await aStoredStage({ timing: { buildMs: 10 * 60 * 60 * 1000 } })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(6)
    expect(failureOf(ran)).toMatchObject({
      code: 'build-timeout',
      message: expect.stringMatching(
        /^api is still building in build-image after 3\d s, and a build may take 30 s\. The platform goes on with it, .*\. worker and scheduler were not touched/,
      ),
    })
  })
})

describe('a commit that answers 500', () => {
  it('fails its health check: exit 1, and the old commit serves on', async () => {
    const stage = await aStage()
    await stage.useConfig(await shippedConfig({ "deployTimeout: '300s'": "deployTimeout: '20s'" }))
    await succeeding(stage, ['init', '--yes'])
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'error-500' })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json'])
    expect(ran.exitCode).toBe(1)
    const { message } = failureOf(ran)
    expect(message).toContain('api failed in healthcheck: /health did not answer 200 within 20 s')
    expect(message).toContain('11111111 keeps serving')
    await expectOldCommitServes(stage)
  })

  it('is given up before the platform does where a rehearsal waits less: exit 6, and the old commit serves on', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'error-500' })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json'])
    expect(ran.exitCode).toBe(6)
    expect(failureOf(ran)).toMatchObject({
      code: 'health-timeout',
      message: expect.stringContaining('api is still deploying in healthcheck'),
    })
    stage.clock.advance(300_000)
    await expectOldCommitServes(stage)
  })
})

async function expectOldCommitServes(stage: Stage): Promise<void> {
  stage.clock.advance(5_000)
  expect(commitsOf(stage, 'staging')).toEqual({ api: [firstCommit], worker: [firstCommit], scheduler: [firstCommit] })
  expect(deploymentCounts(stage, 'staging')).toEqual({ postgres: 1, redis: 1, api: 2, worker: 1, scheduler: 1 })
  const domain = stage.platform.world.environmentNamed('staging').instances.get(idOf(stage, 'api'))?.domains[0]
  expect(await plainly(stage, 'staging').edge(domain?.domain ?? '', '/health')).toMatchObject({ status: 200 })
}

describe('a service that crashed after it was live', () => {
  it('is deployed again, and nothing else is', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit })
    const [worker] = deploymentsOf(stage, 'staging', 'worker')
    stage.platform.world.forceStatus(worker?.id ?? '', 'CRASHED')
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--json'])
    expect(documents.find(({ type }) => type === 'plan-made')).toMatchObject({
      deployments: [{ service: 'worker', reasons: ['not-running'], commit: firstCommit }],
    })
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 1, worker: 2, scheduler: 1 })
    expect(running(stage, 'staging', 'worker')).toEqual([firstCommit])
  })

  it('with a commit of its own gets the one that the others run', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'crash-after-success' })
    await plainly(stage, 'staging').deploy(idOf(stage, 'api'), badCommit)
    stage.clock.advance(600_000)
    expect(deploymentsOf(stage, 'staging', 'api').at(-1)?.status).toBe('CRASHED')
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--json'])
    expect(documents.find(({ type }) => type === 'plan-made')).toMatchObject({
      deployments: [{ service: 'api', reasons: ['another-commit', 'not-running'], commit: firstCommit }],
    })
    expect(running(stage, 'staging', 'api')).toEqual([firstCommit])
  })
})

describe('a commit that is live first and then crashes', () => {
  it('ends with 1, starts nothing after it, and the next good commit goes through', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'crash-after-success' })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json'])
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran)).toMatchObject({ kind: 'failed', code: 'deployment-crashed' })
    expect(failureOf(ran).message).toContain('api was live and did not stay so')
    expect(failureOf(ran).message).toContain('worker and scheduler were not touched')
    const told = ran.documents.map(({ type, service }) => `${type} ${service ?? ''}`.trim())
    expect(told).toContain('deployment-live api')
    expect(told.indexOf('deployment-failed api')).toBeGreaterThan(told.indexOf('deployment-live api'))
    expect(deploymentCounts(stage, 'staging')).toEqual({ postgres: 1, redis: 1, api: 2, worker: 1, scheduler: 1 })

    stage.platform.world.addCommit(repository, 'main', { sha: goodCommit })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', goodCommit])
    expect(running(stage, 'staging', 'worker')).toEqual([goodCommit])
  })

  it('is watched for as long as the config says', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: goodCommit })
    const startedAt = stage.clock.now()
    const { documents } = await succeeding(stage, [
      'deploy',
      '-e',
      'staging',
      '--yes',
      '--commit',
      goodCommit,
      '--json',
    ])
    expect(documents.filter(({ type }) => type === 'level-settling')).toMatchObject([
      { services: ['api'], forMs: rehearsalTiming.settleMs },
      { services: ['worker', 'scheduler'], forMs: rehearsalTiming.settleMs },
    ])
    expect(stage.clock.now() - startedAt).toBeGreaterThan(2 * rehearsalTiming.settleMs)
  })
})
