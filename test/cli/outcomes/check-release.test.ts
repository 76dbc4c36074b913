import { describe, expect, it } from 'vitest'
import { repository, type Stage } from '../../support/stage.ts'
import { aDeployedStage, failureOf, idOf } from './deployed-stage.ts'

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
})
