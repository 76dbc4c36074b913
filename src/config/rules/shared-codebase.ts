import type { Finding } from '../../kit/finding.ts'
import { advisory, critical } from '../config-finding.ts'
import type { VariableValue } from '../expressions.ts'
import type { AppService } from '../fakturino-config.ts'
import type { Rule, Subject } from '../rule.ts'
import { appsOf, codebaseOf, isPending } from '../services.ts'

const mustAgree =
  /^(APP_KEY|APP_ENV|APP_URL|DATABASE_URL|REDIS_URL|DB_\w+|REDIS_\w+|QUEUE_CONNECTION|CACHE_STORE|FILESYSTEM_DISK|SESSION_\w+)$/

/** Services of one codebase that are built alike are one application: they agree on where its things are. */
export const sharedCodebase: Rule = (subject) =>
  codebases(subject).flatMap((services) => [
    ...unbuilt(services),
    ...builtAlike(services).flatMap((group) =>
      namesIn(group).flatMap((variable) => agreement(subject, group, variable)),
    ),
  ])

type Group = [name: string, app: AppService][]

function codebases({ config }: Subject): Group[] {
  return grouped(
    appsOf(config).filter(([, app]) => !isPending(app)),
    (app) => codebaseOf(config, app, ''),
  )
}

/** A build command may differ, for another language in the same repository; one that builds nothing belongs to the first. */
function builtAlike(services: Group): Group[] {
  const first = services.find(([, app]) => app.build !== undefined)
  return grouped(services, (app) => app.build ?? first?.[1].build ?? '')
}

function grouped(services: Group, key: (app: AppService) => string | undefined): Group[] {
  const groups = new Map<string, Group>()
  for (const [name, app] of services) {
    const one = key(app)
    if (one !== undefined) groups.set(one, [...(groups.get(one) ?? []), [name, app]])
  }
  return [...groups.values()]
}

function unbuilt(services: Group): Finding[] {
  const built = services.find(([, app]) => app.build !== undefined)
  if (built === undefined) return []
  return services
    .filter(([, app]) => app.build === undefined)
    .map(([name]) =>
      advisory('build-missing', {
        at: `services.${name}`,
        says: `has no build command, but '${built[0]}' runs the same code and has one`,
        fix: `set services.${name}.build`,
      }),
    )
}

function namesIn(group: Group): string[] {
  const names = group.flatMap(([, app]) => Object.keys(app.variables ?? {}))
  return [...new Set(names)].filter((name) => mustAgree.test(name))
}

function agreement({ isLeftOut }: Subject, group: Group, variable: string): Finding[] {
  const [holder] = group.filter(([, app]) => app.variables?.[variable] !== undefined)
  if (holder === undefined) return []
  const expected = resolved(holder[0], holder[1].variables?.[variable])
  return group.flatMap(([name, app]) => {
    const at = `services.${name}.variables.${variable}`
    const value = app.variables?.[variable]
    if (isLeftOut(at)) return []
    if (value === undefined) {
      return [
        critical('shared-variable-missing', {
          at,
          says: `is missing, but '${holder[0]}' runs the same code and has it`,
          fix: 'write what they share once, and use it for both',
        }),
      ]
    }
    return resolved(name, value) === expected
      ? []
      : [critical('variable-differs', { at, says: `differs from that of '${holder[0]}', which runs the same code` })]
  })
}

/** A value made comparable: a domain without a name is that of its own service. */
function resolved(service: string, value: VariableValue | undefined): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && 'kind' in part && String(part.kind).endsWith('-domain')
      ? { service, ...part }
      : part,
  )
}
