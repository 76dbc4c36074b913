import { Secret } from '../../src/kit/secret.ts'
import { type Evidence, passwordHmac, signed } from '../../src/verify/evidence.ts'
import type { EvidenceSituation } from '../../src/verify/judge-evidence.ts'

export const key = new Secret('ab'.repeat(32))
export const at = Date.UTC(2026, 10, 3, 9)
const commit = '1'.repeat(40)

/** Unsigned, about one item. */
export function bareEvidence(parts: Partial<Evidence> = {}): Evidence {
  return {
    format: 1,
    flag: 'monitoring',
    value: 'true',
    project: 'shop',
    environment: 'staging',
    revisions: { api: commit, worker: commit },
    settings: { api: 'a1', worker: 'b1' },
    items: [{ id: 'railway-1', section: 'railway', text: 'It runs', result: 'pass', by: 'check', at }],
    database: { volumeId: 'volume-staging', passwordHmac: passwordHmac(new Secret('staging password'), key) },
    by: 'nina',
    at,
    ...parts,
  }
}

export function someEvidence(parts: Partial<Evidence> = {}): Evidence {
  return signed(bareEvidence(parts), key)
}

/** Where `someEvidence` counts, an hour later. */
export function aSituation(parts: Partial<EvidenceSituation> = {}): EvidenceSituation {
  return {
    flag: 'monitoring',
    value: 'true',
    project: 'shop',
    environment: 'production',
    environmentThatValidates: 'staging',
    items: ['railway-1'],
    revisions: { api: commit, worker: commit },
    settings: { api: 'a1', worker: 'b1' },
    now: at + 3_600_000,
    maxAgeMs: 7 * 24 * 3_600_000,
    key,
    isProtected: true,
    database: { volumeId: 'volume-production', passwordHmac: passwordHmac(new Secret('production password'), key) },
    ...parts,
  }
}
