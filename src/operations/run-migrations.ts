import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import { type MigrationRun, migrationRun } from '../logs/migration-lines.ts'
import { askArtisan } from './ask-artisan.ts'
import type { Lease } from './lease.ts'
import type { MigrateDirection } from './migrate-act.ts'
import type { MigrateNeeds } from './migrate-needs.ts'
import { containerOf, type MigrateSite } from './migrate-site.ts'
import { artisanSaid, type Expected, leftMigrating, migrationFailed } from './migration-failures.ts'

export interface MigrationOrder {
  direction: MigrateDirection
  words: readonly string[]
  expected: Expected
}

/** Runs artisan once and tells each migration as it ends. Throws where one failed, or where it is not known what happened. */
export async function runMigrations(
  { direction, words, expected }: MigrationOrder,
  site: MigrateSite,
  lease: Pick<Lease, 'clock' | 'report' | 'confirm'>,
  needs: MigrateNeeds,
): Promise<MigrationRun> {
  const environment = site.state.environment.name
  const { report } = lease
  const done: string[] = []
  const told = async (line: string) => {
    const one = migrationRun([line])
    for (const name of one.done) {
      done.push(name)
      await report({ type: 'migration-ended', environment, direction, name, outcome: 'done' })
    }
    const failed = one.failed?.name
    if (failed !== undefined)
      await report({ type: 'migration-ended', environment, direction, name: failed, outcome: 'failed' })
  }
  const deploymentId = site.way === 'ssh' ? containerOf(site) : undefined
  needs.checkpoint()
  await lease.confirm()
  await report({
    type: 'migrations-started',
    environment,
    service: site.service.name,
    way: site.way,
    direction,
    ...(deploymentId === undefined ? {} : { deploymentId }),
    ...(site.commit === undefined ? {} : { commit: site.commit }),
  })
  const heard = await besideLease(lease.clock, needs.timing.lease.renewMs, () =>
    askArtisan(words, site, needs, told).catch((error: unknown) => {
      throw lost(error, { direction, done }, site, needs.signal)
    }),
  )
  const run = migrationRun(heard.lines)
  const { failed } = run
  if (failed !== undefined) {
    throw migrationFailed({ ...run, failed }, { direction, expected, isBeforeTraffic: false }, site)
  }
  const isTold = run.done.length > 0 || run.isNothing
  if (heard.exitCode !== 0 || !isTold) throw artisanSaid(heard.exitCode, heard.last, { direction, done }, site)
  return run
}

function lost(
  error: unknown,
  heard: { direction: MigrateDirection; done: readonly string[] },
  site: MigrateSite,
  signal: AbortSignal,
): unknown {
  const { reason }: { reason: unknown } = signal
  if (signal.aborted && reason instanceof OperatorError) {
    return leftMigrating(reason.kind === 'interrupted' ? 'Interrupted' : 'The time ran out', reason, heard, site)
  }
  // Every other failure of the way there says itself that nothing was run.
  if (!(error instanceof OperatorError) || error.code !== 'command-unknown') return error
  return leftMigrating(error.message.replace(/, so whether.*$/s, ''), error, heard, site)
}

/**
 * The lease is kept by waits on its clock, and while a program runs nobody waits: so somebody does beside it. That the lease was lost
 * stops nothing here, because what runs cannot be called back; nothing else is started after it.
 */
async function besideLease<Result>(clock: Clock, everyMs: number, act: () => Promise<Result>): Promise<Result> {
  let isOver = false
  let forget = () => {}
  let keeping: Promise<unknown> = Promise.resolve()
  const wait = () => {
    forget = clock.after(everyMs, () => {
      keeping = clock.sleep(0).then(
        () => isOver || wait(),
        () => undefined,
      )
    })
  }
  wait()
  try {
    return await act()
  } finally {
    isOver = true
    forget()
    await keeping
  }
}
