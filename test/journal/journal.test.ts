import { describe, expect, it } from 'vitest'
import { readEntries } from '../../src/journal/entries.ts'
import { forgivingJournal } from '../../src/journal/forgiving-journal.ts'
import { createJournal, journalPath } from '../../src/journal/journal.ts'
import { OperatorError } from '../../src/kit/errors.ts'
import type { Files } from '../../src/kit/files.ts'
import { memoryFiles } from '../../src/kit/memory-files.ts'
import { id } from '../../src/platform/ids.ts'
import { FakeClock } from '../support/fake-clock.ts'

const staging = id<'environment'>('e1')
const path = journalPath('/state', staging)
const about = { command: 'deploy', project: 'shop', environment: 'staging', by: 'nina' }

function aJournal(files: Files, { pid = 7, host = 'here', running = [7] as number[] } = {}) {
  return createJournal('/state', {
    files,
    clock: new FakeClock(),
    pid,
    host,
    isRunning: (other) => running.includes(other),
  })
}

describe('the journal', () => {
  it('has every line on the disk before the next thing is done', async () => {
    const files = memoryFiles()
    const record = await aJournal(files).begin(staging, { id: 'a1', ...about, commit: 'latest' })
    expect(readEntries(files.all()[path])).toMatchObject([
      { operation: 'a1', type: 'began', command: 'deploy', by: 'nina', commit: 'latest', pid: 7, host: 'here' },
    ])
    await record.note({ type: 'service-created', service: 'api' })
    expect(readEntries(files.all()[path])[1]).toMatchObject({ type: 'event', event: { service: 'api' } })
    await record.end({ outcome: 'failed', code: 'deployment-failed', message: 'api failed.' })
    expect(readEntries(files.all()[path])[2]).toMatchObject({ type: 'ended', outcome: 'failed' })
  })

  it('keeps what is there when a line was cut off by a sudden end', async () => {
    const files = memoryFiles()
    await aJournal(files).begin(staging, { id: 'a1', ...about })
    await files.appendText(path, '{"at":"2026-11-03T09:00:00.000Z","operation":"a1","type":"ev')
    await aJournal(files).begin(staging, { id: 'a2', ...about })
    expect(readEntries(files.all()[path]).map(({ operation }) => operation)).toEqual(['a1', 'a2'])
  })

  it('drops the oldest lines when it grows past a thousand', async () => {
    const files = memoryFiles()
    const record = await aJournal(files).begin(staging, { id: 'old', ...about })
    for (let line = 0; line < 1_200; line++) await record.note({ type: 'service-created', service: `s${line}` })
    await aJournal(files).begin(staging, { id: 'new', ...about })
    const entries = readEntries(files.all()[path])
    expect(entries).toHaveLength(1_001)
    expect(entries.at(-1)).toMatchObject({ operation: 'new', type: 'began' })
  })

  it('holds no byte that a terminal obeys', async () => {
    const files = memoryFiles()
    await aJournal(files).begin(staging, { id: 'a1', ...about, reason: 'red \u001b[31m\u202ealert' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(files.all()[path]).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
    expect(readEntries(files.all()[path])[0]).toMatchObject({ reason: 'red \u001b[31m\u202ealert' })
  })
})

describe('nobody is at an operation any more', () => {
  const rows: { name: string; ends?: true; by?: object; asks?: object; abandoned: boolean }[] = [
    { name: 'when it ended', ends: true, abandoned: true },
    { name: 'when its process is gone', asks: { pid: 8, running: [8] }, abandoned: true },
    { name: 'when its number was given to the process that asks', asks: { pid: 7 }, abandoned: true },
    { name: 'unless its process runs', asks: { pid: 8, running: [7, 8] }, abandoned: false },
    { name: 'unless it began on another machine', by: { host: 'there' }, asks: { pid: 8 }, abandoned: false },
  ]
  it.each(rows)('$name: $abandoned', async ({ ends, by, asks, abandoned }) => {
    const files = memoryFiles()
    const record = await aJournal(files, by).begin(staging, { id: 'a1', ...about })
    if (ends) await record.end({ outcome: 'unfinished' })
    expect(await aJournal(files, asks).isAbandoned(staging, 'a1')).toBe(abandoned)
  })

  it('is not known of one that began nowhere here', async () => {
    expect(await aJournal(memoryFiles()).isAbandoned(staging, 'other')).toBe(false)
  })
})

describe('a disk that refuses', () => {
  const refusal = new OperatorError({ kind: 'unreachable', code: 'disk-refused', message: 'The disk is full.' })
  const full: Files = { ...memoryFiles(), appendText: () => Promise.reject(refusal) }

  it('stops an operation before it begins', async () => {
    await expect(aJournal(full).begin(staging, { id: 'a1', ...about })).rejects.toBe(refusal)
  })

  it('does not stop a rescue; it is said, once', async () => {
    const said: string[] = []
    const record = await forgivingJournal(aJournal(full), (problem) => said.push(problem)).begin(staging, {
      id: 'a1',
      ...about,
    })
    await record.note({ type: 'service-created', service: 'api' })
    await record.end({ outcome: 'done' })
    expect(said).toEqual(['The disk is full. Going on; the journal will not tell what is done now.'])
  })
})
