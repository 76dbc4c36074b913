import { describe, expect, it } from 'vitest'
import type { Stage } from '../../support/stage.ts'
import { aDeployedStage, codeServices, failureOf, idOf, succeeding } from './deployed-stage.ts'

const portal = 'FEATURE_PARTNER_PORTAL'

function store(stage: Stage, service: string, name: string, value: string, skipDeploys = true): void {
  const { world } = stage.platform
  world.setVariable(world.environmentNamed('staging').id, idOf(stage, service), name, value, { skipDeploys })
}

/** What one environment says of one flag. */
function flagIn(document: Record<string, unknown> | undefined, environment: string, flag: string): unknown {
  const places = document?.environments as { environment: string; flags: { flag: string }[] }[]
  return places.find((one) => one.environment === environment)?.flags.find((one) => one.flag === flag)
}

describe('flags', () => {
  it('lists every flag of the config for all environments, with two requests more than one look', async () => {
    const stage = await aDeployedStage({ both: true })
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, ['flags', '--json'])
    expect(stage.platform.requests.slice(start).map(({ kind }) => kind)).toEqual(['query', 'query', 'query'])
    expect(documents[0]).toMatchObject({
      type: 'flags',
      format: 1,
      rehearsal: true,
      environments: [{ environment: 'staging' }, { environment: 'production' }],
      next: [],
    })
    expect(flagIn(documents[0], 'production', 'partner_portal')).toEqual({
      flag: 'partner_portal',
      variable: portal,
      default: 'false',
      riskyValue: 'true',
      services: codeServices.map((service) => ({ service, stored: 'false', running: 'false' })),
      isSplit: false,
      isDrifted: false,
      notRunning: [],
      effect: null,
      isEffective: null,
      validated: null,
    })
    expect(flagIn(documents[0], 'production', 'monitoring')).toMatchObject({ effect: 'off', isEffective: true })
  })

  it('names what is split, drifted or not running, and variables that are no flags with the nearest', async () => {
    const stage = await aDeployedStage()
    store(stage, 'api', portal, 'true', false)
    store(stage, 'api', 'FEATURE_PARTNER_PORTL', 'true', false)
    store(stage, 'api', 'FEATURE-MONITORING', 'sk_live_sentinel', false)
    stage.clock.advance(60_000)
    for (const service of codeServices) store(stage, service, 'FEATURE_MIGRATION_WIZARD', 'true')
    const { stdout } = await succeeding(stage, ['flags', 'list', '-e', 'staging'])
    const text = stdout.replaceAll(/\s+/g, ' ')
    expect(text).toContain('partner_portal is split: on for api, off for worker and off for scheduler.')
    expect(text).toContain('migration_wizard is stored otherwise than api, worker and scheduler run with it.')
    expect(text).toContain(
      'FEATURE_PARTNER_PORTL is no flag that the config or the guide knows; is partner_portal meant?',
    )
    expect(text).toContain('FEATURE-MONITORING is no flag that the config or the guide knows; is monitoring meant?')
    expect(text).toContain('fakturino flags show')
    expect(stdout).not.toContain('sentinel')
  })

  it.each([80, 40])('fits a terminal of %i columns', async (columns) => {
    const stage = await aDeployedStage({ both: true })
    for (const argv of [['flags'], ['flags', 'show', 'mcp_ai_tools']]) {
      const { stdout } = await stage.run(argv, { columns })
      const wide = stdout.split('\n').filter((line) => line.length > columns && !line.includes('fakturino '))
      expect(wide).toEqual([])
      expect(stdout).toContain('mcp_ai_tools')
    }
  })

  it('works without a config: the flags of the guide that somebody stored', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig('export default {')
    const argv = ['flags', '-e', 'staging', '--project', 'fakturino-production', '--json']
    const { documents } = await succeeding(stage, argv)
    expect(flagIn(documents[0], 'staging', 'partner_mocked_data')).toMatchObject({ default: null, riskyValue: 'false' })
  })

  it('shows a project token its own environment alone', async () => {
    const stage = await aDeployedStage({ both: true })
    const env = { RAILWAY_TOKEN: stage.platform.address.tokens.project.production ?? '' }
    const ran = await stage.run(['flags', '--json'], { env })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.documents[0]?.environments).toEqual([expect.objectContaining({ environment: 'production' })])
  })
})

describe('flags show', () => {
  it.each(['mcp_ai_tools', 'mcp-ai-tools', 'FEATURE_MCP_AI_TOOLS'])(
    'knows %s, what it needs, and what is missing',
    async (typed) => {
      const stage = await aDeployedStage()
      const { documents } = await succeeding(stage, ['flags', 'show', typed, '-e', 'staging', '--json'])
      expect(documents[0]).toMatchObject({
        type: 'flag',
        flag: 'mcp_ai_tools',
        riskyValue: 'true',
        isSafety: false,
        requires: { services: [{ name: 'mcp-server', pending: 'not implemented before Step 7' }] },
        environments: [
          {
            environment: 'staging',
            missing: [expect.objectContaining({ code: 'requirement-missing', subject: 'mcp_ai_tools' })],
            isUnderWay: false,
          },
        ],
      })
    },
  )

  it('calls the safety flag by its name, and refuses one that is not there', async () => {
    const stage = await aDeployedStage()
    const { stdout } = await succeeding(stage, ['flags', 'show', 'partner_mocked_data', '-e', 'staging'])
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('a safety flag: off is the risk')
    const ran = await stage.run(['flags', 'show', 'partner_portl', '-e', 'staging', '--json'])
    expect(failureOf(ran)).toMatchObject({
      exitCode: 64,
      code: 'unknown-flag',
      message: expect.stringContaining('partner_portal'),
    })
  })
})
