import { describe, expect, it } from 'vitest'
import { OperatorError } from '../../src/kit/errors.ts'
import { logLines } from '../../src/logs/log-lines.ts'
import type { OperationEvent } from '../../src/operations/events.ts'
import { tellLogs } from '../../src/operations/tell-logs.ts'
import type { DeploymentEnding } from '../../src/operations/watch-deployments.ts'
import { id } from '../../src/platform/ids.ts'
import type { LogRow } from '../../src/platform/log-row.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { aRow } from '../logs/rows.ts'
import { aFakePlatform } from '../support/fake-platform.ts'

const rows = [aRow(0, 'ERROR: it broke'), aRow(1, 'INFO: it goes on')]

async function told(ending: Partial<DeploymentEnding>, read: () => Promise<LogRow[]> = async () => rows) {
  const events: OperationEvent[] = []
  const asked: Parameters<Platform['readLogRows']>[] = []
  const platform = aFakePlatform({
    readLogRows: (...question) => {
      asked.push(question)
      return read()
    },
  })
  const whole: DeploymentEnding = {
    service: 'api',
    deploymentId: id('d'),
    outcome: 'failed',
    status: 'failed',
    elapsedMs: 1,
    ...ending,
  }
  await tellLogs([whole], { platform, report: async (event) => void events.push(event) })
  return { events, asked }
}

describe('the log that is read', () => {
  it.each<[string, Partial<DeploymentEnding>, string | undefined]>([
    ['failed while its code was fetched', { step: 'snapshot-code' }, 'build'],
    ['failed in its build', { step: 'build-image', phase: 'queue' }, 'build'],
    ['failed while its image was published', { step: 'publish-image' }, 'build'],
    ['failed in its pre-deploy command', { step: 'pre-deploy-command', phase: 'build' }, 'deploy'],
    ['failed its health check', { step: 'healthcheck' }, 'deploy'],
    ['failed without a step, seen building', { phase: 'build' }, 'build'],
    ['failed without a step, before anything was seen', { phase: 'queue' }, 'build'],
    ['failed without a step, seen deploying', { phase: 'health' }, 'deploy'],
    ['crashed', { status: 'crashed', phase: 'health' }, 'deploy'],
    ['did not stay live', { outcome: 'unstable', status: 'crashed', phase: 'verify' }, 'deploy'],
    ['builds for too long', { outcome: 'timeout', status: 'building', phase: 'build' }, 'build'],
    [
      'hangs in its pre-deploy command',
      { outcome: 'timeout', step: 'pre-deploy-command', phase: 'pre-deploy' },
      'deploy',
    ],
    ['is not healthy in time', { outcome: 'timeout', status: 'deploying', phase: 'health' }, 'deploy'],
    ['waits in the queue', { outcome: 'timeout', status: 'queued', phase: 'queue' }, undefined],
    ['was skipped', { status: 'skipped', phase: 'queue' }, undefined],
    ['waits for approval', { outcome: 'held', status: 'needs-approval' }, undefined],
    ['was replaced', { outcome: 'superseded', status: 'removed' }, undefined],
    ['sleeps', { outcome: 'asleep', status: 'sleeping' }, undefined],
  ])('of a deployment that %s', async (_, ending, kind) => {
    const { events, asked } = await told(ending)
    // What a pre-deploy command did to a database is read from its beginning.
    const before = ending.step === 'pre-deploy-command' ? 500 : 50
    expect(asked).toEqual(kind === undefined ? [] : [[{ kind, deploymentId: 'd' }, { before }, { isOnce: true }]])
    expect(events).toEqual(
      kind === undefined
        ? []
        : [{ type: 'log-read', service: 'api', deploymentId: 'd', log: kind, lines: logLines(rows) }],
    )
  })

  it('is told with its newest lines, whether one more comes or not', async () => {
    const many = Array.from({ length: 51 }, (_, nth) => aRow(nth, `line ${nth}`))
    const [event] = (await told({}, async () => many)).events
    expect(event).toMatchObject({ lines: logLines(many.slice(1)) })
  })
})

it('says that a log could not be read, and why, and throws nothing', async () => {
  const { events } = await told({ phase: 'build' }, async () => {
    throw new OperatorError({ kind: 'unreachable', code: 'timeout', message: 'It did not answer within 30 s.' })
  })
  expect(events).toEqual([
    { type: 'log-not-read', service: 'api', deploymentId: 'd', log: 'build', reason: 'It did not answer within 30 s.' },
  ])
})

it('does not hide a mistake of our own', async () => {
  await expect(told({}, () => Promise.reject(new TypeError('undefined is not a function')))).rejects.toThrow(TypeError)
})
