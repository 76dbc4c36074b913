import { type CheckResult, failed, passed } from '../check.ts'
import { isChosen, probeTimeoutMs, questionOf } from '../check-subject.ts'
import type { Check } from '../check-tools.ts'
import { figuresIn, judgeFigures } from '../figures.ts'
import { type AskedAt, notAsExpected, type SaidAnswer, saidAnswer } from '../said-answer.ts'
import { type SaidMetrics, saidMetrics } from '../said-metrics.ts'

/** Reads every page of metrics that the config asks for, and judges what is on it. */
export const metrics: Check = async (subject, tools) => {
  const { watched, earlier } = subject
  const checks = watched.checks.filter(({ format, service }) => format === 'prometheus' && isChosen(subject, service))
  const results = checks.map(async (check): Promise<CheckResult[]> => {
    const question = questionOf(check, subject)
    if ('answered' in question) return [question.answered]
    const { asked } = question
    const said = saidAnswer(await tools.readings.answer(asked.url, probeTimeoutMs(tools, check)))
    const page = readPage(asked, said)
    if ('wrong' in page) return [page.wrong]
    const figures = figuresIn(page.metrics, watched.metrics, check.service)
    tools.figures.push(...figures)
    const before = earlier.map((look) => look.figures.filter((figure) => figure.service === check.service))
    return [passed(asked), openToStrangers(asked), ...judgeFigures(figures, watched.metrics, before)]
  })
  return (await Promise.all(results)).flat()
}

/** The metrics of an answer, or what is wrong with it. Pure. */
export function readPage(asked: AskedAt, said: SaidAnswer): { metrics: SaidMetrics } | { wrong: CheckResult } {
  if (said.kind !== 'text') return { wrong: notAsExpected(asked, said, 'metrics') }
  const found = saidMetrics(said.text)
  if (said.status < 300 && found !== undefined) return { metrics: found }
  if (!/^\s*#/.test(said.text)) return { wrong: notAsExpected(asked, said, 'metrics') }
  const { service, url } = asked
  return {
    wrong: failed(asked, {
      code: 'metrics-not-collected',
      message: `${url} answers ${said.status} and holds no metric: ${service} could not collect them.`,
      evidence: { url, status: said.status },
      fix: `Read what ${service} logged about it.`,
    }),
  }
}

/** We bring no credentials, so whatever we read everybody may. */
function openToStrangers({ service, url }: AskedAt): CheckResult {
  return failed(
    { check: 'metrics-private', service },
    {
      code: 'metrics-public',
      severity: 'advisory',
      message: `${url} answers anybody: revenue and numbers of customers are public.`,
      evidence: { url, status: 200 },
      fix: `Let ${service} answer it only with a token, or to the private network.`,
    },
  )
}
