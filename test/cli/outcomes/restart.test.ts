import { describe, expect, it } from 'vitest'
import type { CommitBehaviour } from '../../../src/local/repositories.ts'
import { meddle } from '../../support/meddle.ts'
import type { Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  aStoredStage,
  codeServices,
  deploymentsOf,
  mutationsSince,
  succeeding,
} from './deployed-stage.ts'

/** What the code that runs already does from its next start on. */
function behaveFromNowOn(stage: Stage, service: string, behaviour: CommitBehaviour): void {
  const origin = deploymentsOf(stage, 'staging', service).at(-1)?.origin
  if (origin?.kind === 'commit') origin.commit.behaviour = behaviour
}

describe('restart', () => {
  it('starts every app again: the same deployments, down and up, asked over HTTP; databases are left alone', async () => {
    const stage = await aDeployedStage()
    const before = new Map(codeServices.map((name) => [name, deploymentsOf(stage, 'staging', name).at(-1)?.id]))
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, ['restart', '-e', 'staging', '--yes', '--json'])
    const of = (type: string) => documents.filter((document) => document.type === type)
    expect(documents[0]).toMatchObject({ type: 'target-found', format: 1, environment: 'staging', isProtected: false })
    expect(of('approval-given')).toEqual([
      { type: 'approval-given', by: 'option', what: 'restart api, worker and scheduler in staging' },
    ])
    expect(of('deployment-restarted')).toEqual(
      codeServices.map((service) => ({
        type: 'deployment-restarted',
        environment: 'staging',
        service,
        deploymentId: before.get(service),
      })),
    )
    for (const service of codeServices) {
      const seen = of('instances-changed').filter((event) => event.service === service)
      expect(seen.map(({ running, instances }) => `${running}/${instances}`)).toEqual(['0/1', '1/1'])
      expect(of('deployment-live')).toContainEqual(expect.objectContaining({ service }))
      expect(deploymentsOf(stage, 'staging', service).at(-1)?.id).toBe(before.get(service))
    }
    expect(of('service-verified')).toEqual([expect.objectContaining({ service: 'api', answers: 3 })])
    expect(documents.at(-1)).toEqual({
      type: 'answer',
      command: 'restart',
      project: 'fakturino-production',
      environment: 'staging',
      verdict: 'pass',
      services: codeServices.map((name) => ({ name, deploymentId: before.get(name) })),
      elapsedMs: expect.any(Number),
    })
    expect(mutationsSince(stage, start)).toEqual(['RestartDeployment', 'RestartDeployment', 'RestartDeployment'])
  })

  it('restarts a database when it is named, and each service once', async () => {
    const stage = await aDeployedStage()
    const argv = ['restart', 'redis', 'redis', '-e', 'staging', '--yes']
    const { stdout } = await succeeding(stage, argv)
    expect(stdout).toMatch(/^✓ staging: redis restarted, running again after \d+/)
  })

  it('--dry-run says what would be restarted, and restarts nothing', async () => {
    const stage = await aDeployedStage()
    const start = stage.platform.requests.length
    const { stdout } = await succeeding(stage, ['restart', 'api', '-e', 'staging', '--dry-run'])
    expect(stdout).toContain('Dry run: api would be restarted; nothing was changed.')
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('brings a crashed service back', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.forceStatus(deploymentsOf(stage, 'staging', 'worker').at(-1)?.id ?? '', 'CRASHED')
    await succeeding(stage, ['restart', 'worker', '-e', 'staging', '--yes'])
    expect(deploymentsOf(stage, 'staging', 'worker').at(-1)).toMatchObject({ status: 'SUCCESS', stopped: false })
  })
})

describe('a restart whose answer is lost', () => {
  const losing = (stage: Stage, kind: 'drop-before' | 'drop-after') =>
    stage.platform.onRequest(({ operationName }) => (operationName === 'RestartDeployment' ? { kind } : undefined))
  const argv = ['restart', 'worker', '-e', 'staging', '--yes', '--json']

  it('is recognised by its processes being down, and goes on', async () => {
    const stage = await aDeployedStage()
    losing(stage, 'drop-after')
    await succeeding(stage, argv)
    expect(sentRestarts(stage)).toBe(1)
  })

  it('ends with 6 where nothing shows, and is not asked for again: it may be on its way', async () => {
    const stage = await aDeployedStage()
    losing(stage, 'drop-before')
    const ran = await stage.run(argv)
    expect(ran.exitCode).toBe(6)
    expect(ran.documents.at(-1)).toMatchObject({ code: 'mutation-unknown', retryable: true })
    expect(sentRestarts(stage)).toBe(1)
  })
})

function sentRestarts({ platform }: Stage): number {
  return platform.requests.filter(({ operationName }) => operationName === 'RestartDeployment').length
}

describe('restart asks for care', () => {
  it('a protected environment must be spelled out, and a person types its name', async () => {
    const stage = await aDeployedStage({ both: true })
    const env = { FAKTURINO_ENVIRONMENT: 'production' }
    const start = stage.platform.requests.length
    const unspelled = await stage.run(['restart', 'api', '--yes'], { env })
    expect(unspelled.exitCode).toBe(64)
    expect(unspelled.stderr).toContain('Add: -e production')
    const argv = ['restart', 'api', '-e', 'production']
    expect((await stage.run(argv, { answers: ['y'] })).exitCode).toBe(5)
    expect(mutationsSince(stage, start)).toEqual([])
    const typed = await stage.run(argv, { answers: ['production'] })
    expect(typed.exitCode, typed.stderr).toBe(0)
  })

  it('without -e it names none by itself', async () => {
    const stage = await aDeployedStage()
    expect((await stage.run(['restart', 'api', '--yes'])).exitCode).toBe(64)
  })

  it('without a readable config every environment counts as protected, and databases are known by their volumes', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig('export default {')
    const argv = ['restart', '--project', 'fakturino-production', '--yes', '--json']
    const env = { FAKTURINO_ENVIRONMENT: 'staging' }
    expect((await stage.run(argv, { env })).documents.at(-1)).toMatchObject({
      code: 'missing-environment',
      exitCode: 64,
    })
    const { exitCode, documents } = await stage.run([...argv, '-e', 'staging'])
    expect(exitCode).toBe(0)
    expect(documents[0]).toMatchObject({ type: 'target-found', isProtected: true })
    const names = documents.flatMap(({ type, service }) => (type === 'deployment-restarted' ? [service] : []))
    expect(names.sort()).toEqual([...codeServices].sort())
    expect(documents.some(({ type }) => type === 'service-verified')).toBe(false)
  })
})

describe('restart that cannot', () => {
  it('refuses services with nothing active, and touches none', async () => {
    const stage = await aStoredStage()
    const start = stage.platform.requests.length
    const { exitCode, documents } = await stage.run(['restart', '-e', 'staging', '--yes', '--json'])
    expect(exitCode).toBe(1)
    expect(documents.at(-1)).toMatchObject({
      type: 'failure',
      code: 'nothing-active',
      message: expect.stringContaining('Nothing of api, worker or scheduler is active'),
      hint: expect.stringContaining('fakturino deploy -e staging'),
    })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('says which services there are', async () => {
    const stage = await aDeployedStage()
    const { exitCode, documents } = await stage.run(['restart', 'wroker', '-e', 'staging', '--yes', '--json'])
    expect(exitCode).toBe(64)
    expect(documents.at(-1)).toMatchObject({ code: 'unknown-service', message: expect.stringContaining("'worker'") })
  })

  it('exits 1 when a service does not come back', async () => {
    const stage = await aDeployedStage()
    behaveFromNowOn(stage, 'scheduler', 'crash-after-success')
    const { exitCode, documents } = await stage.run(['restart', 'scheduler', '-e', 'staging', '--yes', '--json'])
    expect(exitCode).toBe(1)
    expect(documents).toContainEqual(
      expect.objectContaining({ type: 'deployment-failed', service: 'scheduler', status: 'crashed' }),
    )
    expect(documents.at(-1)).toMatchObject({
      code: 'deployment-failed',
      message: expect.stringContaining('scheduler did not come back'),
    })
  })

  it('exits 1 when it runs and does not answer', async () => {
    const stage = await aDeployedStage()
    const argv = ['restart', 'api', '-e', 'staging', '--yes', '--json']
    behaveFromNowOn(stage, 'api', 'error-500')
    const { exitCode, documents } = await stage.run(argv)
    expect(exitCode).toBe(1)
    expect(documents.at(-1)).toMatchObject({
      code: 'verification-failed',
      message: expect.stringContaining('Everything runs again, but does not answer as it should.'),
    })
  })

  it('exits 6 when none of its instances runs again in time, whatever the status says', async () => {
    const stage = await aDeployedStage()
    await meddle(stage, (operation, body) =>
      operation === 'WatchDeployments' ? body.replaceAll('"RUNNING"', '"RESTARTING"') : body,
    )
    const { exitCode, documents } = await stage.run(['restart', 'worker', '-e', 'staging', '--yes', '--json'])
    expect(exitCode).toBe(6)
    expect(documents.at(-1)).toMatchObject({
      code: 'health-timeout',
      message: expect.stringMatching(/^worker was restarted, and after \d+ s no instance of it keeps running\.$/),
    })
  })
})
