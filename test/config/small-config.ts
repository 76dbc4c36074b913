import { ref, secret } from '../../src/config/define.ts'
import type { FakturinoConfig } from '../../src/config/fakturino-config.ts'

/** A config in which nothing is found, with one of everything that rules ask about. */
export function smallConfig(): FakturinoConfig {
  return {
    project: { name: 'small' },
    repository: 'acme/shop',
    databaseEngine: 'postgres',
    environments: {
      staging: { branch: 'main', validates: 'production' },
      production: { branch: 'main', protected: true, domains: { web: 'shop.example.com' } },
    },
    services: {
      web: {
        kind: 'app',
        build: 'make',
        preDeploy: 'php artisan migrate --force',
        start: 'serve',
        healthcheck: { path: '/up' },
        domain: true,
        port: 8080,
        variables: { DATABASE_URL: ref('postgres', 'DATABASE_URL'), APP_KEY: secret('APP_KEY') },
      },
      worker: {
        kind: 'app',
        build: 'make',
        start: 'php artisan queue:work --queue=default,mail',
        queues: ['default', 'mail'],
        variables: { DATABASE_URL: ref('postgres', 'DATABASE_URL'), APP_KEY: secret('APP_KEY') },
      },
      assistant: { kind: 'app', status: 'pending', reason: 'next month', port: 3000, build: 'npm ci' },
      postgres: { kind: 'postgres', version: '16', storage: '5GB' },
      redis: { kind: 'redis', version: '7', storage: '1GB', memory: '256MB', eviction: 'noeviction' },
    },
    secrets: { APP_KEY: { generate: 'laravel-key', requiredBy: ['web', 'worker'] } },
    flags: {
      mail: {
        variable: 'FEATURE_MAIL',
        default: false,
        riskyValue: true,
        services: ['web', 'worker'],
        sections: ['mail'],
        requires: { queues: ['mail'], secrets: ['APP_KEY'], services: ['web'] },
        effect: { service: 'web', path: '/mail', on: 200, off: 404 },
      },
    },
    checks: { up: { service: 'web', path: '/up', flag: 'mail' } },
    validation: { mail: { title: 'Mail', items: ['It arrives', { item: 'It is up', check: 'up' }] } },
    migrations: { service: 'web', place: 'pre-deploy' },
    postDeploy: [{ command: 'php artisan migrate --force', service: 'web', place: 'pre-deploy' }],
  }
}

/** The small config as plain JSON, with what is at each path replaced, or removed where the value is undefined. */
export function altered(changes: Record<string, unknown>): unknown {
  const config: unknown = structuredClone(smallConfig())
  for (const [path, value] of Object.entries(changes)) set(config, path.split('.'), value)
  return config
}

function set(holder: unknown, [key = '', ...rest]: string[], value: unknown): void {
  if (!isRecord(holder)) throw new Error(`nothing holds ${key}`)
  if (rest.length === 0) {
    if (value === undefined) delete holder[key]
    else holder[key] = value
    return
  }
  if (holder[key] === undefined) holder[key] = {}
  set(holder[key], rest, value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
