/**
 * Fakturino on Railway: six services, in staging and in production.
 * `fakturino plan` shows what differs from this file, `fakturino deploy` makes it so.
 */
import { defineConfig, perEnvironment, privateDomain, publicDomain, ref, secret, url, type Variables } from 'fakturino'

/** The three services that run the Laravel code. */
const laravel = ['api', 'worker', 'scheduler']

const laravelBuild = 'npm install && npm run build && composer install --optimize-autoloader --no-dev'

/** Their variables, the same for all three: what one of them dispatches, another one has to read. */
const laravelVariables: Variables = {
  APP_ENV: perEnvironment({ staging: 'staging', production: 'production' }),
  APP_KEY: secret('APP_KEY'),
  // With a scheme, and from the api: the worker and the scheduler have no domain of their own.
  APP_URL: url(publicDomain('api')),

  // Databases are not shared by themselves on Railway; each service has to refer to them.
  DATABASE_URL: ref('postgres', 'DATABASE_URL'),
  REDIS_URL: ref('redis', 'REDIS_URL'),
  DB_CONNECTION: 'pgsql',
  QUEUE_CONNECTION: 'redis',
  CACHE_STORE: 'redis',

  PADDLE_API_KEY: secret('PADDLE_API_KEY'),
  PADDLE_WEBHOOK_SECRET: secret('PADDLE_WEBHOOK_SECRET'),
  CPAY_SECRET_KEY: secret('CPAY_SECRET_KEY'),
  STOPANSKA_CLIENT_SECRET: secret('STOPANSKA_CLIENT_SECRET'),
  NLB_CLIENT_SECRET: secret('NLB_CLIENT_SECRET'),
}

/** A feature that is off until staging has shown that it works. */
const feature = { default: false, riskyValue: true, services: laravel }

export default defineConfig({
  project: { name: 'fakturino-production' },
  repository: 'your-organisation/fakturino',
  databaseEngine: 'postgres',

  // A domain of your own goes here, by service: domains: { api: 'app.example.com' }.
  environments: {
    staging: { branch: 'main', validates: 'production' },
    production: { branch: 'main', protected: true },
  },

  services: {
    api: {
      kind: 'app',
      purpose: 'Laravel web (PHP-FPM and Nginx)',
      build: laravelBuild,
      // Before traffic, in a container of its own: a migration that fails leaves everything as it was. What is pending is listed
      // first, so that the log tells what was not run; where there is no table of migrations yet, only the list fails.
      preDeploy: "/bin/sh -c 'php artisan migrate:status --pending; exec php artisan migrate --force'",
      // Caches are made where the variables are. No lone '&': it would start nginx even when a step before it failed.
      start:
        "php artisan config:cache && php artisan route:cache && php artisan view:cache && php-fpm -D && exec nginx -g 'daemon off;'",
      // Railway asks only while it deploys, and `deploy` once more over the domain; `check --watch` asks at this interval.
      healthcheck: { path: '/health', deployTimeout: '300s', interval: '30s', timeout: '10s', status: 200 },
      domain: true,
      port: 8080,
      // Signer certificates (PFX, PEM). With a volume every deployment of the api has a short downtime; `storage: 's3'` has none.
      volume: { mountPath: '/app/storage/certificates', size: '1GB' },
      variables: {
        ...laravelVariables,
        MCP_SERVER_TOKEN: secret('MCP_SERVER_TOKEN'),
        PROMETHEUS_NAMESPACE: 'fakturino',
        PROMETHEUS_STORAGE_ADAPTER: 'redis',
        // Railway's Redis calls them REDISHOST and REDISPORT.
        PROMETHEUS_REDIS_HOST: ref('redis', 'REDISHOST'),
        PROMETHEUS_REDIS_PORT: ref('redis', 'REDISPORT'),
        PROMETHEUS_REDIS_DATABASE: '2',
        PROMETHEUS_METRICS_ROUTE_ENABLED: 'false',
      },
    },

    worker: {
      kind: 'app',
      purpose: 'Queue processor',
      build: laravelBuild,
      start: 'php artisan queue:work redis --queue=default,migration,banking --sleep=3 --tries=3 --max-time=3600',
      queues: ['default', 'migration', 'banking'],
      // Not only on failure: --max-time ends it well every hour.
      restart: 'always',
      variables: laravelVariables,
    },

    scheduler: {
      kind: 'app',
      purpose: 'Laravel cron jobs',
      build: laravelBuild,
      start: 'php artisan schedule:work',
      schedule: [
        { job: 'Bank sync', when: 'hourly', flag: 'psd2_banking' },
        { job: 'Certificate expiry check', when: 'daily' },
        { job: 'Commission calculations', when: 'nightly' },
      ],
      variables: laravelVariables,
    },

    'mcp-server': {
      kind: 'app',
      purpose: 'AI tools (TypeScript, Node)',
      status: 'pending',
      reason: 'not implemented before Step 7',
      build: 'npm ci && npm run build',
      start: 'npm start',
      healthcheck: { path: '/health', interval: '30s', timeout: '10s', status: 200 },
      port: 3100,
      variables: {
        MCP_SERVER_TOKEN: secret('MCP_SERVER_TOKEN'),
        // By the api's private domain: 'api' alone is no host name there.
        LARAVEL_INTERNAL_URL: url(privateDomain('api')),
      },
    },

    // 10 GB needs a Railway plan that allows it.
    postgres: { kind: 'postgres', purpose: 'Primary database', version: '15', storage: '10GB' },

    redis: {
      kind: 'redis',
      purpose: 'Cache and queues',
      version: '7',
      memory: '256MB',
      eviction: 'allkeys-lru',
      // For its snapshots: without a volume every deployment of Redis would lose the queue.
      storage: '1GB',
    },
  },

  secrets: {
    APP_KEY: { purpose: 'Encrypts sessions and stored values', generate: 'laravel-key', requiredBy: laravel },
    MCP_SERVER_TOKEN: { purpose: 'Lets the MCP server and the api trust each other', generate: 'hex' },
    PADDLE_API_KEY: { purpose: 'Paddle payments' },
    PADDLE_WEBHOOK_SECRET: { purpose: 'Proves that a webhook is from Paddle' },
    CPAY_SECRET_KEY: { purpose: 'CPAY payments' },
    STOPANSKA_CLIENT_SECRET: { purpose: 'Bank access to Stopanska' },
    NLB_CLIENT_SECRET: { purpose: 'Bank access to NLB' },
  },

  flags: {
    accounting_backbone: {
      ...feature,
      variable: 'FEATURE_ACCOUNTING_BACKBONE',
      sections: ['invoice', 'bank', 'railway'],
    },
    migration_wizard: {
      ...feature,
      variable: 'FEATURE_MIGRATION_WIZARD',
      sections: ['migration', 'railway'],
      requires: { queues: ['migration'] },
    },
    psd2_banking: {
      ...feature,
      variable: 'FEATURE_PSD2_BANKING',
      sections: ['bank', 'railway'],
      requires: { secrets: ['STOPANSKA_CLIENT_SECRET', 'NLB_CLIENT_SECRET'], queues: ['banking'] },
    },
    partner_portal: {
      ...feature,
      variable: 'FEATURE_PARTNER_PORTAL',
      sections: ['partner', 'railway'],
    },
    // The safety flag: partners see invented figures while it is on, so switching it off is the risk.
    partner_mocked_data: {
      variable: 'FEATURE_PARTNER_MOCKED_DATA',
      default: true,
      riskyValue: false,
      services: laravel,
      sections: 'every',
    },
    advanced_payments: {
      ...feature,
      variable: 'FEATURE_ADVANCED_PAYMENTS',
      sections: ['invoice', 'railway'],
      requires: { secrets: ['PADDLE_API_KEY', 'PADDLE_WEBHOOK_SECRET', 'CPAY_SECRET_KEY'] },
    },
    mcp_ai_tools: {
      ...feature,
      variable: 'FEATURE_MCP_AI_TOOLS',
      sections: ['mcp', 'railway'],
      requires: { services: ['mcp-server'], secrets: ['MCP_SERVER_TOKEN'] },
      // Asked without the token, it answers 401 while the flag is on and 403 while it is off.
      effect: { service: 'api', path: '/internal/mcp/health', on: 401, off: 403 },
    },
    monitoring: {
      ...feature,
      variable: 'FEATURE_MONITORING',
      sections: ['monitoring', 'railway'],
      effect: { service: 'api', path: '/metrics', on: 200, off: 403 },
    },
  },

  checks: {
    'api-health': {
      service: 'api',
      path: '/health',
      format: 'health',
      advisory: ['signer', 'certificates', 'paddle', 'backup', 'bank_sync'],
    },
    'api-subsystems': { service: 'api', path: '/metrics/health', format: 'health', flag: 'monitoring' },
    'api-metrics': { service: 'api', path: '/metrics', format: 'prometheus', flag: 'monitoring' },
    // For super admins only, so it has to turn us away.
    telescope: { service: 'api', path: '/telescope', status: [302, 401, 403], flag: 'monitoring' },
    'mcp-health': { service: 'mcp-server', path: '/health', flag: 'mcp_ai_tools' },
  },

  metrics: {
    fakturino_signer_cert_expiry_days: {
      means: 'Days until the XML signing certificate expires',
      use: 'observed',
      missing: -1,
      critical: { below: 7 },
      advisory: { below: 30 },
    },
    fakturino_signer_cert_healthy: {
      means: 'Certificate health (1 healthy, 0 expiring soon)',
      use: 'observed',
      advisory: { below: 1 },
    },
    invoiceshelf_invoices_total: { means: 'Invoices by status', labels: ['status'], use: 'observed' },
    invoiceshelf_customers_total: { means: 'Customers', use: 'observed' },
    invoiceshelf_customers_active: { means: 'Customers invoiced in the last 90 days', use: 'observed' },
    invoiceshelf_revenue_30_days_total: { means: 'Revenue of the last 30 days', use: 'observed' },
    invoiceshelf_database_healthy: { means: 'Database connection', use: 'gating', critical: { below: 1 } },
    invoiceshelf_cache_healthy: { means: 'Cache connection', use: 'gating', critical: { below: 1 } },
    invoiceshelf_queue_jobs_pending: { means: 'Queued jobs', use: 'observed', advisory: { above: 100 } },
    // A total that never resets: only its growth says something.
    invoiceshelf_queue_jobs_failed: {
      means: 'Failed jobs',
      use: 'gating',
      measure: 'growth',
      critical: { above: 100 },
      advisory: { above: 0 },
    },
    invoiceshelf_bank_transactions_24h: { means: 'Bank transactions of the last 24 hours', use: 'observed' },
    invoiceshelf_bank_match_rate_percent: {
      means: 'Bank transactions matched to invoices',
      use: 'observed',
      advisory: { below: 70 },
    },
  },

  soak: {
    duration: '30m',
    interval: '30s',
    failureLimit: 5,
    consecutiveLimit: 3,
    minimumProbes: 10,
    minimumRequests: 50,
  },

  /** What has to be seen in staging before a flag takes its risky value in production. */
  validation: {
    invoice: {
      title: 'An invoice is signed, sent and paid',
      items: [
        'An invoice for a Macedonian customer can be made',
        'Its VAT of 18 % is right',
        'It can be signed with the test certificate',
        'Its UBL XML is right',
        'It can be sent',
        'The mail holds the PDF and the XML',
        'It can be paid in the Paddle sandbox',
        'The webhook is processed',
        'The payment is there',
        'The invoice is PAID',
        'With accounting_backbone: cash is debited, receivables are credited',
      ],
    },
    bank: {
      title: 'Bank transactions are imported and reconciled',
      items: [
        'A bank can be connected, or an MT940 or CSV file uploaded',
        'At least ten transactions arrive',
        'None arrives twice',
        'More than 70 % are matched automatically',
        'Matches of 50 % go to review and can be approved',
        'A match makes a payment',
        'The invoice is PAID',
        'With accounting_backbone: the ledger has it',
      ],
    },
    migration: {
      title: 'The wizard imports 1,000 rows',
      items: [
        'An Onivo export is at hand',
        'It can be uploaded',
        'Delimiter, encoding and headers are recognised',
        'The preset fits',
        'Ten rows are previewed',
        'The dry run reads every row',
        'Mistakes can be corrected and uploaded again',
        'The import runs to its end',
        '1,000 customers are right',
        'What failed can be downloaded as CSV',
      ],
    },
    partner: {
      title: 'A customer is attributed to a partner',
      items: [
        'A partner can be made',
        'The partner has a link',
        'A customer can sign up through it',
        'The link between the two is stored',
        'That customer pays an invoice',
        'A commission is made only while partner_mocked_data is off',
        'The portal shows one client and the amount',
        'With partner_mocked_data: the portal shows invented figures',
      ],
    },
    mcp: {
      title: 'The assistant explains an invoice',
      items: [
        'The flag is on',
        'An invoice can be opened',
        'The assistant can be asked',
        'A question about its tax is accepted',
        'The tax tool is called',
        'It gives a breakdown',
        'The breakdown is shown',
        'The audit log has the call',
        'Personal details were removed from it',
      ],
    },
    monitoring: {
      title: 'Monitoring shows what happens',
      items: [
        { item: '/metrics answers in the Prometheus format', check: 'api-metrics' },
        { item: '/metrics/health answers 200', check: 'api-subsystems' },
        'Durations, queue depth and certificate days are among the metrics',
        { item: '/telescope is for admins only', check: 'telescope' },
        'A failed job shows',
        'Queue depth rises with waiting jobs',
        'Queue depth falls when they are done',
      ],
    },
    railway: {
      title: 'Everything runs on Railway',
      items: [
        { item: 'Every service of the plan runs', check: 'runs' },
        { item: 'The api is healthy', check: 'api-health' },
        'The worker finishes jobs',
        { item: "The scheduler's log shows schedule:run", check: 'scheduler-looks' },
        // The health answer has a part for it, and is unhealthy without.
        { item: 'Postgres answers a query', check: 'api-health' },
        'Redis keeps a value',
        'The certificate volume is mounted',
      ],
    },
  },

  migrations: { service: 'api', place: 'pre-deploy' },

  // With `railway run` these would run on a laptop; here is where they really run.
  postDeploy: [
    { command: 'php artisan migrate --force', service: 'api', place: 'pre-deploy' },
    { command: 'php artisan config:cache', service: 'api', place: 'start' },
    { command: 'php artisan route:cache', service: 'api', place: 'start' },
    { command: 'php artisan view:cache', service: 'api', place: 'start' },
  ],

  knownIssues: [
    {
      finding: 'queues-may-be-evicted',
      subject: 'services.redis.eviction',
      reason: "the guide's choice; 'noeviction' or a second Redis would keep every job",
    },
    {
      finding: 'deep-health-gate',
      subject: 'services.api.healthcheck.path',
      reason: "the guide's path, always there; an advisory part that fails can hold back a deployment",
    },
    {
      finding: 'caches-at-start',
      subject: 'services.api.start',
      reason: 'every change of a variable deploys the api, and the cache is made anew',
    },
    {
      finding: 'php-fpm-unsupervised',
      subject: 'services.api.start',
      reason: 'one container for both, as in the guide; a supervisor in the image would restart it',
    },
  ],
})
