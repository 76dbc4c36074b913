import { expect, test } from 'vitest'
import type { CommitBehaviour } from '../../src/local/index.ts'
import { aProject, repository } from '../support/contract-caller.ts'

async function anApp(behaviour: CommitBehaviour, variables: Record<string, string> = {}) {
  const caller = await aProject()
  const entries = Object.entries(variables).map(([name, value]) => [name, { value }])
  const api = await caller.makeApp('api', { variables: Object.fromEntries(entries) })
  const domain = await caller.makeDomain(api)
  const { sha } = caller.platform.world.addCommit(repository, 'main', { behaviour })
  await caller.deployed(api, sha)
  return { caller, sha, ask: (path: string) => caller.edge(domain, path) }
}

test('a healthy app answers its health in full', async () => {
  const { caller, ask } = await anApp('healthy', { APP_ENV: 'staging' })
  const answer = await ask('/health')
  expect(answer.status).toBe(200)
  expect(answer.headers['content-type']).toBe('application/json')
  expect(JSON.parse(answer.body)).toEqual({
    status: 'healthy',
    timestamp: new Date(caller.clock.now()).toISOString().replace('.000Z', '+00:00'),
    version: '1.0.0',
    environment: 'staging',
    checks: {
      database: true,
      redis: true,
      queues: true,
      signer: true,
      bank_sync: true,
      storage: true,
      backup: true,
      certificates: true,
      paddle: true,
    },
  })
})

test.each<[CommitBehaviour, Record<string, number>]>([
  ['healthy', { '/up': 200, '/ping': 200, '/health': 200, '/': 200, '/invoices?page=2': 200, '/metrics': 403 }],
  ['error-500', { '/up': 500, '/ping': 500, '/health': 503, '/': 500, '/metrics': 500 }],
  ['slow', { '/up': 502, '/health': 502 }],
  ['crash', { '/up': 502, '/health': 502 }],
])('a %s commit answers %j', async (behaviour, expected) => {
  const { ask } = await anApp(behaviour)
  for (const [path, status] of Object.entries(expected)) expect((await ask(path)).status, path).toBe(status)
})

test('a slow commit answers after half a minute', async () => {
  const { caller, ask } = await anApp('slow')
  caller.clock.advance(30_000)
  expect((await ask('/health')).status).toBe(200)
})

test.each(['/metrics', '/metrics/health'])('%s says that monitoring is off, in JSON', async (path) => {
  const { ask } = await anApp('healthy', { FEATURE_MONITORING: 'false' })
  const answer = await ask(path)
  expect(answer.status).toBe(403)
  expect(JSON.parse(answer.body)).toEqual({
    error: 'Feature not available',
    message: "The 'monitoring' feature is currently disabled.",
  })
})

test('with monitoring on there are metrics that a scraper can read', async () => {
  const { ask } = await anApp('healthy', { FEATURE_MONITORING: 'true' })
  const metrics = await ask('/metrics')
  expect(metrics.status).toBe(200)
  expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4')
  expect(metrics.body).toMatch(/^invoiceshelf_database_healthy 1$/m)
  expect(metrics.body).toMatch(/^fakturino_signer_cert_expiry_days -1$/m)
  const lines = metrics.body.trimEnd().split('\n')
  expect(
    lines.filter((line) => !/^(# HELP \w+ [\w ]+|# TYPE \w+ gauge|\w+(\{status="[A-Z]+"\})? -?[\d.]+)$/.test(line)),
  ).toEqual([])
  expect(JSON.parse((await ask('/metrics/health')).body)).toMatchObject({
    status: 'healthy',
    checks: { database: 'healthy', cache: 'healthy' },
  })
})

test.each<[CommitBehaviour, (sha: string) => string]>([
  ['healthy', (sha) => sha],
  ['error-500', (sha) => sha],
  ['wrong-revision', () => '0'.repeat(40)],
])('a %s commit says in a header which commit it is', async (behaviour, said) => {
  const { ask, sha } = await anApp(behaviour)
  expect((await ask('/up')).headers['x-commit']).toBe(said(sha))
})

test('and at /version, in JSON', async () => {
  const { ask, sha } = await anApp('healthy')
  expect(JSON.parse((await ask('/version')).body)).toEqual({ version: '1.0.0', build: { commit: sha } })
})

test('a database answers nothing over HTTP', async () => {
  const caller = await aProject()
  const redis = await caller.makeService('redis', { source: { image: 'redis:7' } })
  const domain = await caller.makeDomain(redis)
  await caller.deployed(redis)
  expect((await caller.edge(domain)).status).toBe(502)
})

test('an image with a health check is no database: it answers', async () => {
  const caller = await aProject()
  const docs = await caller.makeService('docs', { source: { image: 'docs:1' }, deploy: { healthcheckPath: '/up' } })
  const domain = await caller.makeDomain(docs)
  await caller.deployed(docs)
  expect((await caller.edge(domain)).status).toBe(200)
})
