import { describe, expect, it } from 'vitest'
import { aStage, firstCommit, type Stage } from '../../support/stage.ts'
import {
  aStoredStage,
  commitsOf,
  deploymentCounts,
  eachService,
  failureOf,
  inventory,
  mutationsSince,
  shippedConfig,
  storedValue,
  wholeInventory,
} from './deployed-stage.ts'

/** The environment variables of a CI job that holds the token of one environment. */
function tokenOf({ platform }: Stage, environment: string): Record<string, string> {
  return { RAILWAY_TOKEN: platform.address.tokens.project[environment] ?? '' }
}

describe('with the token of one environment', () => {
  it('deploy needs nothing else: no -e, no ids', async () => {
    const stage = await aStoredStage()
    const ran = await stage.run(['deploy', '--yes', '--json'], { env: tokenOf(stage, 'staging') })
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0 })
    expect(ran.documents.at(-1)).toMatchObject({ environment: 'staging', verdict: 'pass', commit: firstCommit })
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
    expect(deploymentCounts(stage, 'production')).toEqual(eachService(0))
  })

  it('deploy stores what differs, and converges', async () => {
    const stage = await aStoredStage()
    const env = tokenOf(stage, 'staging')
    await stage.run(['deploy', '--yes'], { env })
    await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'database'" }))
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes'], { env })
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0 })
    expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('database')
    const planned = await stage.run(['plan', '--detailed-exit-code'], { env })
    expect(planned.exitCode).toBe(0)
    expect(commitsOf(stage, 'staging').api).toEqual([firstCommit])
  })

  it('deploy of another environment is denied with 4, and nothing is changed', async () => {
    const stage = await aStoredStage()
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'production', '--yes', '--json'], { env: tokenOf(stage, 'staging') })
    expect(ran.exitCode).toBe(4)
    expect(failureOf(ran)).toMatchObject({ kind: 'denied', code: 'token-elsewhere' })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it.each<[what: string, argv: string[], env: Record<string, string>, project: string]>([
    ['the project of the config', [], {}, 'totally-other'],
    ['--project', ['--project', 'some-other'], {}, 'fakturino-production'],
    ['RAILWAY_PROJECT_ID', [], { RAILWAY_PROJECT_ID: '00000000-0000-4000-8000-000000000000' }, 'fakturino-production'],
  ])('of another project than %s, nothing is read as ours or changed: exit 4', async (_, argv, variables, project) => {
    const stage = await aStoredStage()
    await stage.useConfig(await shippedConfig({ "name: 'fakturino-production'": `name: '${project}'` }))
    const start = stage.platform.requests.length
    for (const command of [['status'], ['plan'], ['deploy', '-e', 'production', '--yes']]) {
      const environment = command[0] === 'deploy' ? 'production' : 'staging'
      const ran = await stage.run([...command, ...argv, '--json'], {
        env: { ...tokenOf(stage, environment), ...variables },
      })
      expect(ran.exitCode).toBe(4)
      expect(failureOf(ran)).toMatchObject({ kind: 'denied', code: 'token-elsewhere' })
      expect(failureOf(ran).message).toContain('is for project fakturino-production')
    }
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('deploy of a protected environment still wants its name', async () => {
    const stage = await aStoredStage()
    const env = tokenOf(stage, 'production')
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '--yes', '--json'], { env })
    expect(ran.exitCode).toBe(64)
    expect(failureOf(ran)).toMatchObject({ code: 'missing-environment', hint: 'Add: -e production' })
    expect(mutationsSince(stage, start)).toEqual([])
    expect((await stage.run(['deploy', '-e', 'production', '--yes'], { env })).exitCode).toBe(0)
  })

  it('init is denied with 4 before anything is asked', async () => {
    const stage = await aStoredStage()
    const start = stage.platform.requests.length
    const ran = await stage.run(['init', '--yes', '--json'], { env: tokenOf(stage, 'staging') })
    expect(ran.exitCode).toBe(4)
    expect(failureOf(ran)).toMatchObject({ kind: 'denied' })
    expect(stage.platform.requests.length).toBe(start)
    expect(inventory(stage)).toEqual(wholeInventory)
  })
})

describe('deploy where there is nothing to deploy to', () => {
  it.each([
    ['no project', () => {}],
    ['no environment', (stage: Stage) => void stage.platform.world.addProject('fakturino-production')],
  ])('%s: exit 64, init is named, and neither is made', async (_what, prepare) => {
    const stage = await aStage()
    prepare(stage)
    const before = inventory(stage)
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(64)
    expect(failureOf(ran)).toMatchObject({ hint: expect.stringContaining('fakturino init') })
    expect(mutationsSince(stage, 0)).toEqual([])
    expect(inventory(stage)).toEqual(before)
  })
})
