import { describe, expect, it } from 'vitest'
import { id } from '../../../src/platform/ids.ts'
import type { LogRow } from '../../../src/platform/log-row.ts'
import type { CheckResult } from '../../../src/verify/check.ts'
import { errorsIn, judgeErrors } from '../../../src/verify/checks/error-burst.ts'
import { judgeRequests } from '../../../src/verify/checks/failing-requests.ts'
import { judgeBacklog } from '../../../src/verify/checks/queue-backlog.ts'
import { judgeStatus } from '../../../src/verify/checks/statuses.ts'
import type { ProbeAnswer } from '../../../src/verify/probe.ts'
import { requestsWindow } from '../../../src/verify/readings.ts'
import { anAnswer } from '../../support/builders.ts'

/** The code of what was found, or how it went. */
const word = ({ outcome, finding }: CheckResult) => finding?.code ?? outcome

const minute = 60_000

function aRow(message: string, parts: Partial<LogRow> = {}): LogRow {
  return {
    time: '2026-11-03T09:00:00.000000000Z',
    message,
    severity: 'info',
    attributes: {},
    serviceId: id('service-api'),
    deploymentId: id('deployment-api'),
    instanceId: 'i',
    ...parts,
  }
}

describe('jobs that wait', () => {
  const asked = { check: 'queue-backlog', service: 'worker' }
  it.each<[looks: number[], found: string]>([
    [[0], 'pass'],
    [[5], 'backlog-unjudged'],
    [[5, 5], 'backlog-unjudged'],
    [[5, 5, 5, 5, 5, 5], 'backlog-not-falling'],
    [[5, 6, 7, 8, 9, 10], 'backlog-not-falling'],
    [[10, 9, 9, 9], 'pass'],
    [[10, 8, 6, 4, 2, 1], 'pass'],
    [[9, 0, 4], 'pass'],
    [[9, 3, 3, 3, 3, 3, 3], 'backlog-not-falling'],
    [[5, 5, 5, 5, 5, 0], 'pass'],
  ])('%j, a minute apart: %s', (looks, found) => {
    const backlogs = looks.map((pending, index) => ({ at: index * minute, pending }))
    expect(word(judgeBacklog(asked, backlogs, 5 * minute))).toBe(found)
  })

  it('need three looks, however far apart', () => {
    expect(
      word(
        judgeBacklog(
          asked,
          [1, 2].map((at) => ({ at: at * 60 * minute, pending: 3 })),
          5 * minute,
        ),
      ),
    ).toBe('backlog-unjudged')
  })
})

describe('the errors among rows', () => {
  it.each<[errors: number, rows: [message: string, severity?: string][]]>([
    [1, [['[2025-12-12 17:34:42] production.ERROR: Undefined array key "link"']]],
    [0, [['[2025-12-12 17:34:42] production.WARNING: Health check: Missing Paddle configuration', 'error']]],
    [0, [['127.0.0.1 -  14/Nov/2025:16:25:06 +0000 "GET /index.php" 200', 'error']]],
    [1, [['{"message":"x","level":400,"level_name":"ERROR"}']]],
    [
      2,
      [
        ['something on stderr', 'error'],
        ['once more', 'error'],
      ],
    ],
    // One error, in as many rows as its stack trace has.
    [
      1,
      [
        [
          '[2025-12-12 17:34:42] production.ERROR: x {"exception":"[object] (ErrorException(code: 0): x at /app/a.php:1)',
        ],
        ['[stacktrace]', 'error'],
        ['#0 /app/vendor/x.php(256): A->b()', 'error'],
        ['#1 {main}', 'error'],
        ['"} ', 'error'],
      ],
    ],
  ])('%i of %j', (errors, rows) => {
    expect(errorsIn(rows.map(([message, severity = 'info']) => aRow(message, { severity })))).toHaveLength(errors)
  })
})

describe('a burst of errors', () => {
  const until = Date.UTC(2026, 10, 3, 9, 0, 0)
  const since = until - 5 * minute
  const from = since - 5 * minute
  const rows = (lately: number, before: number) => [
    ...Array.from({ length: before }, () => aRow('old', { time: '2026-11-03T08:52:00.000000000Z', severity: 'error' })),
    ...Array.from({ length: lately }, () => aRow('new', { time: '2026-11-03T08:57:00.000000000Z', severity: 'error' })),
  ]
  it.each<[lately: number, before: number, found: string]>([
    [0, 0, 'pass'],
    [10, 0, 'pass'],
    [11, 0, 'error-burst'],
    [11, 5, 'error-burst'],
    [12, 6, 'pass'],
    [13, 6, 'error-burst'],
  ])('%i in five minutes after %i: %s', (lately, before, found) => {
    expect(
      word(
        judgeErrors({ check: 'error-burst', service: 'api' }, errorsIn(rows(lately, before)), { since, from, until }),
      ),
    ).toBe(found)
  })
})

describe('requests that fail', () => {
  const asked = { check: 'failing-requests', service: 'api' }
  const requests = (at: number, good: number, bad: number) => [
    { status: 200, at, requests: good },
    { status: 502, at, requests: bad },
  ]
  it.each<[what: string, now: [number, number], before: [number, number], found: string]>([
    ['nobody asks', [0, 0], [0, 0], 'too-few-requests'],
    ['few ask', [30, 19], [0, 0], 'too-few-requests'],
    ['none fails', [100, 0], [100, 0], 'pass'],
    ['two of a hundred', [98, 2], [100, 0], 'pass'],
    ['three of a hundred', [97, 3], [100, 0], 'requests-failing'],
    ['three of a hundred, and two before', [97, 3], [98, 2], 'pass'],
    ['all of them', [0, 60], [97, 3], 'requests-failing'],
  ])('%s: %s', (_, now, before, found) => {
    expect(word(judgeRequests(asked, [...requests(900, ...before), ...requests(1_000, ...now)], 1_000))).toBe(found)
  })
})

describe('the time in which requests are counted', () => {
  it.each<[requestsMs: number, stepMs: number]>([
    [5 * minute, minute],
    [5_000, 1_000],
  ])('%i ms: whole steps of %i ms on both sides, up to the present', (requestsMs, stepMs) => {
    const now = Date.UTC(2026, 10, 3, 9, 0, 37)
    const window = requestsWindow(now, requestsMs)
    expect(window.stepMs).toBe(stepMs)
    expect([window.since % stepMs, window.since - window.from]).toEqual([0, requestsMs])
    expect(now - window.since).toBeGreaterThanOrEqual(requestsMs)
    expect(now - window.since).toBeLessThan(requestsMs + stepMs)
    expect(window.until).toBeGreaterThan(now)
  })
})

describe('a path that strangers are refused at', () => {
  const asked = { check: 'telescope', service: 'api', url: 'https://api.example.com/telescope' }
  const redirect = (location: string) => anAnswer({ status: 302, headers: { location } })
  it.each<[what: string, answer: ProbeAnswer, found: string, severity?: string]>([
    ['403', anAnswer({ status: 403, body: '<html>' }), 'pass'],
    ['401', anAnswer({ status: 401, body: '' }), 'pass'],
    ['302 to the login', redirect('https://api.example.com/login'), 'pass'],
    ['302 to a page of its own', redirect('/telescope/requests'), 'open-to-strangers', 'critical'],
    ['302 to itself with a slash', redirect('https://api.example.com/telescope/'), 'moved', 'advisory'],
    ['200', anAnswer({ status: 200, body: '<html>' }), 'open-to-strangers', 'critical'],
    ['404', anAnswer({ status: 404, body: '<html>' }), 'wrong-status', 'advisory'],
    ['500', anAnswer({ status: 500, body: '<html>' }), 'wrong-status', 'advisory'],
    ['of the edge', anAnswer({ status: 502, isFallback: true }), 'edge-fallback', 'critical'],
    ['none', { kind: 'unanswered', reason: 'timeout', elapsedMs: 1 }, 'answer-timeout', 'critical'],
  ])('%s: %s', (_, answer, found, severity) => {
    const result = judgeStatus(asked, answer, { statuses: [302, 401, 403], path: '/telescope' })
    expect(word(result)).toBe(found)
    expect(result.finding?.severity).toBe(severity)
  })

  it('is another matter than a path that should answer', () => {
    const check = { statuses: [200], path: '/up' }
    expect(word(judgeStatus(asked, anAnswer({ status: 200, body: '<html>' }), check))).toBe('pass')
    expect(judgeStatus(asked, anAnswer({ status: 500, body: '<html>' }), check).finding?.severity).toBe('critical')
  })
})
