import type { ReadBackupsQuery, ReadWorkflowQuery } from '../contract/types.ts'
import { ReadBackups, ReadWorkflow } from '../contract/types.ts'
import type { GraphqlClient } from './graphql-client.ts'
import { id } from './ids.ts'
import type { Platform } from './platform.ts'
import type { VolumeBackup, WorkflowProgress } from './volume-backup.ts'

/** What is asked about backups, and about what makes them. */
export function readingBackups(client: GraphqlClient): Pick<Platform, 'readBackups' | 'readWorkflow'> {
  return {
    readBackups: async (volumeInstanceId) => {
      const { result } = await client.read(ReadBackups, { volumeInstanceId })
      return result.volumeInstanceBackupList.map(toBackup).sort((one, other) => other.createdAt - one.createdAt)
    },
    readWorkflow: async (workflowId) => {
      const { result } = await client.read(ReadWorkflow, { workflowId })
      const { status, error } = result.workflowStatus
      return { status: statusWords[status], ...(error === null ? {} : { error: client.redact(error) }) }
    },
  }
}

function toBackup(backup: ReadBackupsQuery['volumeInstanceBackupList'][number]): VolumeBackup {
  return {
    id: id(backup.id),
    name: backup.name ?? undefined,
    createdAt: Date.parse(backup.createdAt),
    expiresAt: backup.expiresAt === null ? undefined : Date.parse(backup.expiresAt),
    usedMB: backup.usedMB ?? undefined,
  }
}

const statusWords: Record<ReadWorkflowQuery['workflowStatus']['status'], WorkflowProgress['status']> = {
  Running: 'running',
  Complete: 'complete',
  Error: 'failed',
  NotFound: 'not-found',
}
