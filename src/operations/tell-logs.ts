import { OperatorError } from '../kit/errors.ts'
import { type LogLine, logLines } from '../logs/log-lines.ts'
import type { DeploymentStep } from '../platform/observed-state.ts'
import type { LogKind } from '../platform/platform.ts'
import { preDeployLines } from './pre-deploy-log.ts'
import type { DeploymentEnding, WatchNeeds } from './watch-deployments.ts'

/** How much of a log is shown. */
const lines = 50

const buildSteps: readonly DeploymentStep[] = ['snapshot-code', 'build-image', 'publish-image']

/**
 * Tells what deployments printed that ended badly: of its build where that was as far as it came. Gives back what was read of
 * what ran, by service. Decides nothing, never throws.
 */
export async function tellLogs(
  endings: readonly DeploymentEnding[],
  { platform, report }: Pick<WatchNeeds, 'platform' | 'report'>,
): Promise<ReadonlyMap<string, LogLine[]>> {
  const read = new Map<string, LogLine[]>()
  for (const ending of endings) {
    const kind = logOf(ending)
    if (kind === undefined) continue
    const { service, deploymentId, step } = ending
    const before = step === 'pre-deploy-command' ? preDeployLines : lines
    try {
      const rows = await platform.readLogRows({ kind, deploymentId }, { before }, { isOnce: true })
      // One row more than asked for may come; it is read too, since it may begin what the next ones go on with.
      const all = logLines(rows)
      if (kind === 'deploy') read.set(service, all)
      await report({ type: 'log-read', service, deploymentId, log: kind, lines: all.slice(-lines) })
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      await report({ type: 'log-not-read', service, deploymentId, log: kind, reason: error.message })
    }
  }
  return read
}

/** Where the reason may stand; undefined where nothing was run. */
function logOf({ outcome, status, step, phase }: DeploymentEnding): LogKind | undefined {
  if (outcome !== 'failed' && outcome !== 'unstable' && outcome !== 'timeout') return undefined
  if (status === 'skipped' || (outcome === 'timeout' && phase === 'queue')) return undefined
  const isBuild = step === undefined ? phase === 'queue' || phase === 'build' : buildSteps.includes(step)
  return isBuild ? 'build' : 'deploy'
}
