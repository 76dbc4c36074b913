import { describe, expect, it } from 'vitest'
import type { EnvironmentConfig } from '../../../src/contract/environment-config.ts'
import { ref } from '../../support/contract-caller.ts'
import type { Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  aStoredStage,
  codeServices,
  environments,
  idOf,
  plainly,
  services,
  storedValue,
} from './deployed-stage.ts'

const build = 'npm install && npm run build && composer install --optimize-autoloader --no-dev'
const redisStart =
  '/bin/sh -c \'exec docker-entrypoint.sh redis-server --requirepass "$REDIS_PASSWORD" --save 60 1 --dir "$RAILWAY_VOLUME_MOUNT_PATH" --maxmemory 256mb --maxmemory-policy allkeys-lru\''

/** Row by row what the guide becomes: the service, where its setting stands in `environment.config`, what stands there. */
const rows: [service: string, path: string, value: unknown][] = [
  ...codeServices.flatMap((service): [string, string, unknown][] => [
    [service, 'source.repo', 'your-organisation/fakturino'],
    [service, 'source.branch', 'main'],
    [service, 'build.buildCommand', build],
    [service, 'variables.DATABASE_URL.value', ref('postgres.DATABASE_URL')],
    [service, 'variables.REDIS_URL.value', ref('redis.REDIS_URL')],
    [service, 'variables.APP_URL.value', `https://${ref('api.RAILWAY_PUBLIC_DOMAIN')}`],
    [service, 'variables.QUEUE_CONNECTION.value', 'redis'],
    [service, 'variables.CACHE_STORE.value', 'redis'],
    [service, 'variables.DB_CONNECTION.value', 'pgsql'],
    [service, 'variables.FEATURE_ACCOUNTING_BACKBONE.value', 'false'],
    [service, 'variables.FEATURE_MIGRATION_WIZARD.value', 'false'],
    [service, 'variables.FEATURE_PSD2_BANKING.value', 'false'],
    [service, 'variables.FEATURE_PARTNER_PORTAL.value', 'false'],
    [service, 'variables.FEATURE_PARTNER_MOCKED_DATA.value', 'true'],
    [service, 'variables.FEATURE_ADVANCED_PAYMENTS.value', 'false'],
    [service, 'variables.FEATURE_MCP_AI_TOOLS.value', 'false'],
    [service, 'variables.FEATURE_MONITORING.value', 'false'],
    [service, 'deploy.multiRegionConfig', undefined],
    [service, 'deploy.numReplicas', undefined],
  ]),
  [
    'api',
    'deploy.preDeployCommand',
    ["/bin/sh -c 'php artisan migrate:status --pending; exec php artisan migrate --force'"],
  ],
  [
    'api',
    'deploy.startCommand',
    "php artisan config:cache && php artisan route:cache && php artisan view:cache && php-fpm -D && exec nginx -g 'daemon off;'",
  ],
  ['api', 'deploy.healthcheckPath', '/health'],
  ['api', 'deploy.healthcheckTimeout', 300],
  ['api', 'variables.PORT.value', '8080'],
  ['api', 'variables.PROMETHEUS_NAMESPACE.value', 'fakturino'],
  ['api', 'variables.PROMETHEUS_STORAGE_ADAPTER.value', 'redis'],
  ['api', 'variables.PROMETHEUS_REDIS_HOST.value', ref('redis.REDISHOST')],
  ['api', 'variables.PROMETHEUS_REDIS_PORT.value', ref('redis.REDISPORT')],
  ['api', 'variables.PROMETHEUS_REDIS_DATABASE.value', '2'],
  ['api', 'variables.PROMETHEUS_METRICS_ROUTE_ENABLED.value', 'false'],
  [
    'worker',
    'deploy.startCommand',
    'php artisan queue:work redis --queue=default,migration,banking --sleep=3 --tries=3 --max-time=3600',
  ],
  ['worker', 'deploy.restartPolicyType', 'ALWAYS'],
  ['worker', 'deploy.healthcheckPath', undefined],
  ['worker', 'deploy.preDeployCommand', undefined],
  ['scheduler', 'deploy.startCommand', 'php artisan schedule:work'],
  ['scheduler', 'deploy.healthcheckPath', undefined],
  ['scheduler', 'deploy.preDeployCommand', undefined],
  ['postgres', 'source.image', 'ghcr.io/railwayapp-templates/postgres-ssl:15'],
  ['postgres', 'networking.tcpProxies', undefined],
  ['postgres', 'variables.POSTGRES_USER.value', 'postgres'],
  ['postgres', 'variables.POSTGRES_DB.value', 'railway'],
  ['postgres', 'variables.PGDATA.value', '/var/lib/postgresql/data/pgdata'],
  ['postgres', 'variables.PGHOST.value', ref('RAILWAY_PRIVATE_DOMAIN')],
  ['redis', 'source.image', 'redis:7'],
  ['redis', 'deploy.startCommand', redisStart],
]

const volumes: [service: string, mountPath: string, sizeMB: number][] = [
  ['api', '/app/storage/certificates', 1024],
  ['postgres', '/var/lib/postgresql/data', 10240],
  ['redis', '/data', 1024],
]

describe.each(environments)('the guide, deployed to %s and asked with plain GraphQL', (environment) => {
  it('has every setting of the guide, word for word', async () => {
    const stage = await aDeployedStage({ both: true })
    const config = await plainly(stage, environment).config()
    for (const [service, path, value] of rows) {
      const found = at(config.services?.[idOf(stage, service)], path)
      expect.soft(found, `${service} ${path}`).toEqual(value)
    }
    for (const service of codeServices) {
      expect.soft(at(config.services?.[idOf(stage, service)], 'variables.APP_ENV.value')).toBe(environment)
    }
  })

  it('has its volumes in their sizes, and one domain, to port 8080', async () => {
    const stage = await aDeployedStage({ both: true })
    const query =
      'query($id: String!) { environment(id: $id) { volumeInstances(first: 500) { edges { node { serviceId mountPath sizeMB } } } } }'
    const caller = plainly(stage, environment)
    const found = await caller.rows('environment.volumeInstances', query, { id: caller.environmentId })
    const expected = volumes.map(([service, mountPath, sizeMB]) => ({
      serviceId: idOf(stage, service),
      mountPath,
      sizeMB,
    }))
    expect(found).toHaveLength(expected.length)
    expect(found).toEqual(expect.arrayContaining(expected))
    expect(await domains(stage, environment)).toEqual([{ serviceId: idOf(stage, 'api'), targetPort: 8080 }])
  })

  it('gives its containers the addresses and the password of its own databases', async () => {
    const stage = await aDeployedStage({ both: true })
    const caller = plainly(stage, environment)
    const password = storedValue(stage, environment, 'postgres', 'POSTGRES_PASSWORD')
    const redisPassword = storedValue(stage, environment, 'redis', 'REDIS_PASSWORD')
    const domain = stage.platform.world.environmentNamed(environment).instances.get(idOf(stage, 'api'))?.domains[0]
    for (const service of codeServices) {
      const [deploymentId = ''] = await caller.active(idOf(stage, service))
      const expected = {
        DATABASE_URL: `postgresql://postgres:${password}@postgres.railway.internal:5432/railway`,
        REDIS_URL: `redis://default:${redisPassword}@redis.railway.internal:6379`,
        APP_URL: `https://${domain?.domain}`,
      }
      expect(await caller.snapshot(deploymentId), service).toMatchObject(expected)
      expect(await caller.variables(idOf(stage, service)), service).toMatchObject(expected)
    }
    const [api = ''] = await caller.active(idOf(stage, 'api'))
    expect(await caller.snapshot(api)).toMatchObject({
      PROMETHEUS_REDIS_HOST: 'redis.railway.internal',
      PROMETHEUS_REDIS_PORT: '6379',
    })
  })

  it('answers over its domain', async () => {
    const stage = await aDeployedStage({ both: true })
    const domain = stage.platform.world.environmentNamed(environment).instances.get(idOf(stage, 'api'))?.domains[0]
    const { status, body } = await plainly(stage, environment).edge(domain?.domain ?? '', '/health')
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ status: 'healthy', environment })
  })

  it('runs five services and nothing under the name mcp-server', async () => {
    const stage = await aDeployedStage({ both: true })
    const caller = plainly(stage, environment)
    const query =
      'query($id: String!) { environment(id: $id) { serviceInstances(first: 500) { edges { node { serviceName activeDeployments { status } } } } } }'
    const instances = await caller.rows('environment.serviceInstances', query, { id: caller.environmentId })
    expect(Object.fromEntries(instances.map((row) => [row.serviceName, row.activeDeployments]))).toEqual(
      Object.fromEntries(services.map((service) => [service, [{ status: 'SUCCESS' }]])),
    )
    const all = 'query($id: String!) { project(id: $id) { services(first: 500) { edges { node { name } } } } }'
    const known = await caller.rows('project.services', all, { id: caller.projectId })
    expect(new Set(known.map(({ name }) => name))).toEqual(new Set(services))
    expect(known).toHaveLength(services.length)
  })

  it('deploys nothing on a push', async () => {
    const stage = await aDeployedStage({ both: true })
    const caller = plainly(stage, environment)
    const query =
      'query($p: String!, $e: String!, $s: String!) { serviceInstanceAutoDeployStatus(projectId: $p, environmentId: $e, serviceId: $s) { enabled } }'
    for (const service of codeServices) {
      const asked = { p: caller.projectId, e: caller.environmentId, s: idOf(stage, service) }
      expect(await caller.read('serviceInstanceAutoDeployStatus.enabled', query, asked), service).toBe(false)
    }
  })

  it('can be read with the token of the environment, and not with the other one', async () => {
    const stage = await aDeployedStage({ both: true })
    const caller = plainly(stage, environment)
    const other = environments.find((name) => name !== environment) ?? ''
    const query = 'query($id: String!) { environment(id: $id) { name config(decryptVariables: true) } }'
    const asked = { id: caller.environmentId }
    const { name, config } = (await caller.read('environment', query, asked, caller.asProject(environment))) as {
      name: string
      config: EnvironmentConfig
    }
    expect(name).toBe(environment)
    expect(at(config.services?.[idOf(stage, 'worker')], 'deploy.restartPolicyType')).toBe('ALWAYS')
    expect(await caller.refusal(query, asked, caller.asProject(other))).toMatch(/not authorized/i)
  })
})

describe('secrets of two environments', () => {
  it('shares APP_KEY among the three services of an environment, and no secret between environments', async () => {
    const stage = await aStoredStage()
    const [staging, production] = environments.map((environment) => {
      const keys = codeServices.map((service) => storedValue(stage, environment, service, 'APP_KEY'))
      expect(new Set(keys).size).toBe(1)
      expect(keys[0]).toMatch(/^base64:[A-Za-z0-9+/]{43}=$/)
      return {
        appKey: keys[0],
        postgres: storedValue(stage, environment, 'postgres', 'POSTGRES_PASSWORD'),
        redis: storedValue(stage, environment, 'redis', 'REDIS_PASSWORD'),
        mcp: storedValue(stage, environment, 'api', 'MCP_SERVER_TOKEN'),
      }
    })
    for (const [name, value] of Object.entries(staging ?? {})) {
      expect(value, name).toEqual(expect.stringMatching(/.{32,}/))
      expect(Object.values(production ?? {}), name).not.toContain(value)
    }
  })
})

async function domains(stage: Stage, environment: (typeof environments)[number]): Promise<unknown[]> {
  const caller = plainly(stage, environment)
  const query =
    'query($id: String!) { environment(id: $id) { serviceInstances(first: 500) { edges { node { domains { serviceDomains { serviceId targetPort } customDomains { serviceId targetPort } } } } } } }'
  const rows = (await caller.rows('environment.serviceInstances', query, { id: caller.environmentId })) as {
    domains: { serviceDomains: unknown[]; customDomains: unknown[] }
  }[]
  return rows.flatMap((row) => [...row.domains.serviceDomains, ...row.domains.customDomains])
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
