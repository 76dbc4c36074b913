import { describe, expect, it } from 'vitest'
import { repository, type Stage } from '../../support/stage.ts'
import { killedAt } from '../../support/sudden-death.ts'
import { aDeployedStage, failureOf, succeeding } from './deployed-stage.ts'

const bad = '2222222222222222222222222222222222222222'

/** Staging after an init, a deploy, a deploy that failed an hour later, and a restart that was killed. */
async function anEventfulStage(): Promise<Stage> {
  const stage = await aDeployedStage()
  stage.clock.advance(3_600_000)
  stage.platform.world.addCommit(repository, 'main', { sha: bad, behaviour: 'failing-build' })
  await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', bad, '--reason', 'the banking queue'])
  await killedAt(stage, ['restart', 'worker', '-e', 'staging', '--yes'], 6, 'after it was sent')
  return stage
}

async function historyOf(stage: Stage, ...options: string[]) {
  const { documents } = await succeeding(stage, ['history', '-e', 'staging', '--json', ...options])
  const { operations } = documents[0] ?? {}
  return Array.isArray(operations) ? operations : []
}

describe('history', () => {
  it('tells every operation on an environment, the newest first, with who, what and how it ended', async () => {
    const stage = await anEventfulStage()
    expect(await historyOf(stage)).toMatchObject([
      { command: 'restart', by: 'nina', outcome: 'open', ended: null, durationMs: null, services: ['worker'] },
      {
        command: 'deploy',
        by: 'nina',
        reason: 'the banking queue',
        commit: bad,
        outcome: 'failed',
        code: 'deployment-failed',
        message: expect.stringContaining('api failed'),
        services: ['api'],
      },
      { command: 'deploy', outcome: 'done', services: ['postgres', 'redis', 'api', 'worker', 'scheduler'] },
      { command: 'init', outcome: 'done', services: [], changes: expect.any(Number) },
    ])
  })

  it('reads well at 40 columns', async () => {
    const stage = await anEventfulStage()
    const { stdout } = await stage.run(['history', '-e', 'staging'], { columns: 40 })
    const told = stdout.replaceAll(/\s+/g, ' ')
    expect(told).toContain('! 2026-11-03 10:00 UTC restart by nina: did not say that it was over; worker')
    expect(told).toContain('✗ 2026-11-03 10:00 UTC deploy by nina for 22222222: failed after')
    expect(told).toContain('why: the banking queue')
    expect(stdout.split('\n').filter((line) => line.length > 40)).toEqual([])
  })

  it.each([
    [
      ['--since', '30m'],
      ['restart', 'deploy'],
    ],
    [
      ['--since', '2026-11-03T09:30:00Z'],
      ['restart', 'deploy'],
    ],
    [
      ['--since', '2h'],
      ['restart', 'deploy', 'deploy', 'init'],
    ],
    [
      ['--service', 'worker'],
      ['restart', 'deploy'],
    ],
    [['--service', 'nobody'], []],
  ])('%j tells only what was asked for', async (options, commands) => {
    const stage = await anEventfulStage()
    expect((await historyOf(stage, ...options)).map(({ command }) => command)).toEqual(commands)
  })

  it('that is asked since no time at all ends with 64', async () => {
    const stage = await aDeployedStage()
    const ran = await stage.run(['history', '-e', 'staging', '--since', 'yesterday', '--json'])
    expect(ran.exitCode).toBe(64)
    expect(failureOf(ran)).toMatchObject({ message: expect.stringContaining('yesterday') })
  })

  it('costs one request, and says so where nothing was done from this machine', async () => {
    const stage = await aDeployedStage()
    for (const path of Object.keys(stage.files.all())) if (path.endsWith('.ndjson')) await stage.files.remove(path)
    const start = stage.platform.requests.length
    const { stdout } = await succeeding(stage, ['history', '-e', 'staging'])
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('Nothing was done here from this machine')
    expect(stage.platform.requests.length - start).toBe(1)
  })
})
