import { describe, expect, it } from 'vitest'
import { nextPage } from '../../src/logs/next-page.ts'
import { aRow } from './rows.ts'

const at = (ms: number) => aRow(ms, '').time
const page = (...times: number[]) => times.map((ms) => aRow(ms, `at ${ms}`))

describe('after a page of at most three rows', () => {
  it.each<[string, ReturnType<typeof page>, { anchor?: number; from?: number }, ReturnType<typeof nextPage>]>([
    ['that is empty nothing is left', page(), {}, { anchor: undefined }],
    ['with room in it nothing is left', page(1, 2), {}, { anchor: undefined }],
    ['that is full the next ends at its oldest row', page(5, 6, 7), {}, { anchor: at(5) }],
    ['that has a row too many the next ends at its oldest', page(4, 5, 6, 7), {}, { anchor: at(4) }],
    ['in any order the next ends at its oldest row', page(7, 5, 6), { anchor: 9 }, { anchor: at(5) }],
    ['that reaches further back than wanted nothing is left', page(3, 4, 5), { from: 4 }, { anchor: undefined }],
    ['that reaches just as far back the rest of that moment is left', page(4, 4, 5), { from: 4 }, { anchor: at(4) }],
    [
      'that holds one moment only, the next ends before it, and that is said',
      page(5, 5, 5),
      { anchor: 5 },
      { anchor: '2026-11-03T09:00:00.004999999Z', crowded: at(5) },
    ],
    [
      'that holds only the oldest moment wanted, nothing is left, and that is said',
      page(5, 5, 5),
      { anchor: 5, from: 5 },
      { anchor: undefined, crowded: at(5) },
    ],
  ])('%s', (_, rows, { anchor, from }, expected) => {
    const asked = {
      rows: 3,
      anchor: anchor === undefined ? undefined : at(anchor),
      from: from === undefined ? undefined : at(from),
    }
    expect(nextPage(rows, asked)).toEqual(expected)
  })

  it('whose rows bear no moment it does not go on for ever', () => {
    const rows = [1, 2, 3].map(() => aRow(0, '', { time: 'never' }))
    expect(nextPage(rows, { rows: 3, anchor: 'never', from: undefined })).toEqual({
      anchor: undefined,
      crowded: 'never',
    })
  })
})
