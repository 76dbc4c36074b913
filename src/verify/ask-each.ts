import type { WatchedCheck } from '../config/watched.ts'
import type { CheckResult } from './check.ts'
import { isChosen, probeTimeoutMs, questionOf } from './check-subject.ts'
import type { Check } from './check-tools.ts'
import type { ProbeAnswer } from './probe.ts'
import type { AskedAt } from './said-answer.ts'

type Judge = (asked: AskedAt, answer: ProbeAnswer, check: WatchedCheck) => CheckResult

/** Asks every path of the config that answers in one format, side by side; what a flag or a state answers already is not asked. */
export function askEach(format: WatchedCheck['format'], judge: Judge): Check {
  return async (subject, tools) => {
    const checks = subject.watched.checks.filter((check) => check.format === format && isChosen(subject, check.service))
    const results = checks.map(async (check): Promise<CheckResult> => {
      const question = questionOf(check, subject)
      if ('answered' in question) return question.answered
      const { asked } = question
      return judge(asked, await tools.readings.answer(asked.url, probeTimeoutMs(tools, check)), check)
    })
    return Promise.all(results)
  }
}
