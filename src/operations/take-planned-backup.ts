import type { BackupId } from '../platform/ids.ts'
import type { BackupPlan } from './backup-before.ts'
import type { Lease } from './lease.ts'
import { type BackupNeeds, takeBackup } from './take-backup.ts'

/** What there is to go back to. */
export interface TakenBackup {
  /** Of the database. */
  service: string
  id: BackupId
  name: string | null
  /** Taken by this command, or there already. */
  isNew: boolean
}

/** Takes the backup that was planned, or says that there is none and why. Named by the operation, so that it is known again. */
export async function takePlannedBackup(
  plan: BackupPlan,
  { id, report, confirm }: Pick<Lease, 'id' | 'report' | 'confirm'>,
  environment: string,
  needs: BackupNeeds,
): Promise<TakenBackup | null> {
  if (plan.kind === 'not-needed') return null
  if (plan.kind === 'left-out') {
    await report({ type: 'backup-left-out', environment, because: plan.reason })
    return null
  }
  const { service, volume } = plan.of
  if (plan.kind === 'kept') return { service, id: plan.backup.id, name: plan.backup.name ?? null, isNew: false }
  await confirm()
  const backup = await takeBackup({ environment, service, volume, name: `fakturino ${id}` }, needs)
  return { service, id: backup.id, name: backup.name ?? null, isNew: true }
}
