import { describe, expect, it } from 'vitest'
import type { DeploymentStatus } from '../../../src/contract/types.ts'
import { repository, type Stage } from '../../support/stage.ts'
import { failureOf } from './deployed-stage.ts'
import { aDeployedService, aStoredService, newest } from './one-service.ts'

const commit = 'cccccccccccccccccccccccccccccccccccccccc'

type Moment = 'queued' | 'building' | 'pre-deploy' | 'health' | 'settling' | 'last reading'
const moments: readonly Moment[] = ['queued', 'building', 'pre-deploy', 'health', 'settling', 'last reading']

type Answer = [exitCode: number, code: string | undefined, said: RegExp]

const failed: Answer = [1, 'deployment-failed', /^api failed\. 11111111 keeps serving\.$/]
const crashed: Answer = [1, 'deployment-failed', /^api crashed\. 11111111 keeps serving\.$/]
const skipped: Answer = [1, 'deployment-failed', /^api skipped\. 11111111 keeps serving\.$/]
const held: Answer = [6, 'deployment-held', /api waits for somebody's approval in the dashboard\.$/]
const superseded: Answer = [6, 'deployment-superseded', /^api was replaced by a deployment that is not ours\.$/]
const asleep: Answer = [6, 'deployment-asleep', /api sleeps, which nobody asked for/]
const done: Answer = [0, undefined, /staging/]
const empty: Answer = [1, 'verification-failed', /No instance of api is running, although its deployment succeeded\.$/]
const gone: Answer = [1, 'verification-failed', /Nothing of api is active, although its deployment succeeded\.$/]
const removed: Answer = [6, 'deployment-superseded', /Our deployment of api was removed by somebody else\.$/]
const down = (status: string): Answer => [
  1,
  'deployment-crashed',
  new RegExp(`^api was live and did not stay so: after \\d+ s it is ${status}\\. What served before it is gone\\.$`),
]
const waits = (status: string, code: string, may: string): Answer => [
  6,
  code,
  new RegExp(`^api is still ${status} after \\d+ s, and ${may} may take \\d+ s\\. The platform goes on with it, `),
]
const again = (status: string): Answer => [
  6,
  'verification-inconclusive',
  new RegExp(`api is ${status} again, although it was live\\.$`),
]
const queue = (status = 'queued') => waits(status, 'queue-timeout', 'a place in the queue')
const build = waits('building', 'build-timeout', 'a build')
const health = waits('deploying', 'health-timeout', 'the start and its health check')
const back = (status: string) => waits(status, 'verify-timeout', 'the way back to live')

/** What a deploy comes to when its deployment gets this status at that moment, and keeps it. */
const table: Record<DeploymentStatus, [onTheWay: Answer, settling: Answer, lastReading: Answer, inHealth?: Answer]> = {
  INITIALIZING: [queue(), back('queued'), again('queued')],
  QUEUED: [queue(), back('queued'), again('queued')],
  WAITING: [queue('waiting'), back('waiting'), again('waiting')],
  BUILDING: [build, back('building'), again('building')],
  DEPLOYING: [health, back('deploying'), again('deploying')],
  // That it is a success says nothing of containers: before there is one, nothing runs.
  SUCCESS: [empty, done, done, done],
  NEEDS_APPROVAL: [held, held, held],
  SLEEPING: [asleep, asleep, asleep],
  FAILED: [failed, down('failed'), gone],
  CRASHED: [crashed, down('crashed'), gone],
  SKIPPED: [skipped, down('skipped'), gone],
  REMOVING: [superseded, superseded, removed],
  REMOVED: [superseded, superseded, removed],
}

/** Puts our deployment into a status as soon as it has come so far. */
function force(stage: Stage, status: DeploymentStatus, moment: Moment): void {
  let looksAfterSuccess = 0
  let isDone = false
  stage.platform.onRequest(({ operationName }) => {
    const ours = newest(stage)
    if (isDone || ours.origin.kind !== 'commit' || ours.origin.commit.sha !== commit) return undefined
    const step = ours.events.findLast(({ completedAt }) => completedAt === undefined)?.step
    const isLook = operationName === 'WatchDeployments'
    if (isLook && ours.status === 'SUCCESS') looksAfterSuccess += 1
    const isNow: Record<Moment, boolean> = {
      queued: isLook,
      building: isLook && ours.status === 'BUILDING',
      'pre-deploy': isLook && step === 'PRE_DEPLOY_COMMAND',
      health: isLook && (step === 'HEALTHCHECK' || step === 'CREATE_CONTAINER'),
      // The first look after it belongs to the watching, the second begins the settling.
      settling: looksAfterSuccess === 3,
      'last reading': operationName === 'ObserveEnvironment' && ours.status === 'SUCCESS',
    }
    if (!isNow[moment]) return undefined
    isDone = true
    if (moment === 'health') for (const instance of ours.instances) instance.status = 'RUNNING'
    stage.platform.world.forceStatus(ours.id, status)
    return undefined
  })
}

const rows = Object.entries(table) as [DeploymentStatus, (typeof table)[DeploymentStatus]][]

describe.each(moments)('a deployment that, while %s, becomes', (moment) => {
  it.each(rows)('%s', async (status, [onTheWay, settling, lastReading, inHealth = onTheWay]) => {
    const answers: Record<Moment, Answer> = {
      queued: onTheWay,
      building: onTheWay,
      'pre-deploy': onTheWay,
      health: inHealth,
      settling,
      'last reading': lastReading,
    }
    const [exitCode, code, said] = answers[moment]
    for (const form of ['json', 'human'] as const) {
      const stage = await aDeployedService()
      stage.platform.world.addCommit(repository, 'main', { sha: commit })
      force(stage, status, moment)
      const argv = ['deploy', '-e', 'staging', '--commit', commit, '--yes']
      const ran = await stage.run(form === 'json' ? [...argv, '--json'] : argv, { columns: 1_000 })
      expect(ran, ran.stderr).toMatchObject({ exitCode })
      if (code === undefined) {
        if (form === 'json') expect(ran.documents.at(-1)).toMatchObject({ type: 'answer', verdict: 'pass' })
        else expect(ran.stdout).toMatch(said)
        continue
      }
      if (form === 'json') {
        const failure = failureOf(ran)
        expect(failure).toMatchObject({ code, exitCode, kind: exitCode === 1 ? 'failed' : 'unfinished' })
        // What serves now is said after it.
        expect(failure.message).toMatch(new RegExp(said.source.replace(/\$$/, '')))
      } else {
        const body = said.source.replace(/^\^/, '').replace(/\$$/, '')
        expect(ran.stderr).toMatch(new RegExp(body))
      }
    }
  })
})

describe('a deployment that waits by itself', () => {
  it.each([
    [
      'pre-deploy command',
      { preDeployMs: 3_600_000 },
      'pre-deploy-timeout',
      /^api is still deploying in pre-deploy-command after 3\d s, and the pre-deploy command may take 30 s\./,
    ],
    [
      'build',
      { buildMs: 3_600_000 },
      'build-timeout',
      /^api is still building in build-image after 3\d s, and a build may take 30 s\./,
    ],
    [
      'container',
      { startMs: 3_600_000 },
      'health-timeout',
      /^api is still deploying in create-container after \d+ s, and the start and its health check may take 30 s\./,
    ],
  ] as const)('in its %s ends with 6 and a code of its own', async (_, timing, code, said) => {
    const stage = await aStoredService(timing)
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(6)
    expect(failureOf(ran)).toMatchObject({ kind: 'unfinished', code, message: expect.stringMatching(said) })
  })
})
