import { own } from '../config/own.ts'
import type { Finding, Severity } from '../kit/finding.ts'
import type { Secret } from '../kit/secret.ts'
import { shellWord } from '../kit/shell-word.ts'
import { count, listed, shortCommit } from '../kit/text.ts'
import { type Evidence, type EvidenceDatabase, isSignedBy } from './evidence.ts'

/** Where evidence is to count, and for what. */
export interface EvidenceSituation {
  flag: string
  value: string
  project: string
  /** Where the flag is to take the value. */
  environment: string
  environmentThatValidates: string
  /** Ids of the items that have to be green, by the config; absent where none says so. */
  items?: readonly string[]
  /** What each service that reads the flag runs here now. */
  revisions: Record<string, string>
  settings?: Record<string, string>
  /** The platform's clock, in milliseconds. */
  now: number
  maxAgeMs: number
  /** As this environment holds it. */
  key: Secret | undefined
  isProtected: boolean
  /** The database here; null where not every service that reads the flag uses one Postgres of this environment. */
  database: EvidenceDatabase | null
}

/** Two readings of the platform's clock may lie so far apart. */
const skewMs = 5 * 60_000

/** Every reason why evidence does not count here, at once; what is only said is advisory. Pure. */
export function judgeEvidence(evidence: Evidence | undefined, situation: EvidenceSituation): Finding[] {
  const missing = notOfThis(evidence, situation)
  if (missing !== undefined || evidence === undefined) return missing === undefined ? [] : [missing]
  return [
    ...notSigned(evidence, situation),
    ...notGreen(evidence, situation),
    ...ofOtherRevision(evidence, situation),
    ...expired(evidence, situation),
    ...sharedDatabase(evidence, situation),
    ...otherSettings(evidence, situation),
  ]
}

/** None of the findings refuses it. */
export function isGoodEvidence(findings: readonly Finding[]): boolean {
  return findings.every(({ severity }) => severity !== 'critical')
}

function notOfThis(evidence: Evidence | undefined, situation: EvidenceSituation): Finding | undefined {
  const { flag, value, project, environment, environmentThatValidates } = situation
  const wanted = `${flag}=${value}`
  const said = (message: string) => finding('evidence-missing', situation, message, validateAgain(situation))
  if (evidence === undefined) {
    return said(
      `Nothing says that ${wanted} was tried in ${environmentThatValidates}, which ${environment} is validated by.`,
    )
  }
  if (evidence.flag !== flag || evidence.value !== value) {
    return said(`The evidence is for ${evidence.flag}=${evidence.value}, and nothing says that ${wanted} was tried.`)
  }
  if (evidence.project !== project || evidence.environment !== environmentThatValidates) {
    return said(
      `The evidence is from ${evidence.environment} of ${evidence.project}; ${environment} of ${project} is validated by ${environmentThatValidates}.`,
    )
  }
  return undefined
}

function notSigned(evidence: Evidence, situation: EvidenceSituation): Finding[] {
  const { key, isProtected, environment } = situation
  if (key !== undefined && evidence.signature !== undefined) {
    if (isSignedBy(evidence, key)) return []
    const message = `The evidence is not what was signed: it was changed since, or signed under another key than ${environment} holds.`
    return [finding('evidence-altered', situation, message, validateAgain(situation))]
  }
  const why =
    key === undefined
      ? `${environment} holds no key to prove it with`
      : 'it carries no signature, so anybody may have written it'
  return [
    finding(
      'evidence-unsigned',
      situation,
      `The evidence is unsigned: ${why}.`,
      key === undefined
        ? `Give every environment the same key, then validate again: \`fakturino init\``
        : validateAgain(situation),
      isProtected ? 'critical' : 'advisory',
    ),
  ]
}

function notGreen(evidence: Evidence, situation: EvidenceSituation): Finding[] {
  const green = new Set(evidence.items.map(({ id }) => id))
  const lacking = (situation.items ?? []).filter((id) => !green.has(id))
  // A flag without a checklist has nothing that could be lacking, as far as the config says so.
  if (lacking.length === 0 && (green.size > 0 || situation.items !== undefined)) return []
  const message =
    lacking.length === 0
      ? 'The evidence holds no item, so it proves nothing.'
      : `The evidence lacks ${count(lacking.length, 'item')} of the checklist as the config has it now: ${listed(firsts(lacking))}.`
  return [finding('evidence-not-green', situation, message, validateAgain(situation))]
}

function ofOtherRevision(evidence: Evidence, situation: EvidenceSituation): Finding[] {
  const { environment, revisions, environmentThatValidates } = situation
  const told = Object.entries(revisions).flatMap(([service, here]) => {
    const there = own(evidence.revisions, service)
    if (there === here && isExact(here)) return []
    if (there === here) return [`${service} runs code of which only is known that it was uploaded`]
    return [
      `${service} runs ${shortCommit(here)} here and ran ${there === undefined ? 'nothing' : shortCommit(there)} there`,
    ]
  })
  if (told.length === 0 && Object.keys(revisions).length > 0) return []
  const message =
    told.length === 0
      ? `No service that reads ${situation.flag} runs in ${environment}, so there is no revision that the evidence could be of.`
      : `The evidence is of another revision than ${environment} runs: ${listed(told)}.`
  const fix = `Deploy the same revision to ${environmentThatValidates} and ${environment}, then validate again: \`${validate(situation)}\``
  return [finding('evidence-of-other-revision', situation, message, fix)]
}

function expired(evidence: Evidence, situation: EvidenceSituation): Finding[] {
  const { now, maxAgeMs } = situation
  const ageMs = now - evidence.at
  if (ageMs <= maxAgeMs && ageMs >= -skewMs) return []
  const message =
    ageMs < 0
      ? 'The evidence is dated in the future, by the clock of the platform, so how old it is cannot be told.'
      : `The evidence is ${told(ageMs)} old and is good for ${told(maxAgeMs)}.`
  return [finding('evidence-expired', situation, message, validateAgain(situation))]
}

function sharedDatabase(evidence: Evidence, situation: EvidenceSituation): Finding[] {
  const { database, environment } = situation
  const there = evidence.environment
  const fix = `Give ${there} a Postgres of its own, with its own volume and password, and let DATABASE_URL refer to it; \`fakturino plan -e ${shellWord(there)}\` shows what differs from the config.`
  const said = (message: string) => [finding('shared-database', situation, message, fix)]
  if (evidence.database === null) {
    return said(
      `The services of ${there} that read ${situation.flag} were not seen to use a Postgres of ${there} itself, so it may have been the one of ${environment}.`,
    )
  }
  if (database === null) {
    return said(
      `The services of ${environment} that read ${situation.flag} are not seen to use a Postgres of ${environment} itself, so it may be the one of ${there}.`,
    )
  }
  if (database.volumeId === evidence.database.volumeId) {
    return said(`${there} and ${environment} keep their data on the same volume: what was tried there was tried on it.`)
  }
  const isSamePassword = database.passwordHmac !== null && database.passwordHmac === evidence.database.passwordHmac
  if (!isSamePassword) return []
  return said(
    `The databases of ${there} and ${environment} have the same password, so that nothing keeps one environment out of the other's.`,
  )
}

function otherSettings(evidence: Evidence, situation: EvidenceSituation): Finding[] {
  const { settings = {}, environment } = situation
  const differing = Object.keys(settings).filter((service) => {
    const there = own(evidence.settings, service)
    return there !== undefined && there !== settings[service]
  })
  if (differing.length === 0) return []
  const message = `${listed(differing)} ${differing.length === 1 ? 'has' : 'have'} other settings in ${environment} than where it was tried.`
  return [finding('evidence-of-other-settings', situation, message, 'Compare them, where that may matter.', 'advisory')]
}

function finding(
  code: string,
  { flag, environment }: EvidenceSituation,
  message: string,
  fix: string,
  severity: Severity = 'critical',
): Finding {
  return { code, severity, subject: flag, message, evidence: { environment }, fix }
}

function validateAgain(situation: EvidenceSituation): string {
  return `Run: ${validate(situation)}`
}

function validate({ flag, environmentThatValidates }: EvidenceSituation): string {
  return `fakturino flags validate ${shellWord(flag)} -e ${shellWord(environmentThatValidates)}`
}

/** Of code that was uploaded and is not known, one may be another than the other. */
function isExact(revision: string): boolean {
  return revision !== 'upload'
}

function firsts(ids: readonly string[]): string[] {
  return ids.length <= 6 ? [...ids] : [...ids.slice(0, 5), `${ids.length - 5} more`]
}

function told(ms: number): string {
  const hours = Math.floor(ms / 3_600_000)
  if (hours >= 48) return count(Math.floor(hours / 24), 'day')
  return hours >= 1 ? count(hours, 'hour') : `${Math.max(1, Math.round(ms / 60_000))} min`
}
