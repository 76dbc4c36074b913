import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/kit/clock.ts'
import { isRecord } from '../../../src/kit/json.ts'
import { repository, type Stage } from '../../support/stage.ts'
import { aDeployedStage, deploymentsOf, failureOf, idOf } from './deployed-stage.ts'

const notAuthorized = {
  kind: 'answer',
  status: 200,
  body: JSON.stringify({ errors: [{ message: 'Not Authorized' }], data: null }),
} as const

/** A new commit is deployed, and the api begins to feel like that as soon as it is live. */
async function deployedFeeling(condition: Parameters<Stage['platform']['world']['setCondition']>[2]) {
  const stage = await aDeployedStage()
  const { world } = stage.platform
  world.addCommit(repository, 'main')
  const environmentId = world.environmentNamed('staging').id
  const isLive = () =>
    world.deployments(environmentId, idOf(stage, 'api')).filter(({ status }) => status === 'SUCCESS').length > 0 &&
    world.deployments(environmentId, idOf(stage, 'worker')).length > 1
  const through = (doors: { clock: Stage['clock']; files: Stage['files'] }) => ({
    ...doors,
    clock: {
      now: () => doors.clock.now(),
      after: (ms: number, act: () => void) => doors.clock.after(ms, act),
      sleep: (ms: number, signal?: AbortSignal) => {
        if (isLive()) world.setCondition(environmentId, idOf(stage, 'api'), condition)
        return doors.clock.sleep(ms, signal)
      },
    },
  })
  return stage.run(['deploy', '-e', 'staging', '--yes', '--commit', 'latest', '--json'], {
    through: () => through({ clock: stage.clock, files: stage.files }),
  })
}

function clockOf(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    after: (ms, act) => clock.after(ms, act),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  }
}

/** Is the newest deployment of the api live? */
function isUp(stage: Stage): boolean {
  return deploymentsOf(stage, 'staging', 'api').at(-1)?.status === 'SUCCESS'
}

describe('what a deploy asks of what it deployed', () => {
  it('is said, and fails nothing, where only advisory parts fail', async () => {
    const ran = await deployedFeeling({ failingChecks: ['signer', 'certificates'] })
    expect(ran.exitCode, ran.stderr).toBe(0)
    const findings = ran.documents.filter(({ type }) => type === 'finding')
    expect(findings).toContainEqual(
      expect.objectContaining({ finding: expect.objectContaining({ code: 'degraded', severity: 'advisory' }) }),
    )
  })

  it('fails the release where a critical part fails', async () => {
    const ran = await deployedFeeling({ failingChecks: ['database'] })
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran)).toMatchObject({
      code: 'verification-failed',
      message: expect.stringContaining('database fails'),
    })
  })

  it.each([
    ['an error by its own words', { message: '[2026-11-03 09:00:00] production.ERROR: refused' }, 1],
    ['only on the error output, as a script says what it does', { message: '+ php artisan up', severity: 'error' }, 0],
  ] as const)('twenty lines of the new api, each %s', async (_, line, exitCode) => {
    const stage = await aDeployedStage()
    const { world } = stage.platform
    const environmentId = world.environmentNamed('staging').id
    world.addCommit(repository, 'main')
    let isSaid = false
    const say = () => {
      if (isSaid || deploymentsOf(stage, 'staging', 'api').length < 2 || !isUp(stage)) return
      isSaid = true
      world.write(
        environmentId,
        idOf(stage, 'api'),
        Array.from({ length: 20 }, () => line),
      )
    }
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', 'latest', '--json'], {
      through: (doors) => ({
        ...doors,
        clock: {
          ...clockOf(doors.clock),
          sleep: (ms, signal) => {
            say()
            return doors.clock.sleep(ms, signal)
          },
        },
      }),
    })
    expect(isSaid).toBe(true)
    expect(ran.exitCode, ran.stderr).toBe(exitCode)
    if (exitCode === 1) {
      expect(failureOf(ran)).toMatchObject({
        code: 'verification-failed',
        message: expect.stringContaining('api logged 20 errors'),
      })
    }
  })

  it('does not blame a scheduler for what the one before it printed', async () => {
    const stage = await aDeployedStage()
    const { world } = stage.platform
    world.write(world.environmentNamed('staging').id, idOf(stage, 'scheduler'), [
      { message: '   INFO  No scheduled commands have been defined.' },
    ])
    world.addCommit(repository, 'main')
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', 'latest'])
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.stderr).not.toContain('no task is registered')
  })

  it('is not stopped by a log that the token may not read, and says so once', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main')
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'ReadEnvironmentLog' ? notAuthorized : undefined,
    )
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', 'latest', '--json'])
    expect(ran.exitCode, ran.stderr).toBe(0)
    const codes = ran.documents.flatMap(({ finding }) => (isRecord(finding) ? [finding.code] : []))
    expect(codes).toEqual(['log-not-read'])
    const checked = await stage.run(['check', '-e', 'staging', '--json'])
    expect(checked.documents[0]).toMatchObject({ type: 'check', verdict: 'inconclusive' })
    expect(checked.exitCode).toBe(6)
  })
})
