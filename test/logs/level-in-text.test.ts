import { describe, expect, it } from 'vitest'
import { levelInText, levelNamed, levelOfPlatform } from '../../src/logs/level-in-text.ts'

describe('the level that a line has by its own words', () => {
  it.each([
    ['[2025-12-12 17:34:42] production.ERROR: Undefined array key "link"', 'error'],
    ['[2025-12-12 17:34:42] local.WARNING: Health check: Missing Paddle configuration', 'warn'],
    ['[2025-12-12T17:34:42.123456+00:00] production.EMERGENCY: gone', 'error'],
    ['[2025-12-12 17:34:42] production.DEBUG: x', 'debug'],
    ['[14-Nov-2025 16:25:02] NOTICE: ready to handle connections', 'info'],
    ['[14-Nov-2025 16:25:02] WARNING: [pool www] server reached pm.max_children setting (5)', 'warn'],
    ['[14-Nov-2025 16:25:02 UTC] PHP Fatal error:  Uncaught Error: x in /a.php:3', 'error'],
    ['[14-Nov-2025 16:25:02] NOTICE: PHP message: PHP Warning:  x in /a.php on line 3', 'warn'],
    ['127.0.0.1 -  14/Nov/2025:16:25:06 +0000 "GET /index.php" 503', 'info'],
    ['10.0.0.1 - - [14/Nov/2025:16:25:06 +0000] "GET / HTTP/1.1" 200 612 "-" "curl"', 'info'],
    ['2025/11/14 16:25:06 [error] 12#12: *1 connect() failed', 'error'],
    ["2025-11-10 20:10:10,123 INFO spawned: 'queue-worker_00' with pid 88", 'info'],
    ['2025-11-10 20:10:10,123 WARN exited: queue-worker_00 (exit status 1; not expected)', 'warn'],
    ['2025-11-10 20:10:10,123 INFO gave up: queue-worker_01 entered FATAL state, too many start retries', 'error'],
    ['2025-11-10 20:10:10,123 CRIT Supervisor is running as root', 'error'],
    ['2025-11-05 13:57:22,894 - maverick_mcp.server - INFO - Starting', 'info'],
    ['2025-11-05 13:57:22,894 - maverick_mcp.server - ERROR - Failed to initialize Redis', 'error'],
    ['2025-11-05 13:57:22.894 UTC [12] LOG:  database system is ready', 'info'],
    ['2025-11-05 13:57:22.894 UTC [12] FATAL:  password authentication failed', 'error'],
    ['1:M 14 Nov 2025 16:25:02.123 * Ready to accept connections', 'info'],
    ['1:M 14 Nov 2025 16:25:02.123 # WARNING overcommit_memory', 'warn'],
    ['PHP Fatal error:  Uncaught TypeError: x', 'error'],
    ['PHP Deprecated:  x in /a.php on line 3', 'info'],
    ['In Connection.php line 568:', 'error'],
    ['   INFO  Nothing to migrate.  ', 'info'],
    ['   ERROR  Command failed.', 'error'],
    ['  2025_11_15_100001_add_missing_indexes ........ 5.73ms FAIL', 'error'],
    ['  2025_11_15_100001_add_missing_indexes ........ 5.73ms DONE', undefined],
    ['❌ Health check failed (HTTP 503)', 'error'],
    ['✅ Health check passed (HTTP 200)', 'info'],
    ['ERROR: it broke', 'error'],
    ['Build Failed: bc.Build: failed to solve', 'error'],
    ['Starting Container', undefined],
    ['Waiting for database... (7/30)', undefined],
    ['errors are reported here', undefined],
    ['', undefined],
  ])('%j is %s', (text, level) => {
    expect(levelInText(text)).toBe(level)
  })
})

it.each([
  ['WARNING', 'warn'],
  [' Err ', 'error'],
  [100, 'debug'],
  [200, 'info'],
  [250, 'info'],
  [300, 'warn'],
  [400, 'error'],
  [600, 'error'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  ['constructor', undefined],
  [null, undefined],
])('a logger that says %j means %s', (word, level) => {
  expect(levelNamed(word)).toBe(level)
})

it('the platform is believed last, and where it says nothing, a line informs', () => {
  expect(levelOfPlatform({ level: 'warn' }, 'error')).toBe('warn')
  expect(levelOfPlatform({}, 'error')).toBe('error')
  expect(levelOfPlatform({ level: 'loud' }, undefined)).toBe('info')
})

it('a very long line takes no time', () => {
  const start = performance.now()
  for (const text of ['[', '1', ' ', '/', '127.0.0.1 -', 'In ', '2025-11-10 20:10:10,123 INFO ']) {
    levelInText(text + 'a '.repeat(1_000_000))
    levelInText(text + ' '.repeat(1_000_000))
  }
  expect(performance.now() - start).toBeLessThan(500)
})
