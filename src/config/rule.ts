import type { Finding } from '../kit/finding.ts'
import { critical } from './config-finding.ts'
import type { FakturinoConfig } from './fakturino-config.ts'
import type { FindingCode } from './finding-codes.ts'
import { nearest, nearestWords } from './nearest.ts'
import { own } from './own.ts'

/** A question to a config whose shape is right. */
export type Rule = (subject: Subject) => Finding[]

export interface Subject {
  /** Every part of the config that could be read. */
  config: FakturinoConfig
  /** Is this path in the config, but unreadable? Then that is found already, and nothing should follow from its absence. */
  isLeftOut(path: string): boolean
}

type Table = 'services' | 'environments' | 'secrets' | 'flags' | 'checks' | 'validation'

const tables: Record<Table, { noun: string; code: FindingCode }> = {
  services: { noun: 'service', code: 'unknown-service' },
  environments: { noun: 'environment', code: 'unknown-environment' },
  secrets: { noun: 'secret', code: 'unknown-secret' },
  flags: { noun: 'flag', code: 'unknown-flag' },
  checks: { noun: 'check', code: 'unknown-check' },
  validation: { noun: 'section of the staging checklist', code: 'unknown-section' },
}

/** A finding when a name leads nowhere, none when it does. */
export function lookUp({ config, isLeftOut }: Subject, table: Table, name: string, at: string): Finding[] {
  const known: Record<string, unknown> = config[table] ?? {}
  if (own(known, name) !== undefined || isLeftOut(`${table}.${name}`)) return []
  const { noun, code } = tables[table]
  return [unknownName(code, noun, name, at, Object.keys(known))]
}

/** The finding about a name that is not among the known ones. */
export function unknownName(code: FindingCode, noun: string, name: string, at: string, known: string[]) {
  const meant = nearest(name, known)
  return critical(code, {
    at,
    says: `there is no ${noun} '${name}'${nearestWords(name, known)}`,
    ...(meant === undefined ? {} : { fix: `write '${meant}'` }),
  })
}
