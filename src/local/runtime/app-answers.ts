import type { HttpAnswer, HttpQuestion } from './runtime.ts'

export interface AppMoment {
  question: HttpQuestion
  /** The container's own. */
  variables: Readonly<Partial<Record<string, string>>>
  now: number
  startedAt: number
  isBroken: boolean
  /** It says that it is a commit that nobody deployed, as a cached answer or a forgotten container does. */
  isWrongRevision?: boolean
}

/**
 * What the product answers over HTTP, in the formats that its operators know (its routes, their keys and their status). That it says
 * which commit it is, in a header and at `/version`, is ours: the product does not yet, and its config may ask.
 */
export function answerAsApp(moment: AppMoment): HttpAnswer {
  const commit = moment.isWrongRevision ? '0'.repeat(40) : moment.variables.RAILWAY_GIT_COMMIT_SHA
  const answer = answerOf(moment, commit)
  return commit === undefined ? answer : { ...answer, headers: { 'x-commit': commit } }
}

function answerOf(moment: AppMoment, commit: string | undefined): HttpAnswer {
  const path = moment.question.path.split('?')[0]
  if (path === '/health') return health(moment)
  if (moment.isBroken) return html(500, 'Server Error - Fakturino')
  switch (path) {
    case '/ping':
      return json(200, { status: 'ok', timestamp: new Date(moment.now).toISOString().replace('Z', '000Z') })
    case '/version':
      return json(200, { version: '1.0.0', build: { commit: commit ?? null } })
    case '/metrics':
      return gated(moment, () => metrics(moment))
    case '/metrics/health':
      return gated(moment, () =>
        json(200, {
          status: 'healthy',
          timestamp: timestamp(moment.now),
          checks: { database: 'healthy', cache: 'healthy' },
        }),
      )
    default:
      return html(200, 'Fakturino')
  }
}

function health({ isBroken, now, variables }: AppMoment): HttpAnswer {
  return json(isBroken ? 503 : 200, {
    status: isBroken ? 'degraded' : 'healthy',
    timestamp: timestamp(now),
    version: '1.0.0',
    environment: variables.APP_ENV ?? 'production',
    checks: {
      database: !isBroken,
      redis: true,
      queues: true,
      signer: true,
      bank_sync: true,
      storage: true,
      backup: true,
      certificates: true,
      paddle: true,
    },
  })
}

function gated({ variables }: AppMoment, answer: () => HttpAnswer): HttpAnswer {
  if (variables.FEATURE_MONITORING === 'true') return answer()
  return json(403, {
    error: 'Feature not available',
    message: "The 'monitoring' feature is currently disabled.",
  })
}

/** Only what a simulated app can honestly say; a certificate it does not have is -1. */
function metrics({ now, startedAt }: AppMoment): HttpAnswer {
  const gauges: [string, number][] = [
    ['invoiceshelf_database_healthy', 1],
    ['invoiceshelf_cache_healthy', 1],
    ['invoiceshelf_queue_jobs_pending', 0],
    ['invoiceshelf_queue_jobs_failed', 0],
    ['invoiceshelf_uptime_seconds', Math.floor((now - startedAt) / 1000)],
    ['fakturino_signer_cert_expiry_days', -1],
  ]
  return {
    status: 200,
    contentType: 'text/plain; version=0.0.4',
    body: gauges.map(([name, value]) => `# TYPE ${name} gauge\n${name} ${value}\n`).join(''),
  }
}

function timestamp(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, '+00:00')
}

function json(status: number, body: object): HttpAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(body) }
}

function html(status: number, title: string): HttpAnswer {
  return {
    status,
    contentType: 'text/html; charset=UTF-8',
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  }
}
