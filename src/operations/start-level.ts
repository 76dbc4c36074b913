import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import { isUploaded } from '../kit/uploaded-revision.ts'
import type { PlannedDeployment } from '../plan/plan.ts'
import type { DeploymentId, EnvironmentId, ServiceId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { serviceIdOf } from './create-missing.ts'
import { type Uploading, uploadCode } from './upload-code.ts'
import { withoutCode } from './uploaded-code.ts'
import { isOver, type WatchNeeds } from './watch-deployments.ts'

export interface StartNeeds extends WatchNeeds {
  checkpoint: () => void
  /** Throws where somebody else works on the environment; asked before anything is started. */
  confirm: () => Promise<void>
  /** Where the code comes from a directory. */
  uploading?: Uploading
}

/** A deployment that was started and is not watched. */
export interface StartedService {
  service: string
  deploymentId: DeploymentId
  commit?: string
}

/** Starts one service after the other; what turns out to run already is left out. */
export async function startLevel(
  members: readonly PlannedDeployment[],
  state: ObservedState,
  heads: Map<string, string>,
  needs: StartNeeds,
): Promise<(StartedService & { startedAt: number })[]> {
  const all = []
  for (const planned of members) {
    const [member] = await withoutCurrent([planned], heads, needs)
    if (member === undefined) continue
    needs.checkpoint()
    await needs.confirm()
    const startedAt = needs.clock.now()
    const started = await startDeployment(member, state, heads, needs)
    const { service, follows } = member
    const type = follows === undefined ? 'deployment-created' : 'deployment-followed'
    await needs.report({ type, environment: state.environment.name, service, ...started })
    all.push({ service, startedAt, ...started })
  }
  return all
}

/**
 * Leaves out what runs the head of its branch already, and says so: where nothing but the newest commit was the reason, it has no
 * reason any more as soon as the platform has told which commit that is.
 */
export async function withoutCurrent(
  members: readonly PlannedDeployment[],
  heads: ReadonlyMap<string, string>,
  needs: StartNeeds,
): Promise<PlannedDeployment[]> {
  const left: PlannedDeployment[] = []
  for (const member of members) {
    const { service, codebase = '', reasons, running } = member
    const head = heads.get(codebase)
    const isCurrent = head !== undefined && running?.commit === head && reasons.every((one) => one === 'newest-commit')
    if (isCurrent) await needs.report({ type: 'service-unchanged', service, commit: head })
    else left.push(member)
  }
  return left
}

/** Starts one deployment. The head of a branch is asked for once; every other service of the codebase gets that very commit. */
async function startDeployment(
  member: PlannedDeployment,
  state: ObservedState,
  heads: Map<string, string>,
  needs: StartNeeds,
): Promise<{ deploymentId: DeploymentId; commit?: string }> {
  const target = { projectId: state.project.id, environmentId: state.environment.id }
  const serviceId = serviceIdOf(state, member.service)
  const commit = member.commit === 'latest' ? heads.get(member.codebase ?? '') : member.commit
  if (member.follows?.commit !== undefined || (member.follows !== undefined && member.codebase === undefined)) {
    const { commit: head, deploymentId } = member.follows
    if (member.commit === 'latest' && head !== undefined) heads.set(member.codebase ?? '', head)
    return { deploymentId, ...(head === undefined ? {} : { commit: head }) }
  }
  if (commit !== undefined && isUploaded(commit)) {
    const { uploading } = needs
    if (uploading === undefined || uploading.revision !== commit)
      throw withoutCode(state.environment.name, [member.service], commit)
    const place = { ...target, serviceId, service: member.service, environment: state.environment.name }
    return { deploymentId: await uploadCode(uploading, place, needs), commit }
  }
  if (member.commit !== 'latest' || commit !== undefined) {
    const { deploymentId } = await needs.platform.change('deploy-service', {
      ...target,
      serviceId,
      ...(commit === undefined ? {} : { commit }),
    })
    return { deploymentId, ...(commit === undefined ? {} : { commit }) }
  }
  const before = state.services.find((service) => service.id === serviceId)?.latest?.id
  if (member.follows === undefined) await needs.platform.change('deploy-latest-commit', { ...target, serviceId })
  const newest = await newestCommitted(
    target.environmentId,
    serviceId,
    member.follows === undefined ? before : undefined,
    needs,
  )
  if (newest.commit !== undefined) heads.set(member.codebase ?? '', newest.commit)
  return newest
}

/**
 * The deployment that `deploy-latest-commit` made, as soon as the platform says which commit it is of; or without one, when it has
 * ended already: a repository that cannot be read has no commit to tell.
 */
async function newestCommitted(
  environmentId: EnvironmentId,
  serviceId: ServiceId,
  before: DeploymentId | undefined,
  needs: StartNeeds,
): Promise<{ deploymentId: DeploymentId; commit?: string }> {
  const newest = await poll(
    async () => {
      const [found] = await needs.platform.newestDeployments(environmentId, serviceId)
      if (found === undefined || found.id === before) return undefined
      if (found.commit !== undefined) return { deploymentId: found.id, commit: found.commit }
      return isOver(found.status) ? { deploymentId: found.id } : undefined
    },
    {
      clock: needs.clock,
      signal: needs.signal,
      backoff: needs.timing.polling,
      withinMs: needs.timing.deploy.queueMs,
    },
  )
  if (newest !== undefined) return newest
  throw new OperatorError({
    kind: 'unfinished',
    code: 'queue-timeout',
    message: 'The platform accepted the deployment of the newest commit, but does not say which commit it is.',
    hint: 'When status says which commit it became, deploy the rest with --commit.',
    retryable: true,
  })
}
