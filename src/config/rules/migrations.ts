import type { Finding } from '../../kit/finding.ts'
import { advisory, critical } from '../config-finding.ts'
import type { MigrationPlace } from '../migration-place.ts'
import { own } from '../own.ts'
import { lookUp, type Rule, type Subject } from '../rule.ts'
import { migrates, preDeployOf } from '../services.ts'

/** Migrations and post-deploy steps run on a service that is there, and migrations run where the config says and nowhere else. */
export const migrations: Rule = (subject) => {
  const { migrations: wanted, postDeploy = [] } = subject.config
  return [
    ...(wanted === undefined
      ? placesWithoutService(subject)
      : [
          ...lookUp(subject, 'services', wanted.service, 'migrations.service'),
          ...places(subject, wanted.place).flatMap((one) => misplaced(subject, wanted.service, one)),
        ]),
    ...postDeploy.flatMap(({ service }, index) => lookUp(subject, 'services', service, `postDeploy.${index}.service`)),
  ]
}

interface Place {
  at: string
  place: MigrationPlace
}

/** Every place that counts somewhere; the general one does not where each environment has its own. */
function places({ config: { environments } }: Subject, general: MigrationPlace): Place[] {
  const special = environmentPlaces(environments)
  const isGeneralUsed = special.length < Object.keys(environments).length
  return [...(isGeneralUsed ? [{ at: 'migrations.place', place: general }] : []), ...special]
}

function environmentPlaces(environments: Subject['config']['environments']): Place[] {
  return Object.entries(environments).flatMap(([name, { migrations: there }]) =>
    there === undefined ? [] : [{ at: `environments.${name}.migrations.place`, place: there.place }],
  )
}

/**
 * That a deployment migrates although another place is wanted breaks nothing, since each migration runs once whoever comes first. It is
 * said all the same: there is no backup before it, and nobody was asked.
 */
function misplaced({ config, isLeftOut }: Subject, name: string, { at, place }: Place): Finding[] {
  const service = own(config.services, name)
  if (service?.kind !== 'app' || isLeftOut(`services.${name}.preDeploy`)) return []
  const isMigrating = preDeployOf(service).some(migrates)
  if (place === 'pre-deploy' && !isMigrating) {
    return [
      critical('migrations-nowhere', {
        at,
        says: `is 'pre-deploy', but services.${name}.preDeploy does not migrate`,
        fix: `set services.${name}.preDeploy to 'php artisan migrate --force'`,
      }),
    ]
  }
  if (place === 'pre-deploy' || !isMigrating) return []
  return [
    advisory('migrations-unasked', {
      at,
      says: `is '${place}', but services.${name}.preDeploy migrates too: each deployment of ${name} migrates without a backup before it`,
      fix: `take the migration out of services.${name}.preDeploy, or write 'pre-deploy'`,
    }),
  ]
}

function placesWithoutService(subject: Subject): Finding[] {
  return environmentPlaces(subject.config.environments).map(({ at }) =>
    critical('migrations-nowhere', {
      at,
      says: 'says where migrations run, but nothing says which service has them',
      fix: 'add migrations: { service, place } beside environments',
    }),
  )
}
