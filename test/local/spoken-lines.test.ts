import { expect, test } from 'vitest'
import { type SpeechName, speeches, speechNames } from '../../src/local/runtime/spoken-lines.ts'
import { aProject } from '../support/contract-caller.ts'
import { printedLines } from '../support/printed-lines.ts'

const variables = {
  DATABASE_URL: 'postgresql://postgres:sentinel-pw@postgres.railway.internal:5432/railway',
  APP_KEY: 'base64:c2VudGluZWw=',
  MCP_SERVER_TOKEN: 'sentinel-token',
  PADDLE_WEBHOOK_SECRET: '',
  APP_ENV: 'production',
}

function spoken(name: SpeechName) {
  const now = Date.UTC(2026, 10, 3, 9, 0, 0, 123)
  return speeches[name].lines({ now, variables, id: () => '11111111-2222-4333-8444-555555555555' })
}

test.each<[SpeechName, 'info' | 'error', RegExp]>([
  [
    'container-start',
    'info',
    /bind-mounts\/11111111-2222-4333-8444-555555555555\/vol_1111111122224333\nStarting Container$/,
  ],
  ['waiting-for-database', 'info', /^Waiting for database\.\.\. \(7\/30\)$/],
  ['database-never-came', 'info', /^Waiting for database\.\.\. \(30\/30\)\n/],
  ['nothing-to-migrate', 'info', /^ {3}INFO {2}Nothing to migrate\.$/],
  [
    'migration-failed',
    'info',
    /5\.73ms FAIL\n\nIn Connection\.php line 568:\n\n {2}SQLSTATE\[42000\]: .*key name\n {2}'idx_invoices/,
  ],
  [
    'exception',
    'info',
    /^\[2026-11-03 09:00:00\] production\.ERROR: Undefined array key "link" \{"exception":"\[object\] \(ErrorException\(code: 0\): .* at \/app\/app\/Providers\/AppServiceProvider\.php:157\)\n\[stacktrace\]\n#0 \/app\/.*\n#8 \{main\}\n"\} $/s,
  ],
  ['database-refused', 'info', /production\.ERROR: SQLSTATE\[08006\] \[7\] /],
  ['short-error', 'info', /^\[2026-11-03 09:00:00\] production\.ERROR: Session store not set on request\.$/],
  ['warning', 'info', /production\.WARNING: Health check: Missing Paddle configuration \{/],
  ['local-error', 'info', /local\.ERROR: Rate limiter \[auth\] is not defined\./],
  ['dotenv-error', 'error', /^Failed to parse dotenv file\./],
  ['php-fpm-ready', 'error', /^\[03-Nov-2026 09:00:00\] NOTICE: ready to handle connections$/],
  ['php-fpm-access', 'error', /^127\.0\.0\.1 - {2}03\/Nov\/2026:09:00:00 \+0000 "GET \/index\.php" 503$/],
  ['supervisor', 'info', /^2026-11-03 09:00:00,123 INFO spawned: 'queue-worker_00' with pid 88\n/],
  ['supervisor-fatal', 'info', /INFO gave up: queue-worker_01 entered FATAL state/],
  ['self-test-passed', 'info', /\(HTTP 200\)\nApplication ready to serve requests\.$/],
  [
    'self-test-failed',
    'info',
    /\(HTTP 503\)\nResponse: \{"status":"degraded".*\}\nApplication ready to serve requests\.$/,
  ],
  ['mcp-info', 'error', /^2026-11-03 09:00:00,123 - maverick_mcp\.server - INFO - /],
  ['mcp-redis-error', 'error', /ERROR - Failed to initialize Redis connection pool: .*\[Errno 111\]/],
  ['build-without-lockfile', 'error', /"\/package-lock\.json": not found$/],
  [
    'healthcheck-passed',
    'info',
    /Starting Healthcheck\n={20}\nPath: \/health\nRetry window: 5m0s\n\[1\/1\] Healthcheck succeeded!$/,
  ],
])('%s is told as %s', (name, severity, text) => {
  const lines = spoken(name)
  expect(lines.map((line) => line.message).join('\n')).toMatch(text)
  expect(new Set(lines.map((line) => line.severity))).toEqual(new Set([severity]))
  expect(lines.filter(({ message }) => message.includes('\n'))).toEqual([])
})

test.each<[SpeechName, object]>([
  [
    'json-error',
    {
      message: 'Undefined array key "link"',
      context: {
        user_id: 7,
        exception: {
          class: 'ErrorException',
          code: 0,
          file: expect.stringMatching(/\.php:157$/),
          trace: expect.any(Array),
        },
      },
      level: 400,
      level_name: 'ERROR',
      channel: 'production',
      datetime: '2026-11-03T09:00:00.123000+00:00',
      extra: {},
    },
  ],
  ['json-info', { message: 'Invoice sent', level: 200, level_name: 'INFO' }],
])('%s is one line of JSON', (name, record) => {
  const [line, ...others] = spoken(name)
  expect(others).toEqual([])
  expect(JSON.parse(line?.message ?? '')).toMatchObject(record)
})

test('builds have colours, and only what ends one is an error', () => {
  expect(spoken('build').some(({ message }) => message.includes('\u001b[35m'))).toBe(true)
  expect(spoken('build-failed').map(({ severity }) => severity)).toEqual(['info', 'error'])
  expect(spoken('healthcheck-failed').at(-1)).toEqual({
    message: '1/1 replicas never became healthy!',
    severity: 'error',
  })
})

test('secrets that are printed are the container’s own', () => {
  expect(spoken('secrets').map(({ message }) => message)).toEqual([
    `DATABASE_URL=${variables.DATABASE_URL}`,
    `Parsing DATABASE_URL: ${variables.DATABASE_URL}`,
    'Password: sentinel-pw',
    `APP_KEY=${variables.APP_KEY}`,
    'MCP_SERVER_TOKEN=sentinel-token',
  ])
})

test('hostile lines hold what a terminal would obey', () => {
  const text = spoken('hostile')
    .map(({ message }) => message)
    .join('\n')
  for (const bytes of ['\u001b]52;c;', '\u0007', '\u009b', '\u202e', '\u2066', '\r\u001b[2K', '\u001b[?1049h']) {
    expect(text).toContain(bytes)
  }
})

test('a service says any of them with its newest deployment, in the build’s log or in its own', async () => {
  const caller = await aProject()
  const { world } = caller.platform
  const api = await caller.makeApp('api', { variables: { APP_KEY: { value: 'sentinel' } } })
  expect(() => world.say(caller.environmentId, api, 'warning')).toThrow('api was never deployed')
  const id = await caller.deployed(api)
  for (const name of speechNames) expect(world.say(caller.environmentId, api, name), name).toBeGreaterThan(0)
  const lines = await printedLines(caller, id)
  const messages = lines.map(({ message }) => message)
  expect(messages).toContain('APP_KEY=sentinel')
  expect(messages).not.toContain('1/1 replicas never became healthy!')
  expect(lines.find(({ message }) => message.includes('"GET /index.php"'))).toMatchObject({ severity: 'error' })
})

test('a slow boot says how often it has waited, and then that it listens', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const { sha } = caller.platform.world.addCommit('fakturino/app', 'main', { behaviour: 'slow' })
  const id = await caller.deployed(api, sha)
  caller.clock.advance(60_000)
  const messages = (await printedLines(caller, id)).map(({ message }) => message)
  expect(messages.slice(1, 3)).toEqual(['Waiting for database... (1/30)', 'Waiting for database... (2/30)'])
  expect(messages.slice(-2)).toEqual([
    'Waiting for database... (14/30)',
    'INFO  Server running on [http://0.0.0.0:8080].',
  ])
})
