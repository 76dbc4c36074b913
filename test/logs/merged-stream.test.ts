import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LogItem } from '../../src/logs/log-item.ts'
import { RowMemory } from '../../src/logs/row-memory.ts'
import { RowMerger } from '../../src/logs/row-merger.ts'
import type { LogRow } from '../../src/platform/log-row.ts'
import { tally } from '../support/tally.ts'
import { aRow, start } from './rows.ts'

const printed = fc.record({
  /** Since the row before. */
  afterMs: fc.integer({ min: 0, max: 700 }),
  lateMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 1_900 }) },
  ),
  message: fc.constantFrom('GET /up 200', 'job done', 'a', 'b'),
  instanceId: fc.constantFrom('one', 'two', 'three'),
  /** Is the connection lost before this row, and for how long? */
  cutMs: fc.oneof(
    { weight: 12, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 9_000 }) },
  ),
})

const key = ({ time, instanceId, message }: LogRow) => `${time} ${instanceId} ${message}`

it('whatever is printed and whenever the stream is cut, a platform made of a list loses nothing to memory and merger together', () => {
  fc.assert(
    fc.property(fc.array(printed, { minLength: 1, maxLength: 300 }), (script) => {
      const memory = new RowMemory()
      const merger = new RowMerger()
      const ledger: LogRow[] = []
      const items: LogItem[] = []
      let ms = 0
      let backAt = 0
      memory.begin(undefined)
      for (const { afterMs, lateMs, message, instanceId, cutMs } of script) {
        ms += afterMs
        const now = start + ms
        items.push(...merger.due(now))
        if (cutMs > 0) backAt = Math.max(backAt, ms + cutMs)
        const row = aRow(ms - lateMs, message, { instanceId })
        ledger.push(row)
        if (ms < backAt) continue
        if (backAt > 0) {
          backAt = 0
          const from = memory.overlapFrom(now)
          memory.begin(from)
          const replay = ledger.filter(({ time }) => from === undefined || time >= from)
          replay.sort((one, other) => (one.time < other.time ? -1 : Number(one.time > other.time)))
          items.push(...merger.add(memory.fromConnection(replay, now), now))
        } else items.push(...merger.add(memory.fromConnection([row], now), now))
      }
      memory.begin(undefined)
      items.push(...merger.add(memory.fromPage(ledger.slice(-100), start + ms), start + ms), ...merger.flush())

      const rows = items.flatMap((item) => (item.kind === 'row' ? [item.row] : []))
      expect(tally(rows.map(key))).toEqual(tally(ledger.map(key)))
      let last = ''
      for (const item of items) {
        if (item.kind !== 'row' || item.isLate === true) continue
        expect(item.row.time >= last).toBe(true)
        last = item.row.time
      }
    }),
    { numRuns: 100 },
  )
})
