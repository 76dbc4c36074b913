import { expect, test } from 'vitest'
import { parseCondition } from '../../src/local/condition.ts'
import type { Condition } from '../../src/local/index.ts'
import { aProject } from '../support/contract-caller.ts'
import { plainRequest } from '../support/graphql-request-to.ts'
import { printed } from '../support/printed-lines.ts'

const everythingOn = {
  FEATURE_MONITORING: 'true',
  FEATURE_MCP_AI_TOOLS: 'true',
  MCP_SERVER_TOKEN: 'sentinel-token',
  CACHE_STORE: 'redis',
}

async function aService(condition: Condition = {}, variables: Record<string, string> = everythingOn, name = 'api') {
  const caller = await aProject()
  const entries = Object.entries(variables).map(([key, value]) => [key, { value }])
  const id = await caller.makeApp(name, { variables: Object.fromEntries(entries) })
  const domain = await caller.makeDomain(id)
  const deploymentId = await caller.deployed(id)
  caller.platform.world.setCondition(caller.environmentId, id, condition)
  const ask = async (path: string) => {
    const { status, headers, body } = await caller.edge(domain, path)
    const isJson = headers['content-type'] === 'application/json'
    return { status, headers, body, json: isJson ? (JSON.parse(body) as Record<string, unknown>) : undefined }
  }
  return { caller, id, domain, deploymentId, ask }
}

test.each<[string, number, unknown]>([
  ['/ping', 200, { status: 'ok', timestamp: '2026-11-03T09:00:02.000000Z' }],
  ['/ready', 200, { status: 'ok', timestamp: '2026-11-03T09:00:02.000000Z' }],
  ['/api/ping', 200, { success: expect.any(String) }],
  [
    '/metrics/health',
    200,
    {
      status: 'healthy',
      timestamp: '2026-11-03T09:00:02+00:00',
      checks: { database: 'healthy', cache: 'healthy' },
    },
  ],
  ['/internal/mcp/health', 401, { error: 'Invalid MCP token', message: expect.any(String) }],
])('%s of a service that is well answers %i, in JSON', async (path, status, body) => {
  const { ask } = await aService()
  expect(await ask(path)).toMatchObject({ status, json: body })
})

test.each<[string, number]>([
  ['/up', 200],
  ['/login', 200],
  ['/telescope', 403],
])('%s of a service that is well answers %i, in HTML', async (path, status) => {
  const answer = await (await aService()).ask(path)
  expect(answer).toMatchObject({ status, headers: { 'content-type': 'text/html; charset=UTF-8' } })
})

test('with its flags off it says so in its own formats, and the debugging route answers all the same', async () => {
  const { ask } = await aService({ telescope: 'open' }, {})
  expect((await ask('/telescope')).status).toBe(404)
  expect(await ask('/internal/mcp/health')).toMatchObject({
    status: 403,
    json: { error: 'MCP tools disabled', message: expect.any(String) },
  })
  expect(await ask('/metrics/test')).toMatchObject({
    status: 200,
    headers: { 'content-type': expect.stringMatching(/^text\/plain/) },
  })
})

test('the assistant’s route opens with the token and with no other', async () => {
  const { caller, domain } = await aService()
  const { edge } = caller.platform.address
  const asked = (authorization: string) =>
    plainRequest(`http://${edge.host}:${edge.port}/internal/mcp/health`, { headers: { host: domain, authorization } })
  expect((await asked('Bearer other')).status).toBe(401)
  const answer = await asked('Bearer sentinel-token')
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.body)).toEqual({
    status: 'healthy',
    service: 'Fakturino MCP API',
    timestamp: '2026-11-03T09:00:02+00:00',
  })
})

test.each<[Condition, number, object]>([
  [{ failingChecks: ['paddle', 'backup'] }, 503, { status: 'degraded', checks: { paddle: false, backup: false } }],
  [{ database: 'down' }, 503, { status: 'degraded', checks: { database: false, redis: true } }],
  [{ cache: 'down' }, 503, { status: 'degraded', checks: { database: true, redis: false } }],
  [{ cache: 'misreads' }, 200, { status: 'healthy', checks: { redis: true } }],
  [{ certificateDays: 400 }, 200, { status: 'healthy' }],
  [{ certificateDays: 29 }, 503, { status: 'degraded', checks: { signer: true, certificates: false } }],
  [{ certificateDays: 6 }, 503, { status: 'degraded', checks: { signer: false, certificates: false } }],
  [{ certificateDays: -1 }, 200, { status: 'healthy' }],
  [{ certificateDays: 'absent' }, 200, { status: 'healthy' }],
  [{ health: 'simplified' }, 200, { status: 'ok' }],
  [{ health: 'unhealthy' }, 503, { status: 'unhealthy' }],
])('with %j /health answers %i', async (condition, status, json) => {
  const { ask } = await aService(condition)
  expect(await ask('/health')).toMatchObject({ status, json })
})

test.each<[Condition, number, string]>([
  [{ health: 'error-page' }, 500, '<title>Server Error - Fakturino</title>'],
  [{ health: 'not-found' }, 404, '<title>Not Found</title>'],
  [{ health: 'redirect' }, 307, ''],
])('with %j /health answers %i, in HTML', async (condition, status, text) => {
  const answer = await (await aService(condition)).ask('/health')
  expect(answer).toMatchObject({ status, headers: { 'content-type': expect.stringMatching(/^text\/html/) } })
  expect(answer.body).toContain(text)
})

test('a health that minds slashes answers behind its redirect', async () => {
  const { ask } = await aService({ health: 'redirect' })
  expect((await ask('/health')).headers.location).toBe('/health/')
  expect(await ask('/health/')).toMatchObject({ status: 200, json: { status: 'healthy' } })
})

test.each<[Condition, number, unknown]>([
  [{ database: 'down' }, 503, { status: 'unhealthy', checks: { database: 'unhealthy', cache: 'healthy' } }],
  [{ cache: 'down' }, 503, { status: 'unhealthy', checks: { database: 'healthy', cache: 'unhealthy' } }],
  [{ cache: 'misreads' }, 200, { status: 'healthy', checks: { database: 'healthy', cache: 'unhealthy' } }],
  [{ metricsHealth: 'error-page' }, 500, undefined],
])('with %j /metrics/health answers %i', async (condition, status, json) => {
  const answer = await (await aService(condition)).ask('/metrics/health')
  expect(answer.status).toBe(status)
  if (json === undefined) expect(answer.body).toContain('Server Error - Fakturino')
  else expect(answer.json).toMatchObject(json as object)
})

const allMetrics = [
  'fakturino_signer_cert_expiry_days',
  'fakturino_signer_cert_healthy',
  'invoiceshelf_avg_response_time_ms',
  'invoiceshelf_bank_match_rate_percent',
  'invoiceshelf_bank_sync_errors_24h',
  'invoiceshelf_bank_transactions_24h',
  'invoiceshelf_bank_transactions_matched',
  'invoiceshelf_bank_transactions_unmatched',
  'invoiceshelf_cache_healthy',
  'invoiceshelf_companies_total',
  'invoiceshelf_customers_active',
  'invoiceshelf_customers_total',
  'invoiceshelf_database_healthy',
  'invoiceshelf_disk_usage_percent',
  'invoiceshelf_invoices_overdue',
  'invoiceshelf_invoices_total',
  'invoiceshelf_memory_usage_bytes',
  'invoiceshelf_memory_usage_percent',
  'invoiceshelf_queue_jobs_failed',
  'invoiceshelf_queue_jobs_pending',
  'invoiceshelf_revenue_30_days_total',
  'invoiceshelf_uptime_seconds',
]

function metricNames(body: string): string[] {
  return Array.from(body.matchAll(/^# TYPE (\S+) gauge$/gm), (match) => match[1] ?? '')
}

test('all of the product’s metrics are there once it has a certificate, the invoices by status', async () => {
  const { ask } = await aService({ certificateDays: 90 })
  const { body } = await ask('/metrics')
  expect(new Set(metricNames(body))).toEqual(new Set(allMetrics))
  expect(body.match(/^invoiceshelf_invoices_total\{status="[A-Z]+"\} \d+$/gm)).toHaveLength(4)
})

test.each<[Condition, Record<string, string | undefined>]>([
  [{}, { fakturino_signer_cert_expiry_days: '-1', fakturino_signer_cert_healthy: undefined }],
  [
    { certificateDays: 'absent' },
    { fakturino_signer_cert_expiry_days: undefined, fakturino_signer_cert_healthy: undefined },
  ],
  [
    { certificateDays: 'not-a-number' },
    { fakturino_signer_cert_expiry_days: 'NaN', fakturino_signer_cert_healthy: undefined },
  ],
  [{ certificateDays: 6 }, { fakturino_signer_cert_expiry_days: '6', fakturino_signer_cert_healthy: '0' }],
  [{ certificateDays: 29.5 }, { fakturino_signer_cert_expiry_days: '29.5', fakturino_signer_cert_healthy: '1' }],
  [{ database: 'down' }, { invoiceshelf_database_healthy: '0', invoiceshelf_customers_total: undefined }],
  [{ cache: 'misreads' }, { invoiceshelf_cache_healthy: '0' }],
  [{ failingChecks: ['bank_sync'] }, { invoiceshelf_bank_sync_errors_24h: '12' }],
])('with %j the metrics say %j', async (condition, values) => {
  const { body } = await (await aService(condition)).ask('/metrics')
  for (const [name, value] of Object.entries(values)) {
    expect(new RegExp(`^${name} (.*)$`, 'm').exec(body)?.[1], name).toBe(value)
  }
})

test('a prefixed /metrics has the container’s namespace before every name', async () => {
  const { ask } = await aService({ metrics: 'prefixed' }, { ...everythingOn, PROMETHEUS_NAMESPACE: 'shop' })
  const names = metricNames((await ask('/metrics')).body)
  expect(names).toContain('shop_invoiceshelf_customers_total')
  expect(names.filter((name) => !name.startsWith('shop_'))).toEqual([])
})

test.each<[Condition, RegExp, RegExp]>([
  [{ metrics: 'error-page' }, /^text\/html/, /<title>Server Error - Fakturino<\/title>/],
  [{ metrics: 'error-text' }, /^text\/plain/, /^# Error collecting metrics\n# Message: .+\n# File: .+\n# Class: .+\n$/],
])('with %j /metrics fails with 500', async (condition, contentType, body) => {
  const answer = await (await aService(condition)).ask('/metrics')
  expect(answer.status).toBe(500)
  expect(answer.headers['content-type']).toMatch(contentType)
  expect(answer.body).toMatch(body)
})

test.each<[Condition, number]>([
  [{ telescope: 'login' }, 302],
  [{ telescope: 'open' }, 200],
])('with %j /telescope meets a stranger with %i', async (condition, status) => {
  const answer = await (await aService(condition)).ask('/telescope')
  expect(answer.status).toBe(status)
  expect(answer.headers.location).toBe(status === 302 ? '/login' : undefined)
})

test('an answer that is late takes its time on the clock, and a health check waits for it too', async () => {
  const { caller, id, ask } = await aService({ latencyMs: 1_500 })
  const start = caller.clock.now()
  expect((await ask('/up')).status).toBe(200)
  expect(caller.clock.now() - start).toBe(1_500)
  await caller.store({ services: { [id]: { deploy: { healthcheckPath: '/health' } } } })
  const next = await caller.deployed(id)
  expect(await caller.status(next)).toBe('DEPLOYING')
  caller.clock.advance(1_500)
  expect(await caller.status(next)).toBe('SUCCESS')
})

test('a slow answer ends with the platform', async () => {
  const { caller, ask } = await aService({ latencyMs: 1_500 })
  const asleep = new Promise<void>((arrived) => {
    // A clock that stands still.
    caller.clock.sleep = (_, signal) => {
      arrived()
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    }
  })
  const lost = expect(ask('/up')).rejects.toThrow(/socket hang up|ECONNRESET/)
  await asleep
  await caller.platform.stop()
  await lost
})

test('every third request fails where that is its condition, and is logged as the product logs it', async () => {
  const { caller, deploymentId, ask } = await aService({ failsEvery: 3 })
  const statuses: number[] = []
  for (let nth = 0; nth < 6; nth++) statuses.push((await ask('/invoices')).status)
  expect(statuses).toEqual([200, 200, 500, 200, 200, 500])
  const lines = await printed(caller, deploymentId)
  expect(lines.filter((line) => line.includes('production.ERROR: Undefined array key "link"'))).toHaveLength(2)
  expect(lines.filter((line) => line === '[stacktrace]')).toHaveLength(2)
})

test('without its database no page is served, the cheap liveness routes answer, and the log says why', async () => {
  const { caller, deploymentId, ask } = await aService({ database: 'down' })
  expect((await ask('/invoices')).status).toBe(500)
  for (const path of ['/up', '/ping', '/ready']) expect((await ask(path)).status, path).toBe(200)
  expect((await printed(caller, deploymentId)).join('\n')).toContain('production.ERROR: SQLSTATE[08006]')
})

test('a condition stays through a redeploy, is of one environment, and goes with an empty one', async () => {
  const caller = await aProject()
  const { world } = caller.platform
  const staging = await caller.makeEnvironment('staging')
  const id = await caller.makeApp('api')
  const domain = await caller.makeDomain(id)
  world.setCondition(caller.environmentId, id, { failingChecks: ['storage'] })
  expect(world.environment(staging).instances.get(id)?.condition).toEqual({})
  for (let nth = 0; nth < 2; nth++) {
    await caller.deployed(id)
    expect((await caller.edge(domain, '/health')).status).toBe(503)
  }
  world.setCondition(caller.environmentId, id, {})
  expect((await caller.edge(domain, '/health')).status).toBe(200)
})

test.each<[string, Condition, number, object]>([
  ['/health', {}, 200, { status: 'healthy', timestamp: expect.any(String), version: '1.0.0', uptime_seconds: 0 }],
  ['/health/', {}, 200, { status: 'healthy' }],
  ['/health', { cache: 'down' }, 503, { status: 'degraded' }],
  ['/health', { health: 'unhealthy' }, 503, { status: 'unhealthy' }],
  ['/health', { health: 'not-found' }, 404, { detail: 'Not Found' }],
  ['/health', { health: 'simplified' }, 200, { status: 'ok' }],
  ['/health/ready', {}, 200, { ready: true, dependencies: { database: 'ready', redis: 'ready' }, details: {} }],
  ['/health/ready', { database: 'down' }, 503, { ready: false, dependencies: { database: 'not ready' } }],
  ['/health/live', { database: 'down' }, 200, { alive: true, last_heartbeat: expect.any(String), details: {} }],
  [
    '/health/detailed',
    { cache: 'down' },
    503,
    {
      status: 'degraded',
      components: { redis: { name: 'redis', status: 'unhealthy', error: 'Connection refused' } },
      circuit_breakers: { laravel: { state: 'open' } },
      services: { laravel: 'down' },
      checks_summary: { total: 2, healthy: 1, unhealthy: 1 },
    },
  ],
  ['/invoices', {}, 404, { detail: 'Not Found' }],
])('%s of the mcp-server with %j answers %i', async (path, condition, status, json) => {
  const { ask } = await aService(condition, {}, 'mcp-server')
  expect(await ask(path)).toMatchObject({ status, json })
})

test('the mcp-server’s health may sit behind a redirect', async () => {
  const { ask } = await aService({ health: 'redirect' }, {}, 'mcp-server')
  expect(await ask('/health')).toMatchObject({ status: 307, headers: { location: '/health/' } })
  expect((await ask('/health/')).status).toBe(200)
})

test.each(['php artisan queue:work', 'php artisan schedule:work'])('%s listens on no port', async (startCommand) => {
  const caller = await aProject()
  const id = await caller.makeApp('worker', { deploy: { startCommand } })
  const domain = await caller.makeDomain(id)
  await caller.deployed(id)
  expect(await caller.edge(domain)).toMatchObject({ status: 502, headers: { 'x-railway-fallback': 'true' } })
})

const everyField: Condition = {
  health: 'redirect',
  failingChecks: ['database', 'paddle'],
  metrics: 'prefixed',
  metricsHealth: 'error-page',
  certificateDays: 6,
  telescope: 'open',
  database: 'down',
  cache: 'misreads',
  latencyMs: 0,
  failsEvery: 1,
  jobs: 'failing',
  scheduledTasks: 'none',
  backup: 'fails',
  crashesOnStart: true,
  failsToStart: true,
  errorsPerMinute: 0.5,
  cachedVariables: ['FEATURE_MONITORING'],
  onlyWhile: { variable: 'FEATURE_MONITORING', value: '' },
  onlyAfterMs: 5_000,
}

test('a condition is read with all its fields', () => {
  expect(parseCondition(everyField)).toEqual(everyField)
  expect(parseCondition({})).toEqual({})
})

test.each<[unknown, RegExp]>([
  [null, /must be an object/],
  [[], /must be an object/],
  [{ mood: 'bad' }, /no "mood"; it may have health, failingChecks/],
  [{ constructor: 'x' }, /no "constructor"/],
  [{ backup: 'slow' }, /condition\.backup must be fails or unfollowed/],
  [{ health: 'odd' }, /condition\.health must be simplified, unhealthy/],
  [{ failingChecks: 'database' }, /failingChecks must be a list of database, redis/],
  [{ failingChecks: ['disk'] }, /failingChecks must be a list/],
  [{ certificateDays: '6' }, /certificateDays must be a number of days, or absent or not-a-number/],
  [{ certificateDays: Number.NaN }, /certificateDays must be/],
  [{ latencyMs: -1 }, /latencyMs must be milliseconds/],
  [{ latencyMs: 1e12 }, /latencyMs must be milliseconds from 0 to 3600000/],
  [{ latencyMs: '5s' }, /latencyMs must be milliseconds/],
  [{ failsEvery: 0 }, /failsEvery must be a whole number/],
  [{ failsEvery: 1.5 }, /failsEvery must be a whole number/],
  [{ database: true }, /database must be down/],
  [{ crashesOnStart: false }, /crashesOnStart must be true/],
  [{ failsToStart: 'yes' }, /failsToStart must be true/],
  [{ errorsPerMinute: 0 }, /errorsPerMinute must be a number above 0/],
  [{ errorsPerMinute: 6_001 }, /not above 6000/],
  [{ cachedVariables: 'FEATURE_MONITORING' }, /cachedVariables must be a list of names/],
  [{ cachedVariables: [''] }, /cachedVariables must be a list of names/],
  [{ onlyAfterMs: '5s' }, /onlyAfterMs must be milliseconds/],
  [{ onlyWhile: 'FEATURE_MONITORING' }, /onlyWhile must read \{variable, value\}/],
  [{ onlyWhile: { variable: 'FEATURE_MONITORING' } }, /onlyWhile must read/],
  [{ onlyWhile: { variable: 'FEATURE_MONITORING', value: true } }, /onlyWhile must read/],
  [{ onlyWhile: { variable: '', value: 'true' } }, /onlyWhile must read/],
  [{ onlyWhile: { variable: 'A', value: '1', since: 1 } }, /onlyWhile must read/],
])('the condition %j is refused', (value, message) => {
  expect(parseCondition(value)).toMatch(message)
})
