import * as v from 'valibot'
import type { Finding } from '../kit/finding.ts'
import type { FakturinoConfig, KnownIssue } from './fakturino-config.ts'
import { readablePart } from './readable-part.ts'
import { rules } from './rules/index.ts'
import { configSchema } from './schema.ts'
import { shapeFinding } from './shape-finding.ts'

/** A config as it was found. */
export interface Inspection {
  /** Absent while there are critical findings. */
  config?: FakturinoConfig
  /** All of them, critical ones first. */
  findings: Finding[]
}

/** Judges what a config file gives: its shape and every rule at once. */
export function inspectConfig(value: unknown): Inspection {
  const result = v.safeParse(configSchema, value)
  const subject = readablePart(value)
  const known = subject.config.knownIssues ?? []
  const findings = [
    ...(result.issues ?? []).map(shapeFinding),
    ...rules.flatMap((rule) => rule(subject)).map((finding) => withReason(finding, known)),
  ]
  const critical = findings.filter((finding) => finding.severity === 'critical')
  const advisory = findings.filter((finding) => finding.severity === 'advisory')
  const ordered = [...critical, ...advisory]
  return result.success && critical.length === 0 ? { config: result.output, findings: ordered } : { findings: ordered }
}

/** An advisory finding that the config knows about is told with the reason why it stands. */
function withReason(finding: Finding, known: KnownIssue[]): Finding {
  const issue = known.find(({ finding: code, subject }) => code === finding.code && subject === finding.subject)
  if (issue === undefined || finding.severity !== 'advisory') return finding
  return {
    ...finding,
    message: `${finding.message} Known: ${issue.reason}.`,
    evidence: { ...finding.evidence, known: true },
  }
}
