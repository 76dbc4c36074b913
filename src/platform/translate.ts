/** The platform's words become ours here. */

import type { VariableConfig } from '../contract/environment-config.ts'
import type {
  DeploymentEventStep,
  EnvironmentPatchStatus,
  ObservedDeploymentFragment,
  ObservedEventsFragment,
  ObservedPatchesFragment,
  ObservedPatchFragment,
  ObservedPlatformStatusFragment,
  PastDeploymentFragment,
  DeploymentStatus as PlatformDeploymentStatus,
  ProjectSummaryFragment,
} from '../contract/types.ts'
import { OperatorError } from '../kit/errors.ts'
import { isRecord } from '../kit/json.ts'
import { Secret } from '../kit/secret.ts'
import { clipped, printable } from '../kit/text.ts'
import type { Id } from './ids.ts'
import { id } from './ids.ts'
import type {
  DeploymentEvent,
  DeploymentProgress,
  DeploymentStatus,
  DeploymentStep,
  ObservedDeployment,
  ObservedPatch,
  ObservedState,
  ObservedVariable,
  PastDeployment,
} from './observed-state.ts'
import type { ProjectSummary } from './platform.ts'
import { settingsFromConfig } from './settings-config.ts'
import { textOf } from './shape.ts'

export { settingsFromConfig, settingsToConfig, settingsToInstance } from './settings-config.ts'

/** PLATFORM.md §5.1. */
const deploymentStatuses: Record<PlatformDeploymentStatus, DeploymentStatus> = {
  INITIALIZING: 'queued',
  QUEUED: 'queued',
  WAITING: 'waiting',
  NEEDS_APPROVAL: 'needs-approval',
  BUILDING: 'building',
  DEPLOYING: 'deploying',
  SUCCESS: 'live',
  SLEEPING: 'sleeping',
  CRASHED: 'crashed',
  FAILED: 'failed',
  SKIPPED: 'skipped',
  REMOVING: 'removing',
  REMOVED: 'removed',
}

/** PLATFORM.md §5.2. */
const deploymentSteps: Record<DeploymentEventStep, DeploymentStep> = {
  SNAPSHOT_CODE: 'snapshot-code',
  BUILD_IMAGE: 'build-image',
  PUBLISH_IMAGE: 'publish-image',
  WAIT_FOR_DEPENDENCIES: 'wait-for-dependencies',
  PRE_DEPLOY_COMMAND: 'pre-deploy-command',
  MIGRATE_VOLUMES: 'migrate-volumes',
  CREATE_CONTAINER: 'create-container',
  CONFIGURE_NETWORK: 'configure-network',
  HEALTHCHECK: 'healthcheck',
  DRAIN_INSTANCES: 'drain-instances',
}

const patchStatuses: Record<EnvironmentPatchStatus, ObservedPatch['status']> = {
  STAGED: 'staged',
  APPLYING: 'applying',
  COMMITTED: 'committed',
}

/**
 * The schema grows faster than we do (PLATFORM.md §12): a word we do not know gets the meaning that decides nothing. Whoever
 * waits then goes on waiting until its own time is up.
 */
function translated<Word extends string, Ours>(table: Record<Word, Ours>, word: string): Ours | undefined {
  return Object.hasOwn(table, word) ? table[word as Word] : undefined
}

/** `2026-11-03T09:00:00Z` in milliseconds since the epoch. */
function timeOf(text: string): number {
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw new OperatorError({
    kind: 'unreachable',
    code: 'platform-error',
    message: `The platform sent a time that is none: ${clipped(text, 40)}. What happened first cannot be told without it.`,
    hint: 'Run the command again.',
    retryable: true,
  })
}

function timeWhere(text: string | null): number | undefined {
  return text === null ? undefined : timeOf(text)
}

export function toDeployment(deployment: ObservedDeploymentFragment): ObservedDeployment {
  const meta = isRecord(deployment.meta) ? deployment.meta : {}
  return {
    id: id(deployment.id),
    status: translated(deploymentStatuses, deployment.status) ?? 'waiting',
    createdAt: timeOf(deployment.createdAt),
    ...(deployment.statusUpdatedAt === null ? {} : { statusSince: timeOf(deployment.statusUpdatedAt) }),
    isStopped: deployment.deploymentStopped,
    runningInstances: deployment.instances.filter((instance) => instance.status === 'RUNNING').length,
    instances: deployment.instances.length,
    canRollback: deployment.canRollback,
    canRedeploy: deployment.canRedeploy,
    commit: textOf(meta.commitHash),
    image: textOf(meta.image),
    patchId: idWhere(textOf(meta.patchId)),
    ...settingsOfDeployment(meta),
  }
}

/** @param redact takes secrets out of what people wrote */
export function toPastDeployment(
  deployment: PastDeploymentFragment,
  redact = (text: string): string => text,
): PastDeployment {
  const name = deployment.creator?.name ?? undefined
  return {
    ...toDeployment(deployment),
    serviceId: idWhere(deployment.serviceId),
    ...(name === undefined ? {} : { creator: clipped(redact(name), 80) }),
  }
}

/** A config file in the code overrides what is stored (PLATFORM.md §11), so that nothing can be concluded from its manifest. */
function settingsOfDeployment({ serviceManifest, fileServiceManifest }: Record<string, unknown>) {
  const isFromFile = isRecord(fileServiceManifest) && Object.keys(fileServiceManifest).length > 0
  return isRecord(serviceManifest) && !isFromFile ? { settings: settingsFromConfig(serviceManifest) } : {}
}

export function newestFirst(deployments: ObservedDeployment[]): ObservedDeployment[] {
  return deployments.sort((a, b) => b.createdAt - a.createdAt)
}

/** @param redact takes secrets out of what a step says */
export function toProgress(
  look: { deployment: ObservedDeploymentFragment; events: Pick<ObservedEventsFragment, 'edges'> },
  redact = (text: string): string => text,
): DeploymentProgress {
  const known = look.events.edges.flatMap(({ node }): DeploymentEvent[] => {
    const step = translated(deploymentSteps, node.step)
    if (step === undefined) return []
    const error = textOf(node.payload?.error)
    const reason = textOf(node.payload?.reason)
    return [
      {
        step,
        startedAt: timeOf(node.createdAt),
        completedAt: timeWhere(node.completedAt),
        error: error === undefined ? undefined : clipped(redact(error), 500),
        ...(reason === undefined ? {} : { reason: clipped(redact(reason), 500) }),
      },
    ]
  })
  return { deployment: toDeployment(look.deployment), events: known.sort((a, b) => a.startedAt - b.startedAt) }
}

export function toPatch(patch: ObservedPatchFragment): ObservedPatch {
  return {
    id: id(patch.id),
    status: translated(patchStatuses, patch.status) ?? 'applying',
    message: patch.message === null ? undefined : printable(patch.message),
    createdAt: timeOf(patch.createdAt),
    appliedAt: timeWhere(patch.appliedAt),
    error: patch.lastAppliedError === null ? undefined : clipped(patch.lastAppliedError, 500),
    config: new Secret(isRecord(patch.patch) ? patch.patch : {}),
  }
}

/** The committed ones, in the order they were applied, the newest first: a patch may have been staged long before. */
export function toPatches({ edges }: ObservedPatchesFragment): ObservedPatch[] {
  return edges
    .map(({ node }) => toPatch(node))
    .filter((patch) => patch.status === 'committed')
    .sort((a, b) => (b.appliedAt ?? b.createdAt) - (a.appliedAt ?? a.createdAt))
}

export function toPlatformStatus(status: ObservedPlatformStatusFragment): ObservedState['platformStatus'] {
  const { isStable, incident } = status
  if (incident === null) return { isStable }
  return { isStable, incident: { message: clipped(incident.message, 300), url: printable(incident.url) } }
}

export function toProjectSummary(project: ProjectSummaryFragment): ProjectSummary {
  return {
    id: id(project.id),
    name: project.name,
    environments: project.environments.edges.map(({ node }) => ({
      id: id(node.id),
      name: node.name,
      isEphemeral: node.isEphemeral,
      isAccessible: node.canAccess,
    })),
  }
}

/**
 * Which of the four ways a value is withheld is not documented (PLATFORM.md §3.2): absent, null, `*****`, or sealed with any
 * value. An empty text is a value. Entries that are null were deleted.
 */
export function toVariables(
  variables: Record<string, VariableConfig | null> | null | undefined,
): Record<string, ObservedVariable> {
  return Object.fromEntries(
    Object.entries(isRecord(variables) ? variables : {}).flatMap(([name, entry]): [string, ObservedVariable][] => {
      if (!isRecord(entry)) return []
      const { value, isSealed } = entry
      const isShown = typeof value === 'string' && value !== '*****' && isSealed !== true
      return [[name, isShown ? { value: new Secret(value) } : { masked: true }]]
    }),
  )
}

/** What a container was started with; the platform's nulls are variables that it did not get. */
export function toSnapshot(variables: Record<string, string | null>): Record<string, Secret> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, new Secret(value)]] : [],
    ),
  )
}

function idWhere<Of extends string>(text: string | null | undefined): Id<Of> | undefined {
  return text === null || text === undefined ? undefined : id(text)
}
