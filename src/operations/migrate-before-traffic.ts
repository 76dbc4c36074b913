import { OperatorError } from '../kit/errors.ts'
import { listedMigrations, type MigrationRun, migrationRun } from '../logs/migration-lines.ts'
import type { DeploymentId } from '../platform/ids.ts'
import { deployAgain } from './deploy-again.ts'
import type { Lease } from './lease.ts'
import type { MigrateNeeds } from './migrate-needs.ts'
import type { MigrateSite } from './migrate-site.ts'
import { type Expected, migrationFailed } from './migration-failures.ts'
import { readPreDeployLog } from './pre-deploy-log.ts'

/**
 * Migrates by a new deployment of what runs: the platform's pre-deploy command does it before the deployment gets any traffic. What it
 * did stands in the deployment's log; undefined where that does not tell.
 */
export async function migrateBeforeTraffic(
  site: MigrateSite,
  expected: Expected,
  lease: Lease,
  needs: MigrateNeeds,
): Promise<{ run: MigrationRun | undefined; deploymentId: DeploymentId }> {
  const { service, commit, desired, state } = site
  const environment = state.environment.name
  let told: MigrationRun | undefined
  const order = { service, desired, ...(commit === undefined ? {} : { commit }) }
  const ending = await deployAgain(order, lease, needs, async ({ deploymentId }) => {
    const lines = await printed(deploymentId, needs)
    const run = migrationRun(lines)
    const { done, failed } = run
    if (done.length === 0 && failed === undefined && !run.isNothing) return
    told = run
    for (const name of done) {
      await lease.report({ type: 'migration-ended', environment, direction: 'up', name, outcome: 'done' })
    }
    if (failed === undefined) return
    const { name } = failed
    await lease.report({ type: 'migration-ended', environment, direction: 'up', name, outcome: 'failed' })
    const pending = listedMigrations(lines).flatMap((one) => (one.batch === undefined ? [one.name] : []))
    const all = expected ?? (pending.length === 0 ? undefined : pending)
    throw migrationFailed({ ...run, failed }, { direction: 'up', expected: all, isBeforeTraffic: true }, site)
  })
  return { run: told, deploymentId: ending.deploymentId }
}

/** What a log cannot tell fails nothing. */
async function printed(deploymentId: DeploymentId, needs: MigrateNeeds): Promise<string[]> {
  try {
    return (await readPreDeployLog(deploymentId, needs)).map(({ message }) => message)
  } catch (error) {
    if (!(error instanceof OperatorError) || needs.signal.aborted) throw error
    return []
  }
}
