import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/local/index.ts'
import type { Ran, Stage } from '../../support/stage.ts'
import { aDeployedStage, failureOf, idOf, storedValue, succeeding } from './deployed-stage.ts'

const variable = 'FEATURE_PARTNER_PORTAL'
const on = ['flags', 'on', 'partner-portal', '-e', 'staging', '--yes']

/** Staging, with people who ask its api; what is said of a service holds only while the flag is on, and some seconds after it came up. */
async function afflicted(conditions: Record<string, Condition>, perSecond = 5): Promise<Stage> {
  const stage = await aDeployedStage()
  const { world } = stage.platform
  const { id } = world.environmentNamed('staging')
  world.setVisitors(id, idOf(stage, 'api'), perSecond)
  for (const [service, condition] of Object.entries(conditions)) {
    world.setCondition(id, idOf(stage, service), {
      onlyWhile: { variable, value: 'true' },
      onlyAfterMs: 6_000,
      ...condition,
    })
  }
  stage.clock.advance(60_000)
  return stage
}

function endOf({ documents }: Ran): Record<string, unknown> | undefined {
  return documents.find(({ type }) => type === 'soak-ended')
}

describe('a flag that is watched', () => {
  it.each<[string, Record<string, Condition>, object]>([
    ['answers slowly', { api: { latencyMs: 1_500 } }, { check: 'latency', service: 'api' }],
    ['fails every fifth request', { api: { failsEvery: 5 } }, { service: 'api' }],
    ['logs a burst of errors', { worker: { errorsPerMinute: 600 } }, { check: 'error-burst', service: 'worker' }],
  ])('is taken back where a service %s with it', async (_, conditions, trigger) => {
    const stage = await afflicted(conditions)
    const ran = await stage.run([...on, '--json'])
    expect(failureOf(ran), ran.stderr).toMatchObject({ exitCode: 3, code: 'rolled-back' })
    expect(endOf(ran)).toMatchObject({ verdict: 'fail', trigger })
    expect(storedValue(stage, 'staging', 'api', variable)).toBe('false')
  })

  it('is told as one event a sample, with the row of each check', async () => {
    const stage = await afflicted({})
    const { documents } = await succeeding(stage, [...on, '--json'])
    const samples = documents.filter(({ type }) => type === 'soak-sampled')
    expect(samples.length).toBeGreaterThan(15)
    expect(samples.at(-1)).toMatchObject({
      leftMs: 0,
      verdict: 'pass',
      checks: expect.arrayContaining([
        expect.objectContaining({
          check: 'api-health',
          service: 'api',
          use: 'gating',
          row: '.'.repeat(samples.length),
        }),
        expect.objectContaining({ check: 'alive', service: 'worker' }),
        expect.objectContaining({ check: 'deployment', service: 'scheduler' }),
        expect.objectContaining({ check: 'failing-requests', service: 'api', outcome: 'good' }),
      ]),
    })
  })

  it('asks the platform at most four times a sample', async () => {
    const stage = await afflicted({})
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, [...on, '--json'])
    const names = stage.platform.requests.slice(start).map(({ operationName }) => operationName)
    const watched = names.filter((name) => name === 'HttpStatuses' || name === 'ReadEnvironmentLog').length
    const samples = documents.filter(({ type }) => type === 'soak-sampled').length
    expect(watched).toBeLessThanOrEqual(3 * samples + 3)
  })

  it('is told as a plain line a sample without a terminal', async () => {
    const stage = await afflicted({})
    const { stderr } = await succeeding(stage, on)
    expect(stderr).toContain('soaking in staging for 20 s')
    expect(
      stderr.split('\n').filter((line) => /soaking, sample \d+, .* left: \d+ checks well/.test(line)).length,
    ).toBeGreaterThan(15)
  })

  it('is left as it is where too few people ask, and the reason is said', async () => {
    const stage = await afflicted({}, 0)
    const ran = await stage.run([...on, '--json'])
    expect(failureOf(ran)).toMatchObject({ exitCode: 6, code: 'rollout-inconclusive' })
    expect(endOf(ran)).toMatchObject({
      verdict: 'inconclusive',
      unjudged: [expect.stringContaining('fewer than 10')],
    })
  })
})
