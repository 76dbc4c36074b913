import { describe, expect, it } from 'vitest'
import { aStage, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  codeServices,
  deploymentCounts,
  deploymentsOf,
  expectEmptyPlan,
  failureOf,
  idOf,
  inventory,
  mutationsSince,
  plainly,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const monitoring = 'FEATURE_MONITORING'

/** Somebody switches a flag on in the dashboard: the variable of every service, and a deployment of each. */
async function switchedOnByHand(stage: Stage): Promise<void> {
  const caller = plainly(stage, 'staging')
  const query = 'mutation($input: VariableUpsertInput!) { variableUpsert(input: $input) }'
  for (const service of codeServices) {
    const input = {
      projectId: caller.projectId,
      environmentId: caller.environmentId,
      serviceId: idOf(stage, service),
      name: monitoring,
      value: 'true',
    }
    expect(await caller.read('variableUpsert', query, { input })).toBe(true)
  }
  stage.clock.advance(60_000)
}

/** The shipped config with another default for the flag `monitoring`. */
function monitoringOn(): Promise<string> {
  return shippedConfig({
    "monitoring: {\n      ...feature,\n      variable: 'FEATURE_MONITORING',":
      "monitoring: {\n      ...feature,\n      default: true,\n      variable: 'FEATURE_MONITORING',",
  })
}

describe('a flag that somebody switched on by hand', () => {
  it('is no change for plan, which says so in a note', async () => {
    const stage = await aDeployedStage()
    await switchedOnByHand(stage)
    const planned = await stage.run(['plan', '-e', 'staging', '--json', '--detailed-exit-code'])
    expect(planned.exitCode).toBe(0)
    expect(planned.documents[0]).toMatchObject({ changes: [], deployments: [] })
    for (const service of codeServices) {
      expect(planned.documents[0]?.notes).toContainEqual({
        code: 'flag-differs',
        service,
        message: expect.stringContaining(`${monitoring} is true, the config's default is false`),
      })
    }
  })

  it('stays on through a deploy that has nothing else to do', async () => {
    const stage = await aDeployedStage()
    await switchedOnByHand(stage)
    const start = stage.platform.requests.length
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('stays on through a deploy of a new commit, stored and in the containers', async () => {
    const stage = await aDeployedStage()
    await switchedOnByHand(stage)
    stage.platform.world.addCommit('your-organisation/fakturino', 'main')
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', 'latest'])
    for (const service of codeServices) {
      expect(storedValue(stage, 'staging', service, monitoring)).toBe('true')
      expect(deploymentsOf(stage, 'staging', service).at(-1)?.variables[monitoring]).toBe('true')
    }
  })

  it('stays on through init', async () => {
    const stage = await aDeployedStage()
    await switchedOnByHand(stage)
    await succeeding(stage, ['init', '--yes'])
    expect(storedValue(stage, 'staging', 'api', monitoring)).toBe('true')
  })

  it('comes back at its default only where its variable is gone', async () => {
    const stage = await aDeployedStage()
    const { world } = stage.platform
    world.setVariable(world.environmentNamed('staging').id, idOf(stage, 'worker'), monitoring, null)
    stage.clock.advance(60_000)
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(storedValue(stage, 'staging', 'worker', monitoring)).toBe('false')
    await expectEmptyPlan(stage, 'staging')
  })
})

describe('a changed default of an existing flag', () => {
  it('is reported and written nowhere', async () => {
    const stage = await aDeployedStage({ both: true })
    await stage.useConfig(await monitoringOn())
    for (const environment of ['staging', 'production']) {
      const planned = await stage.run(['plan', '-e', environment, '--json', '--detailed-exit-code'])
      expect(planned.exitCode).toBe(0)
      expect(planned.documents[0]?.notes).toContainEqual({
        code: 'flag-differs',
        service: 'api',
        message: expect.stringContaining(`${monitoring} is false, the config's default is true`),
      })
      const start = stage.platform.requests.length
      await succeeding(stage, ['deploy', '-e', environment, '--yes'])
      expect(mutationsSince(stage, start)).toEqual([])
      expect(storedValue(stage, environment, 'api', monitoring)).toBe('false')
      expect(deploymentCounts(stage, environment)).toMatchObject({ api: 1, worker: 1, scheduler: 1 })
    }
  })
})

describe('a risky default', () => {
  it('in a new protected environment is refused with 5, and nothing is made anywhere', async () => {
    const stage = await aStage()
    await stage.useConfig(await monitoringOn())
    const ran = await stage.run(['init', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      kind: 'refused',
      code: 'guard',
      message: expect.stringMatching(/FEATURE_MONITORING=true .* in production/),
      hint: expect.stringContaining('--allow risky-flag-default'),
    })
    expect(mutationsSince(stage, 0)).toEqual([])
    expect(inventory(stage)).toEqual([])
  })

  it('is refused too where production exists and has nothing stored yet', async () => {
    const stage = await aStage()
    stage.platform.world.addProject('fakturino-production')
    await stage.useConfig(await monitoringOn())
    const ran = await stage.run(['deploy', '-e', 'production', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(mutationsSince(stage, 0)).toEqual([])
  })

  it('goes through where it is allowed by name', async () => {
    const stage = await aStage()
    await stage.useConfig(await monitoringOn())
    await succeeding(stage, ['init', '--yes', '--allow', 'risky-flag-default'])
    for (const environment of ['staging', 'production']) {
      expect(storedValue(stage, environment, 'api', monitoring)).toBe('true')
    }
  })

  it('of the safety flag is false, and is refused too', async () => {
    const stage = await aStage()
    await stage.useConfig(
      await shippedConfig({ 'default: true,\n      riskyValue: false': 'default: false,\n      riskyValue: false' }),
    )
    const ran = await stage.run(['init', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran).message).toMatch(/FEATURE_PARTNER_MOCKED_DATA=false .* in production/)
  })
})
