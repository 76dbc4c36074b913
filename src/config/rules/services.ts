import type { Finding } from '../../kit/finding.ts'
import { advisory, critical } from '../config-finding.ts'
import type { Rule, Subject } from '../rule.ts'
import { appsOf, isPending } from '../services.ts'
import { writtenValues } from '../written-values.ts'

/** What else a service must agree with: its reason to wait, its port, the engine, the repository. */
export const services: Rule = (subject) => [
  ...pending(subject),
  ...ports(subject),
  ...engine(subject),
  ...repository(subject),
]

function pending({ config, isLeftOut }: Subject): Finding[] {
  return appsOf(config)
    .filter(([name, app]) => isPending(app) && app.reason === undefined && !isLeftOut(`services.${name}.reason`))
    .map(([name]) =>
      critical('pending-without-reason', {
        at: `services.${name}`,
        says: 'is pending and does not say why',
        fix: `set services.${name}.reason`,
      }),
    )
}

function ports({ config }: Subject): Finding[] {
  return appsOf(config)
    .filter(([, app]) => app.port !== undefined && app.variables?.PORT !== undefined)
    .map(([name]) =>
      critical('port-twice', {
        at: `services.${name}.variables.PORT`,
        says: `services.${name}.port says it already`,
        fix: 'remove the variable',
      }),
    )
}

const connections = { postgres: ['pgsql'], mysql: ['mysql', 'mariadb'] }

function engine({ config, isLeftOut }: Subject): Finding[] {
  const expected = connections[config.databaseEngine]
  if (isLeftOut('databaseEngine')) return []
  return writtenValues(config).flatMap(({ variable, value, at }) =>
    variable === 'DB_CONNECTION' && typeof value === 'string' && !value.includes('${') && !expected.includes(value)
      ? [
          critical('engine-differs', {
            at,
            says: `'${value}' does not speak to ${config.databaseEngine}, which databaseEngine names`,
            fix: `write '${expected[0]}'`,
          }),
        ]
      : [],
  )
}

function repository({ config }: Subject): Finding[] {
  return config.repository.startsWith('your-organisation/')
    ? [
        advisory('unset-repository', {
          at: 'repository',
          says: `'${config.repository}' is the example's; nothing can be built from it`,
          fix: 'name the repository with the application',
        }),
      ]
    : []
}
