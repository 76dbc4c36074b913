import { isDeepStrictEqual } from 'node:util'
import type { Timing } from '../config/timing.ts'
import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import { notesIn } from '../plan/operation-notes.ts'
import { beyond } from '../plan/store-patch.ts'
import type { DeploymentId, EnvironmentId, PatchId, ServiceId } from '../platform/ids.ts'
import type { ObservedPatch, ObservedService, ObservedState } from '../platform/observed-state.ts'
import type { ChangeName, Changes, Platform, Target } from '../platform/platform.ts'

export interface SureNeeds {
  clock: Clock
  signal: AbortSignal
  timing: Timing
}

type Happened<Name extends ChangeName> = { result: Changes[Name]['result'] }
type Recognise = {
  [Name in ChangeName]: (input: Changes[Name]['input']) => Promise<Happened<Name> | undefined | 'cannot be known'>
}

/** So long after an answer was lost the platform may still be at it; a change that does not show by then did not happen. */
const showsWithinMs = 10_000

/**
 * The same platform, for which a lost answer is no end: whether the change happened is read from what is there, and only where it
 * did not it is asked for again, once. What was read before says what is new.
 */
export function surely(platform: Platform, needs: SureNeeds): Platform {
  const seen = createSeen()
  const recognise = recognisers(platform, seen)
  const look = <Name extends ChangeName>(name: Name, input: Changes[Name]['input']) => {
    const { clock, signal, timing } = needs
    return poll(() => recognise[name](input), {
      clock,
      signal,
      backoff: timing.polling,
      withinMs: showsWithinMs,
    })
  }
  async function change<Name extends ChangeName>(
    name: Name,
    input: Changes[Name]['input'],
  ): Promise<Changes[Name]['result']> {
    for (let isRepeated = false; ; isRepeated = true) {
      try {
        return await platform.change(name, input)
      } catch (error) {
        if (!(error instanceof OperatorError) || error.code !== 'mutation-unknown') throw error
        const happened = await look(name, input).catch((reading: unknown) => {
          // What cannot be read either is still unknown.
          throw reading instanceof OperatorError && reading.kind === 'unreachable' ? error : reading
        })
        if (happened === 'cannot be known') throw error
        if (happened !== undefined) return happened.result
        if (isRepeated) throw error
      }
    }
  }
  return {
    ...platform,
    change,
    observe: async (target, asking) => seen.state(await platform.observe(target, asking)),
    observeAll: async (targets) => (await platform.observeAll(targets)).map(seen.state),
    observeRunning: async (state) => {
      const read = await platform.observeRunning(state)
      return { ...read, state: seen.state(read.state) }
    },
    readStaged: async (environmentId) => seen.staged(environmentId, await platform.readStaged(environmentId)),
    newestDeployments: async (environmentId, serviceId) => {
      const newest = await platform.newestDeployments(environmentId, serviceId)
      for (const { id } of newest) seen.deployments.add(id)
      return newest
    },
  }
}

interface Seen {
  deployments: Set<DeploymentId>
  stagedIds: Map<EnvironmentId, PatchId>
  state(state: ObservedState): ObservedState
  staged(environmentId: EnvironmentId, patch: ObservedPatch): ObservedPatch
}

function createSeen(): Seen {
  const seen: Seen = {
    deployments: new Set(),
    stagedIds: new Map(),
    state(state) {
      for (const { active, latest } of state.services) {
        for (const { id } of active) seen.deployments.add(id)
        if (latest !== undefined) seen.deployments.add(latest.id)
      }
      return state
    },
    staged(environmentId, patch) {
      seen.stagedIds.set(environmentId, patch.id)
      return patch
    },
  }
  return seen
}

/** How each change is recognised in what the platform says afterwards. */
function recognisers(platform: Platform, seen: Seen): Recognise {
  const serviceIn = async (target: Target, serviceId: ServiceId): Promise<ObservedService | undefined> =>
    (await platform.observe(target)).services.find(({ id }) => id === serviceId)
  const isStaged = async (environmentId: EnvironmentId, isIt: (staged: ObservedPatch) => boolean) => {
    const staged = await platform.readStaged(environmentId)
    return isIt(staged) ? { result: staged } : undefined
  }
  /** Only what is newer than everything seen: an old one of the same commit may be in the list as well. */
  const newDeployment = async ({ environmentId, serviceId }: Target & { serviceId: ServiceId }, commit?: string) => {
    const newest = await platform.newestDeployments(environmentId, serviceId)
    const known = newest.findIndex(({ id }) => seen.deployments.has(id))
    const unseen = known === -1 ? newest : newest.slice(0, known)
    return unseen.find((one) => commit === undefined || (one.commit ?? commit) === commit)
  }
  return {
    'create-project': async ({ name, workspaceId }) => {
      const project = (await platform.findProjects(workspaceId)).find((one) => one.name === name)
      return project && { result: project }
    },
    'create-environment': async ({ projectId, name }) => {
      const { environments } = await platform.findProject(projectId)
      const environment = environments.find((one) => one.name === name)
      return environment && { result: environment }
    },
    'create-service': async ({ name, ...target }) => {
      const { services, servicesElsewhere } = await platform.observe(target)
      const service = [...services, ...servicesElsewhere].find((one) => one.name === name)
      return service && { result: { id: service.id, name } }
    },
    'create-volume': async ({ serviceId, mountPath, ...target }) => {
      const volume = (await serviceIn(target, serviceId))?.volumes.find((one) => one.mountPath === mountPath)
      return volume && { result: { id: volume.id } }
    },
    // It may take longer to show than is waited here: whoever asked for it waits for it anyway.
    'create-backup': async () => 'cannot be known',
    'create-domain': async ({ serviceId, targetPort, custom, ...target }) => {
      const domains = (await serviceIn(target, serviceId))?.domains ?? []
      const found = domains.find((one) =>
        custom === undefined ? one.kind === 'generated' && one.targetPort === targetPort : one.domain === custom,
      )
      return found && { result: { domain: found.domain } }
    },
    'stage-changes': ({ environmentId, config }) =>
      isStaged(
        environmentId,
        (staged) => staged.status === 'staged' && beyond(config.reveal(), staged.config.reveal()) === undefined,
      ),
    'replace-staged': ({ environmentId, config }) =>
      isStaged(environmentId, (staged) => isDeepStrictEqual(staged.config.reveal(), config.reveal())),
    'commit-staged': async ({ environmentId }) => {
      const patchId = seen.stagedIds.get(environmentId)
      if (patchId === undefined) return undefined
      return (await platform.readPatch(patchId)).status === 'staged' ? undefined : { result: undefined }
    },
    'commit-changes': async ({ config, message, ...target }) => {
      const { patches = [] } = await platform.observe(target)
      const isIt = (patch: ObservedPatch) =>
        patch.message === message && beyond(config.reveal(), patch.config.reveal()) === undefined
      return patches.some(isIt) ? { result: undefined } : undefined
    },
    'store-variables': async ({ services, ...target }) => {
      const there = (await platform.observe(target)).services
      const isStored = services.every(({ serviceId, variables }) => {
        const held = there.find(({ id }) => id === serviceId)?.variables ?? {}
        return Object.entries(variables.reveal()).every(([name, value]) => {
          const variable = held[name]
          return variable !== undefined && 'value' in variable && variable.value.reveal() === value
        })
      })
      return isStored ? { result: undefined } : undefined
    },
    'store-settings': async ({ services, ...target }) => {
      const there = (await platform.observe(target)).services
      const isStored = services.every(({ serviceId, settings }) => {
        const held = new Map<string, unknown>(Object.entries(there.find(({ id }) => id === serviceId)?.settings ?? {}))
        return Object.entries(settings).every(([name, value]) => isDeepStrictEqual(held.get(name) ?? null, value))
      })
      return isStored ? { result: undefined } : undefined
    },
    'follow-branches': async ({ services, ...target }) => {
      const there = (await platform.observe(target)).services
      const follows = services.every(({ serviceId, repository, branch }) => {
        const { repo, branch: followed } = there.find(({ id }) => id === serviceId)?.settings ?? {}
        return repo === repository && followed === branch
      })
      return follows ? { result: undefined } : undefined
    },
    'set-auto-deploy': async ({ services, ...target }) => {
      const { running } = await platform.observeRunning(await platform.observe(target))
      const isSet = services.every(({ serviceId, enabled }) => running.autoDeploy.get(serviceId) === enabled)
      return isSet ? { result: undefined } : undefined
    },
    'deploy-service': async ({ commit, ...input }) => {
      const found = await newDeployment(input, commit)
      return found && { result: { deploymentId: found.id } }
    },
    'deploy-latest-commit': async (input) => ((await newDeployment(input)) ? { result: undefined } : undefined),
    'write-shared-variables': async ({ variables, over, isParting = false, ...target }) => {
      const there = (await platform.readSharedVariables(target, { isParting })).variables
      const isThere = Object.entries(variables).every(([name, text]) => (there[name]?.reveal() ?? '') === text)
      const standing = notesIn((name) => there[name]?.reveal()).lease?.nonce ?? ''
      // Where somebody else's lease stands it is too late for ours: whoever asks next finds that out.
      return isThere || !over.includes(standing) ? { result: undefined } : undefined
    },
    // Whoever rolls back looks for the deployment that it makes anyway.
    'rollback-deployment': async () => 'cannot be known',
    'redeploy-deployment': async () => 'cannot be known',
    // The same deployment, live before and after: only while its processes are down does a reading tell that they start again.
    'restart-deployment': async ({ deploymentId }) => {
      const [look] = await platform.watchDeployments([deploymentId])
      const isDown = look !== undefined && look.deployment.runningInstances < look.deployment.instances
      return isDown ? { result: undefined } : 'cannot be known'
    },
  }
}
