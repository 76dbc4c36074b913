import { expect, it } from 'vitest'
import { aStage, firstCommit, repository, type Stage } from '../../support/stage.ts'
import { aMonitoredStage } from '../outcomes/deployed-stage.ts'

// The shapes of `--json` are a public contract: field by field, so that one more or one less is noticed here.

const uuid = expect.stringMatching(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)
const time = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
const domain = expect.stringMatching(/^api-staging-[0-9a-f]+\.up\.railway\.app$/)
const commit = expect.stringMatching(/^[0-9a-f]{40}$/)

it('plan: changes, deployments, notes and what is pending', async () => {
  const stage = await aDeployedStage()
  const { world } = stage.platform
  const api = world.serviceNamed('api').id
  const environment = world.environmentNamed('staging')
  world.setVariable(environment.id, api, 'QUEUE_CONNECTION', 'sync', { skipDeploys: true })
  world.setVariable(environment.id, api, 'MINE', 'x', { skipDeploys: true })
  const [plan] = (await stage.run(['plan', '-e', 'staging', '--json'])).documents
  const running = { deploymentId: uuid, commit: firstCommit }
  expect(plan).toEqual({
    type: 'plan',
    format: 1,
    rehearsal: true,
    protected: false,
    project: 'fakturino-production',
    environment: 'staging',
    changes: [
      {
        action: 'update',
        service: 'api',
        setting: 'variable',
        variable: 'QUEUE_CONNECTION',
        before: 'sync',
        after: 'redis',
        cause: expect.stringMatching(/^(config|drift|unknown)$/),
        severity: 'safe',
        effect: 'redeploy',
      },
    ],
    deployments: [
      {
        service: 'api',
        level: 1,
        reasons: expect.arrayContaining(['variables-change']),
        running,
        commit: firstCommit,
        codebase: `${repository}#main`,
        missingSecrets: [],
        effect: 'downtime',
      },
    ],
    notes: [
      { code: 'unmanaged-variables', service: 'api', message: expect.stringContaining('MINE') },
      { code: 'secret-missing', message: expect.stringContaining('PADDLE_API_KEY') },
    ],
    pending: [{ service: 'mcp-server', reason: 'not implemented before Step 7' }],
    fingerprint: expect.stringMatching(/^[0-9a-f]{16}:[0-9a-f]{64}$/),
  })
})

it('status: services, what is pending, the platform and staged changes', async () => {
  const stage = await aDeployedStage()
  const [status] = (await stage.run(['status', '-e', 'staging', '--json'])).documents
  const live = (name: string, revision: unknown, domains: unknown[] = []) => ({
    name,
    status: 'live',
    healthy: true,
    deployment: { id: uuid, createdAt: time },
    since: time,
    revision,
    instances: { running: 1, all: 1 },
    domains,
    latest: null,
    alsoActive: [],
    rollback: { possible: false, to: null },
  })
  expect(status).toEqual({
    type: 'status',
    format: 1,
    rehearsal: true,
    project: 'fakturino-production',
    environment: 'staging',
    at: time,
    services: [
      live('postgres', expect.stringContaining('postgres')),
      live('redis', 'redis:7'),
      live('api', firstCommit, [domain]),
      live('worker', firstCommit),
      live('scheduler', firstCommit),
    ],
    pending: [{ name: 'mcp-server', reason: 'not implemented before Step 7' }],
    platform: { isStable: true },
    stagedChanges: 0,
    stagedPlaces: [],
    splits: [],
    flags: [],
    next: {
      code: 'check',
      because: expect.any(String),
      command: expect.stringMatching(/^fakturino check -e staging --local /),
    },
  })
})

it('status: a service that was never deployed, and one whose newest deployment failed', async () => {
  const stage = await aStage()
  await stage.run(['init', '--yes'])
  const [empty] = (await stage.run(['status', '-e', 'staging', '--json'])).documents
  expect(empty?.services).toContainEqual({
    name: 'worker',
    status: 'not-deployed',
    healthy: false,
    deployment: null,
    since: null,
    revision: null,
    instances: { running: 0, all: 0 },
    domains: [],
    latest: null,
    alsoActive: [],
    rollback: { possible: false, to: null },
  })
  await stage.run(['deploy', '-e', 'staging', '--yes'])
  const { sha } = stage.platform.world.push(repository, 'main', { behaviour: 'failing-build' })
  await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', sha])
  const [after] = (await stage.run(['status', '-e', 'staging', '--json'])).documents
  expect(after?.services).toContainEqual(
    expect.objectContaining({
      name: 'api',
      revision: firstCommit,
      latest: { id: uuid, status: 'failed', revision: sha, since: time },
    }),
  )
})

it('check: what was asked, what came, and the metrics', async () => {
  const stage = await aMonitoredStage()
  stage.clock.advance(3 * 60_000)
  const { world } = stage.platform
  world.setCondition(world.environmentNamed('staging').id, world.serviceNamed('api').id, {
    failingChecks: ['database', 'signer'],
  })
  const [check] = (await stage.run(['check', '-e', 'staging', '--json'])).documents
  const passed = (name: string, service: string) => ({ check: name, service, outcome: 'pass' })
  const skipped = (name: string, service: string, reason: unknown) => ({
    check: name,
    service,
    outcome: 'skipped',
    reason,
  })
  const metric = (name: string, parts: object = {}) => ({
    metric: name,
    service: 'api',
    means: expect.any(String),
    state: 'told',
    value: expect.any(Number),
    ...parts,
  })
  const five = ['postgres', 'redis', 'api', 'worker', 'scheduler']
  expect(check).toEqual({
    type: 'check',
    format: 1,
    rehearsal: true,
    project: 'fakturino-production',
    environment: 'staging',
    at: time,
    verdict: 'fail',
    checks: [
      ...five.map((service) => passed('runs', service)),
      passed('one-revision', 'api'),
      passed('liveness', 'api'),
      {
        check: 'api-health',
        service: 'api',
        outcome: 'fail',
        finding: {
          code: 'degraded',
          severity: 'critical',
          subject: 'api',
          message: 'api is degraded: database fails (signer too, which never fails the whole).',
          evidence: {
            url: expect.stringMatching(/^https:\/\/api-staging-.*\/health$/),
            status: 503,
            failing: 'database, signer',
          },
          fix: expect.any(String),
        },
      },
      passed('api-subsystems', 'api'),
      passed('telescope', 'api'),
      skipped('mcp-health', 'mcp-server', 'mcp-server is pending: not implemented before Step 7'),
      passed('api-metrics', 'api'),
      {
        check: 'metrics-private',
        service: 'api',
        outcome: 'fail',
        finding: {
          code: 'metrics-public',
          severity: 'advisory',
          subject: 'api',
          message: expect.any(String),
          evidence: { url: expect.stringMatching(/\/metrics$/), status: 200 },
          fix: expect.any(String),
        },
      },
      {
        check: 'fakturino_signer_cert_expiry_days',
        service: 'api',
        outcome: 'fail',
        finding: {
          code: 'metric-missing',
          severity: 'advisory',
          subject: 'api',
          message: expect.stringContaining('missing'),
          evidence: { value: -1 },
          fix: expect.any(String),
        },
      },
      skipped('fakturino_signer_cert_healthy', 'api', 'absent'),
      passed('invoiceshelf_database_healthy', 'api'),
      passed('invoiceshelf_cache_healthy', 'api'),
      passed('invoiceshelf_queue_jobs_pending', 'api'),
      skipped('invoiceshelf_queue_jobs_failed', 'api', expect.stringContaining('first look')),
      passed('invoiceshelf_bank_match_rate_percent', 'api'),
      passed('alive', 'worker'),
      passed('alive', 'scheduler'),
      passed('queues-consumed', 'worker'),
      passed('queue-connection', 'worker'),
      passed('queue-backlog', 'worker'),
      passed('scheduler-looks', 'scheduler'),
      {
        check: 'scheduled-jobs',
        service: 'scheduler',
        outcome: 'unknown',
        isAside: true,
        finding: {
          code: 'scheduled-job-unseen',
          severity: 'advisory',
          subject: 'scheduler',
          message: expect.any(String),
          evidence: { unseen: 'Certificate expiry check, Commission calculations', hours: 0 },
        },
      },
      ...five.map((service) => passed('error-burst', service)),
      {
        check: 'failing-requests',
        service: 'api',
        outcome: 'unknown',
        isAside: true,
        finding: {
          code: 'too-few-requests',
          severity: 'advisory',
          subject: 'api',
          message: expect.any(String),
          evidence: {
            requests: expect.any(Number),
            failing: expect.any(Number),
            before: 0,
            failingBefore: 0,
          },
        },
      },
    ],
    metrics: [
      metric('fakturino_signer_cert_expiry_days', { state: 'missing', value: null }),
      metric('fakturino_signer_cert_healthy', { state: 'absent', value: null }),
      metric('invoiceshelf_invoices_total', {
        parts: expect.arrayContaining([{ labels: { status: 'DRAFT' }, value: expect.any(Number) }]),
      }),
      metric('invoiceshelf_customers_total'),
      metric('invoiceshelf_customers_active'),
      metric('invoiceshelf_revenue_30_days_total'),
      metric('invoiceshelf_database_healthy', { value: 1 }),
      metric('invoiceshelf_cache_healthy', { value: 1 }),
      metric('invoiceshelf_queue_jobs_pending', { value: 0 }),
      metric('invoiceshelf_queue_jobs_failed'),
      metric('invoiceshelf_bank_transactions_24h'),
      metric('invoiceshelf_bank_match_rate_percent'),
    ],
  })
})

it('history: operations of this machine, and everything in one line', async () => {
  const stage = await aDeployedStage()
  const [history] = (await stage.run(['history', '-e', 'staging', '--json'])).documents
  const operation = (command: string, parts: object) => ({
    id: expect.stringMatching(/^[0-9a-f]{16}$/),
    command,
    by: 'nina',
    began: time,
    ended: time,
    durationMs: expect.any(Number),
    outcome: 'done',
    services: [],
    changes: 0,
    patches: [],
    deployments: [],
    ...parts,
  })
  const item = (what: string, parts: object) => ({
    kind: 'operation',
    origin: 'here',
    at: time,
    ended: time,
    by: 'nina',
    what,
    outcome: 'done',
    durationMs: expect.any(Number),
    services: [],
    ids: { operation: expect.any(String), patches: [], deployments: [] },
    revision: null,
    places: [],
    reason: null,
    message: null,
    ...parts,
  })
  const deployed = ['postgres', 'redis', 'api', 'worker', 'scheduler']
  const five = [uuid, uuid, uuid, uuid, uuid]
  expect(history).toEqual({
    type: 'history',
    format: 1,
    rehearsal: true,
    project: 'fakturino-production',
    environment: 'staging',
    operations: [
      operation('deploy', { services: deployed, deployments: five }),
      operation('init', { changes: expect.any(Number), patches: [uuid] }),
    ],
    items: [
      item('deploy', {
        services: deployed,
        ids: { operation: expect.any(String), patches: [], deployments: five },
        revision: firstCommit,
      }),
      item('init', { ids: { operation: expect.any(String), patches: [uuid], deployments: [] } }),
    ],
    patches: 'read',
    completeSince: null,
  })
})

it('init: its events and its answer', async () => {
  const stage = await aStage()
  const { documents } = await stage.run(['init', '--yes', '--json'])
  const of = (type: string) => documents.filter((document) => document.type === type)
  expect(of('target-found')).toEqual([
    { type: 'target-found', format: 1, ...target('staging', false) },
    { type: 'target-found', ...target('production', true) },
  ])
  expect(of('plan-made').map(({ environment, sameAs }) => [environment, sameAs])).toEqual([
    ['staging', undefined],
    ['production', 'staging'],
  ])
  expect(of('approval-given')).toEqual([
    { type: 'approval-given', by: 'option', what: 'set up staging and production' },
  ])
  expect(of('project-created')).toEqual([
    { type: 'project-created', project: 'fakturino-production', environment: 'production' },
  ])
  expect(of('environment-created')).toEqual([{ type: 'environment-created', environment: 'staging' }])
  expect(of('service-created')).toHaveLength(5)
  expect(of('service-created')[0]).toEqual({ type: 'service-created', service: 'postgres' })
  expect(of('volume-created')).toContainEqual({
    type: 'volume-created',
    environment: 'staging',
    service: 'redis',
    mountPath: '/data',
  })
  expect(of('domain-created')).toContainEqual({
    type: 'domain-created',
    environment: 'staging',
    service: 'api',
    domain,
  })
  expect(of('changes-stored')).toEqual(
    ['staging', 'production'].map((environment) => ({
      type: 'changes-stored',
      environment,
      way: 'patch',
      patchId: uuid,
      changes: expect.any(Number),
    })),
  )
  const missing = [
    'PADDLE_API_KEY',
    'PADDLE_WEBHOOK_SECRET',
    'CPAY_SECRET_KEY',
    'STOPANSKA_CLIENT_SECRET',
    'NLB_CLIENT_SECRET',
  ]
  expect(documents.at(-1)).toEqual({
    type: 'answer',
    command: 'init',
    project: { id: uuid, name: 'fakturino-production' },
    environments: ['staging', 'production'].map((name) => ({
      name,
      changes: expect.any(Number),
      missingSecrets: expect.arrayContaining(missing),
    })),
    config: { path: expect.stringMatching(/fakturino\.config\.ts$/), isNew: false },
    releases: [],
    next: [
      expect.stringMatching(/^fakturino deploy -e staging --local --config \S+ --state \S+$/),
      expect.stringMatching(/^fakturino deploy -e production --local --config \S+ --state \S+$/),
    ],
  })
})

it('init --dry-run: no project, nothing next', async () => {
  const stage = await aStage()
  const { documents } = await stage.run(['init', '--dry-run', '--json'])
  expect(documents.at(-1)).toMatchObject({ type: 'answer', command: 'init', project: null, releases: [], next: [] })
})

it('deploy: its events and its answer', async () => {
  const stage = await aStage()
  await stage.run(['init', '--yes'])
  const { documents } = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
  const of = (type: string) => documents.filter((document) => document.type === type)
  expect(of('level-started')).toEqual([
    { type: 'level-started', environment: 'staging', level: 0, services: ['postgres', 'redis'] },
    { type: 'level-started', environment: 'staging', level: 1, services: ['api'] },
    { type: 'level-started', environment: 'staging', level: 2, services: ['worker', 'scheduler'] },
  ])
  expect(of('deployment-created')).toHaveLength(5)
  expect(of('deployment-created')).toContainEqual({
    type: 'deployment-created',
    environment: 'staging',
    service: 'api',
    deploymentId: uuid,
    commit: firstCommit,
  })
  expect(of('deployment-moved')[0]).toEqual({
    type: 'deployment-moved',
    service: 'postgres',
    deploymentId: uuid,
    status: 'queued',
    step: 'snapshot-code',
    elapsedMs: expect.any(Number),
  })
  expect(of('deployment-live')).toContainEqual({
    type: 'deployment-live',
    service: 'worker',
    deploymentId: uuid,
    commit: firstCommit,
    elapsedMs: expect.any(Number),
  })
  expect(of('service-verified')).toEqual([
    {
      type: 'service-verified',
      service: 'api',
      url: expect.stringMatching(/^https:\/\/api-staging-.*\/health$/),
      answers: 3,
    },
  ])
  const deployed = (name: string) => ({ name, outcome: 'deployed', deploymentId: uuid })
  expect(documents.at(-1)).toEqual({
    type: 'answer',
    command: 'deploy',
    id: expect.any(String),
    project: 'fakturino-production',
    environment: 'staging',
    verdict: 'pass',
    changes: 0,
    services: [
      deployed('postgres'),
      deployed('redis'),
      { ...deployed('api'), commit: firstCommit, commitSaidBy: 'platform' },
      { ...deployed('worker'), commit: firstCommit, commitSaidBy: 'platform' },
      { ...deployed('scheduler'), commit: firstCommit, commitSaidBy: 'platform' },
    ],
    commit: firstCommit,
    elapsedMs: expect.any(Number),
    undo: { note: expect.stringContaining('no commit before') },
  })
})

it('deploy: a second release names the way back; the next one has nothing to do', async () => {
  const stage = await aDeployedStage()
  const { sha } = stage.platform.world.push(repository, 'main', { message: 'Second' })
  const second = await stage.run(['deploy', '-e', 'staging', '--yes', '--json', '--commit', sha])
  expect(second.documents.at(-1)).toMatchObject({
    commit: sha,
    previousCommit: firstCommit,
    undo: {
      command: expect.stringContaining(`fakturino rollback services --to ${firstCommit} -e staging --local --config `),
      note: expect.stringMatching(/variables and settings stay.*migrations are not undone/),
    },
  })
  const third = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
  expect(third.documents.at(-1)).toMatchObject({ verdict: 'pass', changes: 0, commit: sha, previousCommit: sha })
  expect(third.documents.at(-1)?.undo).not.toHaveProperty('command')
  expect(third.documents.map(({ type }) => type)).toEqual(['target-found', 'plan-made', 'answer'])
})

it('deploy: a failing release tells the step, the reason, and what was left alone', async () => {
  const stage = await aDeployedStage()
  const { sha } = stage.platform.world.push(repository, 'main', { behaviour: 'failing-migration' })
  const { documents, exitCode } = await stage.run(['deploy', '-e', 'staging', '--yes', '--json', '--commit', sha])
  expect(exitCode).toBe(1)
  expect(documents).toContainEqual({
    type: 'deployment-failed',
    service: 'api',
    deploymentId: uuid,
    status: 'failed',
    step: 'pre-deploy-command',
    reason: expect.stringContaining('exited with code 1'),
    elapsedMs: expect.any(Number),
  })
  expect(documents).toContainEqual({
    type: 'services-not-started',
    services: ['worker', 'scheduler'],
    because: 'api did not become live',
  })
  expect(documents.at(-1)).toMatchObject({
    type: 'failure',
    code: 'migration-failed',
    exitCode: 1,
    findings: [
      {
        code: 'migration-failed',
        severity: 'critical',
        subject: 'api',
        evidence: {
          migration: '2026_11_02_090000_add_reference_to_invoices',
          sqlState: '42701',
          position: 1,
          done: '',
        },
      },
    ],
  })
})

it('init --deploy: a release for every environment', async () => {
  const stage = await aStage()
  const { documents } = await stage.run(['init', '--yes', '--deploy', '--json'])
  expect(documents.at(-1)).toMatchObject({
    type: 'answer',
    command: 'init',
    releases: [
      { environment: 'staging', verdict: 'pass', commit, undo: { note: expect.any(String) } },
      { environment: 'production', verdict: 'pass', commit, undo: { note: expect.any(String) } },
    ],
    next: [
      expect.stringMatching(/^fakturino status -e staging --local --config \S+ --state \S+$/),
      expect.stringMatching(/^fakturino status -e production --local --config \S+ --state \S+$/),
    ],
  })
})

function target(environment: string, isProtected: boolean) {
  return { project: 'fakturino-production', environment, isProtected, isRehearsal: true }
}

async function aDeployedStage(): Promise<Stage> {
  const stage = await aStage()
  await stage.run(['init', '--yes'])
  await stage.run(['deploy', '-e', 'staging', '--yes'])
  return stage
}
