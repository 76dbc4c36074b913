import type { Clock } from '../../kit/clock.ts'
import type { CheckResult } from '../check.ts'
import { saidHealth } from '../health-answer.ts'
import type { Probe, ProbeAnswer } from '../probe.ts'
import { saidAnswer } from '../said-answer.ts'

/** Where and how often a service is asked whether it is up. */
export interface LivenessQuestion {
  service: string
  url: string
  /** The status that counts as up. */
  status: number
  /** The path is that of a health answer, and these of its parts never make the service down. */
  advisory?: readonly string[]
  /** So many good answers in a row. */
  inARow: number
  gapMs: number
  probeTimeoutMs: number
  /** Gives up after so long. */
  withinMs: number
}

type Asked = Exclude<ProbeAnswer, { kind: 'unasked' }>

/** Asks a service over its domain until it has answered well so many times in a row, or time is up. */
export async function checkLiveness(
  question: LivenessQuestion,
  needs: { probe: Probe; clock: Clock; signal: AbortSignal },
): Promise<CheckResult> {
  const until = needs.clock.now() + question.withinMs
  let good = 0
  let asked = 0
  let last: Asked | undefined
  while (good < question.inARow) {
    if (last !== undefined) {
      if (needs.clock.now() + question.gapMs > until) {
        return good > 0 ? undecided(question, good) : failed(question, last, asked)
      }
      await needs.clock.sleep(question.gapMs, needs.signal)
    }
    const answer = await needs.probe.get(question.url, question.probeTimeoutMs)
    if (answer.kind === 'unasked') return unknown(question, answer.reason)
    last = answer
    asked += 1
    good = isGood(last, question) ? good + 1 : 0
  }
  return { check: 'liveness', service: question.service, outcome: 'pass' }
}

function isGood(answer: Asked, { status, advisory }: LivenessQuestion): boolean {
  if (answer.kind !== 'answered' || answer.isFallback) return false
  if (answer.status === status) return true
  const said = advisory === undefined ? undefined : saidHealth(saidAnswer(answer), advisory)
  return said?.kind === 'degraded' && said.critical.length === 0
}

function unknown({ service, url }: LivenessQuestion, reason: string): CheckResult {
  return {
    check: 'liveness',
    service,
    outcome: 'unknown',
    finding: {
      code: 'not-asked',
      severity: 'advisory',
      subject: service,
      message: `Whether ${service} answers at ${url} is not known: ${reason}.`,
      evidence: { url },
    },
  }
}

/** It answers, and time is over before that was sure: neither up nor down. */
function undecided({ service, url, inARow, withinMs }: LivenessQuestion, good: number): CheckResult {
  return {
    check: 'liveness',
    service,
    outcome: 'unknown',
    finding: {
      code: 'verify-timeout',
      severity: 'advisory',
      subject: service,
      message: `${url} answers, but only ${good} of ${inARow} times in a row when its ${Math.round(withinMs / 1000)} s were over.`,
      evidence: { url, inARow: good },
    },
  }
}

function failed(question: LivenessQuestion, last: Asked, asked: number): CheckResult {
  const isFallback = last.kind === 'answered' && last.isFallback
  const saw = last.kind === 'answered' ? `answered ${last.status}` : `did not answer (${last.reason})`
  return {
    check: 'liveness',
    service: question.service,
    outcome: 'fail',
    finding: {
      code: isFallback ? 'edge-fallback' : 'not-answering',
      severity: 'critical',
      subject: question.service,
      message: isFallback
        ? `The platform's edge answers ${last.status} for ${question.url}: nothing listens on the port that its domain targets.`
        : `${question.url} ${saw}; ${question.inARow} answers of ${question.status} in a row were asked for.`,
      evidence: {
        url: question.url,
        probes: asked,
        lastStatus: last.kind === 'answered' ? last.status : null,
        lastElapsedMs: last.elapsedMs,
      },
      fix: isFallback
        ? `Compare the PORT that ${question.service} listens on with the target port of its domain.`
        : `Read what ${question.service} logged since it started.`,
    },
  }
}
