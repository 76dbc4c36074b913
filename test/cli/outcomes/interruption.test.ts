import { describe, expect, it } from 'vitest'
import { rehearsalTiming } from '../../../src/config/timing.ts'
import type { RequestRecord } from '../../../src/local/requests.ts'
import { aStage, firstCommit, type Ran, type Stage } from '../../support/stage.ts'
import {
  aStoredStage,
  commitsOf,
  deploymentCounts,
  deploymentsOf,
  eachService,
  environments,
  expectEmptyPlan,
  failureOf,
  inventory,
  mutationsSince,
  notesOf,
  succeeding,
  wholeInventory,
} from './deployed-stage.ts'

type Signal = 'SIGINT' | 'SIGTERM'

/** Runs a command and presses Ctrl-C when a request arrives for which `isIt` holds; counts what was changed after it. */
async function interrupted(
  stage: Stage,
  argv: string[],
  isIt: (request: RequestRecord, number: number) => boolean,
  signal: Signal = 'SIGINT',
): Promise<{ ran: Ran; later: string[] }> {
  let press: ((signal: Signal) => void) | undefined
  let number = 0
  let pressedAt: number | undefined
  const forget = stage.platform.onRequest((request) => {
    number += 1
    if (pressedAt === undefined && isIt(request, number)) {
      pressedAt = stage.platform.requests.length
      press?.(signal)
    }
    return undefined
  })
  const ran = await stage.run(argv, {
    onStart: (interrupt) => {
      press = interrupt
    },
  })
  forget()
  return { ran, later: pressedAt === undefined ? ['never pressed'] : mutationsSince(stage, pressedAt) }
}

const isOperation = (name: string) => (request: RequestRecord) => request.operationName === name

describe('Ctrl-C during init', () => {
  it('at any request: exit 130, nothing new is started, and running it again completes', async () => {
    const probe = await aStage()
    await succeeding(probe, ['init', '--yes'])
    for (const [index, { operationName }] of probe.platform.requests.entries()) {
      const stage = await aStage()
      const where = `request ${index + 1}, ${operationName}`
      const { ran, later } = await interrupted(stage, ['init', '--yes', '--json'], (_, number) => number === index + 1)
      expect(later, where).toEqual([])
      // At the very last request everything is done already.
      const isDone = ran.exitCode === 0
      if (isDone) expect(inventory(stage), where).toEqual(wholeInventory)
      else {
        expect(ran.exitCode, where).toBe(130)
        expect(failureOf(ran), where).toMatchObject({ kind: 'interrupted', code: 'interrupted', retryable: true })
      }
      await succeeding(stage, ['init', '--yes'])
      expect(inventory(stage), where).toEqual(wholeInventory)
      for (const environment of environments) await expectEmptyPlan(stage, environment)
    }
  }, 60_000)

  it('lets the act in flight finish, and tells what happened', async () => {
    const stage = await aStage()
    const { ran } = await interrupted(stage, ['init', '--yes'], isOperation('CreateVolume'))
    expect(ran.exitCode).toBe(130)
    expect(ran.stderr).toContain('project fakturino-production created')
    expect(ran.stderr).toMatch(/volume at \S+ created in staging/)
    expect(ran.stderr).toContain('Interrupted.')
    expect(ran.stderr).toContain('Run the same command again')
    expect(stage.platform.world.environmentNamed('staging').volumeInstances.size).toBe(1)
  })
})

describe('Ctrl-C during deploy', () => {
  it('at any request: exit 130, nothing new is started, and running it again completes', async () => {
    const probe = await aStoredStage()
    const start = probe.platform.requests.length
    await succeeding(probe, ['deploy', '-e', 'staging', '--yes'])
    const requests = probe.platform.requests.slice(start)
    for (const [index, { operationName }] of requests.entries()) {
      const stage = await aStoredStage()
      const where = `request ${index + 1}, ${operationName}`
      const argv = ['deploy', '-e', 'staging', '--yes', '--json']
      const { ran, later } = await interrupted(stage, argv, (_, number) => number === index + 1)
      expect(later, where).toEqual([])
      expect(notesOf(stage).lease, where).toBeUndefined()
      // The very last requests give the lease back; everything is done by then.
      const isDone = ran.exitCode === 0
      if (isDone) expect(index, where).toBeGreaterThanOrEqual(requests.length - 2)
      else {
        expect(ran.exitCode, where).toBe(130)
        expect(failureOf(ran), where).toMatchObject({ kind: 'interrupted', code: 'interrupted' })
      }
      stage.clock.advance(60_000)
      await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
      expect(deploymentCounts(stage, 'staging'), where).toEqual(eachService(1))
      expect(commitsOf(stage, 'staging'), where).toEqual({
        api: [firstCommit],
        worker: [firstCommit],
        scheduler: [firstCommit],
      })
    }
  }, 60_000)

  it('while the api is built: its deployment is told and goes on, worker and scheduler are not started', async () => {
    const stage = await aStoredStage()
    const { ran } = await interrupted(
      stage,
      ['deploy', '-e', 'staging', '--yes', '--json'],
      ({ operationName }) =>
        operationName === 'WatchDeployments' && deploymentsOf(stage, 'staging', 'api').length === 1,
    )
    expect(ran.exitCode).toBe(130)
    const created = ran.documents.filter(({ type }) => type === 'deployment-created').map(({ service }) => service)
    expect(created).toEqual(['postgres', 'redis', 'api'])
    stage.clock.advance(60_000)
    expect(deploymentsOf(stage, 'staging', 'api').map(({ status }) => status)).toEqual(['SUCCESS'])
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ worker: 0, scheduler: 0 })
  })

  it('by SIGTERM counts as well', async () => {
    const stage = await aStoredStage()
    const argv = ['deploy', '-e', 'staging', '--yes', '--json']
    const { ran, later } = await interrupted(stage, argv, isOperation('DeployService'), 'SIGTERM')
    expect(ran.exitCode).toBe(130)
    expect(later).toEqual([])
  })
})

describe('a time limit', () => {
  it('ends a deploy with 6 and says that what was started goes on', async () => {
    const stage = await aStoredStage({ timing: { buildMs: 20_000 } })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--timeout', '10s', '--json'])
    expect(ran.exitCode).toBe(6)
    expect(failureOf(ran)).toMatchObject({ kind: 'unfinished', code: 'command-timeout' })
    stage.clock.advance(60_000)
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
  })

  /** Lets so much time pass when the command first asks for this. */
  function slowAt(stage: Stage, operation: string, ms: number): void {
    let isOver = false
    stage.platform.onRequest(({ operationName }) => {
      if (!isOver && operationName === operation) {
        isOver = true
        stage.clock.advance(ms)
      }
      return undefined
    })
  }

  it.each([
    ['deploy', ['deploy', '-e', 'staging', '--yes'], 'DeployService'],
    ['init', ['init', '--yes'], 'CreateVolume'],
  ])('without --timeout, %s ends after the time that a command may take, just so', async (command, argv, operation) => {
    const stage = command === 'init' ? await aStage() : await aStoredStage()
    slowAt(stage, operation, rehearsalTiming.commandMs)
    const ran = await stage.run([...argv, '--json'])
    expect(ran.exitCode).toBe(6)
    expect(failureOf(ran)).toMatchObject({ kind: 'unfinished', code: 'command-timeout', retryable: true })
    expect(failureOf(ran).message).toContain('a command may take without --timeout')
    stage.clock.advance(60_000)
    await succeeding(stage, argv)
  })

  it('a longer --timeout counts instead', async () => {
    const stage = await aStoredStage()
    const startedAt = stage.clock.now()
    stage.platform.onRequest(() => {
      stage.clock.advance(14_000)
      return undefined
    })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--timeout', '1h'])
    expect(stage.clock.now() - startedAt).toBeGreaterThan(rehearsalTiming.commandMs)
  })
})
