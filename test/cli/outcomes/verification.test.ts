import { describe, expect, it } from 'vitest'
import { rehearsalTiming } from '../../../src/config/timing.ts'
import type { CommitBehaviour } from '../../../src/local/index.ts'
import { firstCommit, repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  deploymentCounts,
  deploymentsOf,
  failureOf,
  idOf,
  shippedConfig,
  succeeding,
} from './deployed-stage.ts'

// What the platform calls a success is not believed: what serves is asked, and looked at once more.

const next = '2222222222222222222222222222222222222222'
const deployNext = ['deploy', '-e', 'staging', '--yes', '--commit', next]

/** Staging at the first commit; the next one is there to be deployed. */
async function aStageWithNext(behaviour: CommitBehaviour = 'healthy'): Promise<Stage> {
  const stage = await aDeployedStage()
  stage.platform.world.addCommit(repository, 'main', { sha: next, behaviour })
  return stage
}

/** Calls back as soon as a service's deployment of the next commit is live, and with every request after that. */
function whenLive(stage: Stage, service: string, act: (deployment: ReturnType<typeof deploymentsOf>[number]) => void) {
  stage.platform.onRequest(() => {
    const newest = deploymentsOf(stage, 'staging', service).at(-1)
    const isNext = newest?.origin.kind === 'commit' && newest.origin.commit.sha === next
    if (isNext && newest.status === 'SUCCESS') act(newest)
    return undefined
  })
}

/** The same failure for people: in one line, without signs. */
async function deployFails(stage: Stage, exitCode: number): Promise<string> {
  const ran = await stage.run(deployNext, { columns: 120 })
  expect(ran, ran.stderr).toMatchObject({ exitCode, stdout: '' })
  return ran.stderr.replaceAll(/\s+/g, ' ')
}

describe('a service that the platform calls live', () => {
  it('and that the edge does not reach fails the deploy: exit 1, and the port is named', async () => {
    const stage = await aStageWithNext()
    whenLive(stage, 'api', ({ instance }) => {
      for (const domain of instance.domains) domain.targetPort = 9999
    })
    const told = await deployFails(stage, 1)
    expect(told).toMatch(
      /✗ The deployments succeeded, but what serves is not what was asked for\. The platform's edge answers 502 for https:\S+\/health: nothing listens on the port that its domain targets\./,
    )
    expect(told).toContain('Compare the PORT that api listens on with the target port of its domain.')
    expect(told).toContain('worker and scheduler left as they are, because api does not answer')
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 2, worker: 1, scheduler: 1 })
  })

  it('and that does not answer well so many times in a row fails it too: exit 1, with the number', async () => {
    const stage = await aStageWithNext()
    let looks = 0
    whenLive(stage, 'api', ({ origin }) => {
      looks += 1
      if (origin.kind === 'commit') origin.commit.behaviour = 'error-500'
    })
    const startedAt = stage.clock.now()
    const ran = await stage.run([...deployNext, '--json'])
    expect(looks).toBeGreaterThan(0)
    expect(ran.exitCode).toBe(1)
    const { successes } = rehearsalTiming.liveness
    expect(failureOf(ran)).toMatchObject({
      kind: 'failed',
      code: 'verification-failed',
      message: expect.stringMatching(
        new RegExp(`https:\\S+/health answered 503; ${successes} answers of 200 in a row were asked for\\.`),
      ),
      findings: [{ code: 'not-answering', severity: 'critical', subject: 'api', evidence: { lastStatus: 503 } }],
    })
    expect(stage.clock.now() - startedAt).toBeGreaterThan(rehearsalTiming.deploy.verifyMs)
  })

  it('and that has no running instance in the end fails it: exit 1', async () => {
    const stage = await aStageWithNext()
    whenLive(stage, 'scheduler', () => {
      for (const container of deploymentsOf(stage, 'staging', 'api').at(-1)?.instances ?? [])
        container.status = 'EXITED'
    })
    const told = await deployFails(stage, 1)
    expect(told).toContain(
      '✗ The deployments succeeded, but what serves is not what was asked for. No instance of api is running, although its deployment succeeded.',
    )
    expect(told).toContain(`fakturino rollback services --to ${firstCommit} -e staging`)
  })

  it('is asked so many times in a row when all is well, and the release says by whose word the commit serves', async () => {
    const stage = await aStageWithNext()
    const { stdout, stderr } = await succeeding(stage, deployNext)
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(/✓ api answers https:\S+\/health \(3 times in a row\)/)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain("Commit 22222222 serves, by the platform's word.")
    const again = await succeeding(stage, [...deployNext, '--json'])
    expect(again.documents.at(-1)?.services).toContainEqual(
      expect.objectContaining({ name: 'api', outcome: 'unchanged', commit: next, commitSaidBy: 'platform' }),
    )
  })
})

describe('an app that says which commit it runs', () => {
  const probes = {
    'in a field': "revision: { path: '/version', field: 'build.commit' },",
    'in a header': "revision: { path: '/up', header: 'X-Commit' },",
  }

  async function aSpeakingStage(probe: string, behaviour?: CommitBehaviour): Promise<Stage> {
    const stage = await aStageWithNext(behaviour)
    await stage.useConfig(await shippedConfig({ 'domain: true,': `domain: true, ${probe}` }))
    return stage
  }

  it.each(Object.entries(probes))('%s confirms the release', async (_, probe) => {
    const stage = await aSpeakingStage(probe)
    const { documents } = await succeeding(stage, [...deployNext, '--json'])
    const types = documents.map(({ type }) => type)
    expect(types.indexOf('revision-confirmed')).toBeGreaterThan(types.indexOf('service-verified'))
    expect(documents).toContainEqual({
      type: 'revision-confirmed',
      service: 'api',
      url: expect.stringMatching(/^https:.*\/(version|up)$/),
      commit: next,
    })
    const services = documents.at(-1)?.services
    expect(services).toContainEqual(expect.objectContaining({ name: 'api', commitSaidBy: 'service' }))
    for (const name of ['worker', 'scheduler'])
      expect(services).toContainEqual(expect.objectContaining({ name, commitSaidBy: 'platform' }))
    expect(services).toContainEqual(expect.not.objectContaining({ name: 'redis', commitSaidBy: expect.anything() }))
  })

  it('is named in the last line, and who did not say so too', async () => {
    const stage = await aSpeakingStage(probes['in a field'])
    const { stdout } = await succeeding(stage, deployNext)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      "Commit 22222222 serves: api says so itself; of worker and scheduler, the platform's word is all there is.",
    )
  })

  it.each(Object.entries(probes))(
    '%s and names another one fails it: exit 1, nothing after it is started',
    async (_, probe) => {
      const stage = await aSpeakingStage(probe, 'wrong-revision')
      const startedAt = stage.clock.now()
      const told = await deployFails(stage, 1)
      expect(told).toMatch(
        /✗ The deployments succeeded, but what serves is not what was asked for\. api says at https:\S+ that it runs 00000000, not 22222222: something else answers there/,
      )
      expect(told).toContain('worker and scheduler left as they are, because api says that it runs another commit')
      // It was asked for a while: old and new ones overlap.
      expect(stage.clock.now() - startedAt).toBeGreaterThan(rehearsalTiming.deploy.verifyMs)
      expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 2, worker: 1, scheduler: 1 })
    },
  )

  it.each([
    ['has no such field', "revision: { path: '/version', field: 'commit' },", 'it answered 200 without a field commit'],
    [
      'answers with a page',
      "revision: { path: '/', field: 'commit' },",
      'it answered 200, and what it said is no JSON',
    ],
    ['has no such header', "revision: { path: '/up', header: 'X-Sha' },", 'it answered 200 without a header X-Sha'],
  ])('and %s leaves the verdict open: exit 6, everything deployed', async (_, probe, why) => {
    const stage = await aSpeakingStage(probe)
    const ran = await stage.run([...deployNext, '--json'])
    expect(ran.exitCode).toBe(6)
    expect(failureOf(ran)).toMatchObject({
      kind: 'unfinished',
      code: 'verification-inconclusive',
      message: expect.stringContaining(why),
      findings: [{ code: 'revision-unknown', severity: 'advisory', subject: 'api' }],
    })
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 2, worker: 2, scheduler: 2 })
  })

  it('is not asked which one when it does not answer at all', async () => {
    const stage = await aSpeakingStage(probes['in a field'])
    whenLive(stage, 'api', ({ origin }) => {
      if (origin.kind === 'commit') origin.commit.behaviour = 'error-500'
    })
    const ran = await stage.run([...deployNext, '--json'])
    expect(failureOf(ran)).toMatchObject({ findings: [{ code: 'not-answering' }] })
  })

  it('before and after it is deployed anew at the same commit is confirmed as well', async () => {
    const stage = await aSpeakingStage(probes['in a field'])
    const { world } = stage.platform
    const id = idOf(stage, 'api')
    world.setVariable(world.environmentNamed('staging').id, id, 'LOG_LEVEL', 'loud', { skipDeploys: true })
    const { documents } = await succeeding(stage, ['deploy', 'api', '-e', 'staging', '--yes', '--json'])
    expect(documents.at(-1)?.services).toContainEqual(
      expect.objectContaining({ name: 'api', commit: firstCommit, commitSaidBy: 'service' }),
    )
  })
})
