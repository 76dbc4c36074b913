import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import { canonicalText, type Evidence, passwordHmac } from '../../src/verify/evidence.ts'
import { type EvidenceSituation, isGoodEvidence, judgeEvidence } from '../../src/verify/judge-evidence.ts'
import { aSituation, at, bareEvidence, key, someEvidence } from './some-evidence.ts'

const other = '2'.repeat(40)
const day = 24 * 3_600_000

function codes(evidence: Evidence | undefined, situation: EvidenceSituation): string[] {
  return judgeEvidence(evidence, situation).map(({ code, severity }) => (severity === 'critical' ? code : `(${code})`))
}

it('good evidence is good', () => {
  expect(judgeEvidence(someEvidence(), aSituation())).toEqual([])
})

describe('evidence is refused', () => {
  const ofOther = { api: other, worker: '1'.repeat(40) }
  it.each<[string, Evidence | undefined, Partial<EvidenceSituation>, string[]]>([
    ['where there is none', undefined, {}, ['evidence-missing']],
    ['of another flag', someEvidence({ flag: 'psd2_banking' }), {}, ['evidence-missing']],
    ['of the other value', someEvidence({ value: 'false' }), {}, ['evidence-missing']],
    ['from another environment', someEvidence({ environment: 'playground' }), {}, ['evidence-missing']],
    ['from another project', someEvidence({ project: 'other' }), {}, ['evidence-missing']],
    ['of another revision', someEvidence({ revisions: ofOther }), {}, ['evidence-of-other-revision']],
    [
      'that lacks a service which runs here',
      someEvidence(),
      { revisions: { cron: other } },
      ['evidence-of-other-revision'],
    ],
    ['where nothing runs here', someEvidence(), { revisions: {} }, ['evidence-of-other-revision']],
    [
      'of uploaded code that nobody knows more of',
      someEvidence({ revisions: { api: 'upload' } }),
      { revisions: { api: 'upload' } },
      ['evidence-of-other-revision'],
    ],
    ['once it is too old', someEvidence(), { now: at + 8 * day }, ['evidence-expired']],
    ['that is from the future', someEvidence(), { now: at - day }, ['evidence-expired']],
    ['without a signature', bareEvidence(), {}, ['evidence-unsigned']],
    ['where there is no key to prove it with', someEvidence(), { key: undefined }, ['evidence-unsigned']],
    ['that was edited', { ...someEvidence(), by: 'mallory' }, {}, ['evidence-altered']],
    ['under another key', someEvidence(), { key: new Secret('cd'.repeat(32)) }, ['evidence-altered']],
    [
      'without an item that the config has now',
      someEvidence(),
      { items: ['railway-1', 'railway-2'] },
      ['evidence-not-green'],
    ],
    ['where its database is not seen to be its own', someEvidence({ database: null }), {}, ['shared-database']],
    ['where the database here is not seen to be its own', someEvidence(), { database: null }, ['shared-database']],
    [
      'of the same volume',
      someEvidence(),
      { database: { volumeId: 'volume-staging', passwordHmac: null } },
      ['shared-database'],
    ],
    [
      'with the same password',
      someEvidence(),
      { database: { volumeId: 'volume-production', passwordHmac: passwordHmac(new Secret('staging password'), key) } },
      ['shared-database'],
    ],
  ])('%s', (_, evidence, parts, expected) => {
    const situation = aSituation(parts)
    expect(codes(evidence, situation)).toEqual(expected)
    expect(isGoodEvidence(judgeEvidence(evidence, situation))).toBe(false)
  })

  it('without any item, where nothing says which there should be', () => {
    const { items: _items, ...situation } = aSituation()
    expect(codes(someEvidence({ items: [] }), situation)).toEqual(['evidence-not-green'])
    expect(codes(someEvidence(), situation)).toEqual([])
  })

  it('for every reason at once', () => {
    const evidence = { ...someEvidence({ revisions: {}, database: null, items: [] }), by: 'mallory' }
    expect(codes(evidence, aSituation({ now: at + 8 * day }))).toEqual([
      'evidence-altered',
      'evidence-not-green',
      'evidence-of-other-revision',
      'evidence-expired',
      'shared-database',
    ])
  })

  it('edited by hand, with a checksum that anybody can compute in the place of its signature', () => {
    const edited = { ...someEvidence(), revisions: { api: other, worker: other } }
    const signature = createHash('sha256').update(canonicalText(edited)).digest('hex')
    expect(codes({ ...edited, signature }, aSituation({ revisions: { api: other, worker: other } }))).toEqual([
      'evidence-altered',
    ])
  })
})

it.each<[string, Evidence, Partial<EvidenceSituation>, string[]]>([
  [
    'that it is unsigned, where changes are not protected',
    bareEvidence(),
    { isProtected: false },
    ['(evidence-unsigned)'],
  ],
  ['that settings differ', someEvidence(), { settings: { api: 'a2' } }, ['(evidence-of-other-settings)']],
])('it is only said %s', (_, evidence, parts, expected) => {
  const situation = aSituation(parts)
  expect(codes(evidence, situation)).toEqual(expected)
  expect(isGoodEvidence(judgeEvidence(evidence, situation))).toBe(true)
})

it.each<[string, Evidence, Partial<EvidenceSituation>]>([
  ['to the millisecond of its age', someEvidence(), { now: at + 7 * day }],
  ['where two clocks lie a little apart', someEvidence(), { now: at - 60_000 }],
  ['where a password is not known on one side', someEvidence({ database: { volumeId: 'v', passwordHmac: null } }), {}],
  ['for a flag without a checklist', someEvidence({ items: [] }), { items: [] }],
  ['where a service ran there that does not run here', someEvidence(), { revisions: { api: '1'.repeat(40) } }],
])('it is good %s', (_, evidence, parts) => {
  expect(codes(evidence, aSituation(parts))).toEqual([])
})

it('says what to run next, with the names of this flag and environment', () => {
  const [finding] = judgeEvidence(undefined, aSituation({ environmentThatValidates: 'pre prod' }))
  expect(finding?.fix).toBe("Run: fakturino flags validate monitoring -e 'pre prod'")
})
