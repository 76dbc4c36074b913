import type { WatchedCheck } from '../../config/watched.ts'
import { listed } from '../../kit/text.ts'
import { askEach } from '../ask-each.ts'
import { type CheckResult, failed, passed } from '../check.ts'
import { saidHealth } from '../health-answer.ts'
import type { ProbeAnswer } from '../probe.ts'
import { type AskedAt, notAsExpected, saidAnswer } from '../said-answer.ts'

/** Reads every health answer that the config asks for, part by part. */
export const health = askEach('health', judgeHealth)

/** Only parts that are not advisory make it critical. Pure. */
export function judgeHealth(
  asked: AskedAt,
  answer: ProbeAnswer,
  { advisory }: Pick<WatchedCheck, 'advisory'>,
): CheckResult {
  const said = saidAnswer(answer)
  const health = saidHealth(said, advisory)
  const { service, url } = asked
  switch (health.kind) {
    case 'healthy':
      return passed(asked)
    case 'not-health':
      return notAsExpected(asked, said, 'a health answer')
    case 'unhealthy':
      return failed(asked, {
        code: 'unhealthy',
        message: `${service} says at ${url} that it is ${health.word}, and not what is wrong.`,
        evidence: { url, status: health.status },
        fix: `Read what ${service} logged about it.`,
      })
    case 'degraded': {
      const { critical, advisory: minor, status } = health
      const isMinor = critical.length === 0
      const failing = isMinor ? minor : critical
      const also = isMinor || minor.length === 0 ? '' : ` (${listed(minor)} too, which never fails the whole)`
      return failed(asked, {
        code: 'degraded',
        severity: isMinor ? 'advisory' : 'critical',
        message: `${service} is degraded: ${listed(failing)} ${failing.length === 1 ? 'fails' : 'fail'}${also}.`,
        evidence: { url, status, failing: [...critical, ...minor].join(', ') },
        fix: `Read what ${service} logged about ${listed(failing)}: the answer names no reasons.`,
      })
    }
  }
}
