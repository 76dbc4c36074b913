import { count } from '../../kit/text.ts'
import type { AnsweredRequests } from '../../platform/log-row.ts'
import { type Asked, aside, type CheckResult, failed, passed, unknown } from '../check.ts'
import { type CheckSubject, observedService } from '../check-subject.ts'
import type { Check } from '../check-tools.ts'
import { requestsWindow } from '../readings.ts'

/** Fewer requests than these say nothing about a share. */
const fewestRequests = 50
/** A greater share of 5xx answers than this, and over twice the share before, is too many. */
const mostFailing = 0.02
const growth = 2

/** How many requests of people does the edge answer with 5xx? */
export const failingRequests: Check = async (subject, tools) => {
  const { since } = requestsWindow(tools.now, tools.timing.check.requestsMs)
  const results = subject.services.map(async ({ name: service }): Promise<CheckResult[]> => {
    const observed = observedService(subject, service)
    if (observed === undefined || observed.active.length === 0 || observed.domains.length === 0) return []
    const asked: Asked = { check: 'failing-requests', service }
    const read = await tools.readings.answeredRequests(observed.id)
    if ('why' in read) return [notRead(asked, read.why)]
    const judged = judgeRequests(asked, read.value, since)
    if (judged.outcome !== 'fail') return [judged]
    // Checks ask too, and where one is answered with 503 it is judged by itself: a part that only advises may say so for days.
    let others: readonly AnsweredRequests[] = read.value
    for (const path of checkedPaths(subject, service)) {
      const ofPath = await tools.readings.answeredRequests(observed.id, path)
      if ('why' in ofPath) return [notRead(asked, ofPath.why)]
      others = without(others, ofPath.value)
    }
    return [judgeRequests(asked, others, since)]
  })
  return (await Promise.all(results)).flat()
}

function notRead(asked: Asked, why: string): CheckResult {
  return aside(
    unknown(asked, {
      code: 'requests-not-read',
      message: `How many requests to ${asked.service} fail is not known: ${why}`,
    }),
  )
}

/** Where a service is asked by us, and by everybody else who watches it. */
function checkedPaths({ watched, services }: CheckSubject, service: string): Set<string> {
  const liveness = services.find(({ name }) => name === service)?.liveness
  const ofChecks = watched.checks.flatMap((check) => (check.service === service ? [check.path] : []))
  return new Set(
    [...(liveness === undefined ? [] : [liveness.path]), ...ofChecks].map((path) => path.split('?')[0] ?? ''),
  )
}

function without(all: readonly AnsweredRequests[], some: readonly AnsweredRequests[]): AnsweredRequests[] {
  const left = new Map(some.map(({ status, at, requests }) => [`${status} ${at}`, requests]))
  return all.map((one) => ({
    ...one,
    requests: Math.max(0, one.requests - (left.get(`${one.status} ${one.at}`) ?? 0)),
  }))
}

/** Pure. @param since milliseconds; what is before it is what it is compared with */
export function judgeRequests(asked: Asked, answered: readonly AnsweredRequests[], since: number): CheckResult {
  const lately = shareOf(answered.filter(({ at }) => at >= since))
  const before = shareOf(answered.filter(({ at }) => at < since))
  const evidence = { requests: lately.all, failing: lately.failing, before: before.all, failingBefore: before.failing }
  if (lately.all < fewestRequests) {
    return aside(
      unknown(asked, {
        code: 'too-few-requests',
        message: `${asked.service} was asked ${count(lately.all, 'time')} lately, which is too few to judge how many fail.`,
        evidence,
      }),
    )
  }
  if (lately.share <= mostFailing || lately.share <= growth * before.share) return passed(asked)
  return failed(asked, {
    code: 'requests-failing',
    message: `${percent(lately.share)} of ${lately.all} requests to ${asked.service} were answered with 5xx, and ${percent(before.share)} before that.`,
    evidence,
    fix: `Read what ${asked.service} logged about them.`,
  })
}

function shareOf(answered: readonly AnsweredRequests[]): { all: number; failing: number; share: number } {
  const sum = (some: readonly AnsweredRequests[]) => some.reduce((total, { requests }) => total + requests, 0)
  const all = sum(answered)
  const failing = sum(answered.filter(({ status }) => status >= 500))
  return { all, failing, share: all === 0 ? 0 : failing / all }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
