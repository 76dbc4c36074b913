import { describe, expect, it } from 'vitest'
import { OperatorError } from '../../src/kit/errors.ts'
import { logTime } from '../../src/logs/log-time.ts'
import { type ReadingBack, readBack } from '../../src/operations/read-back.ts'
import { id } from '../../src/platform/ids.ts'
import type { LogWindow } from '../../src/platform/log-row.ts'
import { aRow, start } from '../logs/rows.ts'

/** A platform whose log has a row each millisecond; the nth request (from 1) may fail. */
function aPlatform(total: number, failingAt?: number, kind: 'unreachable' | 'interrupted' = 'unreachable') {
  const all = Array.from({ length: total }, (_, nth) => aRow(nth, String(nth)))
  const asked: LogWindow[] = []
  return {
    asked,
    readLogRows: async (_source: unknown, window: LogWindow) => {
      asked.push(window)
      const { anchor = 'Z', from = '', before = 0 } = window
      if (asked.length === failingAt) throw new OperatorError({ kind, code: 'timeout', message: 'No answer.' })
      return all.filter(({ time }) => time <= anchor && time >= from).slice(-before)
    },
  }
}

function read(platform: ReturnType<typeof aPlatform>, asked: Partial<ReadingBack> = {}) {
  const source = { kind: 'environment', environmentId: id<'environment'>('e') } as const
  return readBack({ source, filter: undefined, from: undefined, pages: 10, isForgiving: false, ...asked }, platform)
}

const at = (ms: number) => logTime(start + ms)

describe('reading back', () => {
  it('gives pages with the oldest first, each ending where the next begins', async () => {
    const platform = aPlatform(12_000)
    const { pages, gaps } = await read(platform)
    expect(pages.map((page) => [page[0]?.message, page.at(-1)?.message])).toEqual([
      ['0', '2001'],
      ['2001', '7000'],
      ['7000', '11999'],
    ])
    expect(gaps).toEqual([])
  })

  it('stops after so many requests, and says what it left out', async () => {
    const { pages, gaps } = await read(aPlatform(20_000), { pages: 2, from: at(100) })
    expect(pages).toHaveLength(2)
    expect(gaps).toEqual([{ from: at(100), until: at(10_001), because: 'more lines than 2 answers of 5000 hold' }])
  })

  it('says what it could not read of the older part', async () => {
    const { pages, gaps } = await read(aPlatform(20_000, 2), { from: at(100) })
    expect(pages).toHaveLength(1)
    expect(gaps).toEqual([{ from: at(100), until: at(15_000), because: 'No answer.' }])
  })

  it('fails where the first page cannot be read, unless that is a gap too', async () => {
    await expect(read(aPlatform(10, 1))).rejects.toThrow('No answer.')
    const { pages, gaps } = await read(aPlatform(10, 1), { isForgiving: true, anchor: at(9), from: at(2) })
    expect([pages, gaps]).toEqual([[], [{ from: at(2), until: at(9), because: 'No answer.' }]])
  })

  it('is no gap where somebody stopped it', async () => {
    await expect(read(aPlatform(20_000, 2, 'interrupted'), { isForgiving: true })).rejects.toThrow('No answer.')
  })

  it('asks for no more rows than are wanted, and for the filter', async () => {
    const platform = aPlatform(20_000)
    await read(platform, { lines: 3, filter: '@level:error' })
    expect(platform.asked).toEqual([{ before: 3, after: 0, filter: '@level:error' }])
  })
})
