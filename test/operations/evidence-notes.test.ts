import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import {
  answersListText,
  answersSoFar,
  evidenceFor,
  evidenceListText,
  evidenceNotes,
  evidenceVariables,
  keepEvidence,
} from '../../src/operations/evidence-notes.ts'
import { id } from '../../src/platform/ids.ts'
import { observedVariables } from '../support/builders.ts'
import { aFakePlatform } from '../support/fake-platform.ts'
import { bareEvidence, someEvidence } from '../verify/some-evidence.ts'

const target = { projectId: id<'project'>('p'), environmentId: id<'environment'>('e') }

function noted(name: keyof typeof evidenceVariables, text: string) {
  return { sharedVariables: observedVariables({ [evidenceVariables[name]]: text }) }
}

function flags(list: string): string[] {
  return evidenceNotes(noted('evidence', list)).map(({ flag, value, by }) => `${flag}=${value} by ${by}`)
}

describe('the list of evidence', () => {
  it('has the newest for each value of a flag, at its head', () => {
    const first = evidenceListText([], someEvidence())
    const second = evidenceListText(evidenceNotes(noted('evidence', first)), someEvidence({ flag: 'psd2_banking' }))
    const third = evidenceListText(evidenceNotes(noted('evidence', second)), someEvidence({ by: 'ana' }))
    expect(flags(third)).toEqual(['monitoring=true by ana', 'psd2_banking=true by nina'])
    expect(evidenceFor(noted('evidence', third), 'monitoring', 'true')).toEqual(someEvidence({ by: 'ana' }))
    expect(evidenceFor(noted('evidence', third), 'monitoring', 'false')).toBeUndefined()
  })

  it('loses what is of a revision that runs no more', () => {
    const old = someEvidence({ flag: 'psd2_banking', revisions: { api: '0'.repeat(40) } })
    expect(flags(evidenceListText([old], someEvidence()))).toEqual(['monitoring=true by nina'])
  })

  it('is kept short: the oldest go first', () => {
    const many = Array.from({ length: 40 }, (_, at) => someEvidence({ flag: `flag_${at}` }))
    expect(evidenceNotes(noted('evidence', evidenceListText(many, someEvidence())))).toHaveLength(20)
    const note = 'x'.repeat(500)
    const items = Array.from({ length: 100 }, (_, at) => ({
      ...(bareEvidence().items[0] ?? fail()),
      id: `i-${at}`,
      note,
    }))
    const long = Array.from({ length: 10 }, (_, at) => someEvidence({ flag: `flag_${at}`, items }))
    const text = evidenceListText(long, someEvidence({ items }))
    expect(text.length).toBeLessThanOrEqual(100_000)
    expect(flags(text)[0]).toBe('monitoring=true by nina')
  })

  it.each(['', 'x', '{}', '[1, null, {"format": 1}]'])('is empty where anybody wrote %j', (text) => {
    expect(evidenceNotes(noted('evidence', text))).toEqual([])
  })
})

function fail(): never {
  throw new Error('there is an item')
}

it('answers so far are kept for one value of a flag, and go when there are none', () => {
  const { flag, value, revisions, items } = bareEvidence()
  const text = answersListText([], { flag, value, revisions, items })
  expect(answersSoFar(noted('answers', text), 'monitoring', 'true')).toEqual({ flag, value, revisions, items })
  expect(answersSoFar(noted('answers', text), 'monitoring', 'false')).toBeUndefined()
  expect(answersListText([{ flag, value, revisions, items }], { flag, value, revisions: {}, items: [] })).toBe('')
})

/** Somebody writes over what is written, so often. */
function aBusyPlace(lost: number) {
  const theirs = someEvidence({ flag: 'psd2_banking', by: 'ana' })
  let stored = ''
  let writes = 0
  const platform = aFakePlatform(
    {
      readSharedVariables: async () => ({
        variables: { [evidenceVariables.evidence]: new Secret(stored) },
        platformTime: undefined,
      }),
    },
    {
      'write-shared-variables': async ({ variables }) => {
        writes += 1
        // They had read before ours was there.
        stored = writes <= lost ? evidenceListText([], theirs) : (variables[evidenceVariables.evidence] ?? '')
        return undefined
      },
    },
  )
  return {
    keep: () => keepEvidence(target, someEvidence(), { platform }),
    stored: () => flags(stored),
    writes: () => writes,
  }
}

it('what a colleague writes at the same moment is not lost, and ours is not either', async () => {
  const { keep, stored, writes } = aBusyPlace(1)
  await keep()
  expect(stored()).toEqual(['monitoring=true by nina', 'psd2_banking=true by ana'])
  expect(writes()).toBe(2)
})

it('where others write over it again and again, that is said', async () => {
  const { keep } = aBusyPlace(9)
  await expect(keep()).rejects.toMatchObject({ kind: 'failed', code: 'not-stored', retryable: true })
})
