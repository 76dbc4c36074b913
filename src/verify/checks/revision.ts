import type { RevisionProbe } from '../../config/desired.ts'
import type { Clock } from '../../kit/clock.ts'
import type { Finding } from '../../kit/finding.ts'
import { shortCommit } from '../../kit/text.ts'
import type { CheckResult } from '../check.ts'
import type { Probe, ProbeAnswer } from '../probe.ts'

/** What a service should say about itself, where, and how often it is asked. */
export interface RevisionQuestion {
  service: string
  url: string
  place: RevisionProbe
  /** The one that was deployed, in full. */
  commit: string
  /** The one that served before: what could be either of both says nothing. */
  before?: string
  /** So many right answers in a row, because old and new containers overlap. */
  inARow: number
  gapMs: number
  probeTimeoutMs: number
  /** Gives up after so long. */
  withinMs: number
}

/** What one answer says. `silent`: nothing that could be compared, and why. */
export type SaidRevision = { kind: 'ours' } | { kind: 'other'; commit: string } | { kind: 'silent'; why: string }

/** Asks a service which commit it runs until it has said the right one so many times in a row, or time is up. */
export async function checkRevision(
  question: RevisionQuestion,
  needs: { probe: Probe; clock: Clock; signal: AbortSignal },
): Promise<CheckResult> {
  const until = needs.clock.now() + question.withinMs
  let right = 0
  let asked = 0
  let wrong: Exclude<SaidRevision, { kind: 'ours' }> | undefined
  while (right < question.inARow) {
    if (asked > 0) {
      if (needs.clock.now() + question.gapMs > until) break
      await needs.clock.sleep(question.gapMs, needs.signal)
    }
    const answer = await needs.probe.get(question.url, question.probeTimeoutMs)
    asked += 1
    if (answer.kind === 'unasked') return unknown(question, answer.reason, asked)
    const said = saidRevision(answer, question)
    if (said.kind === 'ours') {
      right += 1
    } else {
      right = 0
      wrong = said
    }
  }
  if (right >= question.inARow) return { check: 'revision', service: question.service, outcome: 'pass' }
  if (wrong?.kind === 'other') return failed(question, wrong.commit, asked)
  return unknown(question, wrong?.why ?? `it said so only ${right} times in a row`, asked)
}

/** Compares what an answer says with what was deployed. An app may say a commit in full, or the beginning of one. */
export function saidRevision(
  answer: Exclude<ProbeAnswer, { kind: 'unasked' }>,
  { place, commit, before }: Pick<RevisionQuestion, 'place' | 'commit' | 'before'>,
): SaidRevision {
  if (answer.kind === 'unanswered') return silent(`it did not answer (${answer.reason})`)
  if (answer.isFallback) return silent(`the platform's edge answered ${answer.status} for it`)
  const named = 'header' in place ? `header ${place.header}` : `field ${place.field}`
  const found = 'header' in place ? { value: answer.header(place.header) } : fieldOf(answer.body, place.field)
  if ('why' in found) return silent(`it answered ${answer.status}, and ${found.why}`)
  const { value } = found
  if (value === undefined || value === null) return silent(`it answered ${answer.status} without a ${named}`)
  const said = typeof value === 'string' ? value.trim().toLowerCase() : ''
  // What is no commit is not shown: who knows what a wrong field holds.
  if (!/^[0-9a-f]{7,64}$/.test(said)) return silent(`its ${named} is no commit of 7 digits or more`)
  if (!commit.toLowerCase().startsWith(said)) return { kind: 'other', commit: said }
  const isEither = before !== undefined && before !== commit && before.toLowerCase().startsWith(said)
  return isEither ? silent(`its ${named} is ${said}, which the commit before begins with too`) : { kind: 'ours' }
}

function silent(why: string): SaidRevision {
  return { kind: 'silent', why }
}

/** A field of a JSON text by its name, or by a path of names with dots. */
function fieldOf(body: string | undefined, field: string): { value: unknown } | { why: string } {
  if (body === undefined) return { why: 'it said more than is read' }
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return { why: 'what it said is no JSON' }
  }
  const whole = ownValue(value, field)
  return { value: whole ?? field.split('.').reduce(ownValue, value) }
}

function ownValue(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

function failed({ service, url, commit }: RevisionQuestion, said: string, probes: number): CheckResult {
  return {
    check: 'revision',
    service,
    outcome: 'fail',
    finding: {
      code: 'revision-wrong',
      severity: 'critical',
      subject: service,
      message: `${service} says at ${url} that it runs ${shortCommit(said)}, not ${shortCommit(commit)}: something else answers there, such as an old container or a cached answer.`,
      evidence: { url, expected: commit, said, probes },
      fix: `Look which container of ${service} answers, and whether something in front of it keeps old answers.`,
    },
  }
}

function unknown({ service, url, commit }: RevisionQuestion, why: string, probes: number): CheckResult {
  const finding: Finding = {
    code: 'revision-unknown',
    severity: 'advisory',
    subject: service,
    message: `Whether ${service} runs ${shortCommit(commit)} is not known by its own word: asked at ${url}, ${why}.`,
    evidence: { url, expected: commit, probes },
    fix: `Compare services.${service}.revision in the config with what ${service} answers there.`,
  }
  return { check: 'revision', service, outcome: 'unknown', finding }
}
