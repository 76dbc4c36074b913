import { errorPage, json, redirect, timestamp } from './answer-shapes.ts'
import type { AppMoment } from './app-moment.ts'
import type { HttpAnswer } from './runtime.ts'

interface Component {
  name: string
  isUp: boolean
}

/** What the mcp-server answers: it has a router of its own for health, with four depths. */
export function answerAsMcpServer(path: string, moment: AppMoment, commit: string | undefined): HttpAnswer {
  const { now, condition } = moment
  if (moment.isBroken) return errorPage
  switch (path) {
    case '/health':
      if (condition.health === 'redirect') return redirect(307, '/health/')
      return health(moment)
    case '/health/':
      return health(moment)
    case '/health/detailed':
      return detailed(moment)
    case '/health/ready': {
      const components = componentsOf(moment)
      const isReady = components.every(({ isUp }) => isUp)
      const dependencies = Object.fromEntries(components.map(({ name, isUp }) => [name, isUp ? 'ready' : 'not ready']))
      return json(isReady ? 200 : 503, { ready: isReady, timestamp: timestamp(now), dependencies, details: {} })
    }
    case '/health/live':
      return json(200, { alive: true, timestamp: timestamp(now), last_heartbeat: timestamp(now), details: {} })
    case '/version':
      return json(200, { version: '1.0.0', build: { commit: commit ?? null } })
    default:
      return notFound
  }
}

const notFound = json(404, { detail: 'Not Found' })

function health(moment: AppMoment): HttpAnswer {
  switch (moment.condition.health) {
    case 'not-found':
      return notFound
    case 'error-page':
      return errorPage
    case 'simplified':
      return json(200, { status: 'ok' })
    default:
      return json(isWell(moment) ? 200 : 503, overview(moment))
  }
}

function detailed(moment: AppMoment): HttpAnswer {
  const components = componentsOf(moment)
  const lastCheck = timestamp(moment.now)
  return json(isWell(moment) ? 200 : 503, {
    ...overview(moment),
    components: Object.fromEntries(
      components.map(({ name, isUp }) => [
        name,
        {
          name,
          status: isUp ? 'healthy' : 'unhealthy',
          response_time_ms: isUp ? 4.2 : null,
          last_check: lastCheck,
          details: {},
          error: isUp ? null : 'Connection refused',
        },
      ]),
    ),
    resource_usage: {
      cpu_percent: 3.1,
      memory_percent: 22.4,
      disk_percent: 41.5,
      memory_used_mb: 148,
      disk_used_gb: 2,
    },
    circuit_breakers: {
      laravel: {
        name: 'laravel',
        state: components.every(({ isUp }) => isUp) ? 'closed' : 'open',
        failure_count: components.filter(({ isUp }) => !isUp).length,
      },
    },
    services: { laravel: components.every(({ isUp }) => isUp) ? 'up' : 'down' },
    checks_summary: {
      total: components.length,
      healthy: components.filter(({ isUp }) => isUp).length,
      unhealthy: components.filter(({ isUp }) => !isUp).length,
    },
  })
}

function overview(moment: AppMoment): object {
  const { now, startedAt, condition } = moment
  const trouble = condition.health === 'unhealthy' ? 'unhealthy' : 'degraded'
  return {
    status: isWell(moment) ? 'healthy' : trouble,
    timestamp: timestamp(now),
    version: '1.0.0',
    uptime_seconds: Math.floor((now - startedAt) / 1000),
  }
}

function isWell(moment: AppMoment): boolean {
  return moment.condition.health !== 'unhealthy' && componentsOf(moment).every(({ isUp }) => isUp)
}

function componentsOf({ condition }: AppMoment): Component[] {
  return [
    { name: 'database', isUp: condition.database !== 'down' },
    { name: 'redis', isUp: condition.cache !== 'down' },
  ]
}
