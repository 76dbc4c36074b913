import type { ServiceSettings } from '../platform/service-settings.ts'
import type { DesiredSecret, DesiredVariable } from './desired.ts'
import { privateDomainVariable, written } from './expressions.ts'
import type { PostgresService, RedisService } from './fakturino-config.ts'
import { sizeMB } from './quantities.ts'

/** What a database of the config becomes: an image, a volume, and the variables that others refer to. */
export interface Database {
  settings: ServiceSettings
  volume: { mountPath: string; sizeMB: number }
  variables: Record<string, DesiredVariable>
  /** Its password. */
  secret: DesiredSecret
}

/** A database in full, as the platform's own would be, but without a template, so that we choose its name (PLATFORM.md §6.5, §6.6, §6.8). */
export function database(name: string, service: PostgresService | RedisService): Database {
  return service.kind === 'postgres' ? postgres(name, service) : redis(name, service)
}

const postgresPath = '/var/lib/postgresql/data'
const redisPath = '/data'

function postgres(name: string, service: PostgresService): Database {
  const password = passwordOf(name)
  return {
    settings: { image: `ghcr.io/railwayapp-templates/postgres-ssl:${service.version}` },
    volume: { mountPath: postgresPath, sizeMB: sizeMB(service.storage) },
    variables: {
      POSTGRES_USER: text('postgres'),
      POSTGRES_PASSWORD: { kind: 'secret', secret: password },
      POSTGRES_DB: text('railway'),
      PGDATA: text(`${postgresPath}/pgdata`),
      PGHOST: text(host),
      PGPORT: text('5432'),
      PGUSER: text(its('POSTGRES_USER')),
      PGPASSWORD: text(its('POSTGRES_PASSWORD')),
      PGDATABASE: text(its('POSTGRES_DB')),
      DATABASE_URL: text(`postgresql://${its('PGUSER')}:${its('POSTGRES_PASSWORD')}@${host}:5432/${its('PGDATABASE')}`),
      SSL_CERT_DAYS: text('820'),
      RAILWAY_DEPLOYMENT_DRAINING_SECONDS: text('60'),
    },
    secret: generated(password, name),
  }
}

function redis(name: string, service: RedisService): Database {
  const password = passwordOf(name)
  return {
    settings: { image: `redis:${service.version}`, startCommand: redisStart(service) },
    volume: { mountPath: redisPath, sizeMB: sizeMB(service.storage) },
    variables: {
      REDISHOST: text(host),
      REDISPORT: text('6379'),
      REDISUSER: text('default'),
      REDIS_PASSWORD: { kind: 'secret', secret: password },
      REDISPASSWORD: text(its('REDIS_PASSWORD')),
      REDIS_URL: text(`redis://${its('REDISUSER')}:${its('REDIS_PASSWORD')}@${host}:6379`),
    },
    secret: generated(password, name),
  }
}

/** In a shell, because an image's start command expands no variables by itself (PLATFORM.md §5.6). */
function redisStart(service: RedisService): string {
  const server = [
    'redis-server --requirepass "$REDIS_PASSWORD" --save 60 1 --dir "$RAILWAY_VOLUME_MOUNT_PATH"',
    `--maxmemory ${sizeMB(service.memory)}mb --maxmemory-policy ${service.eviction}`,
  ].join(' ')
  return `/bin/sh -c 'exec docker-entrypoint.sh ${server}'`
}

/** `POSTGRES_PASSWORD` for a service named `postgres`: two databases never share one. */
function passwordOf(name: string): string {
  return `${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_PASSWORD`
}

function generated(secret: string, service: string): DesiredSecret {
  return {
    name: secret,
    generate: 'letters',
    services: [service],
    requiredBy: [service],
    purpose: `password of ${service}`,
  }
}

function text(value: string): DesiredVariable {
  return { kind: 'text', value }
}

function its(variable: string): string {
  return written({ variable })
}

const host = its(privateDomainVariable)
