import { describe, expect, it, test } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import { type BadRelease, badReleases, badReleasesIn, clearedText, markedText } from '../../src/plan/bad-releases.ts'
import { noteVariables } from '../../src/plan/operation-notes.ts'
import { anObservedService, anObservedState, observedVariables } from '../support/builders.ts'

const commit = (digit: string) => digit.repeat(40)
const mark = (digit: string, parts: Partial<BadRelease> = {}): BadRelease => ({
  commit: commit(digit),
  at: 1_000,
  by: 'nina',
  ...parts,
})

describe('marks', () => {
  it('read back as they were written, the newest first, each commit once', () => {
    const text = markedText([mark('1'), mark('2')], [mark('2', { at: 2_000, reason: 'answers 500' })])
    expect(badReleasesIn(text)).toEqual([mark('2', { at: 2_000, reason: 'answers 500' }), mark('1')])
  })

  it('are at most twenty, with reasons that are cut', () => {
    const known = Array.from({ length: 30 }, (_, nth) => ({ ...mark('1'), commit: String(nth).padStart(40, '0') }))
    const kept = badReleasesIn(markedText(known, [mark('a', { reason: 'x'.repeat(500) })]))
    expect(kept).toHaveLength(20)
    expect(kept[0]?.reason).toHaveLength(200)
  })

  it('go one by one, and the last one leaves an empty text', () => {
    expect(badReleasesIn(clearedText([mark('1'), mark('2')], commit('1')))).toEqual([mark('2')])
    expect(clearedText([mark('1')], commit('1'))).toBe('')
  })

  it('are told without values that are stored', () => {
    const value = 'a-stored-value-that-is-long'
    const state = anObservedState({
      services: [anObservedService('api', { variables: observedVariables({ KEY: value }) })],
      sharedVariables: { [noteVariables.bad]: { value: new Secret(markedText([], [mark('1', { reason: value })])) } },
    })
    expect(badReleases(state)).toEqual([mark('1', { reason: '[secret]' })])
  })
})

test.each([
  ['nothing', undefined],
  ['an empty text', ''],
  ['no JSON', '{'],
  ['no list', '{}'],
  ['no commit', JSON.stringify([{ ...mark('1'), commit: '--to' }])],
  ['no time', JSON.stringify([{ ...mark('1'), at: 1e300 }])],
  ['no author', JSON.stringify([{ ...mark('1'), by: 7 }])],
])('%s is no mark', (_, text) => {
  expect(badReleasesIn(text)).toEqual([])
})

test('what others wrote is made safe to show', () => {
  const [one] = badReleasesIn(JSON.stringify([mark('1', { by: 'ni\u001b[31mna', reason: 'a\u0007b' })]))
  expect(`${one?.by}${one?.reason}`).not.toMatch(/\p{Cc}/u)
})
