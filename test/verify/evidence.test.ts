import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import {
  canonicalText,
  type Evidence,
  evidenceIn,
  evidenceText,
  isSignedBy,
  parsedEvidence,
  passwordHmac,
  signed,
} from '../../src/verify/evidence.ts'
import { bareEvidence, key, someEvidence } from './some-evidence.ts'

describe('a signature', () => {
  it('holds for the same evidence in whichever order its parts are written', () => {
    const evidence = someEvidence()
    const turned = Object.fromEntries(Object.entries(evidence).reverse())
    const read = evidenceIn(JSON.parse(JSON.stringify(turned)))
    expect(read).toBeDefined()
    expect(read === undefined ? '' : canonicalText(read)).toBe(canonicalText(evidence))
    expect(read !== undefined && isSignedBy(read, key)).toBe(true)
  })

  it.each<[string, Partial<Evidence>]>([
    ['the flag', { flag: 'psd2_banking' }],
    ['the value', { value: 'false' }],
    ['the environment', { environment: 'production' }],
    ['a revision', { revisions: { api: '2'.repeat(40), worker: '1'.repeat(40) } }],
    ['a service less', { revisions: { api: '1'.repeat(40) } }],
    ['the database', { database: { volumeId: 'volume-other', passwordHmac: null } }],
    ['the time', { at: Date.UTC(2026, 10, 4) }],
    ['an item more', { items: bareEvidence().items.flatMap((item) => [item, { ...item, id: 'railway-2' }]) }],
    ['who did it', { by: 'mallory' }],
  ])('does not hold where %s was changed', (_, parts) => {
    expect(isSignedBy({ ...someEvidence(), ...parts }, key)).toBe(false)
  })

  it('does not hold under another key, cut short, absent, or as a checksum that anybody can compute', () => {
    const evidence = someEvidence()
    const { signature = '', ...bare } = evidence
    const checksum = createHash('sha256').update(canonicalText(evidence)).digest('hex')
    expect(isSignedBy(evidence, new Secret('cd'.repeat(32)))).toBe(false)
    expect(isSignedBy({ ...evidence, signature: signature.slice(1) }, key)).toBe(false)
    expect(isSignedBy({ ...evidence, signature: '' }, key)).toBe(false)
    expect(isSignedBy(bare, key)).toBe(false)
    expect(isSignedBy({ ...evidence, signature: checksum }, key)).toBe(false)
  })

  it('is not there without a key, and is taken off what had one', () => {
    expect(signed(bareEvidence(), undefined)).not.toHaveProperty('signature')
    expect(signed(someEvidence(), undefined)).not.toHaveProperty('signature')
  })

  it('never passes for what a password is compared by', () => {
    expect(passwordHmac(new Secret(canonicalText(bareEvidence())), key)).not.toBe(someEvidence().signature)
  })
})

describe('evidence from elsewhere', () => {
  it('is read as it was written', () => {
    const evidence = someEvidence()
    expect(parsedEvidence(evidenceText(evidence))).toEqual(evidence)
  })

  it.each([
    ['no JSON', 'evidence'],
    ['a list', '[]'],
    ['null', 'null'],
    ['another format', JSON.stringify({ ...bareEvidence(), format: 2 })],
    ['no flag', JSON.stringify({ ...bareEvidence(), flag: '' })],
    ['a flag that is no text', JSON.stringify({ ...bareEvidence(), flag: { toString: 1 } })],
    ['revisions that are a list', JSON.stringify({ ...bareEvidence(), revisions: ['1'] })],
    ['no items', JSON.stringify({ ...bareEvidence(), items: undefined })],
    ['a time that is none', JSON.stringify({ ...bareEvidence(), at: 'yesterday' })],
    ['a time out of reach', JSON.stringify({ ...bareEvidence(), at: 1e300 })],
    ['far too much', JSON.stringify({ ...bareEvidence(), by: 'x'.repeat(300_000) })],
    ['too many items', JSON.stringify({ ...bareEvidence(), items: Array(301).fill(bareEvidence().items[0]) })],
  ])('is none where it is %s', (_, text) => {
    expect(parsedEvidence(text)).toBeUndefined()
  })

  it('loses items that are not green or not whole, and every character that a terminal would obey', () => {
    const [item] = bareEvidence().items
    const read = evidenceIn({
      ...bareEvidence(),
      by: 'nina\u001b[2J',
      items: [
        item,
        { ...item, result: 'fail' },
        { ...item, id: 7 },
        null,
        { ...item, id: 'railway-2', note: 'a\u202eb' },
      ],
      database: { volumeId: 5 },
      signature: 'yes',
    })
    expect(read).toMatchObject({ by: 'nina', database: null })
    expect(read?.items.map(({ id, note }) => [id, note])).toEqual([
      ['railway-1', undefined],
      ['railway-2', 'a b'],
    ])
    expect(read).not.toHaveProperty('signature')
  })
})
