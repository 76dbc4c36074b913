import type { Timing } from '../config/timing.ts'
import type { News } from '../kit/poll.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { Platform } from '../platform/platform.ts'

/** Word of deployments, for waits between looks. */
export interface DeploymentNews extends News {
  stop(): void
}

/** Follows deployments until it is stopped. What they are is never learnt here: word only ends a wait early. */
export function followDeployments(
  deploymentIds: readonly DeploymentId[],
  { platform, signal, timing }: { platform: Platform; signal: AbortSignal; timing: Timing },
): DeploymentNews {
  const listeners = new Set<() => void>()
  const following = platform.followDeployments([...deploymentIds], signal, () => {
    for (const act of [...listeners]) act()
  })
  return {
    longestMs: () => (following.isConnected() ? timing.polling.followedMs : undefined),
    onWord(act) {
      listeners.add(act)
      return () => listeners.delete(act)
    },
    stop: () => following.stop(),
  }
}
