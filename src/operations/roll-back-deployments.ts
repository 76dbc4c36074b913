import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import { isUploaded } from '../kit/uploaded-revision.ts'
import type { DeploymentId, ServiceId } from '../platform/ids.ts'
import type { ObservedDeployment } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import { type DeploymentEnding, type WatchNeeds, watchDeployments } from './watch-deployments.ts'

/** A service, and the deployment that it goes back to. */
export interface RollbackOrder {
  service: string
  serviceId: ServiceId
  to: ObservedDeployment
  /** Has the one that goes taken its place? Then it is removed, or about to be. */
  isReplaced: boolean
  /**
   * From the kept image only, from it or else by a build of the commit, or by that: what still serves is never offered. `rebuild`:
   * that deployment is built again as it was.
   */
  by: 'image' | 'image-or-build' | 'build' | 'image-or-rebuild' | 'rebuild'
  /** The token may not roll back: known already. */
  isDenied?: true
  /** How long its health check may take, in milliseconds. */
  healthMs: number
}

/** How going back ended; without an ending it could not even be started. */
export interface RollbackEnding {
  service: string
  to: ObservedDeployment
  ending?: DeploymentEnding
  /** Its image was not kept, so that the commit was built once more. */
  isBuilt: boolean
  /** The token may not roll back. */
  isDenied: boolean
  /** Why it could not be started. */
  reason?: string
}

export interface RollbackNeeds extends WatchNeeds {
  checkpoint: () => void
  /** Throws where somebody else works on the environment; asked before anything is started. */
  confirm: () => Promise<void>
}

interface Begun {
  deploymentId: DeploymentId
  /** Its image was not kept, so that the commit is built once more. */
  isBuilt: boolean
  isDenied?: true
}

/**
 * Brings services back to earlier deployments, all at once: from the kept image where the platform still has it, which needs no build
 * and restores the variables too, else by deploying the commit anew where the order allows that. One that cannot be started holds up
 * none of the others.
 */
export async function rollBackDeployments(
  orders: readonly RollbackOrder[],
  target: Target,
  environment: string,
  needs: RollbackNeeds,
): Promise<RollbackEnding[]> {
  const kept = await keptImages(orders, needs)
  const startedAt = needs.clock.now()
  const begun = new Map<string, Begun>()
  const reasons = new Map<string, string>()
  for (const asked of orders) {
    const isDenied = [...begun.values()].some((one) => one.isDenied)
    const order: RollbackOrder =
      isDenied && asked.by === 'image-or-rebuild' ? { ...asked, by: 'rebuild', isDenied } : asked
    needs.checkpoint()
    await needs.confirm()
    const { service, to } = order
    try {
      const one = await begin(order, target, kept.has(to.id), needs)
      begun.set(service, one)
      const { deploymentId, isBuilt } = one
      await needs.report({
        type: 'deployment-rolled-back',
        environment,
        service,
        deploymentId,
        isBuilt,
        to: to.id,
        ...(to.commit === undefined ? {} : { commit: to.commit }),
      })
    } catch (error) {
      if (!(error instanceof OperatorError) || needs.signal.aborted || error.code === 'lease-lost') throw error
      // What is denied to the token once is denied to it for the others too.
      if (error.kind === 'denied' && isOfThen(order) && begun.size === 0) throw error
      reasons.set(service, error.message)
    }
  }
  const awaited = orders.flatMap(({ service, healthMs }) => {
    const { deploymentId } = begun.get(service) ?? {}
    return deploymentId === undefined ? [] : [{ service, deploymentId, startedAt, healthMs }]
  })
  const endings = awaited.length === 0 ? [] : await watchDeployments(awaited, needs)
  return orders.map(({ service, to }) => {
    const ending = endings.find((one) => one.service === service)
    const reason = reasons.get(service)
    const { isBuilt = false, isDenied = false } = begun.get(service) ?? {}
    return {
      service,
      to,
      isBuilt,
      isDenied,
      ...(ending === undefined ? {} : { ending }),
      ...(reason === undefined ? {} : { reason }),
    }
  })
}

/**
 * The deployments whose images can be started again. The platform offers that for removed ones only, and removing takes as long as
 * the old one drains, so that it is asked for a while.
 */
async function keptImages(orders: readonly RollbackOrder[], needs: RollbackNeeds): Promise<ReadonlySet<DeploymentId>> {
  const kept = new Set<DeploymentId>()
  let open = orders.flatMap(({ to, by }) => (by === 'build' || by === 'rebuild' ? [] : [to.id]))
  if (open.length === 0) return kept
  const replaced = new Set(orders.flatMap(({ to, isReplaced }) => (isReplaced ? [to.id] : [])))
  const mayBeOffered = ({ id, status }: ObservedDeployment) =>
    replaced.has(id) && (status === 'live' || status === 'sleeping' || status === 'removing')
  const look = async () => {
    const looks = await needs.platform.watchDeployments(open)
    for (const { deployment } of looks) if (deployment.canRollback) kept.add(deployment.id)
    open = looks.flatMap(({ deployment }) =>
      deployment.canRollback || !mayBeOffered(deployment) ? [] : [deployment.id],
    )
    return open.length === 0 ? kept : undefined
  }
  const { clock, signal, timing } = needs
  await poll(look, { clock, signal, backoff: timing.polling, withinMs: timing.deploy.verifyMs })
  return kept
}

async function begin(order: RollbackOrder, target: Target, isKept: boolean, needs: RollbackNeeds): Promise<Begun> {
  const { service, serviceId, to, by } = order
  if ((by === 'image' || by === 'image-or-rebuild') && !isKept) throw imageGone(service)
  const known = new Set((await needs.platform.newestDeployments(target.environmentId, serviceId)).map(({ id }) => id))
  const found = (withinMs: number) => findNew(order, target, known, withinMs, needs)
  let { isDenied = false } = order
  if (isKept && by !== 'rebuild') {
    try {
      const change = () => needs.platform.change('rollback-deployment', { service, deploymentId: to.id })
      const seen = await unlessLost(change, found, needs)
      const deploymentId = seen ?? (await found(needs.timing.deploy.queueMs))
      if (deploymentId === undefined) throw notFound(service)
      return { deploymentId, isBuilt: false }
    } catch (error) {
      // Refused means that nothing happened: then it is built, where that will do.
      if (by === 'image' || !(error instanceof OperatorError) || !(error.kind === 'failed' || error.kind === 'denied'))
        throw error
      isDenied = error.kind === 'denied'
    }
  }
  if (isOfThen(order)) return { ...(await buildAgain(order, found, needs)), ...(isDenied ? { isDenied } : {}) }
  const { commit } = to
  // Without a commit the platform would build whatever is newest.
  if (to.image === undefined && (commit === undefined || isUploaded(commit))) throw imageGone(service)
  let answered: DeploymentId | undefined
  const seen = await unlessLost(
    async () => {
      const result = await needs.platform.change('deploy-service', {
        ...target,
        serviceId,
        ...(commit === undefined ? {} : { commit }),
      })
      answered = result.deploymentId
    },
    found,
    needs,
  )
  const deploymentId = answered ?? seen
  if (deploymentId === undefined) throw notFound(service)
  return { deploymentId, isBuilt: commit !== undefined }
}

/** Does it bring back that very deployment, with its variables? */
function isOfThen({ by }: RollbackOrder): boolean {
  return by === 'image' || by === 'image-or-rebuild' || by === 'rebuild'
}

async function buildAgain(
  { service, to }: RollbackOrder,
  found: (withinMs: number) => Promise<DeploymentId | undefined>,
  needs: RollbackNeeds,
): Promise<Begun> {
  let answered: DeploymentId | undefined
  const change = async () => {
    answered = (await needs.platform.change('redeploy-deployment', { service, deploymentId: to.id })).deploymentId
  }
  const seen = await unlessLost(change, found, needs)
  const deploymentId = answered ?? seen
  if (deploymentId === undefined) throw notFound(service)
  return { deploymentId, isBuilt: true }
}

/**
 * Sends a change. Where its answer is lost, what it would have made is looked for, and only if nothing of it is there, it is sent once
 * more. Gives back what was found by looking.
 */
async function unlessLost(
  change: () => Promise<unknown>,
  found: (withinMs: number) => Promise<DeploymentId | undefined>,
  { timing }: RollbackNeeds,
): Promise<DeploymentId | undefined> {
  for (let isLast = false; ; isLast = true) {
    try {
      await change()
      return undefined
    } catch (error) {
      if (!(error instanceof OperatorError) || error.code !== 'mutation-unknown') throw error
      const deploymentId = await found(2 * timing.polling.longestMs)
      if (deploymentId !== undefined) return deploymentId
      if (isLast) throw error
    }
  }
}

/** The newest deployment of the service that was not there before and may be a copy of the old one; undefined when none appears. */
function findNew(
  { serviceId, to }: RollbackOrder,
  { environmentId }: Target,
  known: ReadonlySet<DeploymentId>,
  withinMs: number,
  { platform, clock, signal, timing }: RollbackNeeds,
): Promise<DeploymentId | undefined> {
  return poll(
    async () => {
      const newest = await platform.newestDeployments(environmentId, serviceId)
      return newest.find(({ id, commit }) => !known.has(id) && (commit === undefined || commit === to.commit))?.id
    },
    { clock, signal, backoff: timing.polling, withinMs },
  )
}

function imageGone(service: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'image-gone',
    message: `The platform does not keep the image of ${service} any more.`,
  })
}

function notFound(service: string): OperatorError {
  return new OperatorError({
    kind: 'unfinished',
    code: 'queue-timeout',
    message: `The platform accepted to roll ${service} back, but shows no new deployment of it.`,
    retryable: true,
  })
}
