import { count } from '../../kit/text.ts'
import { liveDeployment } from '../../plan/plan-deployments.ts'
import type { ObservedDeployment } from '../../platform/observed-state.ts'
import { type Asked, type CheckResult, failed, passed, skipped, unknown } from '../check.ts'
import { type CheckedService, observedService } from '../check-subject.ts'
import type { Check } from '../check-tools.ts'

/** By the platform's word: does every service have something live, with an instance that runs? */
export const runs: Check = async (subject) =>
  subject.services.map((service) => judged(service, observedService(subject, service.name)))

function judged(
  { name: service, replicas }: CheckedService,
  observed: ReturnType<typeof observedService>,
): CheckResult {
  const asked: Asked = { check: 'runs', service }
  const live = liveDeployment(observed)
  const latest = observed?.latest
  if (live === undefined) {
    if (latest?.status === 'crashed') return crashed(asked, latest)
    return failed(asked, {
      code: 'not-deployed',
      message: `Nothing of ${service} runs${latest === undefined ? '' : `; its newest deployment is ${latest.status}`}.`,
      evidence: { latest: latest?.status ?? null },
      fix: 'Run: fakturino deploy',
    })
  }
  if (replicas === 0 && live.instances === 0) return skipped(asked, 'it is scaled to 0')
  if (live.status === 'crashed' || live.status === 'failed') return crashed(asked, live)
  if (live.status === 'sleeping') {
    return unknown(asked, {
      code: 'deployment-asleep',
      message: `${service} sleeps: until a request wakes it, it does nothing.`,
      evidence: { status: live.status },
    })
  }
  if (live.runningInstances === 0 || live.isStopped) {
    return failed(asked, {
      code: 'no-running-instance',
      message: `${service} is ${live.status} and no instance of it runs.`,
      evidence: { instances: live.instances, running: live.runningInstances, stopped: live.isStopped },
      fix: `Run: fakturino restart ${service}`,
    })
  }
  if (live.runningInstances < live.instances) {
    return failed(asked, {
      code: 'too-few-instances',
      severity: 'advisory',
      message: `Of ${service}, ${count(live.runningInstances, 'instance')} of ${live.instances} ${live.runningInstances === 1 ? 'runs' : 'run'}.`,
      evidence: { instances: live.instances, running: live.runningInstances },
    })
  }
  return passed(asked)
}

function crashed(asked: Asked, { status, isStopped }: ObservedDeployment): CheckResult {
  return failed(asked, {
    code: 'crashed',
    message: `${asked.service} is ${status}: what should run ended by itself.`,
    evidence: { status, stopped: isStopped },
    fix: `Read what ${asked.service} logged, then run: fakturino restart ${asked.service}`,
  })
}
