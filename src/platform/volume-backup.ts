import type { BackupId } from './ids.ts'

/** A volume as it was at one moment, kept by the platform. */
export interface VolumeBackup {
  id: BackupId
  /** As whoever asked for it called it. */
  name: string | undefined
  /** In milliseconds. */
  createdAt: number
  /** When the platform forgets it, in milliseconds; undefined: never. */
  expiresAt: number | undefined
  usedMB: number | undefined
}

/** How far something is that the platform does by itself. `not-found` may mean that it is not known there yet. */
export interface WorkflowProgress {
  status: 'running' | 'complete' | 'failed' | 'not-found'
  error?: string
}
