import { type HealthCheck, healthChecks } from '../condition.ts'
import { errorPage, html, json, redirect, timestamp } from './answer-shapes.ts'
import type { AppMoment } from './app-moment.ts'
import type { HttpAnswer } from './runtime.ts'

const mostPendingJobs = 10_000
const mostFailuresAnHour = 100
/** From so many days on the product calls its signing certificate unwell; a row in its list of certificates much earlier. */
const signerDays = 7
const certificateRowDays = 30

/**
 * The product's deep health: which of its parts work, as booleans, and 503 when any does not; the reasons are only in its logs. So a
 * certificate that has 29 days left takes the whole site for unwell.
 */
export function answerHealth(path: string, moment: AppMoment): HttpAnswer {
  const { condition, now, variables } = moment
  switch (condition.health) {
    case 'error-page':
      return errorPage
    case 'not-found':
      return html(404, 'Not Found')
    case 'redirect':
      if (path === '/health') return redirect(307, '/health/')
      break
    case 'simplified':
      return json(200, { status: 'ok', timestamp: timestamp(now) })
    case 'unhealthy':
    case undefined:
      break
  }
  const failing = failingChecks(moment)
  const isUnhealthy = condition.health === 'unhealthy'
  const isDegraded = isUnhealthy || failing.size > 0
  return json(isDegraded ? 503 : 200, {
    status: isUnhealthy ? 'unhealthy' : isDegraded ? 'degraded' : 'healthy',
    timestamp: timestamp(now),
    version: '1.0.0',
    environment: variables.APP_ENV ?? 'production',
    checks: Object.fromEntries(healthChecks.map((check) => [check, !failing.has(check)])),
  })
}

function failingChecks({ isBroken, condition, jobs, variables }: AppMoment): ReadonlySet<HealthCheck> {
  const failing = new Set(condition.failingChecks)
  if (isBroken || condition.database === 'down') failing.add('database')
  // It asks Redis only where that is the cache.
  if (condition.cache === 'down' && variables.CACHE_STORE === 'redis') failing.add('redis')
  if (jobs.pending > mostPendingJobs || jobs.failedInLastHour > mostFailuresAnHour) failing.add('queues')
  const days = daysOf(condition.certificateDays)
  if (days !== undefined && days <= signerDays) failing.add('signer')
  if (days !== undefined && days <= certificateRowDays) failing.add('certificates')
  return failing
}

/** Missing and unreadable certificates are well to it. */
function daysOf(days: number | string | undefined): number | undefined {
  return typeof days === 'number' && days !== -1 ? days : undefined
}
