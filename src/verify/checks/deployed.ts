import type { Finding } from '../../kit/finding.ts'
import type { DeploymentId } from '../../platform/ids.ts'
import type { ObservedService } from '../../platform/observed-state.ts'
import type { CheckName, CheckResult } from '../check.ts'

/** What a service should be running after a deploy. */
export interface ExpectedDeployment {
  service: string
  deploymentId: DeploymentId
  /** Absent for images. */
  commit?: string
  /** How many instances the config wants, where it says so; of none, none runs. */
  replicas?: number
}

/** Judges by the platform's word: is our deployment the one that serves, alone, at the commit asked for, in a running instance? */
export function checkDeployed(expected: ExpectedDeployment, observed: ObservedService | undefined): CheckResult[] {
  const ours = observed?.active.find((deployment) => deployment.id === expected.deploymentId)
  const result = (check: CheckName, isFine: boolean, message: string, evidence: Finding['evidence']): CheckResult => ({
    check,
    service: expected.service,
    outcome: isFine ? 'pass' : 'fail',
    ...(isFine
      ? {}
      : {
          finding: {
            code: `${check}-wrong`,
            severity: 'critical',
            subject: expected.service,
            message,
            ...(evidence === undefined ? {} : { evidence }),
          },
        }),
  })
  const newest = observed?.active[0]?.id
  const results = [
    result(
      'active-deployment',
      newest === expected.deploymentId,
      newest === undefined
        ? `Nothing of ${expected.service} is active, although its deployment succeeded.`
        : `Deployment ${newest} of ${expected.service} is active, not ours (${expected.deploymentId}).`,
      { expected: expected.deploymentId, active: newest ?? null },
    ),
  ]
  if (ours === undefined) return results
  if (expected.commit !== undefined) {
    results.push(
      result(
        'commit',
        ours.commit === expected.commit,
        `${expected.service} runs ${ours.commit ?? 'no known commit'}, not ${expected.commit}.`,
        { expected: expected.commit, running: ours.commit ?? null },
      ),
    )
  }
  if (expected.replicas === 0) return results
  results.push(
    result(
      'instance',
      ours.runningInstances > 0 && !ours.isStopped,
      `No instance of ${expected.service} is running, although its deployment succeeded.`,
      { instances: ours.instances, running: ours.runningInstances, stopped: ours.isStopped },
    ),
  )
  return results
}
