import { liveDeployment } from '../../plan/plan-deployments.ts'
import type { ObservedDeployment } from '../../platform/observed-state.ts'
import { type Asked, type CheckResult, failed, passed, skipped, unknown } from '../check.ts'
import { type CheckSubject, isChosen, observedService } from '../check-subject.ts'
import type { Check, CheckTools } from '../check-tools.ts'

/** Starts of one container in the time that is looked at, above which it does not stay up: `--max-time` makes one an hour. */
const mostStarts = 3

/** Is every service that works on queues, or by the clock, there and staying up? Nobody asks these over HTTP. */
export const workers: Check = async (subject, tools) => {
  const names = [...subject.watched.workers, ...subject.watched.schedulers].map(({ service }) => service)
  const asked = [...new Set(names)].filter((service) => isChosen(subject, service))
  return Promise.all(asked.map((service) => judged({ check: 'alive', service }, subject, tools)))
}

async function judged(asked: Asked, subject: CheckSubject, tools: CheckTools): Promise<CheckResult> {
  const { service } = asked
  const observed = observedService(subject, service)
  const live = liveDeployment(observed)
  if (subject.services.find(({ name }) => name === service)?.replicas === 0) return skipped(asked, 'it is scaled to 0')
  if (live === undefined || observed === undefined || !isUp(live)) {
    return failed(asked, {
      code: 'not-alive',
      message: `${service} does not work: ${live === undefined ? 'nothing of it runs' : `it is ${live.status} with ${live.runningInstances} of ${live.instances} instances running`}. Nothing answers for it over HTTP, so nobody else notices.`,
      evidence: { status: live?.status ?? null, running: live?.runningInstances ?? 0 },
      fix: live === undefined ? 'Run: fakturino deploy' : `Run: fakturino restart ${service}`,
    })
  }
  const read = await tools.readings.recentRows()
  // By the platform's word it is up; what it printed could only have said that it does not stay so.
  if ('why' in read) {
    return unknown(asked, {
      code: 'log-not-read',
      message: `${service} is live, and whether it stays up is not known: its log could not be read. ${read.why}`,
      evidence: { status: live.status, running: live.runningInstances },
    })
  }
  const starts = read.value.rows.filter(
    (row) => row.serviceId === observed.id && row.deploymentId === live.id && /^Starting Container\b/.test(row.message),
  ).length
  if (starts <= mostStarts * Math.max(1, live.instances)) return passed(asked)
  return failed(asked, {
    code: 'restarting',
    message: `${service} does not stay up: its container was started ${starts} times lately.`,
    evidence: { starts, instances: live.instances },
    fix: `Read what ${service} logged before it ended.`,
  })
}

function isUp({ status, runningInstances, isStopped }: ObservedDeployment): boolean {
  return status === 'live' && runningInstances > 0 && !isStopped
}
