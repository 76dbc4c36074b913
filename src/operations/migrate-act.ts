/** What is asked of migrations. */
export type MigrateAct = 'status' | 'plan' | 'up' | 'rollback'

/** Where artisan is asked: in a container that serves, or on this machine. */
export type AskedWay = 'ssh' | 'run'

export type MigrateDirection = 'up' | 'down'

/** What there is to go back to. `left-out`: somebody said why there need be none. */
export type BackupKind = 'not-needed' | 'new' | 'kept' | 'left-out'
