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
  const undecided = undecidedAbout(expected, observed)
  if (undecided !== undefined) return [undecided]
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

/** What is neither good nor bad by itself: somebody else deployed or removed, somebody must approve, it sleeps, it is on its way again. */
function undecidedAbout(
  { service, deploymentId }: ExpectedDeployment,
  observed: ObservedService | undefined,
): CheckResult | undefined {
  const newest = observed?.active[0]
  const ours = [newest, observed?.latest].find((deployment) => deployment?.id === deploymentId)
  const unknown = (code: string, message: string): CheckResult => ({
    check: 'active-deployment',
    service,
    outcome: 'unknown',
    finding: {
      code,
      severity: 'critical',
      subject: service,
      message,
      evidence: { expected: deploymentId, active: newest?.id ?? null, status: ours?.status ?? null },
    },
  })
  switch (ours?.status) {
    case 'sleeping':
      return unknown('deployment-asleep', `${service} sleeps, which nobody asked for.`)
    case 'needs-approval':
      return unknown('deployment-held', `${service} waits for somebody's approval in the dashboard.`)
    case 'removing':
    case 'removed':
      return unknown('deployment-superseded', `Our deployment of ${service} was removed by somebody else.`)
    case 'queued':
    case 'waiting':
    case 'building':
    case 'deploying':
      return unknown('active-deployment-unknown', `${service} is ${ours.status} again, although it was live.`)
    case undefined:
      return newest === undefined
        ? undefined
        : unknown(
            'deployment-superseded',
            `Deployment ${newest.id} of ${service} is active, not ours (${deploymentId}): somebody else deployed.`,
          )
    default:
      return undefined
  }
}
