import type { LogKind, LogLine } from '../model.ts'
import { artisanInfo } from './artisan-lines.ts'

/** One row of a log: whatever is printed with line breaks in it arrives as so many rows. */
export interface SpokenLine {
  message: string
  severity: LogLine['severity']
}

/** Who speaks, and when. */
export interface Speaker {
  now: number
  variables: Readonly<Record<string, string>>
  /** For ids; each call another one. */
  id: () => string
}

interface Speech {
  log: LogKind
  lines: (speaker: Speaker) => SpokenLine[]
}

/** What was thrown, and where. */
export interface Thrown {
  message: string
  /** The class. */
  exception: string
  file: string
  line: number
}

/** Frames above the one that threw. */
const frames = [
  "Illuminate\\Foundation\\Bootstrap\\HandleExceptions->handleError(2, 'Undefined array...', '/app/app/Provide...', 157)",
  'App\\Providers\\AppServiceProvider->boot()',
  'Illuminate\\Container\\BoundMethod::Illuminate\\Container\\{closure}()',
  'Illuminate\\Container\\Util::unwrapIfClosure(Object(Closure))',
  'Illuminate\\Container\\Container->call(Array)',
  'Illuminate\\Foundation\\Application->bootProvider(Object(App\\Providers\\AppServiceProvider))',
  'Illuminate\\Foundation\\Http\\Kernel->bootstrap()',
  'Illuminate\\Foundation\\Http\\Kernel->handle(Object(Illuminate\\Http\\Request))',
]

/** How the product logs what was thrown: one message of many lines, so many rows, and none of them tagged as an error. */
export function exceptionLines(now: number, { message, exception, file, line }: Thrown): SpokenLine[] {
  return info(
    `[${logTime(now)}] production.ERROR: ${message} {"exception":"[object] (${exception}(code: 0): ${message} at ${file}:${line})`,
    '[stacktrace]',
    ...frames.map(
      (frame, nth) => `#${nth} /app/vendor/laravel/framework/src/Illuminate/Support.php(${256 + nth}): ${frame}`,
    ),
    `#${frames.length} {main}`,
    '"} ',
  )
}

export const undefinedKey: Thrown = {
  message: 'Undefined array key "link"',
  exception: 'ErrorException',
  file: '/app/app/Providers/AppServiceProvider.php',
  line: 157,
}

const databaseRefused: Thrown = {
  message:
    'SQLSTATE[08006] [7] connection to server at "postgres.railway.internal", port 5432 failed: Connection refused',
  exception: 'Illuminate\\Database\\QueryException',
  file: '/app/vendor/laravel/framework/src/Illuminate/Database/Connection.php',
  line: 829,
}

/** What a request prints that was answered 500: a mistake in the code, or that the database is gone. */
export function failedRequestLines(now: number, isDatabaseDown: boolean): SpokenLine[] {
  return exceptionLines(now, isDatabaseDown ? databaseRefused : undefinedKey)
}

/** How often a container that boots says that it waits before it gives up, and how long lies between two times. */
const mostWaits = 30
export const waitMs = 2_100

export function waitingForDatabase(nth: number): string {
  return `Waiting for database... (${nth}/${mostWaits})`
}

/**
 * Everything that the product, its tools and the platform are known to print, by name and in the shape in which it arrives; with the
 * platform's tag, which is often wrong: what PHP-FPM says is always an error to it, and an exception of Laravel never.
 */
export const speeches = {
  'container-start': deploy(({ id }) =>
    info(
      `Mounting volume on: /var/lib/containers/railwayapp/bind-mounts/${id()}/vol_${id().replaceAll('-', '').slice(0, 16)}`,
      'Starting Container',
    ),
  ),
  'waiting-for-database': deploy(() => info(waitingForDatabase(7))),
  'database-never-came': deploy(() => info(waitingForDatabase(mostWaits), 'Database connection timeout')),
  'nothing-to-migrate': deploy(() => info(artisanInfo('Nothing to migrate.'))),
  'migration-failed': deploy(() => info(...failedMigration)),
  exception: deploy(({ now }) => exceptionLines(now, undefinedKey)),
  'database-refused': deploy(({ now }) => exceptionLines(now, databaseRefused)),
  'short-error': deploy(({ now }) => info(`[${logTime(now)}] production.ERROR: Session store not set on request.`)),
  warning: deploy(({ now }) =>
    info(
      `[${logTime(now)}] production.WARNING: Health check: Missing Paddle configuration {"config_key":"cashier.seller_id"} `,
    ),
  ),
  // Its prefix is the environment that the product fell back to.
  'local-error': deploy(({ now }) => info(`[${logTime(now)}] local.ERROR: Rate limiter [auth] is not defined. `)),
  'dotenv-error': deploy(() =>
    error('Failed to parse dotenv file. Encountered an invalid name at [// Payment providers].'),
  ),
  'json-error': deploy((speaker) => info(JSON.stringify(jsonRecord(speaker, true)))),
  'json-info': deploy((speaker) => info(JSON.stringify(jsonRecord(speaker, false)))),
  'php-fpm-ready': deploy(({ now }) => error(`[${fpmTime(now)}] NOTICE: ready to handle connections`)),
  // Whatever was asked for, the path is that of the one script.
  'php-fpm-access': deploy(({ now }) =>
    error(`127.0.0.1 -  ${fpmTime(now).replaceAll('-', '/').replace(' ', ':')} +0000 "GET /index.php" 503`),
  ),
  supervisor: deploy(({ now }) =>
    info(
      `${supervisorTime(now)} INFO spawned: 'queue-worker_00' with pid 88`,
      `${supervisorTime(now)} INFO success: nginx entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)`,
    ),
  ),
  'supervisor-fatal': deploy(({ now }) =>
    info(
      `${supervisorTime(now)} WARN exited: queue-worker_01 (exit status 1; not expected)`,
      `${supervisorTime(now)} INFO gave up: queue-worker_01 entered FATAL state, too many start retries too quickly`,
    ),
  ),
  'self-test-passed': deploy(() => info('✅ Health check passed (HTTP 200)', ready)),
  // And it stays up.
  'self-test-failed': deploy(() =>
    info(
      '❌ Health check failed (HTTP 503)',
      'Response: {"status":"degraded","checks":{"database":true,"redis":true,"queues":false}}',
      ready,
    ),
  ),
  'mcp-info': deploy(({ now }) => error(`${supervisorTime(now)} - maverick_mcp.server - INFO - Server is ready`)),
  'mcp-redis-error': deploy(({ now }) =>
    error(
      `${supervisorTime(now)} - maverick_mcp.data.cache - ERROR - Failed to initialize Redis connection pool: Error 111 connecting to 127.0.0.1:6379. [Errno 111] Connect call failed ('127.0.0.1', 6379)`,
    ),
  ),
  build: built(() =>
    info(
      'scheduling build on Metal builder "builder-rehearsal"',
      '[snapshot] receiving snapshot, in progress 8.2 MB',
      '\u001b[35m[Region: europe-west4]\u001b[0m',
      '\u001b[1mUsing Detected Dockerfile\u001b[22m',
      '\u001b[32m✓\u001b[39m 1842 modules transformed.',
    ),
  ),
  'build-failed': built(() => [
    ...info('[vite:json] resources/scripts/lang/mk.json (2063:7): Failed to parse JSON file'),
    ...error(
      '\u001b[31mBuild Failed: bc.Build: failed to solve: process "/bin/sh -c npm run build" did not complete successfully: exit code: 1\u001b[0m',
    ),
  ]),
  'build-without-lockfile': built(() =>
    error(
      'Build Failed: bc.Build: failed to solve: failed to compute cache key: failed to calculate checksum of ref rehearsal::0: "/package-lock.json": not found',
    ),
  ),
  // The platform tells its health check where it tells the build.
  'healthcheck-passed': built(() => info(...healthcheck, '[1/1] Healthcheck succeeded!')),
  'healthcheck-failed': built(() => [
    ...info(
      ...healthcheck,
      'Attempt #1 failed with service unavailable. Continuing to retry for 4m49s',
      'Attempt #2 failed with service unavailable. Continuing to retry for 4m38s',
    ),
    ...error('1/1 replicas never became healthy!'),
  ]),
  /** A boot script that prints its environment: the container's own values. Nothing where it holds no secret. */
  secrets: deploy(({ variables }) => info(...secretsOf(variables))),
  /** What a customer's name or a request can put into a log, aimed at the terminal of whoever reads it. */
  hostile: deploy(() =>
    info(
      'Copied: \u001b]52;c;cm0gLXJmIC8=\u0007',
      'Bell \u0007\u0007\u0007 and a title \u001b]0;all is well\u001b\\',
      'C1 bytes: \u009b31mred\u009b0m \u009d52;c;cm0=\u009c',
      'Invoice \u202egnp.exe\u202c for \u2066\u2067Acme\u2069\u2069\u200b',
      'Overwritten\r\u001b[2K\u001b[1A? Delete production? (y/N) y',
      '\u001b[?1049h\u001b[2J\u001b[Hnina@laptop ~ $ ',
    ),
  ),
} satisfies Readonly<Record<string, Speech>>

export type SpeechName = keyof typeof speeches

export const speechNames = Object.keys(speeches).filter(isSpeechName)

export function isSpeechName(name: unknown): name is SpeechName {
  return typeof name === 'string' && Object.hasOwn(speeches, name)
}

const ready = 'Application ready to serve requests.'

// Wrapped as artisan wraps an exception: the statement goes on in the next row, wherever a word ends.
const failedMigration = [
  '   2025_11_15_100001_add_missing_indexes ......................... 5.73ms FAIL',
  '',
  'In Connection.php line 568:',
  '',
  '  SQLSTATE[42000]: Syntax error or access violation: 1061 Duplicate key name',
  "  'idx_invoices_company_id' (Connection: mysql, SQL: alter table `invoices` add",
  '  index `idx_invoices_company_id`(`company_id`))',
  '',
]

const healthcheck = [
  '====================',
  'Starting Healthcheck',
  '====================',
  'Path: /health',
  'Retry window: 5m0s',
]

/** A line of the product's JSON channel, as its framework's formatter writes it. */
function jsonRecord({ now, id }: Speaker, isError: boolean): object {
  const request = { user_id: 7, company_id: 2, url: '/api/v1/invoices', method: 'POST', ip: '203.0.113.7' }
  return {
    message: isError ? undefinedKey.message : 'Invoice sent',
    context: isError
      ? {
          ...request,
          error_id: id(),
          exception: {
            class: undefinedKey.exception,
            message: undefinedKey.message,
            code: 0,
            file: `${undefinedKey.file}:${undefinedKey.line}`,
            trace: frames.map((_, nth) => `/app/vendor/laravel/framework/src/Illuminate/Support.php:${256 + nth}`),
          },
        }
      : { ...request, invoice_id: 118 },
    level: isError ? 400 : 200,
    level_name: isError ? 'ERROR' : 'INFO',
    channel: 'production',
    datetime: new Date(now).toISOString().replace('Z', '000+00:00'),
    extra: {},
  }
}

function secretsOf(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    if (value === '') return []
    const password = /^\w+:\/\/[^:/@\s]*:([^@\s]+)@/.exec(value)?.[1]
    if (password !== undefined) return [`${name}=${value}`, `Parsing ${name}: ${value}`, `Password: ${password}`]
    return /KEY|SECRET|TOKEN|PASSWORD|PASS$/.test(name) ? [`${name}=${value}`] : []
  })
}

function deploy(lines: Speech['lines']): Speech {
  return { log: 'deploy', lines }
}

function built(lines: Speech['lines']): Speech {
  return { log: 'build', lines }
}

function info(...messages: string[]): SpokenLine[] {
  return messages.map((message) => ({ message, severity: 'info' }))
}

function error(...messages: string[]): SpokenLine[] {
  return messages.map((message) => ({ message, severity: 'error' }))
}

/** `2026-11-03 09:00:00` */
function logTime(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replace('T', ' ')
}

/** `2026-11-03 09:00:00,000` */
function supervisorTime(now: number): string {
  return `${logTime(now)},${String(now % 1000).padStart(3, '0')}`
}

/** `03-Nov-2026 09:00:00` */
function fpmTime(now: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(now).toUTCString()) ?? []
  return `${day}-${month}-${year} ${time}`
}
