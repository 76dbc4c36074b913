import { describe, expect, it } from 'vitest'
import shipped from '../../fakturino.config.ts'
import type { WatchedMetric } from '../../src/config/watched.ts'
import { watchedBy } from '../../src/config/watched-by.ts'
import { readPage } from '../../src/verify/checks/metrics.ts'
import { type Figure, figuresIn, judgeFigures } from '../../src/verify/figures.ts'
import type { ProbeAnswer } from '../../src/verify/probe.ts'
import { saidAnswer } from '../../src/verify/said-answer.ts'
import { saidMetrics } from '../../src/verify/said-metrics.ts'
import { anAnswer } from '../support/builders.ts'

const watched = watchedBy(shipped, 'staging').metrics
const certificate = 'fakturino_signer_cert_expiry_days'

const wholePage = `# HELP invoiceshelf_invoices_total Invoices
# TYPE invoiceshelf_invoices_total gauge
invoiceshelf_invoices_total{status="DRAFT"} 3
invoiceshelf_invoices_total{status="SENT"} 4
# TYPE fakturino_signer_cert_expiry_days gauge
fakturino_signer_cert_expiry_days 400.5
fakturino_signer_cert_healthy 1
invoiceshelf_customers_total 12
invoiceshelf_customers_active 9
invoiceshelf_revenue_30_days_total 1.5e5
invoiceshelf_database_healthy 1
invoiceshelf_cache_healthy 1
invoiceshelf_queue_jobs_pending 0
invoiceshelf_queue_jobs_failed 337
invoiceshelf_bank_transactions_24h 5
invoiceshelf_bank_match_rate_percent 71
invoiceshelf_uptime_seconds 12
`

const figures = (text: string) => figuresIn(saidMetrics(text), watched, 'api')
const figureOf = (text: string, metric: string) => figures(text).find((figure) => figure.metric === metric)
const judged = (text: string, ...earlier: Figure[][]) =>
  judgeFigures(figures(text), watched, earlier).map(
    ({ check, outcome, finding }) => `${check} ${outcome === 'fail' ? finding?.severity : outcome}`,
  )
const about = (text: string, metric: string, ...earlier: Figure[][]) =>
  judged(text, ...earlier).filter((line) => line.startsWith(`${metric} `))

describe('the twelve metrics of the guide', () => {
  it('are all named, whatever the page holds', () => {
    expect(watched).toHaveLength(12)
    expect(figures('').map(({ metric, state }) => [metric, state])).toEqual(watched.map(({ name }) => [name, 'absent']))
    expect(figures(wholePage).map(({ state }) => state)).toEqual(watched.map(() => 'told'))
  })

  it('are summed over their labels, and the parts are kept', () => {
    expect(figureOf(wholePage, 'invoiceshelf_invoices_total')).toMatchObject({
      value: 7,
      parts: [
        { labels: { status: 'DRAFT' }, value: 3 },
        { labels: { status: 'SENT' }, value: 4 },
      ],
    })
  })

  it('are found with a namespace before the name, without the one that it has, and with Windows line ends', () => {
    const prefixed = wholePage.replaceAll(/(fakturino|invoiceshelf)_(?=\w+[ {])/g, 'fakturino_$1_')
    expect(figures(prefixed).map(({ value }) => value)).toEqual(figures(wholePage).map(({ value }) => value))
    expect(figureOf('signer_cert_expiry_days 5', certificate)).toMatchObject({ state: 'told', value: 5 })
    expect(figureOf(wholePage.replaceAll('\n', '\r\n'), 'invoiceshelf_customers_total')).toMatchObject({ value: 12 })
  })

  it('all pass on a good page, and what grows is not judged at the first look', () => {
    expect(judged(wholePage).filter((line) => !line.endsWith(' pass'))).toEqual([
      'invoiceshelf_queue_jobs_failed skipped',
    ])
  })
})

describe('days of the certificate', () => {
  it.each<[number | string, string]>([
    [-1, 'advisory'],
    [-5, 'critical'],
    [0, 'critical'],
    [6, 'critical'],
    [6.9, 'critical'],
    [7, 'advisory'],
    [29, 'advisory'],
    [30, 'pass'],
    [400, 'pass'],
    ['NaN', 'skipped'],
  ])('%s: %s', (days, outcome) => {
    expect(about(`${certificate} ${days}\n`, certificate)).toEqual([`${certificate} ${outcome}`])
  })

  it.each(['', `${certificate} -1`])('missing is said as missing, never as expired (%j)', (text) => {
    const result = judgeFigures(figures(text), watched, []).find(({ check }) => check === certificate)
    expect(result?.finding).toMatchObject({ code: 'metric-missing', message: expect.stringContaining('missing') })
  })
})

describe('a total that never resets', () => {
  const failed = 'invoiceshelf_queue_jobs_failed'
  it.each<[earlier: number[], now: number, outcome: string]>([
    [[337], 337, 'pass'],
    [[337], 338, 'advisory'],
    [[337], 500, 'critical'],
    [[337], 0, 'pass'],
    // Emptied, wholly or in part, and then it grew.
    [[337, 0], 5, 'advisory'],
    [[337, 200], 201, 'advisory'],
    [[337, 200], 200, 'pass'],
    [[337, 0, 60, 0], 60, 'critical'],
  ])('%j, and %i now: %s', (earlier, now, outcome) => {
    const looks = earlier.map((value) => figures(`${failed} ${value}`))
    expect(about(`${failed} ${now}`, failed, ...looks)).toEqual([`${failed} ${outcome}`])
  })

  it('is judged from the first look that told it', () => {
    expect(about(`${failed} 3`, failed, [])).toEqual([`${failed} skipped`])
    expect(about(`${failed} 3`, failed, [], figures(`${failed} 1`))).toEqual([`${failed} advisory`])
  })
})

describe('a metric that gates', () => {
  it.each<[string, string]>([
    ['invoiceshelf_database_healthy 0', 'critical'],
    ['invoiceshelf_database_healthy 1', 'pass'],
    ['invoiceshelf_database_healthy NaN', 'unknown'],
    ['other 1', 'unknown'],
  ])('%s: %s', (text, outcome) => {
    expect(about(text, 'invoiceshelf_database_healthy')).toEqual([`invoiceshelf_database_healthy ${outcome}`])
  })

  it('is compared with its bounds, and equal to one is within', () => {
    const metric: WatchedMetric = { name: 'm', means: 'M', use: 'gating', advisory: { above: 10 } }
    const at = (value: number) => judgeFigures(figuresIn(saidMetrics(`m ${value}`), [metric], 'api'), [metric], [])
    expect(at(10)[0]?.outcome).toBe('pass')
    expect(at(11)[0]?.finding).toMatchObject({ severity: 'advisory', message: 'M: 11, and above 10 is advisory.' })
  })
})

describe('a page of metrics', () => {
  const asked = { check: 'api-metrics', service: 'api', url: 'https://api.example.com/metrics' }
  const html = '<!DOCTYPE html><title>Server Error - Fakturino</title>'
  const collecting = '# Error collecting metrics\n# Message: Call to undefined method\n# File: x\n# Class: Error\n'
  it.each<[what: string, answer: ProbeAnswer, code: string | undefined]>([
    ['plain', anAnswer({ status: 200, body: wholePage }), undefined],
    ['with lines that are no metric', anAnswer({ status: 200, body: `what is this\n${wholePage}` }), undefined],
    ['500 in HTML', anAnswer({ status: 500, body: html }), 'misrouted'],
    ['200 in HTML', anAnswer({ status: 200, body: html }), 'misrouted'],
    ['500 as a comment', anAnswer({ status: 500, body: collecting }), 'metrics-not-collected'],
    ['200 as a comment', anAnswer({ status: 200, body: collecting }), 'metrics-not-collected'],
    ['a test text', anAnswer({ status: 200, body: 'Metrics endpoint works' }), 'unreadable-answer'],
    ['nothing', anAnswer({ status: 200, body: '' }), 'unreadable-answer'],
    ['off', anAnswer({ status: 403, body: '{"error":"Feature not available"}' }), 'flag-not-effective'],
    ['of the edge', anAnswer({ status: 502, isFallback: true, body: '{}' }), 'edge-fallback'],
    ['too long', anAnswer({ status: 200 }), 'unreadable-answer'],
    ['silent', { kind: 'unanswered', reason: 'timeout', elapsedMs: 9 }, 'answer-timeout'],
  ])('%s', (_, answer, code) => {
    const page = readPage(asked, saidAnswer(answer))
    expect('wrong' in page ? page.wrong.finding?.code : undefined).toBe(code)
    expect(JSON.stringify(page)).not.toContain('undefined method')
  })
})
