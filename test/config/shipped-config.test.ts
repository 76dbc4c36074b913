// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are references as Railway writes them
import { describe, expect, test } from 'vitest'
import config from '../../fakturino.config.ts'
import { desiredState } from '../../src/config/desired-state.ts'
import { inspectConfig } from '../../src/config/inspect-config.ts'

const laravel = ['api', 'worker', 'scheduler']

function service(name: string, environment = 'production') {
  const found = desiredState(config, environment).services.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no service ${name}`)
  return found
}

/** A variable as it is stored; secrets by name. */
function stored(name: string, variable: string, environment = 'production'): string | undefined {
  const value = service(name, environment).variables[variable]
  if (value === undefined) return undefined
  return value.kind === 'secret' ? `secret ${value.secret}` : value.value
}

function command(name: string): string | undefined {
  const found = config.services[name]
  return found?.kind === 'app' ? found.start : undefined
}

describe('the shipped config', () => {
  test('has nothing wrong: what is found is the placeholder, and what is known with its reason', () => {
    const { config: valid, findings } = inspectConfig(config)
    expect(valid).toEqual(config)
    expect(findings.map(({ code, severity, evidence }) => [code, severity, evidence?.known ?? false])).toEqual([
      ['unset-repository', 'advisory', false],
      ['queues-may-be-evicted', 'advisory', true],
      ['deep-health-gate', 'advisory', true],
      ['caches-at-start', 'advisory', true],
      ['php-fpm-unsupervised', 'advisory', true],
    ])
  })

  test('excuses nothing that is not found', () => {
    const found = inspectConfig(config).findings.map(({ code, subject }) => `${code} ${subject}`)
    for (const { finding, subject } of config.knownIssues ?? []) expect(found).toContain(`${finding} ${subject}`)
  })

  test('names its project, and has staging, which validates production, which is protected', () => {
    expect(config.project.name).toBe('fakturino-production')
    expect(desiredState(config, 'staging').environment).toEqual({
      name: 'staging',
      protected: false,
      validates: 'production',
    })
    expect(desiredState(config, 'production').environment).toEqual({ name: 'production', protected: true })
  })

  test('deploys the databases, then the api, then what shares its code; the MCP server not yet', () => {
    const { services, pending } = desiredState(config, 'production')
    expect(services.map(({ name, level }) => `${level} ${name}`)).toEqual([
      '0 postgres',
      '0 redis',
      '1 api',
      '2 worker',
      '2 scheduler',
    ])
    expect(pending).toEqual([{ name: 'mcp-server', reason: 'not implemented before Step 7' }])
    expect(new Set(laravel.map((name) => service(name).codebase))).toEqual(
      new Set(['your-organisation/fakturino#main']),
    )
  })
})

describe.each(['staging', 'production'])('in %s', (environment) => {
  test.each(laravel)('%s refers to the databases and the api', (name) => {
    expect(stored(name, 'DATABASE_URL', environment)).toBe('${{postgres.DATABASE_URL}}')
    expect(stored(name, 'REDIS_URL', environment)).toBe('${{redis.REDIS_URL}}')
    expect(stored(name, 'APP_URL', environment)).toBe('https://${{api.RAILWAY_PUBLIC_DOMAIN}}')
    expect(stored(name, 'QUEUE_CONNECTION', environment)).toBe('redis')
    expect(stored(name, 'CACHE_STORE', environment)).toBe('redis')
    expect(stored(name, 'DB_CONNECTION', environment)).toBe('pgsql')
    expect(stored(name, 'APP_ENV', environment)).toBe(environment)
    expect(stored(name, 'APP_KEY', environment)).toBe('secret APP_KEY')
  })
})

describe('row by row', () => {
  test('the application key is generated, and the three cannot start without it', () => {
    expect(desiredState(config, 'production').secrets).toContainEqual({
      name: 'APP_KEY',
      generate: 'laravel-key',
      services: laravel,
      requiredBy: laravel,
      purpose: 'Encrypts sessions and stored values',
    })
  })

  test('the api migrates before traffic and caches where the variables are', () => {
    expect(service('api').settings).toEqual({
      repo: 'your-organisation/fakturino',
      branch: 'main',
      buildCommand: 'npm install && npm run build && composer install --optimize-autoloader --no-dev',
      preDeploy: ["/bin/sh -c 'php artisan migrate:status --pending; exec php artisan migrate --force'"],
      startCommand:
        "php artisan config:cache && php artisan route:cache && php artisan view:cache && php-fpm -D && exec nginx -g 'daemon off;'",
      healthcheckPath: '/health',
      healthcheckTimeoutSeconds: 300,
    })
  })

  test('its health is asked at the gate by the platform, and every 30 s by us', () => {
    expect(service('api').liveness).toEqual({
      path: '/health',
      status: 200,
      advisory: ['signer', 'certificates', 'paddle', 'backup', 'bank_sync'],
    })
    expect(config.services.api).toMatchObject({ healthcheck: { interval: '30s', timeout: '10s', status: 200 } })
  })

  test('it has a generated domain at port 8080 and a volume of 1 GB', () => {
    expect(service('api').domain).toEqual({ targetPort: 8080 })
    expect(stored('api', 'PORT')).toBe('8080')
    expect(service('api').volume).toEqual({ mountPath: '/app/storage/certificates', sizeMB: 1024 })
  })

  test('the worker always restarts; worker and scheduler are built as the api is and not asked for health', () => {
    const build = service('api').settings.buildCommand
    expect(service('worker').settings).toEqual({
      repo: 'your-organisation/fakturino',
      branch: 'main',
      buildCommand: build,
      startCommand:
        'php artisan queue:work redis --queue=default,migration,banking --sleep=3 --tries=3 --max-time=3600',
      restartPolicy: 'always',
    })
    expect(service('scheduler').settings).toEqual({
      repo: 'your-organisation/fakturino',
      branch: 'main',
      buildCommand: build,
      startCommand: 'php artisan schedule:work',
    })
    for (const name of ['worker', 'scheduler']) {
      expect(service(name)).not.toHaveProperty('domain')
      expect(service(name)).not.toHaveProperty('volume')
      expect(service(name)).not.toHaveProperty('liveness')
    }
  })

  test('pushes deploy nothing by themselves', () => {
    expect(laravel.map((name) => service(name).autoDeploy)).toEqual([false, false, false])
  })

  test('Postgres 15 with 10 GB, made without a template', () => {
    expect(service('postgres')).toEqual({
      name: 'postgres',
      kind: 'postgres',
      settings: { image: 'ghcr.io/railwayapp-templates/postgres-ssl:15' },
      volume: { mountPath: '/var/lib/postgresql/data', sizeMB: 10_240 },
      level: 0,
      variables: {
        POSTGRES_USER: { kind: 'text', value: 'postgres' },
        POSTGRES_PASSWORD: { kind: 'secret', secret: 'POSTGRES_PASSWORD' },
        POSTGRES_DB: { kind: 'text', value: 'railway' },
        PGDATA: { kind: 'text', value: '/var/lib/postgresql/data/pgdata' },
        PGHOST: { kind: 'text', value: '${{RAILWAY_PRIVATE_DOMAIN}}' },
        PGPORT: { kind: 'text', value: '5432' },
        PGUSER: { kind: 'text', value: '${{POSTGRES_USER}}' },
        PGPASSWORD: { kind: 'text', value: '${{POSTGRES_PASSWORD}}' },
        PGDATABASE: { kind: 'text', value: '${{POSTGRES_DB}}' },
        DATABASE_URL: {
          kind: 'text',
          value: 'postgresql://${{PGUSER}}:${{POSTGRES_PASSWORD}}@${{RAILWAY_PRIVATE_DOMAIN}}:5432/${{PGDATABASE}}',
        },
        SSL_CERT_DAYS: { kind: 'text', value: '820' },
        RAILWAY_DEPLOYMENT_DRAINING_SECONDS: { kind: 'text', value: '60' },
      },
    })
  })

  test('Redis 7 with 256 MB, its eviction in the start command, and a volume', () => {
    expect(service('redis').settings).toEqual({
      image: 'redis:7',
      startCommand: `/bin/sh -c 'exec docker-entrypoint.sh redis-server --requirepass "$REDIS_PASSWORD" --save 60 1 --dir "$RAILWAY_VOLUME_MOUNT_PATH" --maxmemory 256mb --maxmemory-policy allkeys-lru'`,
    })
    expect(service('redis').volume?.mountPath).toBe('/data')
    const names = ['REDISHOST', 'REDISPORT', 'REDISUSER', 'REDISPASSWORD', 'REDIS_PASSWORD', 'REDIS_URL']
    expect(new Set(Object.keys(service('redis').variables))).toEqual(new Set(names))
    expect(stored('redis', 'REDIS_PASSWORD')).toBe('secret REDIS_PASSWORD')
    expect(stored('redis', 'REDIS_URL')).toBe(
      'redis://${{REDISUSER}}:${{REDIS_PASSWORD}}@${{RAILWAY_PRIVATE_DOMAIN}}:6379',
    )
  })

  test('six Prometheus variables, on the api only', () => {
    expect(
      Object.fromEntries(
        Object.keys(service('api').variables)
          .filter((name) => name.startsWith('PROMETHEUS_'))
          .map((name) => [name, stored('api', name)]),
      ),
    ).toEqual({
      PROMETHEUS_NAMESPACE: 'fakturino',
      PROMETHEUS_STORAGE_ADAPTER: 'redis',
      PROMETHEUS_REDIS_HOST: '${{redis.REDISHOST}}',
      PROMETHEUS_REDIS_PORT: '${{redis.REDISPORT}}',
      PROMETHEUS_REDIS_DATABASE: '2',
      PROMETHEUS_METRICS_ROUTE_ENABLED: 'false',
    })
    for (const name of ['worker', 'scheduler']) {
      expect(Object.keys(service(name).variables).filter((one) => one.startsWith('PROMETHEUS_'))).toEqual([])
    }
  })

  test('the MCP server, once it is no longer pending, listens at 3100 and asks the api by its private domain', () => {
    const pending = config.services['mcp-server']
    if (pending === undefined || pending.kind !== 'app') throw new Error('the MCP server is an app')
    const { status: _status, reason: _reason, ...built } = pending
    const changed = { ...config, services: { ...config.services, 'mcp-server': built } }
    expect(inspectConfig(changed).findings.filter(({ severity }) => severity === 'critical')).toEqual([])
    const server = desiredState(changed, 'production').services.find(({ name }) => name === 'mcp-server')
    expect(server?.settings).toMatchObject({ buildCommand: 'npm ci && npm run build', startCommand: 'npm start' })
    expect(server?.settings.healthcheckPath).toBe('/health')
    expect(server?.variables).toEqual({
      PORT: { kind: 'text', value: '3100' },
      MCP_SERVER_TOKEN: { kind: 'secret', secret: 'MCP_SERVER_TOKEN' },
      LARAVEL_INTERNAL_URL: { kind: 'text', value: 'http://${{api.RAILWAY_PRIVATE_DOMAIN}}:8080' },
    })
  })

  test('region and replicas stay with the platform', () => {
    for (const { settings } of desiredState(config, 'production').services) {
      expect(settings).not.toHaveProperty('region')
      expect(settings).not.toHaveProperty('replicas')
    }
  })

  test('eight flags on three services, all off but the safety flag, whose risk is being off', () => {
    expect(desiredState(config, 'production').flags).toEqual(
      [
        'accounting_backbone',
        'migration_wizard',
        'psd2_banking',
        'partner_portal',
        'partner_mocked_data',
        'advanced_payments',
        'mcp_ai_tools',
        'monitoring',
      ].map((name) => ({
        name,
        variable: `FEATURE_${name.toUpperCase()}`,
        default: name === 'partner_mocked_data' ? 'true' : 'false',
        riskyValue: name === 'partner_mocked_data' ? 'false' : 'true',
        services: laravel,
      })),
    )
    expect(config.flags?.partner_mocked_data?.sections).toBe('every')
  })

  test.each([
    'PADDLE_API_KEY',
    'PADDLE_WEBHOOK_SECRET',
    'CPAY_SECRET_KEY',
    'STOPANSKA_CLIENT_SECRET',
    'NLB_CLIENT_SECRET',
  ])('%s comes from a person, is held by the three, and keeps none of them from starting', (name) => {
    const found = desiredState(config, 'production').secrets.find((one) => one.name === name)
    expect(found).toMatchObject({ services: laravel, requiredBy: [] })
    expect(found).not.toHaveProperty('generate')
  })

  test('the MCP token is generated, and the api holds it', () => {
    expect(desiredState(config, 'production').secrets).toContainEqual(
      expect.objectContaining({ name: 'MCP_SERVER_TOKEN', generate: 'hex', services: ['api'], requiredBy: [] }),
    )
  })

  test('each post-deploy step of the guide has its place, and really is there', () => {
    const { preDeploy, startCommand = '' } = service('api').settings
    for (const { command: step, place } of config.postDeploy ?? []) {
      if (place === 'pre-deploy') expect(preDeploy?.join('; ')).toContain(` exec ${step}'`)
      else expect(startCommand.split(' && ')).toContain(step)
    }
    expect(config.postDeploy).toHaveLength(4)
  })

  test('watching takes the times that the guide names', () => {
    expect(config.soak).toMatchObject({ duration: '30m', interval: '30s' })
  })
})

describe('the guide is covered', () => {
  const whole = JSON.stringify([config, desiredState(config, 'staging'), desiredState(config, 'production')])

  test.each([
    'npm install && npm run build && composer install --optimize-autoloader --no-dev',
    'php artisan queue:work redis --queue=default,migration,banking --sleep=3 --tries=3 --max-time=3600',
    'php artisan schedule:work',
    'npm ci && npm run build',
    'npm start',
    'php artisan migrate --force',
    'php artisan config:cache',
    'php artisan route:cache',
    'php artisan view:cache',
    'php-fpm',
    "nginx -g 'daemon off;'",
  ])('the command %s', (line) => {
    expect(whole).toContain(JSON.stringify(line).slice(1, -1))
  })

  test.each([
    'APP_ENV',
    'APP_KEY',
    'APP_URL',
    'DATABASE_URL',
    'REDIS_URL',
    'FEATURE_ACCOUNTING_BACKBONE',
    'FEATURE_MIGRATION_WIZARD',
    'FEATURE_PSD2_BANKING',
    'FEATURE_PARTNER_PORTAL',
    'FEATURE_PARTNER_MOCKED_DATA',
    'FEATURE_ADVANCED_PAYMENTS',
    'FEATURE_MCP_AI_TOOLS',
    'FEATURE_MONITORING',
    'MCP_SERVER_TOKEN',
    'LARAVEL_INTERNAL_URL',
    'PORT',
    'PADDLE_API_KEY',
    'PADDLE_WEBHOOK_SECRET',
    'CPAY_SECRET_KEY',
    'STOPANSKA_CLIENT_SECRET',
    'NLB_CLIENT_SECRET',
    'PROMETHEUS_NAMESPACE',
    'PROMETHEUS_STORAGE_ADAPTER',
    'PROMETHEUS_REDIS_HOST',
    'PROMETHEUS_REDIS_PORT',
    'PROMETHEUS_REDIS_DATABASE',
    'PROMETHEUS_METRICS_ROUTE_ENABLED',
  ])('the variable %s', (name) => {
    expect(whole).toContain(`"${name}"`)
  })

  test('its twelve metrics, and no others', () => {
    expect(Object.keys(config.metrics ?? {})).toEqual([
      'fakturino_signer_cert_expiry_days',
      'fakturino_signer_cert_healthy',
      'invoiceshelf_invoices_total',
      'invoiceshelf_customers_total',
      'invoiceshelf_customers_active',
      'invoiceshelf_revenue_30_days_total',
      'invoiceshelf_database_healthy',
      'invoiceshelf_cache_healthy',
      'invoiceshelf_queue_jobs_pending',
      'invoiceshelf_queue_jobs_failed',
      'invoiceshelf_bank_transactions_24h',
      'invoiceshelf_bank_match_rate_percent',
    ])
  })

  test('its health and monitoring endpoints', () => {
    const asked = Object.values(config.checks ?? {}).map(({ service: name, path, flag }) => [name, path, flag])
    expect(asked).toEqual([
      ['api', '/health', undefined],
      ['api', '/metrics/health', 'monitoring'],
      ['api', '/metrics', 'monitoring'],
      ['api', '/telescope', 'monitoring'],
      ['mcp-server', '/health', 'mcp_ai_tools'],
    ])
  })

  test('its six services, queues and scheduled jobs', () => {
    expect(Object.keys(config.services)).toEqual(['api', 'worker', 'scheduler', 'mcp-server', 'postgres', 'redis'])
    expect(config.services.worker).toMatchObject({ queues: ['default', 'migration', 'banking'] })
    expect(config.services.scheduler).toMatchObject({
      schedule: [
        { job: 'Bank sync', when: 'hourly', flag: 'psd2_banking' },
        { job: 'Certificate expiry check', when: 'daily' },
        { job: 'Commission calculations', when: 'nightly' },
      ],
    })
    expect(laravel.map(command)).not.toContain(undefined)
  })

  test('its staging checklist: seven sections, each reached by a flag', () => {
    const items = Object.entries(config.validation ?? {}).map(([name, { items: list }]) => [name, list.length])
    expect(Object.fromEntries(items)).toEqual({
      invoice: 11,
      bank: 8,
      migration: 10,
      partner: 8,
      mcp: 9,
      monitoring: 7,
      railway: 7,
    })
    const reached = Object.values(config.flags ?? {}).flatMap(({ sections }) => sections)
    for (const [section] of items) expect(reached).toContain(section)
  })
})
