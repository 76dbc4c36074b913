import { isUploaded, unknownUpload } from '../kit/uploaded-revision.ts'
import { operationNotes } from '../plan/operation-notes.ts'
import type { DeploymentId, ServiceId } from '../platform/ids.ts'
import type { ObservedDeployment, ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'

/**
 * The same platform, which tells the revision of uploaded code where it would tell a commit: the platform itself knows none, the notes
 * of commands do. So whatever goes by commits goes by these, too. What runs without a commit, an image or a note reads `upload`.
 */
export function knowingUploads(platform: Platform): Platform {
  const known = new Map<DeploymentId, string>()
  let begun: { revision: string; since: number } | undefined
  /** What was rolled back to last: what is new since then is of that code, and not of the one that is gone. */
  let wentBackTo: string | undefined
  const remember = (id: DeploymentId, revision: string | undefined) => {
    if (revision !== undefined && isUploaded(revision) && !known.has(id)) known.set(id, revision)
  }
  const learn = (state: ObservedState) => {
    const { operation, releases } = operationNotes(state)
    for (const { commit, deployments, previousCommit, putBack = {} } of releases) {
      for (const id of Object.values(putBack)) remember(id, previousCommit)
      for (const id of Object.values(deployments)) remember(id, commit)
    }
    const revision = operation?.commit
    begun =
      operation === undefined || revision === undefined || !isUploaded(revision)
        ? undefined
        : { revision, since: operation.since }
  }
  const told = <Deployment extends ObservedDeployment>(deployment: Deployment): Deployment => {
    const { id, commit, image, createdAt, status } = deployment
    if (commit !== undefined || image !== undefined) return deployment
    // What an operation has started is its own, also where it was ended before it could note that.
    if (begun !== undefined && createdAt >= begun.since) remember(id, wentBackTo ?? begun.revision)
    const isSure = status === 'live' || status === 'sleeping' || status === 'crashed'
    const revision = known.get(id) ?? (isSure ? unknownUpload : undefined)
    return revision === undefined ? deployment : { ...deployment, commit: revision }
  }
  const toldState = (state: ObservedState): ObservedState => {
    learn(state)
    const { recent } = state
    return {
      ...state,
      services: state.services.map((service) => ({
        ...service,
        active: service.active.map(told),
        latest: service.latest === undefined ? undefined : told(service.latest),
      })),
      ...(recent === undefined ? {} : { recent: { ...recent, deployments: recent.deployments.map(told) } }),
    }
  }
  return {
    ...platform,
    change: (name, input) => {
      if ('deploymentId' in input && name === 'rollback-deployment') {
        wentBackTo = known.get(input.deploymentId) ?? unknownUpload
      }
      return platform.change(name, input)
    },
    observe: async (target, asking) => toldState(await platform.observe(target, asking)),
    observeAll: async (targets) => (await platform.observeAll(targets)).map(toldState),
    observeRunning: async (state) => {
      const read = await platform.observeRunning(state)
      return { ...read, state: toldState(read.state) }
    },
    watchDeployments: async (ids) =>
      (await platform.watchDeployments(ids)).map((look) => ({ ...look, deployment: told(look.deployment) })),
    newestDeployments: async (environmentId, serviceId: ServiceId) =>
      (await platform.newestDeployments(environmentId, serviceId)).map(told),
    readPast: async (asked) => {
      const past = await platform.readPast(asked)
      return { ...past, deployments: past.deployments.map(told) }
    },
  }
}
