import { type LogLine, logLines } from '../logs/log-lines.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { Platform } from '../platform/platform.ts'

/** How much is read of what a pre-deploy command printed: as much as tells what it did to a database. */
export const preDeployLines = 500

/** What a pre-deploy command printed: it stands in the log of its deployment, which has just begun. */
export async function readPreDeployLog(
  deploymentId: DeploymentId,
  { platform }: { platform: Pick<Platform, 'readLogRows'> },
): Promise<LogLine[]> {
  return logLines(
    await platform.readLogRows({ kind: 'deploy', deploymentId }, { before: preDeployLines }, { isOnce: true }),
  )
}
