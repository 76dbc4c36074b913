import { describe, expect, it } from 'vitest'
import { OperatorError } from '../../../src/kit/errors.ts'
import { firstCommit, type Stage } from '../../support/stage.ts'
import { killedAt, moments } from '../../support/sudden-death.ts'
import {
  aDeployedStage,
  codeServices,
  commitsOf,
  deploymentCounts,
  deploymentsOf,
  failureOf,
  idOf,
  mutationsSince,
  notesOf,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const variable = 'FEATURE_PARTNER_PORTAL'
const off = ['flags', 'off', 'partner-portal', '-e', 'staging', '--yes', '--json']

function store(stage: Stage, service: string, name: string, value: string | null, skipDeploys = true): void {
  const { world } = stage.platform
  world.setVariable(world.environmentNamed('staging').id, idOf(stage, service), name, value, { skipDeploys })
}

/** Staging, where somebody switched the flag on for all three services, stored and running. */
async function aStageWithFeature(): Promise<Stage> {
  const stage = await aDeployedStage()
  switchOnByHand(stage)
  return stage
}

function switchOnByHand(stage: Stage, name = variable): void {
  const { world } = stage.platform
  const services = Object.fromEntries(
    codeServices.map((service) => [idOf(stage, service), { variables: { [name]: { value: 'true' } } }]),
  )
  world.commit(world.environmentNamed('staging').id, { services }, { message: 'by hand' })
  stage.clock.advance(60_000)
}

function rolloutNote({ platform: { world } }: Stage): unknown {
  return world.environmentNamed('staging').config.sharedVariables?.FAKTURINO_ROLLOUT?.value
}

function stored(stage: Stage): unknown[] {
  return codeServices.map((service) => storedValue(stage, 'staging', service, variable))
}

function runningValues(stage: Stage, name = variable): unknown[] {
  return codeServices.map(
    (service) =>
      deploymentsOf(stage, 'staging', service).find(({ status }) => status === 'SUCCESS')?.shownVariables[name],
  )
}

describe('flags off', () => {
  it('stores it for all services by one patch, deploys them together, and proves what runs', async () => {
    const stage = await aStageWithFeature()
    const patches = stage.platform.world.environmentNamed('staging').patches.length
    const { documents } = await succeeding(stage, off)
    expect(documents.at(-1)).toMatchObject({
      type: 'answer',
      command: 'flags',
      act: 'off',
      flag: 'partner_portal',
      variable,
      verdict: 'pass',
      services: codeServices.map((name) => ({ name, before: 'true', outcome: 'deployed' })),
      undo: { command: expect.stringContaining('fakturino flags on partner_portal -e staging') },
    })
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
    expect(runningValues(stage)).toEqual(['false', 'false', 'false'])
    expect(commitsOf(stage, 'staging')).toEqual({ api: [firstCommit], worker: [firstCommit], scheduler: [firstCommit] })
    expect(stage.platform.world.environmentNamed('staging').patches.length).toBe(patches + 1)
    expect(notesOf(stage).lease).toBeUndefined()
    expect(rolloutNote(stage)).toBe('')
  })

  it('asks at most four requests until it is committed, with the config file deleted', async () => {
    const stage = await aStageWithFeature()
    await stage.useConfig('export default {')
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, [...off, '--project', 'fakturino-production'])
    expect(documents.at(-1)).toMatchObject({ verdict: 'pass' })
    const sent = stage.platform.requests.slice(start)
    expect(sent.findIndex(({ operationName }) => operationName === 'CommitChanges') + 1).toBeLessThanOrEqual(4)
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
  })

  it('works with a disk that refuses everything', async () => {
    const stage = await aStageWithFeature()
    const refuse = () =>
      Promise.reject(new OperatorError({ kind: 'unreachable', code: 'disk-refused', message: 'The disk is full.' }))
    const ran = await stage.run(off, {
      through: ({ clock, files }) => ({
        clock,
        files: { ...files, writeText: refuse, appendText: refuse, remove: refuse },
      }),
    })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
  })

  it('brings a split flag to one value, and deploys only what has to be deployed', async () => {
    const stage = await aStageWithFeature()
    store(stage, 'worker', variable, 'false', false)
    stage.clock.advance(60_000)
    const before = deploymentCounts(stage, 'staging')
    await succeeding(stage, off)
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
    expect(deploymentCounts(stage, 'staging')).toMatchObject({
      api: (before.api ?? 0) + 1,
      worker: before.worker,
      scheduler: (before.scheduler ?? 0) + 1,
    })
  })

  it('deploys once more what still runs with it, where it is stored as off', async () => {
    const stage = await aStageWithFeature()
    for (const service of codeServices) store(stage, service, variable, 'false')
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, off)
    expect(documents.at(-1)).toMatchObject({ patchId: null, verdict: 'pass' })
    expect(mutationsSince(stage, start)).not.toContain('CommitChanges')
    expect(runningValues(stage)).toEqual(['false', 'false', 'false'])
  })

  it('does nothing where it is off already, with two requests', async () => {
    const stage = await aDeployedStage()
    const start = stage.platform.requests.length
    const ran = await succeeding(stage, ['flags', 'off', 'FEATURE_PARTNER_PORTAL', '-e', 'staging', '--yes'])
    expect(ran.stdout).toContain('partner_portal is off in staging already')
    expect(stage.platform.requests.slice(start).map(({ kind }) => kind)).toEqual(['query', 'query'])
  })

  it('takes the lease over, and neither commits nor loses what others staged', async () => {
    const stage = await aStageWithFeature()
    const { world } = stage.platform
    const environment = world.environmentNamed('staging')
    const staged = { services: { [idOf(stage, 'worker')]: { variables: { THEIRS: { value: 'x' } } } } }
    world.stage(environment.id, staged)
    const lease = { nonce: 'theirs', holder: 'petar', command: 'deploy', since: 1, until: 8_000_000_000_000 }
    world.setVariable(environment.id, undefined, 'FAKTURINO_LEASE', JSON.stringify(lease), { skipDeploys: true })
    const { documents } = await succeeding(stage, off)
    expect(documents).toContainEqual(expect.objectContaining({ type: 'lease-taken', holder: 'petar' }))
    expect(environment.staged.patch).toEqual(staged)
    expect(storedValue(stage, 'staging', 'worker', 'THEIRS')).toBeUndefined()
  })

  it('recognises a change of which the answer was lost, and does not repeat it', async () => {
    const stage = await aStageWithFeature()
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'CommitChanges' ? { kind: 'drop-after' } : undefined,
    )
    const start = stage.platform.requests.length
    await succeeding(stage, off)
    expect(mutationsSince(stage, start).filter((name) => name === 'CommitChanges')).toHaveLength(1)
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
  })

  it('ends with 1 where a container does not come up with it, and the next one finishes', async () => {
    const stage = await aStageWithFeature()
    const isWorker = () => deploymentsOf(stage, 'staging', 'worker').at(-1)
    const before = isWorker()
    const forget = stage.platform.onRequest(() => {
      const newest = isWorker()
      if (newest !== undefined && newest !== before && newest.status !== 'FAILED') {
        stage.platform.world.forceStatus(newest.id, 'FAILED')
      }
      return undefined
    })
    const ran = await stage.run(off)
    forget()
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran)).toMatchObject({
      code: 'flag-not-effective',
      message: expect.stringContaining('worker does not run with it'),
    })
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
    await succeeding(stage, off)
    expect(runningValues(stage)).toEqual(['false', 'false', 'false'])
  })

  it.each(moments)('killed at any request %s, is finished by the next one', { timeout: 120_000 }, async (moment) => {
    const stage = await aStageWithFeature()
    for (let number = 1; ; number += 1) {
      const isKilled = await killedAt(stage, off, number, moment)
      const ran = await stage.run(off)
      const where = `${number} ${moment}: ${ran.stderr}${ran.stdout}`
      expect(ran.exitCode, where).toBe(0)
      expect(stored(stage), where).toEqual(['false', 'false', 'false'])
      expect(runningValues(stage), where).toEqual(['false', 'false', 'false'])
      expect(rolloutNote(stage) ?? '', where).toBe('')
      if (!isKilled) {
        expect(number).toBeGreaterThan(8)
        break
      }
      switchOnByHand(stage)
    }
  })
})

describe('what flags off refuses', () => {
  it.each([['with the config'], ['without a config']])('the safety flag, %s', async (how) => {
    const stage = await aDeployedStage()
    if (how === 'without a config') await stage.useConfig('export default {')
    const start = stage.platform.requests.length
    const argv = ['flags', 'off', 'partner_mocked_data', '-e', 'staging', '--yes', '--json']
    const ran = await stage.run([...argv, '--project', 'fakturino-production'])
    expect(failureOf(ran)).toMatchObject({
      exitCode: 5,
      code: 'safety-flag',
      hint: expect.stringContaining('fakturino flags set partner_mocked_data=false -e staging'),
    })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('a flag that is not there, and names the nearest', async () => {
    const stage = await aDeployedStage()
    const ran = await stage.run(['flags', 'off', 'partner_portl', '-e', 'staging', '--yes', '--json'])
    expect(failureOf(ran)).toMatchObject({
      exitCode: 64,
      code: 'unknown-flag',
      message: expect.stringContaining('partner_portal'),
    })
  })

  it('a variable that nothing calls a flag, until it is named once more', async () => {
    const stage = await aDeployedStage()
    store(stage, 'api', 'FEATURE_SECRET_SAUCE', 'true', false)
    stage.clock.advance(60_000)
    const argv = ['flags', 'off', 'secret_sauce', '-e', 'staging', '--yes', '--json']
    const ran = await stage.run(argv)
    expect(failureOf(ran)).toMatchObject({
      exitCode: 5,
      hint: expect.stringContaining('--confirm FEATURE_SECRET_SAUCE'),
    })
    await succeeding(stage, [...argv, '--confirm', 'FEATURE_SECRET_SAUCE'])
    expect(storedValue(stage, 'staging', 'api', 'FEATURE_SECRET_SAUCE')).toBe('false')
  })
})

it('rollback flag is the same as flags off', async () => {
  const stage = await aStageWithFeature()
  await succeeding(stage, ['rollback', 'flag', 'partner-portal', '-e', 'staging', '--yes'])
  expect(stored(stage)).toEqual(['false', 'false', 'false'])
})

describe('rollback alone at a terminal', () => {
  it('offers the features that are on first, and switches off the one that hurts', async () => {
    const stage = await aStageWithFeature()
    const ran = await stage.run(['rollback', '-e', 'staging'], { answers: ['1', 'y'] })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.stderr.replaceAll(/\s+/g, ' ')).toContain('the feature partner_portal: switched off for all services')
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
  })
})

it('says that a feature is off and still shows, where a cached config overrides it', async () => {
  const stage = await aDeployedStage()
  switchOnByHand(stage, 'FEATURE_MONITORING')
  const { world } = stage.platform
  const staging = world.environmentNamed('staging').id
  world.setCondition(staging, idOf(stage, 'api'), { cachedVariables: ['FEATURE_MONITORING'] })
  const ran = await stage.run(['flags', 'off', 'monitoring', '-e', 'staging', '--yes', '--json'])
  expect(failureOf(ran), ran.stderr + ran.stdout).toMatchObject({ exitCode: 6, code: 'flag-not-effective' })
  const { documents } = await succeeding(stage, ['flags', 'list', '-e', 'staging', '--json'])
  expect(documents[0]).toMatchObject({ environments: [{ environment: 'staging' }] })
  const found = /\{"flag":"monitoring".*?"validated"/.exec(JSON.stringify(documents[0]))?.[0]
  expect(found).toContain('"effect":"on","isEffective":false')
  for (const service of codeServices) {
    expect(found).toContain(`{"service":"${service}","stored":"false","running":"false"}`)
  }
})
