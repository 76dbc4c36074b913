import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createTerminal, type Stream } from '../../src/output/terminal.ts'

const pipe: Stream = { write: (_text: string) => true }
const screen: Stream = { write: (_text: string) => true, isTTY: true, columns: 100 }

describe('createTerminal', () => {
  it.each([
    ['a pipe', pipe, 80],
    ['a screen', screen, 100],
    ['a very wide screen', { ...screen, columns: 400 }, 120],
    ['a very narrow one', { ...screen, columns: 5 }, 20],
    ['one whose size nobody has set, as under a recorder,', { ...screen, columns: 0 }, 80],
    ['a screen that does not know', { write: (_text: string) => true, isTTY: true }, 80],
  ])('%s has columns of its own', (_, stream, columns) => {
    const terminal = createTerminal(stream, pipe, { env: {}, noColor: false })
    expect(terminal.outColumns()).toBe(columns)
    expect(terminal.errColumns()).toBe(80)
  })

  it.each([
    ['a screen', screen, {}, true],
    ['a pipe', pipe, {}, false],
    ['CI', screen, { CI: 'true' }, false],
    ['a dumb terminal', screen, { TERM: 'dumb' }, false],
    ['an empty CI', screen, { CI: '' }, true],
  ])('something may move on %s: %#', (_, stderr, env, isAnimated) => {
    expect(createTerminal(pipe, stderr, { env, noColor: false }).isAnimated).toBe(isAnimated)
  })

  it('judges each stream by itself: colour on the screen, none in the pipe', () => {
    const terminal = createTerminal(pipe, screen, { env: {}, noColor: false })
    expect([terminal.outColor, terminal.errColor]).toEqual([0, 1])
  })

  it('sees a window that was made smaller', () => {
    const window = { ...screen }
    const terminal = createTerminal(window, pipe, { env: {}, noColor: false })
    window.columns = 60
    expect(terminal.outColumns()).toBe(60)
  })

  it.each([
    ['a screen', screen, 100],
    ['a very wide screen', { ...screen, columns: 400 }, 400],
    ['a very narrow one', { ...screen, columns: 5 }, 20],
    ['one whose size nobody has set, as under a recorder,', { ...screen, columns: 0 }, 80],
    ['a pipe', pipe, undefined],
  ])('%s has room for lines that must not be broken', (_, stream, width) => {
    expect(createTerminal(stream, pipe, { env: {}, noColor: false }).outWidth()).toBe(width)
  })

  it('what was printed is taken when the stream says so, or when it has failed', async () => {
    const stream = Object.assign(new EventEmitter(), { write: (_text: string) => false })
    const terminal = createTerminal(stream, pipe, { env: {}, noColor: false })
    await terminal.outTaken()
    terminal.out('much')
    const taken = terminal.outTaken()
    stream.emit('drain')
    await taken
    terminal.out('more')
    const never = terminal.outTaken()
    expect(terminal.outGone.aborted).toBe(false)
    stream.emit('error', new Error('write EPIPE'))
    await never
    expect(terminal.outGone.aborted).toBe(true)
    terminal.out('nothing more')
    await terminal.outTaken()
  })
})
