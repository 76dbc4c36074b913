import type { DesiredService } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Finding } from '../kit/finding.ts'
import type { LogLine } from '../logs/log-lines.ts'
import { toldMigrations } from '../logs/told-migrations.ts'
import type { DeploymentId } from '../platform/ids.ts'
import { type FailedMigrations, failedMigrations } from './failed-migrations.ts'
import { readPreDeployLog } from './pre-deploy-log.ts'
import type { WatchNeeds } from './watch-deployments.ts'

type ReadNeeds = Pick<WatchNeeds, 'platform' | 'report' | 'signal'>

/**
 * What migrations did in a deployment that is live: a pre-deploy command may end well although one failed (`|| true`). One request
 * for a service whose pre-deploy command migrates, none for others. Where the log cannot be had, nothing is known, and said so.
 */
export async function hiddenFailure(
  { name: service, settings }: Pick<DesiredService, 'name' | 'settings'>,
  deploymentId: DeploymentId,
  needs: ReadNeeds,
): Promise<FailedMigrations | undefined> {
  if (settings.preDeploy?.some((command) => command.includes('migrate')) !== true) return undefined
  try {
    return await tellMigrations({ service, deploymentId }, await readPreDeployLog(deploymentId, needs), needs)
  } catch (error) {
    if (!(error instanceof OperatorError) || needs.signal.aborted) throw error
    await needs.report({ type: 'finding', finding: notKnown(service, error) })
    return undefined
  }
}

/** Tells what a log says of migrations; gives back the one that failed. @param of `reason`: the platform's word, no migration's */
export async function tellMigrations(
  of: { service: string; deploymentId: DeploymentId; reason?: string },
  lines: readonly LogLine[],
  { report }: Pick<ReadNeeds, 'report'>,
): Promise<FailedMigrations | undefined> {
  const { service, deploymentId, reason } = of
  const told = toldMigrations(lines.flatMap(({ message }) => (message === reason ? [] : [message])))
  if (told === undefined) return undefined
  await report({ type: 'migrations-ran', service, deploymentId, ...told })
  return failedMigrations(service, told)
}

function notKnown(service: string, { message }: OperatorError): Finding {
  return {
    code: 'migrations-not-known',
    severity: 'advisory',
    subject: service,
    message: `Whether a migration failed in the pre-deploy command of ${service} is not known, because its log could not be read: ${message}`,
  }
}
