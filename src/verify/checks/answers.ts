import { type CheckResult, failed, passed, skipped } from '../check.ts'
import { type CheckSubject, observedService, probeTimeoutMs, urlOf } from '../check-subject.ts'
import type { Check } from '../check-tools.ts'
import { saidHealth } from '../health-answer.ts'
import { notAsExpected, saidAnswer } from '../said-answer.ts'

/** Does every service answer where the platform asks it while it deploys? */
export const answers: Check = async (subject, tools) => {
  const results = subject.services.map(async ({ name: service, liveness }): Promise<CheckResult[]> => {
    if (liveness === undefined) return []
    const asked = { check: 'liveness', service }
    if ((observedService(subject, service)?.active ?? []).length === 0) {
      return [skipped(asked, `nothing of ${service} runs`)]
    }
    const url = urlOf(subject, service, liveness.path)
    if (url === undefined) return [skipped(asked, `${service} has no domain to ask over`)]
    // Asked once for both, so as long as the check of the same path may take.
    const same = subject.watched.checks.find((check) => check.service === service && check.path === liveness.path)
    const answer = await tools.readings.answer(url, probeTimeoutMs(tools, same))
    const said = saidAnswer(answer)
    if (answer.kind === 'answered' && !answer.isFallback) {
      // Where it says more than up or down, it is up as soon as it says so: how it is, is another check's question.
      const isUp = answer.status === liveness.status || saidHealth(said, []).kind === 'degraded'
      if (isUp && (answer.status === liveness.status || isDeep(subject, service, liveness.path))) return [passed(asked)]
      return [
        failed(asked, {
          code: 'not-answering',
          message: `${url} answered ${answer.status}; ${liveness.status} was asked for.`,
          evidence: { url, status: answer.status, elapsedMs: answer.elapsedMs },
          fix: `Read what ${service} logged since it started.`,
        }),
      ]
    }
    return [notAsExpected({ ...asked, url }, said, `a status of ${liveness.status}`)]
  })
  return (await Promise.all(results)).flat()
}

/** Is the same path asked for its parts too? */
function isDeep({ watched }: CheckSubject, service: string, path: string): boolean {
  return watched.checks.some((check) => check.format === 'health' && check.service === service && check.path === path)
}
