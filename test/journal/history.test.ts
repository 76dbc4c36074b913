import { expect, it } from 'vitest'
import { readEntries } from '../../src/journal/entries.ts'
import { history } from '../../src/journal/history.ts'

const began = { type: 'began', command: 'deploy', project: 'p', environment: 'staging', by: 'nina', host: 'here' }
const at = '2026-11-03T09:00:00.000Z'

it('passes over lines whose time is none: nobody knows when that was', () => {
  const lines = [
    { at, operation: 'a1', ...began },
    { at: 'yesterday', operation: 'a2', ...began },
    { at: '', operation: 'a1', type: 'ended', outcome: 'done' },
  ]
  const text = lines.map((line) => JSON.stringify(line)).join('\n')
  expect(history(readEntries(text))).toMatchObject([{ id: 'a1', outcome: 'open', ended: null, lastAt: at }])
})
