import { expect, it } from 'vitest'
import shipped from '../../fakturino.config.ts'
import { flagName, guideFlags } from '../../src/config/guide-flags.ts'
import { rolloutOf } from '../../src/config/rollout-of.ts'
import { smallConfig } from './small-config.ts'

it('the flags that are known without a config are those of the shipped one, with their directions', () => {
  const known = rolloutOf(shipped).flags.map(({ name, variable, riskyValue }) => ({ name, variable, riskyValue }))
  expect([...guideFlags].sort(byName)).toEqual(known.sort(byName))
})

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1
}

it.each(['partner_portal', 'partner-portal', 'Partner-Portal', 'FEATURE_PARTNER_PORTAL', ' partner_portal '])(
  '%j is partner_portal',
  (typed) => {
    expect(flagName(typed)).toBe('partner_portal')
  },
)

it('a flag whose risky value is off is a safety flag, and every section counts for one that asks for every', () => {
  const { flags, sections } = rolloutOf(shipped)
  const safety = flags.filter(({ isSafety }) => isSafety)
  expect(safety.map(({ name, riskyValue }) => [name, riskyValue])).toEqual([['partner_mocked_data', 'false']])
  expect(safety[0]?.sections).toEqual(sections.map(({ name }) => name))
})

it('a required service that is not built yet is told with the reason, and a secret with everybody who holds it', () => {
  const mcp = rolloutOf(shipped).flags.find(({ name }) => name === 'mcp_ai_tools')
  expect(mcp?.requires).toEqual({
    services: [{ name: 'mcp-server', pending: 'not implemented before Step 7' }],
    secrets: [
      {
        name: 'MCP_SERVER_TOKEN',
        holders: [
          { service: 'api', variable: 'MCP_SERVER_TOKEN' },
          { service: 'mcp-server', variable: 'MCP_SERVER_TOKEN' },
        ],
      },
    ],
    queues: [],
  })
})

it('items of the checklist have ids of their section, and the check that proves them where there is one', () => {
  const monitoring = rolloutOf(shipped).sections.find(({ name }) => name === 'monitoring')
  expect(monitoring?.items[0]).toEqual({
    id: 'monitoring-1',
    text: '/metrics answers in the Prometheus format',
    check: 'api-metrics',
  })
  expect(monitoring?.items[2]).toEqual({
    id: 'monitoring-3',
    text: 'Durations, queue depth and certificate days are among the metrics',
  })
})

it('nothing is switched by a config without flags', () => {
  const { flags: _flags, validation: _validation, ...config } = smallConfig()
  expect(rolloutOf(config)).toEqual({ flags: [], sections: [] })
})
