import { describe, expect, it } from 'vitest'
import type { Stage } from '../../support/stage.ts'
import { killedAt, moments } from '../../support/sudden-death.ts'
import {
  aDeployedStage,
  aMonitoredStage,
  codeServices,
  deploymentsOf,
  failureOf,
  idOf,
  mutationsSince,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const variable = 'FEATURE_PARTNER_PORTAL'
const place = ['-e', 'staging', '--yes', '--json']
const resume = ['flags', 'resume', 'partner_portal', ...place]
const unwatched = ['flags', 'on', 'partner_portal', '--no-soak', ...place]
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

function rolloutNote({ platform: { world } }: Stage): unknown {
  return world.environmentNamed('staging').config.sharedVariables?.FAKTURINO_ROLLOUT?.value
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
    expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({
      exitCode: 3,
      kind: 'rolled-back',
      code: 'rolled-back',
    })
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

it('stored values of the services never differ, at any request of a change that is taken back', async () => {
  const stage = await aVisitedStage()
  afflict(stage, 'worker', { failsToStart: true })
  const seen: unknown[][] = []
  stage.platform.onRequest(() => {
    seen.push(stored(stage))
    return undefined
  })
  expect((await stage.run(on)).exitCode).toBe(3)
  seen.push(stored(stage))
  expect(seen.filter((values) => new Set(values).size !== 1)).toEqual([])
  expect(seen.map(([value]) => value)).toContain('true')
  const messages = stage.platform.world.environmentNamed('staging').patches.map(({ message }) => message)
  expect(messages.filter((message) => message?.startsWith('fakturino flags by '))).toHaveLength(2)
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

describe('a change of flags that is cut short', () => {
  it.each(moments)(
    'killed at any request %s: the next command finishes it, and applies nothing twice',
    { timeout: 240_000 },
    async (moment) => {
      const stage = await aVisitedStage()
      for (let number = 1; ; number += 1) {
        const patches = patchesOf(stage)
        const where = `request ${number}, ${moment}`
        const isKilled = await killedAt(stage, unwatched, number, moment)
        const isNoted = (rolloutNote(stage) ?? '') !== ''
        const ran = await stage.run(isNoted ? [...resume, '--no-soak'] : unwatched)
        expect(ran.exitCode, `${where}: ${ran.stderr}${ran.stdout}`).toBe(0)
        expect(stored(stage), where).toEqual(['true', 'true', 'true'])
        expect(running(stage), where).toEqual(['true', 'true', 'true'])
        expect(patchesOf(stage), where).toBe(patches + 1)
        expect(rolloutNote(stage) ?? '', where).toBe('')
        if (!isKilled) {
          expect(number).toBeGreaterThan(15)
          return
        }
        await succeeding(stage, ['flags', 'off', 'partner_portal', ...place])
      }
    },
  )

  it('killed while it is taken back: resume goes on with that, and ends with 3', async () => {
    const stage = await aVisitedStage()
    afflict(stage, 'api', { failingChecks: ['database'], onlyAfterMs: 5_000 })
    let isReverting = false
    stage.platform.onRequest(({ operationName, variables }) => {
      isReverting ||= operationName === 'WriteVariables' && JSON.stringify(variables).includes('isReverting\\":true')
      return undefined
    })
    const start = stage.platform.requests.length
    await stage.run(on)
    expect(isReverting).toBe(true)
    const sent = stage.platform.requests.slice(start)
    const begun = sent.findIndex(({ variables }) => JSON.stringify(variables).includes('isReverting\\":true')) + 1
    for (const after of [1, 3, 5]) {
      const patches = patchesOf(stage)
      expect(await killedAt(stage, on, begun + after, 'after its answer')).toBe(true)
      const ran = await stage.run(resume)
      expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({ exitCode: 3 })
      expect(stored(stage)).toEqual(['false', 'false', 'false'])
      expect(running(stage)).toEqual(['false', 'false', 'false'])
      expect(patchesOf(stage)).toBe(patches + 2)
      expect(rolloutNote(stage) ?? '').toBe('')
    }
  })

  it('by Ctrl-C in the soak: exit 130, the flag stays, and flags, status and flags on say how to go on', async () => {
    const stage = await aVisitedStage()
    let press: ((signal: 'SIGINT') => void) | undefined
    let looks = 0
    const forget = stage.platform.onRequest(({ operationName }) => {
      if (operationName === 'HttpStatuses') looks += 1
      if (looks === 3) press?.('SIGINT')
      return undefined
    })
    const ran = await stage.run(on, {
      onStart: (interrupt) => {
        press = interrupt
      },
    })
    forget()
    expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({
      exitCode: 130,
      hint: expect.stringContaining('fakturino flags resume partner_portal -e staging'),
    })
    expect(stored(stage)).toEqual(['true', 'true', 'true'])
    const flags = await succeeding(stage, ['flags', '-e', 'staging'])
    expect(flags.stdout).toContain('a change of partner_portal to on by nina')
    expect(flags.stdout).toContain('fakturino flags resume partner_portal -e staging')
    const status = await succeeding(stage, ['status', '-e', 'staging', '--json'])
    expect(status.documents[0]).toMatchObject({
      operation: {
        state: 'unfinished',
        command: 'flags',
        goOn: expect.stringContaining('flags resume partner_portal'),
      },
    })
    const again = await stage.run(on)
    expect(failureOf(again)).toMatchObject({ exitCode: 5, code: 'rollout-under-way' })
    const resumed = await succeeding(stage, resume)
    expect(resumed.documents.at(-1)).toMatchObject({
      undo: { command: expect.stringContaining('fakturino flags off partner_portal -e staging') },
    })
    const { documents } = await succeeding(stage, ['history', '-e', 'staging', '--json'])
    const items = documents[0]?.items as { what: string; kind: string }[]
    expect(items[0]).toMatchObject({ kind: 'operation', what: 'flags partner_portal=true' })
    expect(items.filter(({ kind }) => kind === 'patch')).toEqual([])
  })

  it('recognises a patch of which the answer was lost, and does not repeat it', async () => {
    const stage = await aVisitedStage()
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'CommitChanges' ? { kind: 'drop-after' } : undefined,
    )
    const patches = patchesOf(stage)
    await succeeding(stage, unwatched)
    expect(patchesOf(stage)).toBe(patches + 1)
  })
})

describe('while it is watched', () => {
  it('somebody else changes the flag: it stops, says so, and touches nothing of theirs', async () => {
    const stage = await aVisitedStage()
    const { world } = stage.platform
    let looks = 0
    stage.platform.onRequest(({ operationName }) => {
      if (operationName === 'HttpStatuses') looks += 1
      if (looks === 3) {
        looks += 1
        world.setVariable(world.environmentNamed('staging').id, idOf(stage, 'worker'), variable, 'false', {
          skipDeploys: true,
        })
      }
      return undefined
    })
    const ran = await stage.run(on)
    expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({ exitCode: 6, code: 'moved' })
    expect(stored(stage)).toEqual(['true', 'false', 'true'])
  })

  it('somebody changed another variable: what is taken back is the flag alone', async () => {
    const stage = await aVisitedStage()
    afflict(stage, 'api', { failingChecks: ['database'], onlyAfterMs: 5_000 })
    const { world } = stage.platform
    let looks = 0
    stage.platform.onRequest(({ operationName }) => {
      if (operationName === 'HttpStatuses') looks += 1
      if (looks === 2) {
        looks += 1
        world.setVariable(world.environmentNamed('staging').id, idOf(stage, 'worker'), 'THEIRS', 'x', {
          skipDeploys: true,
        })
      }
      return undefined
    })
    const ran = await stage.run(on)
    expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({ exitCode: 3 })
    expect(storedValue(stage, 'staging', 'worker', 'THEIRS')).toBe('x')
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
  })

  it('a check in observe mode never acts', async () => {
    const stage = await aVisitedStage()
    const observed = await shippedConfig({
      "advisory: ['signer', 'certificates', 'paddle', 'backup', 'bank_sync'],":
        "advisory: ['signer', 'certificates', 'paddle', 'backup', 'bank_sync'],\n      use: 'observed',",
    })
    await stage.useConfig(observed)
    afflict(stage, 'api', { failingChecks: ['database'], onlyAfterMs: 5_000 })
    const ran = await stage.run(on)
    expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0)
  })

  it('a gating metric that is missing leaves it undecided, with exit 6', async () => {
    const nothing = "    invoiceshelf_nothing_at_all: { means: 'Nothing', use: 'gating', critical: { above: 1 } },\n"
    const stage = await aMonitoredStage({ '  metrics: {\n': `  metrics: {\n${nothing}` })
    const { world } = stage.platform
    world.setVisitors(world.environmentNamed('staging').id, idOf(stage, 'api'), 5)
    stage.clock.advance(60_000)
    const ran = await stage.run(on)
    expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({ exitCode: 6, code: 'rollout-inconclusive' })
  })
})

it('a flag that the container does not show is set but not effective', async () => {
  const stage = await aVisitedStage()
  const { world } = stage.platform
  world.setCondition(world.environmentNamed('staging').id, idOf(stage, 'api'), {
    cachedVariables: ['FEATURE_MONITORING'],
  })
  const ran = await stage.run(['flags', 'on', 'monitoring', '--soak', '6s', ...place])
  expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({
    exitCode: 6,
    code: 'flag-not-effective',
    message: expect.stringContaining('set in staging and not effective'),
  })
  const { stdout } = await succeeding(stage, ['flags', 'show', 'monitoring', '-e', 'staging'])
  expect(stdout).toContain('monitoring is set and not effective: it shows as off')
})
