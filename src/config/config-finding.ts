import type { Finding, Severity } from '../kit/finding.ts'
import type { FindingCode } from './finding-codes.ts'

/** What a finding about a config says besides its code and severity. */
export interface Told {
  /** The path in the config: `services.api.healthcheck.path`. */
  at: string
  /** What is wrong and why it matters: a sentence without its capital and its full stop. */
  says: string
  fix?: string
}

/** A finding that makes a config unusable. */
export function critical(code: FindingCode, told: Told): Finding {
  return finding(code, 'critical', told)
}

/** A finding that is said, and no more. */
export function advisory(code: FindingCode, told: Told): Finding {
  return finding(code, 'advisory', told)
}

function finding(code: FindingCode, severity: Severity, { at, says, fix }: Told): Finding {
  return { code, severity, subject: at, message: sentence(says), ...(fix === undefined ? {} : { fix: sentence(fix) }) }
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
