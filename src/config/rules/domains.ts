import type { Finding } from '../../kit/finding.ts'
import { critical } from '../config-finding.ts'
import { own } from '../own.ts'
import { lookUp, type Rule, type Subject } from '../rule.ts'
import { appsOf } from '../services.ts'

/** A domain leads to one service, and that service is there, wants one and listens. */
export const domains: Rule = (subject) => [
  ...customDomains(subject).flatMap((entry) => serviceBehind(subject, entry)),
  ...taken(subject),
  ...withoutPort(subject),
]

interface CustomDomain {
  domain: string
  service: string
  at: string
}

function customDomains({ config }: Subject): CustomDomain[] {
  return Object.entries(config.environments).flatMap(([environment, { domains: custom = {} }]) =>
    Object.entries(custom).map(([service, domain]) => ({
      domain,
      service,
      at: `environments.${environment}.domains.${service}`,
    })),
  )
}

function serviceBehind(subject: Subject, { service, at }: CustomDomain): Finding[] {
  const target = own(subject.config.services, service)
  if (target === undefined) return lookUp(subject, 'services', service, at)
  if (target.kind === 'app' && (target.domain === true || subject.isLeftOut(`services.${service}.domain`))) return []
  return [
    critical('domain-without-service', {
      at,
      says: `'${service}' is not reachable from outside`,
      ...(target.kind === 'app' ? { fix: `set services.${service}.domain to true` } : {}),
    }),
  ]
}

function taken(subject: Subject): Finding[] {
  const first = new Map<string, CustomDomain>()
  return customDomains(subject).flatMap((entry) => {
    const domain = entry.domain.toLowerCase()
    const before = first.get(domain)
    if (before === undefined) {
      first.set(domain, entry)
      return []
    }
    return [
      critical('domain-taken', {
        at: entry.at,
        says: `'${entry.domain}' is also ${before.at}, and a domain leads to one service in one environment`,
      }),
    ]
  })
}

function withoutPort({ config, isLeftOut }: Subject): Finding[] {
  return appsOf(config).flatMap(([name, app]) =>
    app.domain === true && app.port === undefined && !isLeftOut(`services.${name}.port`)
      ? [
          critical('domain-without-port', {
            at: `services.${name}.domain`,
            says: 'leads nowhere, because the service has no port',
            fix: `set services.${name}.port to where it listens`,
          }),
        ]
      : [],
  )
}
