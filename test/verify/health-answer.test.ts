import { describe, expect, it } from 'vitest'
import { judgeHealth } from '../../src/verify/checks/health.ts'
import type { ProbeAnswer } from '../../src/verify/probe.ts'
import { anAnswer } from '../support/builders.ts'

const asked = { check: 'api-health', service: 'api', url: 'https://api.example.com/health' }
const advisory = ['signer', 'certificates', 'paddle', 'backup', 'bank_sync']

const json = (status: number, value: unknown): ProbeAnswer => anAnswer({ status, body: JSON.stringify(value) })
const parts = (failing: string[]) =>
  Object.fromEntries(
    ['database', 'redis', 'queues', 'signer', 'bank_sync', 'storage', 'backup', 'certificates', 'paddle'].map(
      (name) => [name, !failing.includes(name)],
    ),
  )
const page = (status: number) =>
  anAnswer({
    status,
    body: '<!DOCTYPE html><html><head><title>Server Error - Fakturino</title></head></html>',
    headers: { 'content-type': 'text/html; charset=UTF-8' },
  })

/** Every shape in which services answer for their health, and what is made of it. */
const shapes: [what: string, answer: ProbeAnswer, outcome: string, code?: string, says?: RegExp][] = [
  ['healthy in full', json(200, { status: 'healthy', version: '1.0.0', checks: parts([]) }), 'pass'],
  ['the short form', json(200, { status: 'ok' }), 'pass'],
  ['ready', json(200, { status: 'ready', migrations: 'ok' }), 'pass'],
  ['a boolean ready', json(200, { ready: true, dependencies: {} }), 'pass'],
  ['a boolean alive', json(200, { alive: true, last_heartbeat: 'now' }), 'pass'],
  ['success', json(200, { success: true }), 'pass'],
  ['parts in words', json(200, { status: 'healthy', checks: { database: 'healthy', cache: 'healthy' } }), 'pass'],
  [
    'keys that nobody knows',
    json(200, { status: 'healthy', region: 'x', checks: { database: true, load: 3 } }),
    'pass',
  ],
  ['a plain word', anAnswer({ status: 200, body: 'OK\n' }), 'pass'],
  [
    'components with a status each',
    json(200, { status: 'healthy', components: { redis: { status: 'healthy', response_time_ms: 1 } } }),
    'pass',
  ],
  [
    '503 with a failing part',
    json(503, { status: 'degraded', checks: parts(['database']) }),
    'critical',
    'degraded',
    /^api is degraded: database fails\.$/,
  ],
  [
    '503 with several failing parts, one of them advisory',
    json(503, { status: 'degraded', checks: parts(['database', 'queues', 'paddle']) }),
    'critical',
    'degraded',
    /database and queues fail \(paddle too/,
  ],
  [
    '503 with advisory parts only',
    json(503, { status: 'degraded', checks: parts(['certificates', 'signer']) }),
    'advisory',
    'degraded',
    /signer and certificates fail\.$/,
  ],
  [
    'parts in words, one of them bad, and a whole that says healthy',
    json(200, { status: 'healthy', checks: { database: 'healthy', cache: 'unhealthy' } }),
    'critical',
    'degraded',
    /cache fails/,
  ],
  [
    'services that are up and down',
    json(200, { status: 'degraded', services: { yfinance: 'up', finviz: 'down' } }),
    'critical',
    'degraded',
    /finviz fails/,
  ],
  [
    'unhealthy without a reason',
    json(503, { status: 'unhealthy' }),
    'critical',
    'unhealthy',
    /unhealthy, and not what/,
  ],
  ['not ready', json(503, { status: 'not ready', message: 'x' }), 'critical', 'unhealthy', /not ready/],
  ['a boolean not ready', json(503, { ready: false }), 'critical', 'unhealthy'],
  ['ok with 503', json(503, { status: 'ok' }), 'critical', 'unhealthy'],
  ['an HTML page of 500', page(500), 'critical', 'misrouted', /misrouted or crashed/],
  ['an HTML page of 200', page(200), 'critical', 'misrouted', /misrouted or crashed/],
  [
    '403 of a feature that is off',
    json(403, { error: 'Feature not available', message: "The 'monitoring' feature is currently disabled." }),
    'advisory',
    'flag-not-effective',
  ],
  ['403 of tools that are off', json(403, { error: 'MCP tools disabled' }), 'advisory', 'flag-not-effective'],
  ['401 of a bad token', json(401, { error: 'Invalid MCP token' }), 'critical', 'unreadable-answer'],
  ['another JSON', json(200, { hello: 'world' }), 'critical', 'unreadable-answer'],
  ['a list', json(200, [1, 2]), 'critical', 'unreadable-answer'],
  ['a word that nobody knows', json(200, { status: 'splendid' }), 'critical', 'unreadable-answer'],
  ['nothing', anAnswer({ status: 200, body: '' }), 'critical', 'unreadable-answer'],
  [
    'a redirect',
    anAnswer({ status: 307, headers: { location: '/health/' } }),
    'critical',
    'moved',
    /sends elsewhere \(307\)/,
  ],
  [
    'the answer of the edge',
    anAnswer({ status: 502, isFallback: true }),
    'critical',
    'edge-fallback',
    /nothing listens on the port that the edge targets/,
  ],
  ['no answer in time', { kind: 'unanswered', reason: 'timeout', elapsedMs: 1 }, 'critical', 'answer-timeout'],
  ['no connection', { kind: 'unanswered', reason: 'no-connection', elapsedMs: 1 }, 'critical', 'not-answering'],
  ['nobody could ask', { kind: 'unasked', reason: 'the edge is not known' }, 'unknown', 'not-asked'],
]

describe('a health answer', () => {
  it.each(shapes)('%s', (_, answer, outcome, code, says = /./) => {
    const result = judgeHealth(asked, answer, { advisory })
    const severity = result.outcome === 'fail' ? result.finding?.severity : result.outcome
    expect(severity).toBe(outcome)
    expect(result.finding?.code).toBe(code)
    if (result.finding !== undefined) expect(result.finding.message).toMatch(says)
  })

  it('names the flag that is set and not effective', () => {
    const answer = json(403, { error: 'Feature not available' })
    const { finding } = judgeHealth({ ...asked, flag: 'monitoring' }, answer, { advisory })
    expect(finding?.message).toMatch(/^The flag monitoring is set and not effective/)
  })

  it('shows no part whose name is none, and no message of its own', () => {
    const answer = json(503, {
      status: 'degraded',
      message: 'password=hunter2',
      checks: { '\u001b]52;c;aGk=\u0007': false, ['x'.repeat(500)]: false },
    })
    const told = JSON.stringify(judgeHealth(asked, answer, { advisory }))
    expect(told).toContain('a part with a strange name')
    expect(told).not.toMatch(/hunter2|52;c|xxxxx/)
  })
})
