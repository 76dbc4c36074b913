import { expect, it } from 'vitest'
import type { LogEntry } from '../../src/logs/log-entry.ts'
import { readEntry } from '../../src/logs/read-entry.ts'
import { createRegrouping } from '../../src/logs/regrouping.ts'
import type { LogRow } from '../../src/platform/log-row.ts'
import { aRow, aTrace, rowsOf } from './row-samples.ts'

function read(rows: readonly LogRow[]): LogEntry[] {
  const regrouping = createRegrouping()
  return [...regrouping.take(rows), ...regrouping.end()].flatMap((group) => readEntry(group, () => 'api') ?? [])
}

it('a trace is one entry with what was thrown and where', () => {
  expect(read(rowsOf(aTrace(2, 'Illuminate\\\\Database\\\\QueryException')))).toEqual([
    {
      time: '2026-11-03T09:00:00.000000000Z',
      service: 'api',
      deploymentId: 'd1',
      instanceId: 'i1',
      level: 'error',
      message: aTrace(2, 'Illuminate\\\\Database\\\\QueryException').join('\n'),
      fields: {},
      thrown: {
        exception: 'Illuminate\\Database\\QueryException',
        place: '/var/www/html/app/Providers/AppServiceProvider.php:157',
      },
    },
  ])
})

it('a line that was wrapped is put together', () => {
  const rows = rowsOf([
    'In Connection.php line 568:',
    '',
    '  SQLSTATE[42000]: Syntax error or access violation: 1061 Duplicate key  ',
    "  name 'idx_a'  ",
    '',
  ])
  expect(read(rows)).toMatchObject([
    {
      level: 'error',
      message:
        "In Connection.php line 568:\nSQLSTATE[42000]: Syntax error or access violation: 1061 Duplicate key name 'idx_a'",
      thrown: { exception: 'SQLSTATE[42000] 1061', place: 'Connection.php:568' },
    },
  ])
})

const monolog = {
  message: 'Payment failed',
  context: { exception: { class: 'App\\Boom', message: 'no', code: 0, file: '/app/a.php:12', trace: [] }, user_id: 7 },
  level: 400,
  level_name: 'ERROR',
  channel: 'production',
  datetime: '2025-12-12T17:34:42+00:00',
  extra: {},
}

it.each([
  ['on one line', [aRow({ message: JSON.stringify(monolog), attributes: { level: 'info' } })]],
  ['over several rows', rowsOf(JSON.stringify(monolog, null, 2).split('\n'))],
  ['taken apart by the platform', [aRow({ message: monolog.message, attributes: { ...monolog, level: 'info' } })]],
])('JSON of Monolog %s', (_, rows) => {
  const { message, context, channel, datetime, extra } = monolog
  expect(read(rows)).toMatchObject([
    {
      level: 'error',
      message,
      fields: { context, channel, datetime, extra },
      thrown: { exception: 'App\\Boom', place: '/app/a.php:12' },
    },
  ])
  expect(read(rows)[0]?.fields).not.toHaveProperty('level')
})

it.each([
  [
    'an uncaught error',
    [
      'PHP Fatal error:  Uncaught TypeError: no in /a/b.php:3',
      'Stack trace:',
      '#0 {main}',
      '  thrown in /a/b.php on line 3',
    ],
    'TypeError',
    '/a/b.php:3',
  ],
  [
    'one that is not thrown',
    ['PHP Fatal error:  Allowed memory size exhausted in /a/b.php on line 3'],
    'PHP error',
    '/a/b.php:3',
  ],
  [
    'a traceback',
    ['Traceback (most recent call last):', '  File "/a.py", line 3, in f', '    g()', 'ValueError: no'],
    'ValueError',
    '/a.py:3',
  ],
])('%s names what was thrown', (_, messages, exception, place) => {
  expect(read(rowsOf(messages))).toMatchObject([{ level: 'error', thrown: { exception, place } }])
})

it('the platform is not believed where the text knows better, and is where it does not', () => {
  const levels = (message: string, severity: string) => read([aRow({ message, severity })])[0]?.level
  expect(levels('[14-Nov-2025 16:25:02] NOTICE: ready to handle connections', 'error')).toBe('info')
  expect(levels('something', 'error')).toBe('error')
})

it('a request is as bad as its status', () => {
  const request = {
    id: 'r',
    method: 'GET',
    host: 'h',
    path: '/',
    totalMs: 1,
    upstreamMs: 1,
    upstreamErrors: '',
    region: 'r',
  }
  const level = (status: number) => read([aRow({ request: { ...request, status } })])[0]?.level
  expect([200, 404, 503].map(level)).toEqual(['info', 'warn', 'error'])
})

it('fields named like parts of an object are only fields', () => {
  const entry = read([aRow({ message: '{"__proto__":{"level":"error"},"constructor":1,"message":"x"}' })])[0]
  expect(entry).toMatchObject({ message: 'x', level: 'info' })
  expect(Object.keys(entry?.fields ?? {})).toEqual(['__proto__', 'constructor'])
})

it('a structured line without a message is told as it was written, but for what its names say is secret', () => {
  const message = (text: string) => read([aRow({ message: text })])[0]?.message
  expect(message('{ "event":"paid",  "n":1.50 }')).toBe('{ "event":"paid",  "n":1.50 }')
  expect(message('{"event":"login","credentials":{"user":"nina","code":"abc"}}')).toBe(
    '{"event":"login","credentials":{"user":"[secret]","code":"[secret]"}}',
  )
  const deep = `{"password":{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`
  expect(message(deep)).toContain('"password"')
})
