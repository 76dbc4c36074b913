import type { Finding } from '../../kit/finding.ts'
import { critical } from '../config-finding.ts'
import { own } from '../own.ts'
import { lookUp, type Rule, type Subject } from '../rule.ts'
import { migrates, preDeployOf } from '../services.ts'

/** Migrations and post-deploy steps run on a service that is there, and somewhere really runs them. */
export const migrations: Rule = (subject) => {
  const { migrations: wanted, postDeploy = [] } = subject.config
  return [
    ...(wanted === undefined
      ? []
      : [...lookUp(subject, 'services', wanted.service, 'migrations.service'), ...nowhere(subject, wanted.service)]),
    ...postDeploy.flatMap(({ service }, index) => lookUp(subject, 'services', service, `postDeploy.${index}.service`)),
  ]
}

function nowhere({ config, isLeftOut }: Subject, name: string): Finding[] {
  const service = own(config.services, name)
  if (service?.kind !== 'app' || isLeftOut(`services.${name}.preDeploy`)) return []
  if (preDeployOf(service).some(migrates)) return []
  return [
    critical('migrations-nowhere', {
      at: 'migrations.place',
      says: `is 'pre-deploy', but services.${name}.preDeploy does not migrate`,
      fix: `set services.${name}.preDeploy to 'php artisan migrate --force'`,
    }),
  ]
}
