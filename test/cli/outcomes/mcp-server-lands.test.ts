import { expect, test } from 'vitest'
import { plainRequest } from '../../support/graphql-request-to.ts'
import type { Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  codeServices,
  deploymentCounts,
  deploymentsOf,
  failureOf,
  idOf,
  plainly,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const pending = "      status: 'pending',\n      reason: 'not implemented before Step 7',\n"

/** Both environments as they are before Step 7, and the config of the day on which it lands. */
async function onTheDay(): Promise<Stage> {
  const stage = await aDeployedStage({ both: true })
  await stage.useConfig(await shippedConfig({ [pending]: '' }))
  return stage
}

/** What the api's own route says of the assistant, asked with that token. */
async function assistant(stage: Stage, environment: 'staging' | 'production', token?: string) {
  const { platform } = stage
  const [domain] = platform.world.environmentNamed(environment).instances.get(idOf(stage, 'api'))?.domains ?? []
  const { edge } = platform.address
  const { status, body } = await plainRequest(`http://${edge.host}:${edge.port}/internal/mcp/health`, {
    headers: { host: domain?.domain ?? '', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  })
  return { status, json: JSON.parse(body) as unknown }
}

/** Its flag, as one patch of the three services that read it. */
function turnOn({ platform, clock }: Stage, environment: string): void {
  const { world } = platform
  const variables = { FEATURE_MCP_AI_TOOLS: { value: 'true' } }
  const services = Object.fromEntries(codeServices.map((name) => [world.serviceNamed(name).id, { variables }]))
  world.commit(world.environmentNamed(environment).id, { services })
  clock.advance(10_000)
}

test('while the mcp-server is pending it cannot be deployed, and nothing of it is made', async () => {
  const stage = await aDeployedStage()
  const ran = await stage.run(['deploy', 'mcp-server', '-e', 'staging', '--yes', '--json'])
  expect(failureOf(ran)).toMatchObject({ code: 'service-pending', exitCode: 64 })
  expect(() => idOf(stage, 'mcp-server')).toThrow('There is no service named mcp-server')
})

test('on the day it lands one deploy brings it up, with the api’s token, and touches nobody else', async () => {
  const stage = await onTheDay()
  const before = deploymentCounts(stage, 'staging')
  await succeeding(stage, ['deploy', 'mcp-server', '-e', 'staging', '--yes'])
  expect(deploymentCounts(stage, 'staging')).toEqual(before)
  expect(deploymentsOf(stage, 'staging', 'mcp-server')).toMatchObject([
    { status: 'SUCCESS', instances: [{ status: 'RUNNING' }], variables: { PORT: '3100' } },
  ])
  const token = storedValue(stage, 'staging', 'api', 'MCP_SERVER_TOKEN')
  expect(token).toMatch(/^[0-9a-f]{64}$/)
  expect(storedValue(stage, 'staging', 'mcp-server', 'MCP_SERVER_TOKEN')).toBe(token)
  expect(deploymentsOf(stage, 'production', 'mcp-server')).toEqual([])
})

test('its health answers on port 3100 and on no other', async () => {
  const stage = await onTheDay()
  await succeeding(stage, ['deploy', 'mcp-server', '-e', 'staging', '--yes'])
  const caller = plainly(stage, 'staging')
  // The config gives it none: it is for the api alone.
  const domain = await caller.makeDomain(idOf(stage, 'mcp-server'), 3100)
  const answer = await caller.edge(domain, '/health')
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.body)).toMatchObject({ status: 'healthy', uptime_seconds: expect.any(Number) })
  const { id } = stage.platform.world.environmentNamed('staging')
  stage.platform.world.commit(id, {
    services: { [idOf(stage, 'mcp-server')]: { networking: { serviceDomains: { [domain]: { port: 8080 } } } } },
  })
  expect(await caller.edge(domain, '/health')).toMatchObject({ status: 502, headers: { 'x-railway-fallback': 'true' } })
})

test('the api says 403 while the flag is off, 401 to strangers while it is on, and 200 to the mcp-server', async () => {
  const stage = await onTheDay()
  await succeeding(stage, ['deploy', 'mcp-server', '-e', 'staging', '--yes'])
  const token = deploymentsOf(stage, 'staging', 'mcp-server')[0]?.variables.MCP_SERVER_TOKEN
  expect(await assistant(stage, 'staging', token)).toMatchObject({
    status: 403,
    json: { error: 'MCP tools disabled', message: expect.any(String) },
  })
  turnOn(stage, 'staging')
  for (const wrong of [undefined, 'another']) {
    expect(await assistant(stage, 'staging', wrong)).toMatchObject({
      status: 401,
      json: { error: 'Invalid MCP token', message: expect.any(String) },
    })
  }
  expect(await assistant(stage, 'staging', token)).toMatchObject({
    status: 200,
    json: { status: 'healthy', service: 'Fakturino MCP API', timestamp: expect.any(String) },
  })
  expect((await assistant(stage, 'production', token)).status).toBe(403)
})

test('with the flag on and no domain its health is not asked from here, and that it runs is still judged', async () => {
  const stage = await onTheDay()
  await succeeding(stage, ['deploy', 'mcp-server', '-e', 'staging', '--yes'])
  turnOn(stage, 'staging')
  const { documents } = await succeeding(stage, ['check', '-e', 'staging', '--json'])
  expect(documents[0]?.checks).toEqual(
    expect.arrayContaining([
      { check: 'runs', service: 'mcp-server', outcome: 'pass' },
      {
        check: 'mcp-health',
        service: 'mcp-server',
        outcome: 'skipped',
        reason: 'mcp-server has no domain to ask over',
      },
    ]),
  )
})

test('with the flag on and a domain of its own its health is asked, though it does not read the flag itself', async () => {
  const stage = await aDeployedStage()
  const port = '      port: 3100,\n'
  await stage.useConfig(await shippedConfig({ [pending]: '', [port]: `      domain: true,\n${port}` }))
  await succeeding(stage, ['deploy', 'mcp-server', '-e', 'staging', '--yes'])
  const healthOf = async () => {
    const { documents } = await stage.run(['check', '-e', 'staging', '--json'])
    return ((documents[0]?.checks ?? []) as { check: string }[]).find(({ check }) => check === 'mcp-health')
  }
  expect(await healthOf()).toMatchObject({ outcome: 'skipped', reason: 'the flag mcp_ai_tools is off' })
  turnOn(stage, 'staging')
  expect(await healthOf()).toMatchObject({ outcome: 'pass' })
})
