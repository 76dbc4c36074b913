import type { WatchedCheck } from '../../config/watched.ts'
import { listed } from '../../kit/text.ts'
import { askEach } from '../ask-each.ts'
import { type CheckResult, failed, passed } from '../check.ts'
import type { ProbeAnswer } from '../probe.ts'
import { type AskedAt, notAsExpected, saidAnswer } from '../said-answer.ts'

/** Asks every path of the config of which only the status matters; some of them have to turn strangers away. */
export const statuses = askEach('status', judgeStatus)

/** Pure. */
export function judgeStatus(
  asked: AskedAt,
  answer: ProbeAnswer,
  { statuses: wanted, path }: Pick<WatchedCheck, 'statuses' | 'path'>,
): CheckResult {
  const said = saidAnswer(answer)
  const { service, url } = asked
  // Nobody without credentials is meant to get in: then only one who does is critical.
  const isRefusal = wanted.every((status) => status >= 300)
  if (answer.kind !== 'answered' || answer.isFallback) return notAsExpected(asked, said, 'an answer')
  const { status } = answer
  const target = said.kind === 'moved' ? said.location.replace(/^https?:\/\/[^/]*/i, '') : ''
  // The same path with a slash: whether that turns strangers away, nobody has asked.
  if (isRefusal && target.replace(/[?#].*$/, '') === `${path}/`) {
    return notAsExpected({ ...asked, severity: 'advisory' }, said, 'an answer')
  }
  const isInside = staysInside(target, path)
  if (wanted.includes(status) && !(isRefusal && isInside)) return passed(asked)
  if (isRefusal && (isInside || status < 300)) {
    return failed(asked, {
      code: 'open-to-strangers',
      message: `${url} answers ${status} to anybody, without credentials: it shows what is for administrators only.`,
      evidence: { url, status },
      fix: `Let ${service} ask who it is before it shows ${path}; until then switch it off.`,
    })
  }
  if (said.kind === 'feature-off') return notAsExpected(asked, said, 'an answer')
  return failed(asked, {
    code: 'wrong-status',
    severity: isRefusal ? 'advisory' : 'critical',
    message: `${url} answered ${status}; ${listed(wanted.map(String), 'or')} was asked for.`,
    evidence: { url, status },
    fix: `Compare the check's path and status in the config with what ${service} answers there.`,
  })
}

/** A redirect to a page below the same path lets in; one to a login does not. */
function staysInside(target: string, path: string): boolean {
  return target.startsWith(`${path.replace(/\/$/, '')}/`) && !/login/i.test(target)
}
