import type { DesiredState } from '../config/desired.ts'
import type { MigrationPlace } from '../config/migration-place.ts'
import { migrates } from '../config/services.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { lastThatRan } from '../plan/plan-deployments.ts'
import type { DeploymentId } from '../platform/ids.ts'
import { unlessDenied } from '../platform/is-denied.ts'
import type { ObservedService, ObservedState } from '../platform/observed-state.ts'
import { artisanService, runningOf } from './artisan-container.ts'
import type { AskedWay, MigrateAct } from './migrate-act.ts'
import type { MigrateNeeds } from './migrate-needs.ts'
import { type PlaceRequest, placeToChange } from './place-to-change.ts'
import { refuseUnreachable } from './reachable-database.ts'

export interface MigrateRequest extends PlaceRequest {
  /** Absent: the config's, else the api, or the one that runs artisan. */
  service?: string
  /** Absent: the config's, else what the service's pre-deploy command says. */
  place?: MigrationPlace
}

/** Whose migrations they are, and where artisan runs about them. */
export interface MigrateSite {
  state: ObservedState
  desired: DesiredState | undefined
  isProtected: boolean
  service: ObservedService
  place: MigrationPlace
  /** Where artisan is asked, and where migrations are undone: a pre-deploy command only goes up. */
  way: AskedWay
  /** What is known to run. */
  commit?: string
}

/** What every answer about migrations says of where it is from. `place` is where they run up. */
export interface ToldSite {
  project: string
  environment: string
  service: string
  place: MigrationPlace
  way: AskedWay
  /** Of the code that runs; null where it is not known, or where it is this directory's. */
  commit: string | null
}

/** Finds where artisan is to be asked, says so, and refuses what cannot work before anything is started. */
export async function migrateSite(request: MigrateRequest, act: MigrateAct, needs: MigrateNeeds): Promise<MigrateSite> {
  const isLook = act === 'status' || act === 'plan'
  const found = await placeToChange({ ...request, isSpelledOut: isLook || request.isSpelledOut }, needs)
  const { desired, isProtected } = found
  const service = artisanService(request.service ?? desired?.migrations?.service, found.state)
  const place = request.place ?? desired?.migrations?.place ?? (migratesBefore(service) ? 'pre-deploy' : 'ssh')
  const environment = found.state.environment.name
  if (act === 'up' && place === 'pre-deploy' && !migratesBefore(service)) throw nothingMigrates(service, environment)
  // What artisan prints may hold what a container was started with, and whatever is read here is kept out of it.
  const read = await unlessDenied(needs.platform.observeRunning(found.state))
  const state = read?.state ?? found.state
  const way: AskedWay = place === 'run' ? 'run' : 'ssh'
  if (way === 'run') await refuseUnreachable(service, environment, read?.running.snapshots.get(service.id), needs)
  const last = lastThatRan(service)
  // Without a commit that ran, a deployment would be one of whatever the branch has.
  if (act === 'up' && place === 'pre-deploy' && last === undefined) throw neverRan(service, environment)
  const commit = last?.commit
  const site: MigrateSite = {
    state,
    desired,
    isProtected,
    service,
    place,
    way,
    ...(commit === undefined || way === 'run' ? {} : { commit }),
  }
  const deploymentId = way === 'ssh' ? last?.id : undefined
  await needs.report({
    type: 'migrations-located',
    act,
    ...toldSite(site),
    ...(deploymentId === undefined ? {} : { deploymentId }),
  })
  return site
}

export function toldSite({ state, service, place, way, commit }: MigrateSite): ToldSite {
  return {
    project: state.project.name,
    environment: state.environment.name,
    service: service.name,
    place,
    way,
    commit: commit ?? null,
  }
}

/** The same place once the lease is held: what ran before may have been replaced. */
export function siteIn(site: MigrateSite, state: ObservedState): MigrateSite {
  const service = artisanService(site.service.name, state)
  const commit = lastThatRan(service)?.commit
  const { commit: _before, ...rest } = site
  return { ...rest, state, service, ...(commit === undefined || site.way === 'run' ? {} : { commit }) }
}

/** Throws where no container of it runs. */
export function containerOf({ service, state }: MigrateSite): DeploymentId {
  return runningOf(service, state.environment.name).id
}

/** By what is stored: it is what the platform runs before the next deployment. */
export function migratesBefore({ settings }: Pick<ObservedService, 'settings'>): boolean {
  return settings.preDeploy?.some(migrates) ?? false
}

function nothingMigrates({ name }: ObservedService, environment: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'command-refused',
    message: `Migrations of ${environment} are to run before a deployment of ${name}, and its stored pre-deploy command does not migrate: a deployment would change nothing in the database. Nothing was started.`,
    hint: `Where the config has such a command, store it with \`fakturino deploy -e ${shellWord(environment)}\`. To migrate in the container that serves, run \`fakturino migrate up --place ssh -e ${shellWord(environment)}\`.`,
  })
}

function neverRan({ name }: ObservedService, environment: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'nothing-active',
    message: `Migrations of ${environment} run before a deployment of ${name}, and nothing of it runs that could be deployed again. Nothing was started.`,
    hint: `Deploying it migrates too: fakturino deploy -e ${shellWord(environment)}`,
  })
}
