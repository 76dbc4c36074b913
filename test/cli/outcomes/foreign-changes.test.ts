import { describe, expect, it } from 'vitest'
import type { RequestRecord } from '../../../src/local/requests.ts'
import { aStage, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  aStoredStage,
  deploymentCounts,
  expectEmptyPlan,
  failureOf,
  idOf,
  inventory,
  mutationsSince,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const added = "variables: {\n        ...laravelVariables,\n        LOG_LEVEL: 'info',"
/** The shipped config with one more variable on the api: something for a deploy to store. */
const withLogLevel = () => shippedConfig({ 'variables: {\n        ...laravelVariables,': added })

/** Does something once, at the first request that is asked for. */
function once(stage: Stage, isIt: (request: RequestRecord) => boolean, act: () => void): void {
  let isDone = false
  stage.platform.onRequest((request) => {
    if (!isDone && isIt(request)) {
      isDone = true
      act()
    }
    return undefined
  })
}

/** Somebody else's staged change: another title for the worker. */
function stageByHand(stage: Stage): void {
  const { world } = stage.platform
  world.stage(world.environmentNamed('staging').id, {
    services: { [idOf(stage, 'worker')]: { variables: { TITLE: { value: 'night shift' } } } },
  })
}

function stagedByHand(stage: Stage): unknown {
  return { services: { [idOf(stage, 'worker')]: { variables: { TITLE: { value: 'night shift' } } } } }
}

describe('changes that somebody else staged', () => {
  it('before a deploy are refused with 5, named by place, and left as they are', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    stageByHand(stage)
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      kind: 'refused',
      code: 'staged-changes',
      message: expect.stringContaining('worker.variables.TITLE'),
      hint: expect.stringContaining('--allow staged-changes'),
    })
    expect(ran.stdout + ran.stderr).not.toContain('night shift')
    expect(mutationsSince(stage, start)).toEqual([])
    expect(stage.platform.world.environmentNamed('staging').staged.patch).toEqual(stagedByHand(stage))
  })

  it('during a deploy are put back as they were: refused with 5, nothing of ours stored', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    once(
      stage,
      ({ operationName }) => operationName === 'StageChanges',
      () => stageByHand(stage),
    )
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      code: 'staged-changes',
      message: expect.stringContaining('worker.variables.TITLE'),
    })
    const { staged, patches } = stage.platform.world.environmentNamed('staging')
    expect(staged.patch).toEqual(stagedByHand(stage))
    expect(patches).toHaveLength(1)
    expect(storedValue(stage, 'staging', 'api', 'LOG_LEVEL')).toBeUndefined()
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 1, worker: 1 })
  })

  it('with --allow staged-changes are committed together with ours', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    stageByHand(stage)
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--allow', 'staged-changes'])
    expect(storedValue(stage, 'staging', 'worker', 'TITLE')).toBe('night shift')
    expect(storedValue(stage, 'staging', 'api', 'LOG_LEVEL')).toBe('info')
    expect(stage.platform.world.environmentNamed('staging').staged.patch).toEqual({})
    expect(stage.platform.world.environmentNamed('staging').patches).toHaveLength(2)
  })

  it('with --allow staged-changes and during the deploy are committed as well, never dropped', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    once(
      stage,
      ({ operationName }) => operationName === 'StageChanges',
      () => stageByHand(stage),
    )
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--allow', 'staged-changes'])
    expect(storedValue(stage, 'staging', 'worker', 'TITLE')).toBe('night shift')
  })

  it('stop an init before it stores anything in that environment', async () => {
    const stage = await aStage()
    const { world } = stage.platform
    const project = world.addProject('fakturino-production')
    const staging = world.addEnvironment(project.id, 'staging')
    const worker = world.addService(project.id, 'worker')
    world.stage(staging.id, { services: { [worker.id]: { variables: { TITLE: { value: 'night shift' } } } } })
    const ran = await stage.run(['init', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({ code: 'staged-changes' })
    expect(world.environmentNamed('staging').patches).toHaveLength(0)
    expect(Object.keys(world.environmentNamed('staging').staged.patch.services ?? {})).toEqual([worker.id])
  })

  /** Staging has an empty worker, with something staged on it; everything else is still to be made. */
  async function withMissingParts(): Promise<Stage> {
    const stage = await aStage()
    const { world } = stage.platform
    const project = world.addProject('fakturino-production')
    const staging = world.addEnvironment(project.id, 'staging')
    const worker = world.addService(project.id, 'worker')
    world.stage(staging.id, { services: { [worker.id]: { variables: { TITLE: { value: 'night shift' } } } } })
    return stage
  }

  it.each([
    ['deploy', ['deploy', '-e', 'staging', '--yes', '--json']],
    ['init', ['init', '--yes', '--json']],
  ])('stop a %s before it makes anything anywhere', async (_, argv) => {
    const stage = await withMissingParts()
    const start = stage.platform.requests.length
    const before = inventory(stage)
    const ran = await stage.run(argv)
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      code: 'staged-changes',
      message: expect.stringContaining('worker.variables.TITLE'),
    })
    expect(mutationsSince(stage, start)).toEqual([])
    expect(inventory(stage)).toEqual(before)
  })

  it('are no hindrance to making things where they are allowed, and are committed', async () => {
    const stage = await withMissingParts()
    await succeeding(stage, ['init', '--yes', '--allow', 'staged-changes'])
    expect(storedValue(stage, 'staging', 'worker', 'TITLE')).toBe('night shift')
  })

  it('where we would store something else are refused even with --allow, and stay', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    const { world } = stage.platform
    const theirs = { services: { [idOf(stage, 'api')]: { variables: { LOG_LEVEL: { value: 'theirs' } } } } }
    world.stage(world.environmentNamed('staging').id, theirs)
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json', '--allow', 'staged-changes'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      code: 'staged-changes',
      message: expect.stringContaining('api.variables.LOG_LEVEL'),
    })
    expect(ran.stdout + ran.stderr).not.toContain('theirs')
    expect(mutationsSince(stage, start)).toEqual([])
    expect(world.environmentNamed('staging').staged.patch).toEqual(theirs)
  })

  it('after the last reading, where we would store something else, are not overwritten', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    const { world } = stage.platform
    const theirs = { services: { [idOf(stage, 'api')]: { variables: { LOG_LEVEL: { value: 'theirs' } } } } }
    once(
      stage,
      ({ operationName }) => operationName === 'ReadStaged',
      () => world.stage(world.environmentNamed('staging').id, theirs),
    )
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json', '--allow', 'staged-changes'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({ message: expect.stringContaining('api.variables.LOG_LEVEL') })
    expect(world.environmentNamed('staging').staged.patch).toEqual(theirs)
  })

  it('that equal what we would stage are taken as ours', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    const { world } = stage.platform
    world.stage(world.environmentNamed('staging').id, {
      services: { [idOf(stage, 'api')]: { variables: { LOG_LEVEL: { value: 'info' } } } },
    })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    await expectEmptyPlan(stage, 'staging')
  })

  it('are no hindrance to a deploy that has nothing to store', async () => {
    const stage = await aDeployedStage()
    stageByHand(stage)
    stage.platform.world.addCommit('your-organisation/fakturino', 'main')
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', 'latest'])
    expect(stage.platform.world.environmentNamed('staging').staged.patch).toEqual(stagedByHand(stage))
  })
})

describe('another writer between plan and store', () => {
  /** Changes a variable just before the last reading, the one that comes after the plan. */
  function changeBeforeLastReading(stage: Stage, service: string, variable: string, value: string): void {
    let readings = 0
    once(
      stage,
      ({ operationName }) => operationName === 'ObserveEnvironment' && ++readings === 2,
      () => {
        const { world } = stage.platform
        const { id } = world.environmentNamed('staging')
        world.setVariable(id, idOf(stage, service), variable, value, { skipDeploys: true })
      },
    )
  }

  it('of a variable that the config has: exit 5, the place named, nothing written', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    changeBeforeLastReading(stage, 'worker', 'CACHE_STORE', 'file')
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      kind: 'refused',
      code: 'moved',
      message: expect.stringContaining('worker variable CACHE_STORE'),
      retryable: true,
    })
    expect(mutationsSince(stage, start)).toEqual([])
    expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('file')
  })

  it('of a variable that the config does not have: named as well', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    changeBeforeLastReading(stage, 'worker', 'TITLE', 'night shift')
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({ code: 'moved', message: expect.stringContaining('worker variable TITLE') })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('of a setting: named as well', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    let readings = 0
    once(
      stage,
      ({ operationName }) => operationName === 'ObserveEnvironment' && ++readings === 2,
      () => {
        const { world } = stage.platform
        const deploy = { startCommand: 'sleep 1' }
        const patch = { services: { [idOf(stage, 'worker')]: { deploy } } }
        world.commit(world.environmentNamed('staging').id, patch, { skipDeploys: true })
      },
    )
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      code: 'moved',
      message: expect.stringContaining('worker start command'),
    })
  })

  it('who deployed by hand: exit 5, and no deployment of ours', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit('your-organisation/fakturino', 'main')
    let readings = 0
    once(
      stage,
      ({ operationName }) => operationName === 'ObserveEnvironment' && ++readings === 2,
      () => {
        const { world } = stage.platform
        world.setVariable(world.environmentNamed('staging').id, idOf(stage, 'worker'), 'TITLE', 'night shift')
        stage.clock.advance(60_000)
      },
    )
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', 'latest', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it("of the tool's own notes: no matter", async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await withLogLevel())
    once(
      stage,
      ({ operationName }) => operationName === 'ObserveRunning',
      () => {
        const { world } = stage.platform
        world.setVariable(world.environmentNamed('staging').id, undefined, 'FAKTURINO_NOTE', 'x', { skipDeploys: true })
      },
    )
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(storedValue(stage, 'staging', 'api', 'LOG_LEVEL')).toBe('info')
  })

  it('during init: exit 5, nothing stored, and the next init goes through', async () => {
    const stage = await aStoredStage()
    await stage.useConfig(await withLogLevel())
    once(
      stage,
      ({ operationName }) => operationName === 'ObserveEnvironment',
      () => {
        const { world } = stage.platform
        world.setVariable(world.environmentNamed('staging').id, idOf(stage, 'worker'), 'CACHE_STORE', 'file', {
          skipDeploys: true,
        })
      },
    )
    const before = inventory(stage)
    const ran = await stage.run(['init', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({ code: 'moved' })
    expect(inventory(stage)).toEqual(before)
    await succeeding(stage, ['init', '--yes'])
    await expectEmptyPlan(stage, 'staging')
  })
})
