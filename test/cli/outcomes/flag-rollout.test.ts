import { describe, expect, it } from 'vitest'
import type { Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  codeServices,
  deploymentsOf,
  failureOf,
  idOf,
  mutationsSince,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const variable = 'FEATURE_PARTNER_PORTAL'
const on = ['flags', 'on', 'partner-portal', '-e', 'staging', '--yes', '--json']

/** Staging, deployed, with people who ask it all the time. */
async function aVisitedStage(): Promise<Stage> {
  const stage = await aDeployedStage()
  const { world } = stage.platform
  world.setVisitors(world.environmentNamed('staging').id, idOf(stage, 'api'), 5)
  stage.clock.advance(60_000)
  return stage
}

function stored(stage: Stage): unknown[] {
  return codeServices.map((service) => storedValue(stage, 'staging', service, variable))
}

function running(stage: Stage): unknown[] {
  return codeServices.map(
    (service) =>
      deploymentsOf(stage, 'staging', service).find(({ status }) => status === 'SUCCESS')?.shownVariables[variable],
  )
}

function patchesOf({ platform: { world } }: Stage): number {
  return world.environmentNamed('staging').patches.length
}

function afflict(stage: Stage, service: string, condition: object): void {
  const { world } = stage.platform
  world.setCondition(world.environmentNamed('staging').id, idOf(stage, service), {
    onlyWhile: { variable, value: 'true' },
    ...condition,
  })
}

describe('flags on, where nothing validates the environment', () => {
  it('stores one patch, deploys the services together, watches, and says that it holds', async () => {
    const stage = await aVisitedStage()
    const patches = patchesOf(stage)
    const { documents } = await succeeding(stage, on)
    expect(documents.at(-1)).toMatchObject({
      type: 'answer',
      command: 'flags',
      act: 'set',
      verdict: 'pass',
      flags: [{ name: 'partner_portal', variable, value: 'true' }],
      soak: { verdict: 'pass' },
      undo: { command: expect.stringContaining('fakturino flags off partner_portal -e staging') },
    })
    expect(stored(stage)).toEqual(['true', 'true', 'true'])
    expect(running(stage)).toEqual(['true', 'true', 'true'])
    expect(patchesOf(stage)).toBe(patches + 1)
  })

  it('asks at most six requests until it is committed, lease and baseline included', async () => {
    const stage = await aVisitedStage()
    const start = stage.platform.requests.length
    await succeeding(stage, on)
    const sent = stage.platform.requests.slice(start).map(({ operationName }) => operationName)
    expect(sent.indexOf('CommitChanges') + 1, sent.join(' ')).toBeLessThanOrEqual(6)
  })

  it('does nothing where it is on already', async () => {
    const stage = await aVisitedStage()
    await succeeding(stage, on)
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, on)
    expect(documents.at(-1)).toMatchObject({ verdict: 'pass', patchId: null, soak: null })
    expect(mutationsSince(stage, start)).toEqual([])
  })
})

describe('a flag that does not hold', () => {
  it('is taken back by itself: exit 3, one patch there and one back, everything as before within 60 s', async () => {
    const stage = await aVisitedStage()
    afflict(stage, 'api', { failingChecks: ['database'], onlyAfterMs: 5_000 })
    const patches = patchesOf(stage)
    const ran = await stage.run(on)
    expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({ exitCode: 3, kind: 'rolled-back', code: 'rolled-back' })
    const reverted = ran.documents.find(({ type }) => type === 'flags-reverted')
    expect(reverted).toMatchObject({ by: 'images', flags: ['partner_portal'] })
    expect(Number(reverted?.elapsedMs)).toBeLessThanOrEqual(60_000)
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
    expect(running(stage)).toEqual(['false', 'false', 'false'])
    expect(patchesOf(stage)).toBe(patches + 2)
  })

  it('is taken back from all services where the worker alone does not start with it', async () => {
    const stage = await aVisitedStage()
    afflict(stage, 'worker', { failsToStart: true })
    const ran = await stage.run(on)
    expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('worker did not become live with it'),
    })
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
    expect(running(stage)).toEqual(['false', 'false', 'false'])
  })
})

describe('a flag of which nothing says whether it holds', () => {
  it('is held with exit 6 where nobody asks the service, and both ways on are named', async () => {
    const stage = await aDeployedStage()
    stage.clock.advance(60_000)
    const ran = await stage.run(on)
    expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({
      exitCode: 6,
      code: 'rollout-inconclusive',
      hint: expect.stringContaining('fakturino flags resume partner_portal'),
    })
    expect(failureOf(ran).hint).toContain('fakturino flags off partner_portal')
    expect(stored(stage)).toEqual(['true', 'true', 'true'])
    const { documents } = await succeeding(stage, [
      ...['flags', 'resume', 'partner_portal', '-e', 'staging', '--yes', '--json'],
      '--no-soak',
    ])
    expect(documents.at(-1)).toMatchObject({ verdict: 'unknown' })
  })
})
