import type { Finding } from '../../kit/finding.ts'
import { advisory } from '../config-finding.ts'
import type { AppService } from '../fakturino-config.ts'
import type { Rule } from '../rule.ts'
import { appsOf, isPending } from '../services.ts'

const deepPaths = ['/health', '/metrics/health', '/']

/**
 * What is reachable is asked before it gets traffic, at a path that does not fail for something unimportant; and only what is
 * reachable can be asked which commit it runs.
 */
export const healthchecks: Rule = ({ config, isLeftOut }) =>
  appsOf(config).flatMap(([name, app]) => [
    ...(isPending(app) || isLeftOut(`services.${name}.healthcheck`) ? [] : judge(name, app)),
    ...(isPending(app) || app.revision === undefined || app.domain === true ? [] : [unreachable(name)]),
  ])

function unreachable(name: string): Finding {
  return advisory('revision-without-domain', {
    at: `services.${name}.revision`,
    says: 'is asked over a domain, and the service has none, so which commit it runs stays the word of the platform',
    fix: `set services.${name}.domain to true, or take services.${name}.revision out`,
  })
}

function judge(name: string, app: AppService): Finding[] {
  if (app.healthcheck === undefined) {
    return app.domain === true
      ? [
          advisory('no-healthcheck', {
            at: `services.${name}`,
            says: 'has a domain but no health check, so a broken deployment would get traffic at once',
            fix: `set services.${name}.healthcheck`,
          }),
        ]
      : []
  }
  return deepPaths.includes(app.healthcheck.path)
    ? [
        advisory('deep-health-gate', {
          at: `services.${name}.healthcheck.path`,
          says: `'${app.healthcheck.path}' can fail for something that need not stop a deployment`,
          fix: "use a path that only says that the application answers, such as '/up'",
        }),
      ]
    : []
}
