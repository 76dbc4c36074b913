import type { Condition } from '../condition.ts'
import { errorPage, json, text, timestamp } from './answer-shapes.ts'
import type { AppMoment } from './app-moment.ts'
import type { HttpAnswer } from './runtime.ts'

/** From so many days on the product calls its signing certificate unwell. */
const certificateDaysNeeded = 7

interface Gauge {
  name: string
  help: string
  /** One value, or one for each value of a label. */
  values: number | { label: string; byValue: Record<string, number> }
}

/** `/metrics/health`: a cache that reads wrong is told, and the whole is healthy all the same. */
export function answerMetricsHealth({ condition, now }: AppMoment): HttpAnswer {
  if (condition.metricsHealth === 'error-page') return errorPage
  const isHealthy = condition.database !== 'down' && condition.cache !== 'down'
  return json(isHealthy ? 200 : 503, {
    status: isHealthy ? 'healthy' : 'unhealthy',
    timestamp: timestamp(now),
    checks: {
      database: condition.database === 'down' ? 'unhealthy' : 'healthy',
      cache: condition.cache === undefined ? 'healthy' : 'unhealthy',
    },
  })
}

/** `/metrics`, in the text format of Prometheus, or one of the ways in which it is known to fail. */
export function answerMetrics(moment: AppMoment): HttpAnswer {
  switch (moment.condition.metrics) {
    case 'error-page':
      return errorPage
    case 'error-text':
      return text(500, collectionFailed)
    case 'prefixed':
      return inPrometheusFormat(gauges(moment), `${moment.variables.PROMETHEUS_NAMESPACE || 'fakturino'}_`)
    default:
      return inPrometheusFormat(gauges(moment), '')
  }
}

const collectionFailed = [
  '# Error collecting metrics',
  '# Message: Call to undefined method Arquivei\\LaravelPrometheusExporter\\PrometheusExporter::setGauge()',
  '# File: /app/app/Http/Controllers/PrometheusController.php:84',
  '# Class: Error',
  '',
].join('\n')

function inPrometheusFormat(all: readonly Gauge[], prefix: string): HttpAnswer {
  const body = all
    .map(({ name, help, values }) => {
      const series =
        typeof values === 'number'
          ? [`${prefix}${name} ${values}`]
          : Object.entries(values.byValue).map(
              ([value, amount]) => `${prefix}${name}{${values.label}="${value}"} ${amount}`,
            )
      return [`# HELP ${prefix}${name} ${help}`, `# TYPE ${prefix}${name} gauge`, ...series, ''].join('\n')
    })
    .join('')
  return { status: 200, contentType: 'text/plain; version=0.0.4', body }
}

/** All are gauges, totals too. What is counted in the database is not there while the database is not. */
function gauges(moment: AppMoment): Gauge[] {
  const { condition, jobs, now, startedAt } = moment
  const isDatabaseDown = condition.database === 'down'
  return [
    ...(isDatabaseDown ? [] : business(condition)),
    gauge('invoiceshelf_database_healthy', 'Database connection status', isDatabaseDown ? 0 : 1),
    gauge('invoiceshelf_cache_healthy', 'Cache connection status', condition.cache === undefined ? 1 : 0),
    gauge('invoiceshelf_disk_usage_percent', 'Disk usage percentage', 41.5),
    gauge('invoiceshelf_memory_usage_bytes', 'Memory usage in bytes', 100_663_296),
    gauge('invoiceshelf_memory_usage_percent', 'Memory usage percentage', 18.75),
    gauge('invoiceshelf_avg_response_time_ms', 'Average response time', condition.latencyMs ?? 0),
    gauge('invoiceshelf_queue_jobs_pending', 'Jobs waiting in the queue', jobs.pending),
    gauge('invoiceshelf_queue_jobs_failed', 'Jobs that have failed', jobs.failed),
    gauge('invoiceshelf_uptime_seconds', 'Application uptime', Math.floor((now - startedAt) / 1000)),
    ...certificate(condition.certificateDays),
  ]
}

function business({ failingChecks }: Condition): Gauge[] {
  const isBankSyncFailing = failingChecks?.includes('bank_sync') === true
  return [
    {
      name: 'invoiceshelf_invoices_total',
      help: 'Invoices by status',
      values: { label: 'status', byValue: { DRAFT: 4, SENT: 11, VIEWED: 7, COMPLETED: 120 } },
    },
    gauge('invoiceshelf_revenue_30_days_total', 'Revenue of the last 30 days', 1_284_500),
    gauge('invoiceshelf_customers_total', 'Customers', 58),
    gauge('invoiceshelf_customers_active', 'Customers with an invoice in the last 90 days', 37),
    gauge('invoiceshelf_invoices_overdue', 'Overdue invoices', 3),
    gauge('invoiceshelf_companies_total', 'Companies', 6),
    gauge('invoiceshelf_bank_transactions_24h', 'Bank transactions of the last 24 hours', 40),
    gauge('invoiceshelf_bank_transactions_matched', 'Bank transactions that were matched', 34),
    gauge('invoiceshelf_bank_transactions_unmatched', 'Bank transactions that were not matched', 6),
    gauge('invoiceshelf_bank_match_rate_percent', 'Bank transactions matched to invoices', 85),
    gauge('invoiceshelf_bank_sync_errors_24h', 'Errors of bank sync in 24 hours', isBankSyncFailing ? 12 : 0),
  ]
}

/** A certificate that does not exist or cannot be read is -1, and whether it is healthy is not said then. */
function certificate(days: Condition['certificateDays'] = -1): Gauge[] {
  if (days === 'absent') return []
  const expiry = gauge(
    'fakturino_signer_cert_expiry_days',
    'Days until the signing certificate expires',
    days === 'not-a-number' ? Number.NaN : days,
  )
  if (days === 'not-a-number' || days === -1) return [expiry]
  const isHealthy = days > certificateDaysNeeded
  return [expiry, gauge('fakturino_signer_cert_healthy', 'Health of the signing certificate', isHealthy ? 1 : 0)]
}

function gauge(name: string, help: string, value: number): Gauge {
  return { name, help, values: value }
}
