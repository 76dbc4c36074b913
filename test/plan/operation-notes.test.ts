import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import {
  notesIn,
  noteText,
  noteVariables,
  operationNotes,
  type ReleaseNote,
  releasesText,
} from '../../src/plan/operation-notes.ts'
import { id } from '../../src/platform/ids.ts'

const lease = { nonce: 'a1', holder: 'nina', command: 'deploy', since: 1_000, until: 121_000, reason: 'night shift' }
const operation = { nonce: 'a1', command: 'deploy', by: 'nina', since: 1_000, commit: 'latest', services: ['api'] }
const release = (name: string): ReleaseNote => ({
  id: name,
  at: 5_000,
  by: 'nina',
  verdict: 'pass',
  commit: 'c2',
  previousCommit: 'c1',
  deployments: { api: id<'deployment'>('d1') },
})

const stored = (texts: Record<string, string>) => notesIn((name) => texts[name])

describe('notes', () => {
  it('read back as they were written', () => {
    const notes = stored({
      [noteVariables.lease]: noteText(lease),
      [noteVariables.operation]: noteText(operation),
      [noteVariables.releases]: releasesText([release('r1')], release('r2')),
    })
    expect(notes).toEqual({ lease, operation, releases: [release('r2'), release('r1')] })
  })

  it('are read out of what was observed; what is masked is none', () => {
    const sharedVariables = {
      [noteVariables.lease]: { value: new Secret(noteText(lease)) },
      [noteVariables.operation]: { masked: true as const },
    }
    expect(operationNotes({ sharedVariables })).toEqual({ lease, operation: undefined, releases: [] })
  })

  it.each([
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '{"nonce":"a1"}',
    '{"nonce":1,"holder":"n","command":"d","since":1,"until":2}',
  ])('that read %j are none', (text) => {
    const all = Object.fromEntries(Object.values(noteVariables).map((name) => [name, text]))
    expect(stored(all)).toEqual({ lease: undefined, operation: undefined, releases: [] })
  })

  it('of somebody hostile reach no terminal as they are', () => {
    const notes = stored({ [noteVariables.lease]: noteText({ ...lease, holder: 'ni\u001b[2Jna\u202e' }) })
    expect(notes.lease?.holder).toBe('nina ')
  })

  it('of a release hold its plan and the newest of its migrations, and none where it ran none', () => {
    const many = Array.from({ length: 30 }, (_, nth) => `2026_${nth}`)
    const big = { ...release('r3'), plan: 'salt:hash', migrations: [...many, 'x'.repeat(300)] }
    const text = releasesText([{ ...release('r1'), migrations: [] }], { ...release('r2'), migrations: [] })
    expect(JSON.parse(text)[0]).not.toHaveProperty('migrations')
    const [newest, before] = stored({ [noteVariables.releases]: releasesText([release('r2')], big) }).releases
    expect(newest).toEqual({ ...big, migrations: many.slice(10) })
    expect(before).toEqual(release('r2'))
  })

  it('of an older or another hand are read without what is no list of names', () => {
    const odd = { ...release('r1'), plan: 3, migrations: ['2026_a', 7, null, '2026_\u001b[2Jb'] }
    expect(stored({ [noteVariables.releases]: JSON.stringify([odd]) }).releases).toEqual([
      { ...release('r1'), migrations: ['2026_a', '2026_b'] },
    ])
    const text = JSON.stringify([{ ...release('r1'), migrations: 'all' }])
    expect(stored({ [noteVariables.releases]: text }).releases).toEqual([release('r1')])
  })

  it('keep the last ten releases, each once', () => {
    let text = '[]'
    for (let number = 1; number <= 12; number++) {
      text = releasesText(stored({ [noteVariables.releases]: text }).releases, release(`r${number}`))
      text = releasesText(stored({ [noteVariables.releases]: text }).releases, release(`r${number}`))
    }
    const kept = stored({ [noteVariables.releases]: text }).releases.map((one) => one.id)
    expect(kept).toEqual(['r12', 'r11', 'r10', 'r9', 'r8', 'r7', 'r6', 'r5', 'r4', 'r3'])
  })
})
