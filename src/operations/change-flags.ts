import { own } from '../config/own.ts'
import type { Timing } from '../config/timing.ts'
import { healthTimeoutMs } from '../config/timing.ts'
import type { EnvironmentConfig } from '../contract/environment-config.ts'
import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import { Secret } from '../kit/secret.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed } from '../kit/text.ts'
import { type FlagChange, touchedServices } from '../plan/flag-change.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { DeploymentId, PatchId } from '../platform/ids.ts'
import type { ObservedService, ObservedState } from '../platform/observed-state.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import type { BadEnding } from './deploy-failures.ts'
import type { Lease } from './lease.ts'
import { type Author, patchMessage } from './patch-message.ts'
import {
  type AwaitedDeployment,
  type DeploymentEnding,
  type WatchNeeds,
  watchDeployments,
} from './watch-deployments.ts'
import { watchSettling } from './watch-settling.ts'

/** One patch of flags, as it is to be committed. */
export interface FlagsToStore {
  changes: readonly FlagChange[]
  patch: EnvironmentConfig
  /** As it was read under the lease. */
  state: ObservedState
  author: Author
  /** Of the operation; with `way` it tells this patch from every other. */
  id: string
  way: 'there' | 'back'
}

/** What a patch of flags came to. */
export interface StoredFlags {
  patchId: PatchId
  /** A new deployment of each service that the patch touches and that runs. */
  started: (AwaitedDeployment & { commit?: string })[]
}

/**
 * Commits one patch for all services, which deploys those that it touches, and finds the deployments that it made. Stored values of
 * the services never differ: whatever becomes of a deployment, the value is stored for all of them or for none.
 */
export async function storeFlags(
  wanted: FlagsToStore,
  needs: WatchNeeds & Pick<Lease, 'confirm'>,
): Promise<StoredFlags> {
  const { changes, patch, state, author, id, way } = wanted
  const { platform, clock, timing } = needs
  const target = { projectId: state.project.id, environmentId: state.environment.id }
  const environment = state.environment.name
  const told = changes.map(({ name, value }) => `${name}=${way === 'there' ? value : 'back'}`)
  const message = patchMessage({ ...author, about: `${told.join(', ')}; ${id.slice(0, 8)}` })
  await needs.confirm()
  const startedAt = clock.now()
  await platform.change('commit-changes', { ...target, config: new Secret(patch), message })
  const touched = touchedServices(patch, state)
  const running = touched.filter((service) => service.latest !== undefined)
  const found = await poll(
    async () => {
      const now = await platform.observe(target)
      const ours = now.patches?.find((one) => one.message === message)
      if (ours?.error !== undefined) throw notApplied(environment, ours.error)
      if (ours === undefined) return undefined
      const made = running.map((service) => deploymentOf(service, ours.id, now))
      return made.every((one) => one !== undefined) ? { patchId: ours.id, made } : undefined
    },
    { clock, signal: needs.signal, backoff: timing.polling, withinMs: timing.deploy.queueMs },
  )
  if (found === undefined) throw notStarted(environment, running)
  await needs.report({
    type: 'flags-changed',
    environment,
    patchId: found.patchId,
    way,
    flags: changes.map(({ name, variable, value, before }) => ({
      name,
      variable,
      value: way === 'there' ? value : 'as before',
      services: Object.keys(before),
    })),
    services: touched.map(({ name }) => name),
  })
  const started = found.made.flatMap((one) =>
    one === undefined ? [] : [{ ...one, startedAt, healthMs: healthMs(one.service, state, timing) }],
  )
  for (const { service, deploymentId, commit } of started) {
    await needs.report({
      type: 'deployment-created',
      environment,
      service,
      deploymentId,
      ...(commit === undefined ? {} : { commit }),
    })
  }
  return { patchId: found.patchId, started }
}

/** Deployments that a change of flags needs, watched together, and for a while after they are live. */
export async function watchFlags(
  started: readonly AwaitedDeployment[],
  needs: WatchNeeds,
): Promise<(DeploymentEnding | BadEnding)[]> {
  if (started.length === 0) return []
  const endings = await watchDeployments(started, needs)
  const unstable = await watchSettling(
    endings.filter(({ outcome }) => outcome === 'live'),
    needs,
  )
  return endings.map((ending) => (ending.deploymentId === unstable?.deploymentId ? unstable : ending))
}

/**
 * Services whose containers run with another value than a change wants, whatever is stored. A variable that a container does not have
 * at all counts as off.
 */
export async function staleServices(
  changes: readonly FlagChange[],
  state: ObservedState,
  { platform }: Pick<WatchNeeds, 'platform'>,
): Promise<ObservedService[]> {
  const live = state.services.flatMap((service) => {
    const deployment = changes.some(({ before }) => service.name in before) ? liveDeployment(service) : undefined
    return deployment === undefined ? [] : [{ service, id: deployment.id }]
  })
  if (live.length === 0) return []
  const snapshots = await platform.readSnapshots(live.map(({ id }) => id))
  return live.flatMap(({ service, id }) => {
    const runs = snapshots.get(id) ?? {}
    const isStale = changes.some(
      ({ before, variable, value }) => service.name in before && (own(runs, variable)?.reveal() ?? 'false') !== value,
    )
    return isStale ? [service] : []
  })
}

/** New deployments of what services run, so that their containers get what is stored. */
export async function deployAgain(
  services: readonly ObservedService[],
  state: ObservedState,
  needs: WatchNeeds & Pick<Lease, 'confirm'> & { checkpoint: () => void },
): Promise<AwaitedDeployment[]> {
  const { platform, clock, timing, report } = needs
  const started: AwaitedDeployment[] = []
  for (const { id: serviceId, name: service, ...observed } of services) {
    needs.checkpoint()
    await needs.confirm()
    const commit = liveDeployment({ id: serviceId, name: service, ...observed })?.commit
    const startedAt = clock.now()
    const { deploymentId } = await platform.change('deploy-service', {
      projectId: state.project.id,
      environmentId: state.environment.id,
      serviceId,
      ...(commit === undefined ? {} : { commit }),
    })
    await report({
      type: 'deployment-created',
      environment: state.environment.name,
      service,
      deploymentId,
      ...(commit === undefined ? {} : { commit }),
    })
    started.push({ service, deploymentId, startedAt, healthMs: healthMs(service, state, timing) })
  }
  return started
}

/** How long the health check of a service may take. */
export function healthMs(service: string, state: ObservedState, timing: Timing): number {
  const settings = state.services.find(({ name }) => name === service)?.settings
  return healthTimeoutMs(timing, settings?.healthcheckTimeoutSeconds ?? settingDefaults.healthcheckTimeoutSeconds)
}

/** The one that a patch made; where the platform does not tell, the newest that was not there before. */
function deploymentOf(
  before: ObservedService,
  patchId: PatchId,
  now: ObservedState,
): { service: string; deploymentId: DeploymentId; commit?: string } | undefined {
  const service = now.services.find(({ id }) => id === before.id)
  const known = new Set([before.latest?.id, ...before.active.map(({ id }) => id)])
  const seen = [service?.latest, liveDeployment(service)].filter((one) => one !== undefined)
  const made =
    seen.find((one) => one.patchId === patchId) ?? seen.find((one) => one.patchId === undefined && !known.has(one.id))
  if (made === undefined) return undefined
  const { id, commit } = made
  return { service: before.name, deploymentId: id, ...(commit === undefined ? {} : { commit }) }
}

function notApplied(environment: string, error: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'patch-failed',
    message: `The platform could not apply the change of flags in ${environment}: ${error}`,
    hint: `Nothing was deployed. To see what is stored, run: fakturino flags -e ${shellWord(environment)}`,
  })
}

function notStarted(environment: string, services: readonly ObservedService[]): OperatorError {
  return new OperatorError({
    kind: 'unfinished',
    code: 'queue-timeout',
    message: `The change of flags in ${environment} is stored, but the platform shows no new deployment of ${listed(services.map(({ name }) => name))} for it.`,
    hint: `To see where it stands, run: fakturino flags -e ${shellWord(environment)}`,
    retryable: true,
  })
}
