import type { Finding } from '../../kit/finding.ts'
import { critical } from '../config-finding.ts'
import type { MigrationPlace } from '../fakturino-config.ts'
import { own } from '../own.ts'
import { lookUp, type Rule, type Subject } from '../rule.ts'
import { preDeployOf } from '../services.ts'

/** Migrations and post-deploy steps run on a service that is there, and somewhere really runs them. */
export const migrations: Rule = (subject) => {
  const { migrations: wanted, environments, postDeploy = [] } = subject.config
  const places = Object.entries(environments).flatMap(([name, { migrations: place }]) =>
    place === undefined ? [] : [{ place, at: `environments.${name}.migrations` }],
  )
  return [
    ...(wanted === undefined
      ? []
      : [
          ...lookUp(subject, 'services', wanted.service, 'migrations.service'),
          ...[{ place: wanted.place, at: 'migrations.place' }, ...places].flatMap((one) =>
            nowhere(subject, wanted.service, one),
          ),
        ]),
    ...postDeploy.flatMap(({ service }, index) => lookUp(subject, 'services', service, `postDeploy.${index}.service`)),
  ]
}

function nowhere(
  { config, isLeftOut }: Subject,
  name: string,
  { place, at }: { place: MigrationPlace; at: string },
): Finding[] {
  const service = own(config.services, name)
  if (place !== 'pre-deploy' || service?.kind !== 'app' || isLeftOut(`services.${name}.preDeploy`)) return []
  if (preDeployOf(service).some((command) => command.includes('migrate'))) return []
  return [
    critical('migrations-nowhere', {
      at,
      says: `is 'pre-deploy', but services.${name}.preDeploy does not migrate`,
      fix: `set services.${name}.preDeploy to 'php artisan migrate --force'`,
    }),
  ]
}
