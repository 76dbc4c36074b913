import { errorPage, html, json, preciseTimestamp, redirect, text, timestamp } from './answer-shapes.ts'
import type { AppMoment } from './app-moment.ts'
import { answerHealth } from './health-answers.ts'
import { answerAsMcpServer } from './mcp-answers.ts'
import { answerMetrics, answerMetricsHealth } from './metrics-answers.ts'
import type { HttpAnswer } from './runtime.ts'

/**
 * What the product answers over HTTP, in the formats that its operators know (its routes, their keys and their status). That it says
 * which commit it is, in a header and at `/version`, is ours: the product does not yet, and its config may ask.
 */
export function answerAsApp(moment: AppMoment): HttpAnswer {
  const commit = moment.isWrongRevision ? '0'.repeat(40) : moment.variables.RAILWAY_GIT_COMMIT_SHA
  const path = moment.question.path.split('?')[0] ?? ''
  const answer = (moment.isMcpServer ? answerAsMcpServer : answerAsLaravel)(path, moment, commit)
  return commit === undefined ? answer : { ...answer, headers: { ...answer.headers, 'x-commit': commit } }
}

function answerAsLaravel(path: string, moment: AppMoment, commit: string | undefined): HttpAnswer {
  if (path === '/health' || path === '/health/') return answerHealth(path, moment)
  if (moment.isBroken) return errorPage
  const { now, variables, condition } = moment
  switch (path) {
    // The liveness routes of the framework and of the product: none of them looks at the database.
    case '/up':
      return html(200, 'Fakturino', 'Application up')
    case '/ping':
      return json(200, { status: 'ok', timestamp: preciseTimestamp(now) })
    case '/ready':
      return json(200, { status: 'ok', timestamp: preciseTimestamp(now) })
    case '/api/ping':
      return json(200, { success: 'fakturino-self-hosted' })
    case '/version':
      return json(200, { version: '1.0.0', build: { commit: commit ?? null } })
    case '/metrics':
      return monitored(moment, () => answerMetrics(moment))
    case '/metrics/health':
      return monitored(moment, () => answerMetricsHealth(moment))
    // Left over from somebody's debugging: no flag guards it.
    case '/metrics/test':
      return text(200, 'Metrics route is working')
    case '/telescope':
      return telescope(moment)
    case '/internal/mcp/health':
      return mcpTools(moment)
    case '/login':
      return html(200, 'Log in - Fakturino')
    default:
      // Every page needs its session, and that is in the database.
      return condition.database === 'down' ? errorPage : html(200, variables.APP_NAME ?? 'Fakturino')
  }
}

function monitored({ variables }: AppMoment, answer: () => HttpAnswer): HttpAnswer {
  if (variables.FEATURE_MONITORING === 'true') return answer()
  return json(403, {
    error: 'Feature not available',
    message: "The 'monitoring' feature is currently disabled.",
  })
}

/** Where its flag is off the routes are not there: that it is 404 then is a choice of ours, nobody has written it down. */
function telescope({ variables, condition }: AppMoment): HttpAnswer {
  if (variables.FEATURE_MONITORING !== 'true') return html(404, 'Not Found')
  if (condition.telescope === 'open') return html(200, 'Telescope')
  return condition.telescope === 'login' ? redirect(302, '/login') : html(403, 'Forbidden')
}

/** The flag is looked at before the token. */
function mcpTools({ variables, question, now }: AppMoment): HttpAnswer {
  if (variables.FEATURE_MCP_AI_TOOLS !== 'true') {
    return json(403, { error: 'MCP tools disabled', message: "The 'mcp_ai_tools' feature is currently disabled." })
  }
  const token = variables.MCP_SERVER_TOKEN
  if (!token || question.authorization !== `Bearer ${token}`) {
    return json(401, { error: 'Invalid MCP token', message: 'A valid bearer token is required.' })
  }
  return json(200, { status: 'healthy', service: 'Fakturino MCP API', timestamp: timestamp(now) })
}
