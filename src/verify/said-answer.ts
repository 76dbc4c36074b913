import { isRecord } from '../kit/json.ts'
import { type Asked, type CheckResult, failed, type Told, unknown } from './check.ts'
import type { ProbeAnswer } from './probe.ts'

/** What an answer over HTTP is, before anybody asks whether it is good. */
export type SaidAnswer =
  | { kind: 'unasked'; reason: string }
  /** No answer, for this reason. */
  | { kind: 'silent'; reason: string }
  /** Nothing listens on the port that the edge targets. */
  | { kind: 'fallback'; status: number }
  /** The product's own word that a feature is switched off. */
  | { kind: 'feature-off' }
  | { kind: 'moved'; status: number; location: string }
  | { kind: 'json'; status: number; value: Record<string, unknown> }
  | { kind: 'page'; status: number }
  | { kind: 'text'; status: number; text: string }
  | { kind: 'too-long'; status: number }

/** Sorts an answer by what came, whatever the status says. Pure. */
export function saidAnswer(answer: ProbeAnswer): SaidAnswer {
  if (answer.kind === 'unasked') return { kind: 'unasked', reason: answer.reason }
  if (answer.kind === 'unanswered') return { kind: 'silent', reason: answer.reason }
  const { status, body } = answer
  if (answer.isFallback) return { kind: 'fallback', status }
  if (status >= 300 && status < 400) return { kind: 'moved', status, location: answer.header('location') ?? '' }
  if (body === undefined) return { kind: 'too-long', status }
  const value = parsed(body)
  if (isRecord(value)) return saysFeatureOff(status, value) ? { kind: 'feature-off' } : { kind: 'json', status, value }
  const isPage = /html/i.test(answer.header('content-type') ?? '') || /^\s*<(!doctype|html|head|body)/i.test(body)
  return isPage ? { kind: 'page', status } : { kind: 'text', status, text: body }
}

/** `Feature not available` for features, `MCP tools disabled` for the assistant's; both with 403. */
function saysFeatureOff(status: number, { error }: Record<string, unknown>): boolean {
  return status === 403 && typeof error === 'string' && /^feature not available$|\bdisabled$/i.test(error.trim())
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Where and as what a check asks. */
export interface AskedAt extends Asked {
  url: string
  /** The flag that has to be on for an answer, where there is one. */
  flag?: string
  /** How bad it is when what answers is not what should; critical unless said otherwise. */
  severity?: Told['severity']
}

/** What is wrong with an answer that is not of the expected kind; `expected` says which one that is, as in `a health answer`. */
export function notAsExpected(asked: AskedAt, said: SaidAnswer, expected: string): CheckResult {
  const { service, url, flag } = asked
  const severity = asked.severity ?? 'critical'
  const wrong = (code: string, message: string, fix: string, status?: number) =>
    failed(asked, { code, severity, message, evidence: { url, ...(status === undefined ? {} : { status }) }, fix })
  switch (said.kind) {
    case 'unasked':
      return unknown(asked, {
        code: 'not-asked',
        message: `What ${service} says at ${url} is not known: ${said.reason}.`,
        evidence: { url },
      })
    case 'silent':
      return failed(asked, {
        code: said.reason === 'timeout' ? 'answer-timeout' : 'not-answering',
        severity,
        message:
          said.reason === 'timeout' ? `${url} did not answer in time.` : `${url} does not answer (${said.reason}).`,
        evidence: { url, reason: said.reason },
        fix: `Read what ${service} logged since it started.`,
      })
    case 'fallback':
      return wrong(
        'edge-fallback',
        `The platform's edge answers ${said.status} for ${url}: nothing listens on the port that the edge targets.`,
        `Compare the PORT that ${service} listens on with the target port of its domain.`,
        said.status,
      )
    case 'feature-off':
      return failed(asked, {
        code: 'flag-not-effective',
        severity: 'advisory',
        message:
          flag === undefined
            ? `${url} says that its feature is switched off.`
            : `The flag ${flag} is set and not effective: ${url} says that the feature is switched off.`,
        evidence: { url, status: 403 },
        fix:
          flag === undefined
            ? `Name the flag of this check in the config: checks.${asked.check}.flag.`
            : `A cached config, or a value in the application's database, may say otherwise; whether ${service} runs with what is stored says: fakturino plan`,
      })
    case 'moved':
      return wrong(
        'moved',
        `${url} sends elsewhere (${said.status}) instead of giving ${expected}.`,
        `Ask where ${service} really answers: change the path in the config.`,
        said.status,
      )
    case 'page':
      return wrong(
        'misrouted',
        `${url} answers ${said.status} with a web page, not ${expected}: it is misrouted or crashed.`,
        said.status >= 500
          ? `Read what ${service} logged about it.`
          : `Compare the path in the config with the routes of ${service}.`,
        said.status,
      )
    case 'json':
    case 'text':
    case 'too-long':
      return wrong(
        'unreadable-answer',
        said.kind === 'too-long'
          ? `${url} answers ${said.status} with more than is read.`
          : `${url} answers ${said.status} with something that is not ${expected}.`,
        `Compare the check's path and format in the config with what ${service} answers there.`,
        said.status,
      )
  }
}
