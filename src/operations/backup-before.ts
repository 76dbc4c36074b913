import type { DesiredState } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { count } from '../kit/text.ts'
import type { ObservedService, ObservedState, ObservedVolume } from '../platform/observed-state.ts'
import type { VolumeBackup } from '../platform/volume-backup.ts'
import type { MigrateNeeds } from './migrate-needs.ts'
import type { MigrateSite } from './migrate-site.ts'
import { freshBackup } from './take-backup.ts'

/** Where the data is that migrations change. */
export interface DatabaseVolume {
  service: string
  volume: ObservedVolume
}

/** What there is to go back to, before anything is changed. */
export type BackupPlan =
  | { kind: 'not-needed' }
  | { kind: 'new'; of: DatabaseVolume }
  | { kind: 'kept'; of: DatabaseVolume; backup: VolumeBackup }
  /** Somebody said why there need be none. */
  | { kind: 'left-out'; reason: string }

/** The backup of a migration: a new one wherever changes are protected. */
export function backupBeforeUp(site: MigrateSite, leaveOut: string | undefined): BackupPlan {
  if (!site.isProtected) return { kind: 'not-needed' }
  if (leaveOut !== undefined) return { kind: 'left-out', reason: leaveOut }
  const of = volumeOf(site)
  if (of === undefined) throw noVolume(site)
  return { kind: 'new', of }
}

/** The backup of a rollback: one that is young enough, or a new one where that is asked for. */
export async function backupBeforeRollback(
  site: MigrateSite,
  { takesNew, leaveOut }: { takesNew: boolean; leaveOut: string | undefined },
  { platform, clock, timing }: Pick<MigrateNeeds, 'platform' | 'clock' | 'timing'>,
): Promise<BackupPlan> {
  if (!site.isProtected && !takesNew) return { kind: 'not-needed' }
  const of = volumeOf(site)
  if (of === undefined) {
    // What is thrown away can be had back from nowhere else, so it is left out only where there is nothing to take one of.
    if (leaveOut !== undefined && !takesNew) return { kind: 'left-out', reason: leaveOut }
    throw noVolume(site)
  }
  if (takesNew) return { kind: 'new', of }
  const backups = await platform.readBackups(of.volume.instanceId)
  const fresh = freshBackup(backups, site.state.platformTime ?? clock.now(), timing.backup.freshMs)
  if (fresh === undefined) throw noFreshBackup(site, of, timing.backup.freshMs)
  return { kind: 'kept', of, backup: fresh }
}

function volumeOf({ state, desired, service }: MigrateSite): DatabaseVolume | undefined {
  return databaseVolume(state, desired, service)
}

const databaseImage = /(?:^|[/-])(?:postgres|postgis|pgvector|timescale|mysql|mariadb)/i
const databaseMount = /^\/var\/lib\/(?:postgresql|mysql)\b/

/**
 * The volume of the database. By the config where it names one; else by what its image is called, or where its volume is mounted. Of
 * several, the one that the reader refers to; undefined where that leaves a choice.
 */
export function databaseVolume(
  state: ObservedState,
  desired: DesiredState | undefined,
  reader: ObservedService,
): DatabaseVolume | undefined {
  const known = desired?.services.flatMap(({ name, kind }) => (kind === 'postgres' ? [name] : [])) ?? []
  const candidates = state.services.flatMap((service) => {
    const isDatabase =
      known.length > 0
        ? known.includes(service.name)
        : databaseImage.test(service.settings.image ?? '') ||
          service.volumes.some(({ mountPath }) => databaseMount.test(mountPath))
    const [volume] = service.volumes
    return isDatabase && volume !== undefined ? [{ service: service.name, volume }] : []
  })
  const referred = candidates.filter(({ service }) => refersTo(reader, service))
  const [only, other] = referred.length > 0 ? referred : candidates
  return other === undefined ? only : undefined
}

function refersTo({ variables }: ObservedService, name: string): boolean {
  return Object.values(variables).some(
    (variable) => 'value' in variable && variable.value.reveal().includes(`\${{${name}.`),
  )
}

function noVolume({ state, service }: MigrateSite): OperatorError {
  const environment = state.environment.name
  return new OperatorError({
    kind: 'refused',
    code: 'backup-missing',
    message: `${environment} is protected, so its database is backed up before it is changed, and no volume of a database that ${service.name} uses was found in it. Nothing was changed.`,
    hint: 'Where there is a backup elsewhere, go on with: --no-backup --reason TEXT',
  })
}

function noFreshBackup({ state }: MigrateSite, { service }: DatabaseVolume, freshMs: number): OperatorError {
  const environment = state.environment.name
  const age = count(Math.round(freshMs / 60_000), 'minute')
  return new OperatorError({
    kind: 'refused',
    code: 'backup-missing',
    message: `${environment} is protected, and no backup of ${service} in it is younger than ${age}: what this undoes would be gone. Nothing was changed.`,
    hint: `Let one be taken first: fakturino migrate rollback --backup -e ${shellWord(environment)}`,
  })
}
