import type { TimelineItem } from '../../src/journal/timeline.ts'
import { OperatorError } from '../../src/kit/errors.ts'
import type { EnvironmentCheck } from '../../src/operations/check-environment.ts'
import type { OperationEvent } from '../../src/operations/events.ts'
import type { EnvironmentStatus } from '../../src/operations/read-status.ts'
import type { Release } from '../../src/operations/release.ts'
import type { Answer } from '../../src/output/answers.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { id } from '../../src/platform/ids.ts'

// One of everything that is told, with names and numbers as they occur.

export const commit = '1111111111111111111111111111111111111111'
const newer = '2222222222222222222222222222222222222222'
const older = '0000000000000000000000000000000000000000'
const deploymentId = id<'deployment'>('7406fe9c-e757-4e2b-a6a9-b5abc2d72de4')

export function aPlan(parts: Partial<Plan> = {}): Plan {
  return {
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
        cause: 'drift',
        severity: 'safe',
        effect: 'redeploy',
        act: { kind: 'set-variable', variable: 'QUEUE_CONNECTION', value: 'redis' },
      },
      {
        action: 'create',
        service: 'api',
        setting: 'variable',
        variable: 'PADDLE_API_KEY',
        after: '(secret)',
        cause: 'config',
        severity: 'safe',
        effect: 'redeploy',
        act: { kind: 'set-secret', variable: 'PADDLE_API_KEY', secret: 'PADDLE_API_KEY', source: { from: 'supplied' } },
      },
      {
        action: 'delete',
        service: 'api',
        setting: 'variable',
        variable: 'OLD',
        before: '(hidden)',
        cause: 'config',
        severity: 'destructive',
        effect: 'redeploy',
        act: { kind: 'remove-variable', variable: 'OLD' },
      },
      {
        action: 'update',
        service: 'postgres',
        setting: 'volume-size',
        before: '5 GB',
        after: '10 GB',
        cause: 'unknown',
        severity: 'risky',
        effect: 'downtime',
        act: { kind: 'resize-volume', sizeMB: 10_000 },
      },
    ],
    deployments: [
      {
        service: 'postgres',
        level: 0,
        reasons: ['settings-change'],
        running: { deploymentId },
        missingSecrets: [],
        effect: 'downtime',
      },
      {
        service: 'api',
        level: 1,
        reasons: ['another-commit', 'variables-change'],
        running: { deploymentId, commit },
        commit: newer,
        codebase: 'acme/shop#main',
        missingSecrets: [],
        effect: 'downtime',
      },
      {
        service: 'worker',
        level: 2,
        reasons: ['never-deployed'],
        commit: 'latest',
        codebase: 'acme/shop#main',
        missingSecrets: ['APP_KEY'],
        effect: 'redeploy',
      },
    ],
    leftOut: [],
    splitSecrets: [],
    notes: [
      { code: 'unmanaged-service', service: 'metabase', message: 'Not in the config, left alone.' },
      {
        code: 'secret-missing',
        message: 'Not set, and nothing needs them to start: CPAY_SECRET_KEY and NLB_CLIENT_SECRET.',
      },
    ],
    pending: [{ service: 'mcp-server', reason: 'not implemented before Step 7' }],
    fingerprint: '4a5288ea1258c96a:00',
    ...parts,
  }
}

export function aStatus(parts: Partial<EnvironmentStatus> = {}): EnvironmentStatus {
  return {
    project: 'fakturino-production',
    environment: 'staging',
    at: '2026-11-03T11:00:00.000Z',
    services: [
      {
        name: 'postgres',
        status: 'live',
        healthy: true,
        deployment: { id: deploymentId, createdAt: '2026-11-03T09:00:00.000Z' },
        since: '2026-11-03T09:02:00.000Z',
        revision: 'ghcr.io/railwayapp-templates/postgres-ssl:15',
        instances: { running: 1, all: 1 },
        domains: [],
        latest: null,
        alsoActive: [],
        rollback: { possible: false, to: null },
      },
      {
        name: 'api',
        status: 'live',
        healthy: true,
        deployment: { id: deploymentId, createdAt: '2026-11-03T09:00:00.000Z' },
        since: '2026-11-03T09:02:00.000Z',
        revision: commit,
        instances: { running: 2, all: 2 },
        domains: ['api-staging-4b0e.up.railway.app'],
        latest: { id: 'x', status: 'failed', revision: newer, since: '2026-11-03T10:48:00.000Z' },
        alsoActive: [],
        rollback: { possible: true, to: { id: deploymentId, revision: older, createdAt: '2026-11-03T07:00:00.000Z' } },
      },
      {
        name: 'worker',
        status: 'crashed',
        healthy: false,
        deployment: { id: deploymentId, createdAt: '2026-11-03T09:00:00.000Z' },
        since: '2026-11-03T09:02:00.000Z',
        revision: commit,
        instances: { running: 0, all: 1 },
        domains: [],
        latest: null,
        alsoActive: [],
        rollback: { possible: false, to: null },
      },
      {
        name: 'scheduler',
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
      },
    ],
    pending: [{ name: 'mcp-server', reason: 'not implemented before Step 7' }],
    platform: {
      isStable: false,
      incident: 'Builds are slow in one region',
      incidentUrl: 'https://status.example.com/1',
    },
    stagedChanges: 1,
    stagedPlaces: ['api.variables.QUEUE_CONNECTION'],
    splits: [],
    flags: [],
    next: { code: 'read-logs', because: 'worker crashed', command: 'fakturino logs worker -e staging' },
    ...parts,
  }
}

/** A deploy of ours that failed. */
export function anItem(parts: Partial<TimelineItem> = {}): TimelineItem {
  return {
    kind: 'operation',
    origin: 'here',
    at: '2026-11-03T09:00:00.000Z',
    ended: '2026-11-03T09:02:05.000Z',
    by: 'nina',
    what: 'deploy',
    outcome: 'failed',
    durationMs: 125_000,
    services: ['api'],
    ids: { operation: 'a2', patches: [id('p1')], deployments: [deploymentId] },
    revision: commit,
    places: [],
    reason: 'the banking queue',
    message: null,
    ...parts,
  }
}

/** Well and unwell, skipped and only said, with metrics. */
export function aCheck(parts: Partial<EnvironmentCheck> = {}): EnvironmentCheck {
  return {
    project: 'fakturino-production',
    environment: 'staging',
    at: '2026-11-03T09:00:00.000Z',
    verdict: 'fail',
    checks: [
      { check: 'liveness', service: 'api', outcome: 'pass' },
      {
        check: 'api-health',
        service: 'api',
        outcome: 'fail',
        finding: {
          code: 'degraded',
          severity: 'critical',
          subject: 'api',
          message: 'api is degraded: database fails (paddle too, which never fails the whole).',
          evidence: { url: 'https://api.example.com/health', status: 503, failing: 'database, paddle' },
          fix: 'Read what api logged about database: the answer names no reasons.',
        },
      },
      { check: 'telescope', service: 'api', outcome: 'skipped', reason: 'the flag monitoring is off' },
      {
        check: 'fakturino_signer_cert_expiry_days',
        service: 'api',
        outcome: 'fail',
        finding: {
          code: 'metric-missing',
          severity: 'advisory',
          subject: 'api',
          message: 'Days until the certificate expires: missing. api tells -1.',
        },
      },
      {
        check: 'queue-backlog',
        service: 'worker',
        outcome: 'unknown',
        finding: {
          code: 'backlog-unjudged',
          severity: 'advisory',
          subject: 'worker',
          message: '3 jobs wait; whether they get fewer shows only over 300 s.',
          evidence: { pending: 3, looks: 1, forSeconds: 0 },
          fix: 'Run: fakturino check --watch -e staging',
        },
        isAside: true,
      },
    ],
    metrics: [
      {
        metric: 'fakturino_signer_cert_expiry_days',
        service: 'api',
        means: 'Days until the certificate expires',
        state: 'missing',
        value: null,
      },
      { metric: 'invoiceshelf_customers_total', service: 'api', means: 'Customers', state: 'absent', value: null },
      {
        metric: 'invoiceshelf_invoices_total',
        service: 'api',
        means: 'Invoices by status',
        state: 'told',
        value: 7,
        parts: [
          { labels: { status: 'DRAFT' }, value: 3 },
          { labels: { status: 'SENT' }, value: 4 },
        ],
      },
    ],
    ...parts,
  }
}

/** What others did: a patch, a deployment, and a release from another machine. */
export const othersItems: TimelineItem[] = [
  anItem({
    kind: 'patch',
    origin: 'others',
    at: '2026-11-03T08:30:00.000Z',
    by: 'Petra',
    what: 'change of api.variables.QUEUE_CONNECTION',
    outcome: 'committed',
    durationMs: null,
    ids: { operation: null, patches: [id('p2')], deployments: [] },
    revision: null,
    places: ['api.variables.QUEUE_CONNECTION'],
    reason: null,
    message: 'try sync',
  }),
  anItem({
    kind: 'deployment',
    origin: 'others',
    at: '2026-11-03T08:20:00.000Z',
    by: null,
    what: 'deployment of api',
    outcome: 'live',
    durationMs: 40_000,
    reason: null,
  }),
  anItem({
    origin: 'elsewhere',
    at: '2026-11-03T08:10:00.000Z',
    by: 'petra',
    what: 'release',
    outcome: 'done',
    reason: null,
  }),
]

export const release: Release = {
  project: 'fakturino-production',
  environment: 'production',
  verdict: 'pass',
  changes: 3,
  services: [
    { name: 'postgres', outcome: 'unchanged' },
    { name: 'api', outcome: 'deployed', deploymentId, commit: newer },
    { name: 'worker', outcome: 'deployed', deploymentId, commit: newer },
  ],
  commit: newer,
  previousCommit: commit,
  elapsedMs: 125_000,
}

export const undo = {
  command: `fakturino deploy -e production --commit ${commit}`,
  note: 'It brings the code back. Variables and settings stay as they are now, and migrations are not undone.',
}

/** One of every type; the compiler demands a new one here. */
export const events: { [Type in OperationEvent['type']]: Extract<OperationEvent, { type: Type }> } = {
  'target-found': {
    type: 'target-found',
    project: 'fakturino-production',
    environment: 'production',
    isProtected: true,
    isRehearsal: false,
  },
  'plan-made': { type: 'plan-made', plan: aPlan() },
  'approval-given': { type: 'approval-given', by: 'option', what: 'deploy to staging' },
  'lease-awaited': {
    type: 'lease-awaited',
    environment: 'production',
    holder: 'nina',
    command: 'deploy',
    since: '2026-11-03T09:00:00.000Z',
    reason: 'the banking queue',
    forMs: 600_000,
  },
  'lease-taken': {
    type: 'lease-taken',
    environment: 'production',
    holder: 'nina',
    command: 'deploy',
    since: '2026-11-03T09:00:00.000Z',
  },
  'lease-left': { type: 'lease-left', environment: 'production', until: '2026-11-03T09:02:00.000Z' },
  'operation-unfinished': {
    type: 'operation-unfinished',
    environment: 'production',
    command: 'deploy',
    by: 'nina',
    since: '2026-11-03T09:00:00.000Z',
    commit,
    goOn: `fakturino deploy -e production --commit ${commit}`,
  },
  'project-created': { type: 'project-created', project: 'fakturino-production', environment: 'production' },
  'environment-created': { type: 'environment-created', environment: 'staging' },
  'service-created': { type: 'service-created', service: 'api' },
  'volume-created': { type: 'volume-created', environment: 'staging', service: 'redis', mountPath: '/data' },
  'domain-created': {
    type: 'domain-created',
    environment: 'staging',
    service: 'api',
    domain: 'api-staging-4b0e.up.railway.app',
  },
  'changes-stored': { type: 'changes-stored', environment: 'staging', way: 'patch', patchId: id('p'), changes: 1 },
  'changes-not-stored': { type: 'changes-not-stored', environment: 'staging', places: ['redis volume size'] },
  'auto-deploy-set': { type: 'auto-deploy-set', environment: 'staging', services: ['api', 'worker'], enabled: false },
  'level-started': { type: 'level-started', environment: 'staging', level: 2, services: ['worker', 'scheduler'] },
  'deployment-created': { type: 'deployment-created', environment: 'staging', service: 'api', deploymentId, commit },
  'deployment-followed': { type: 'deployment-followed', environment: 'staging', service: 'api', deploymentId, commit },
  'deployment-moved': {
    type: 'deployment-moved',
    service: 'api',
    deploymentId,
    status: 'deploying',
    step: 'pre-deploy-command',
    elapsedMs: 1_250,
  },
  'deployment-live': { type: 'deployment-live', service: 'api', deploymentId, commit, elapsedMs: 42_000 },
  'deployment-failed': {
    type: 'deployment-failed',
    service: 'api',
    deploymentId,
    status: 'failed',
    step: 'pre-deploy-command',
    reason: '"php artisan migrate --force" exited with code 1',
    elapsedMs: 125_000,
  },
  'log-read': {
    type: 'log-read',
    service: 'api',
    deploymentId,
    log: 'deploy',
    lines: [
      { time: '2026-11-03T09:00:00.000000000Z', message: '> php artisan migrate --force', isError: false },
      {
        time: '2026-11-03T09:00:00.500000000Z',
        message: 'SQLSTATE[42701]: Duplicate column: 7 ERROR: column "reference" of relation "invoices" already exists',
        isError: true,
      },
    ],
  },
  'log-not-read': {
    type: 'log-not-read',
    service: 'api',
    deploymentId,
    log: 'build',
    reason: '127.0.0.1 did not answer within 30 s.',
  },
  'level-settling': { type: 'level-settling', services: ['worker', 'scheduler'], forMs: 60_000 },
  'deployment-restarted': { type: 'deployment-restarted', environment: 'staging', service: 'api', deploymentId },
  'instances-changed': {
    type: 'instances-changed',
    service: 'api',
    deploymentId,
    running: 0,
    instances: 2,
    elapsedMs: 1_500,
  },
  'service-verified': {
    type: 'service-verified',
    service: 'api',
    url: 'https://api-staging-4b0e.up.railway.app/health',
    answers: 3,
  },
  'revision-confirmed': {
    type: 'revision-confirmed',
    service: 'api',
    url: 'https://api-staging-4b0e.up.railway.app/version',
    commit,
  },
  'service-blocked': {
    type: 'service-blocked',
    service: 'api',
    missingSecrets: ['APP_KEY', 'PADDLE_API_KEY'],
    waitsFor: [],
  },
  'service-unchanged': { type: 'service-unchanged', service: 'scheduler', commit },
  'services-not-started': {
    type: 'services-not-started',
    services: ['worker', 'scheduler'],
    because: 'api did not become live',
  },
  'rollback-planned': {
    type: 'rollback-planned',
    environment: 'production',
    commit,
    services: [
      {
        service: 'api',
        way: 'image',
        from: 'f'.repeat(40),
        to: deploymentId,
        canRollback: true,
        changes: { variables: ['CACHE_STORE'], flags: ['partner_portal'], returning: ['CACHE_STORE'] },
      },
      { service: 'worker', way: 'image-gone', from: 'f'.repeat(40), to: null, canRollback: false, changes: null },
      { service: 'scheduler', way: 'stays', from: commit, to: deploymentId, canRollback: null, changes: null },
    ],
  },
  'rollback-started': {
    type: 'rollback-started',
    environment: 'staging',
    services: ['api', 'worker'],
    changes: 2,
    because: 'api did not stay live',
  },
  'changes-put-back': {
    type: 'changes-put-back',
    environment: 'staging',
    patchId: id('p'),
    places: ['api variable CACHE_STORE', 'worker start command'],
  },
  'changes-left': {
    type: 'changes-left',
    environment: 'staging',
    places: ['postgres volume size'],
    because: 'what was created stays, and a volume never shrinks',
  },
  'deployment-rolled-back': {
    type: 'deployment-rolled-back',
    environment: 'staging',
    service: 'api',
    deploymentId,
    to: id('d'),
    commit,
    isBuilt: false,
  },
  'serving-read': {
    type: 'serving-read',
    environment: 'staging',
    services: [{ service: 'api', serves: 'put-back', deploymentId, commit, isRunning: true }],
  },
  finding: {
    type: 'finding',
    finding: { code: 'x', severity: 'advisory', subject: 'api', message: 'It is slow.', fix: 'Look at it.' },
  },
  'step-started': { type: 'step-started', step: 'deploy-staging', title: 'Deploy staging' },
  'step-command': { type: 'step-command', step: 'deploy-staging', command: 'fakturino deploy -e staging --yes' },
  'step-passed': { type: 'step-passed', step: 'deploy-staging', proved: ['All live.'], elapsedMs: 5_100, requests: 1 },
  'step-failed': {
    type: 'step-failed',
    step: 'deploy-staging',
    reason: 'not every service became live.',
    elapsedMs: 5_100,
    requests: 12,
  },
}

/** One of every answer. */
export const answers: Answer[] = [
  { type: 'plan', plan: aPlan(), isRehearsal: false, isProtected: true },
  {
    type: 'plan',
    plan: aPlan({ changes: [], deployments: [], notes: [], pending: [] }),
    isRehearsal: true,
    isProtected: false,
    saved: { path: 'staging.plan', apply: 'fakturino deploy -e staging --plan staging.plan' },
  },
  { type: 'status', status: aStatus(), isRehearsal: true },
  { type: 'check', check: aCheck(), isRehearsal: true },
  { type: 'check', check: aCheck(), before: aCheck({ checks: [], verdict: 'pass' }), isRehearsal: true },
  {
    type: 'history',
    project: 'fakturino-production',
    environment: 'production',
    isRehearsal: false,
    operations: [
      {
        id: 'a2',
        command: 'deploy',
        by: 'nina',
        reason: 'the banking queue',
        commit,
        began: '2026-11-03T09:00:00.000Z',
        ended: '2026-11-03T09:02:05.000Z',
        durationMs: 125_000,
        outcome: 'failed',
        code: 'deployment-failed',
        message: 'api failed in pre-deploy-command: "php artisan migrate --force" exited with code 1.',
        services: ['api'],
        changes: 2,
        patches: [id('p1')],
        deployments: [deploymentId],
      },
      {
        id: 'a1',
        command: 'restart',
        by: 'petra',
        began: '2026-11-03T08:00:00.000Z',
        ended: null,
        durationMs: null,
        outcome: 'open',
        services: ['worker'],
        changes: 0,
        patches: [],
        deployments: [],
      },
    ],
    items: [
      anItem({ message: 'api failed in pre-deploy-command: "php artisan migrate --force" exited with code 1.' }),
      ...othersItems,
    ],
    isDenied: true,
    completeSince: '2026-11-01T00:00:00.000Z',
    at: '2026-11-03T10:00:00.000Z',
    isMarkdown: false,
  },
  {
    type: 'log-errors',
    project: 'fakturino-production',
    environment: 'production',
    isRehearsal: false,
    since: '2026-11-02T09:00:00.000000000Z',
    until: '2026-11-03T09:00:00.000000000Z',
    lines: 1_200,
    gaps: 1,
    errors: [
      {
        exception: 'Illuminate\\Database\\QueryException',
        place: '/var/www/html/app/Providers/AppServiceProvider.php:157',
        summary: 'SQLSTATE[<n>]: <n> Duplicate key name <text>',
        count: 12,
        first: '2026-11-03T08:00:00.000000000Z',
        last: '2026-11-03T08:10:00.000000000Z',
        services: ['api', 'worker'],
        sample: 'SQLSTATE[42000]: 1061 Duplicate key name of an index that somebody made before\n[stacktrace]',
      },
      {
        exception: null,
        place: null,
        summary: 'job <n> of <text> took too long and was given up after so many tries that nobody counts them',
        count: 1,
        first: '2026-11-03T08:00:00.000000000Z',
        last: '2026-11-03T08:00:00.000000000Z',
        services: [],
        sample: 'job 7',
      },
    ],
  },
  {
    type: 'whoami',
    identity: {
      kind: 'project',
      name: 'ci of staging',
      project: { id: id('p'), name: 'fakturino-production' },
      environment: { id: id('e'), name: 'staging' },
    },
    endpoint: 'https://backboard.railway.com/graphql/v2',
    isRehearsal: false,
  },
  {
    type: 'init',
    setUp: {
      project: { id: 'p', name: 'fakturino-production' },
      environments: [
        { name: 'staging', changes: 98, missingSecrets: ['PADDLE_API_KEY'] },
        { name: 'production', changes: 98, missingSecrets: ['PADDLE_API_KEY', 'NLB_CLIENT_SECRET'] },
      ],
    },
    config: { path: '/shop/fakturino.config.ts', isNew: true },
    releases: [],
    next: ['fakturino deploy -e staging', 'fakturino deploy -e production'],
  },
  { type: 'deploy', release, undo },
  {
    type: 'deploy',
    release: {
      ...release,
      verdict: 'unknown',
      services: [
        { name: 'postgres', outcome: 'unchanged' },
        { name: 'api', outcome: 'started', deploymentId, commit },
        { name: 'worker', outcome: 'waiting' },
        { name: 'scheduler', outcome: 'waiting' },
      ],
    },
    undo,
    next: ['fakturino status -e staging', `fakturino deploy -e staging --commit ${commit}`],
  },
  {
    type: 'restart',
    restart: {
      project: 'fakturino-production',
      environment: 'staging',
      verdict: 'pass',
      services: ['api', 'worker', 'scheduler'].map((name) => ({ name, deploymentId })),
      elapsedMs: 64_000,
    },
  },
  {
    type: 'rollback',
    rollback: {
      id: 'b2',
      project: 'fakturino-production',
      environment: 'production',
      verdict: 'pass',
      commit,
      services: ['api', 'worker', 'scheduler'].map((name) => ({
        name,
        outcome: 'rolled-back',
        deploymentId,
        from: 'f'.repeat(40),
        isBuilt: false,
        returning: name === 'api' ? ['CACHE_STORE'] : [],
      })),
      wayForward: { way: 'rollback', commits: ['f'.repeat(40)] },
      elapsedMs: 64_000,
    },
    undo: {
      command: `fakturino rollback services --to ${'f'.repeat(40)} -e production`,
      note: 'It starts the images of before again, with the variables they ran with.',
    },
  },
  {
    type: 'rehearsal-up',
    rehearsal: {
      endpoint: 'http://127.0.0.1:4100/graphql/v2',
      edge: { host: '127.0.0.1', port: 4101 },
      tokens: {
        account: `rehearsal_account_${'a'.repeat(32)}`,
        workspace: `rehearsal_workspace_${'b'.repeat(32)}`,
        project: { staging: `rehearsal_project_${'c'.repeat(32)}` },
      },
      pid: 4242,
      next: ['fakturino init --yes --local', 'fakturino rehearse down'],
    },
  },
  { type: 'rehearsal-down', wasRunning: true },
  {
    type: 'rehearsal',
    report: {
      steps: [
        {
          step: 'init',
          title: 'Set up an empty workspace',
          outcome: 'passed',
          proved: ['One project.', 'Nothing twice.'],
          elapsedMs: 900,
          requests: 40,
        },
        {
          step: 'plan',
          title: 'Plan before the first deployment',
          outcome: 'failed',
          proved: [],
          reason: 'staging differs from the config right after init.',
          elapsedMs: 12_000,
          requests: 1,
        },
        { step: 'status', title: 'Look at what runs', outcome: 'not-reached', proved: [], elapsedMs: 0, requests: 0 },
      ],
      screens: [],
      elapsedMs: 65_000,
      requests: 41,
    },
  },
]

export const failure = {
  error: new OperatorError({
    kind: 'unfinished',
    code: 'blocked-by-secret',
    message:
      'api, worker and scheduler cannot start without APP_KEY and PADDLE_API_KEY, which nobody has supplied. Everything else is done.',
    hint: 'Put APP_KEY and PADDLE_API_KEY into a file and run: fakturino deploy -e production --secrets-file FILE',
  }),
  exitCode: 6,
}
