import type { Timing } from '../config/timing.ts'
import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import { printable } from '../kit/text.ts'
import type { WorkflowId } from '../platform/ids.ts'
import { unlessDenied } from '../platform/is-denied.ts'
import type { ObservedVolume } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import type { VolumeBackup } from '../platform/volume-backup.ts'
import type { Report } from './events.ts'

export interface BackupRequest {
  environment: string
  /** Whose volume it is. */
  service: string
  volume: ObservedVolume
  /** No other backup is called so: by its name it is known again. `fakturino <id of the operation>`. */
  name: string
}

export interface BackupNeeds {
  platform: Platform
  clock: Clock
  signal: AbortSignal
  report: Report
  timing: Pick<Timing, 'backup' | 'polling'>
  checkpoint: () => void
}

/**
 * Asks for a backup of a volume, once, and waits until it is there. An answer that was lost is no reason to ask again: whether the
 * backup is made is read from the list, as it is where the platform names no workflow or does not tell how far that is.
 */
export async function takeBackup(request: BackupRequest, needs: BackupNeeds): Promise<VolumeBackup> {
  const { environment, service, volume, name } = request
  const { platform, clock, signal, report, timing } = needs
  const startedAt = clock.now()
  needs.checkpoint()
  await report({ type: 'backup-started', environment, service, name })
  let workflowId = await asked(request, platform)
  const listed = async () => (await platform.readBackups(volume.instanceId)).find((one) => one.name === name)
  const look = async (): Promise<VolumeBackup | undefined> => {
    if (workflowId === undefined) return listed()
    const progress = await unlessDenied(platform.readWorkflow(workflowId))
    if (progress === undefined) workflowId = undefined
    if (progress?.status === 'failed') throw backupFailed(request, progress.error)
    return progress?.status === 'running' ? undefined : listed()
  }
  const backup = await poll(look, { clock, signal, backoff: timing.polling, withinMs: timing.backup.madeMs })
  if (backup === undefined) throw notMade(request, timing.backup.madeMs)
  const { id: backupId, usedMB } = backup
  await report({
    type: 'backup-ended',
    environment,
    service,
    name,
    backupId,
    ...(usedMB === undefined ? {} : { usedMB }),
    elapsedMs: clock.now() - startedAt,
  })
  return backup
}

/** The newest that is young enough; `now` by the clock of the platform. */
export function freshBackup(backups: readonly VolumeBackup[], now: number, maxAgeMs: number): VolumeBackup | undefined {
  const fresh = backups.filter(({ createdAt, expiresAt }) => {
    return now - createdAt <= maxAgeMs && (expiresAt === undefined || expiresAt > now)
  })
  return fresh.sort((one, other) => other.createdAt - one.createdAt)[0]
}

/** What follows it; undefined where nothing does, or where the answer that would have named it was lost. */
async function asked({ volume, name }: BackupRequest, platform: Platform): Promise<WorkflowId | undefined> {
  try {
    return (await platform.change('create-backup', { volumeInstanceId: volume.instanceId, name })).workflowId
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'mutation-unknown') return undefined
    throw error
  }
}

function backupFailed({ environment, service }: BackupRequest, said: string | undefined): OperatorError {
  const why = said === undefined ? 'and the platform does not say why' : `the platform says: ${printable(said)}`
  return new OperatorError({
    kind: 'failed',
    code: 'backup-failed',
    message: `The backup of ${service} in ${environment} failed: ${why}. What was to follow it was not begun.`,
    hint: `Look at the backups of ${service} in Railway's dashboard, and run the command again.`,
    retryable: true,
  })
}

function notMade({ environment, service, name }: BackupRequest, withinMs: number): OperatorError {
  return new OperatorError({
    kind: 'unfinished',
    code: 'backup-timeout',
    message: `The backup "${name}" of ${service} in ${environment} was asked for and is not there after ${Math.round(withinMs / 1000)} s. Whether it is still being made is not known, and what was to follow it was not begun.`,
    hint: `Look for it among the backups of ${service} in Railway's dashboard before the command is run again.`,
  })
}
