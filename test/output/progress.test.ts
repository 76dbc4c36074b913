import { describe, expect, it } from 'vitest'
import { createProgress } from '../../src/output/progress.ts'
import { createTerminal } from '../../src/output/terminal.ts'
import { aPerson } from '../support/a-person.ts'

describe('where nothing can move', () => {
  it('what is going on is a line of its own, as is what stays', () => {
    let printed = ''
    const stream = { write: (text: string) => (printed += text) }
    const progress = createProgress(createTerminal(stream, stream, { env: {}, noColor: false }), (text) => `<${text}>`)
    progress.show('api building')
    progress.print('api live')
    progress.show('worker building')
    progress.stop()
    expect(printed).toBe('<  api building>\napi live\n<  worker building>\n')
  })
})

describe('at a terminal', () => {
  it('a line moves, what stays is printed above it, and nothing is left when it stops', async () => {
    const { progress, printed, until } = aTerminal()
    progress.show('api building')
    await until('api building')
    progress.print('api live')
    expect(printed()).toContain('api live\n')
    progress.stop()
    // The cursor is shown again.
    expect(printed()).toMatch(/\[\?25h/)
  })

  it('moves again after it was stopped for a question', async () => {
    const { progress, until } = aTerminal()
    progress.show('planning')
    progress.stop()
    progress.show('api deploying')
    await until('api deploying')
    progress.stop()
  })

  it('does not start once it was stopped before it was loaded', async () => {
    const { progress, printed } = aTerminal()
    progress.show('api building')
    progress.stop()
    await import('ora')
    await new Promise((resolve) => setImmediate(resolve))
    expect(printed()).not.toContain('api building')
  })

  it('what moves is broken into lines that fit, anew when the window gets another width', async () => {
    const { progress, screen, printed, until } = aTerminal()
    screen.columns = 40
    progress.show('watching worker and scheduler for 3.0 s before they count as live')
    await until('watching worker and scheduler for 3.0\n  s before they count as live')
    screen.columns = 100
    screen.emit('resize')
    progress.print('worker live')
    expect(printed()).toContain('watching worker and scheduler for 3.0 s before they count as live')
    progress.stop()
  })

  it('a word that is wider than the window is broken too: it moves, and nobody copies it', async () => {
    const { progress, screen, until } = aTerminal()
    screen.columns = 20
    progress.show('a'.repeat(30))
    await until(`${'a'.repeat(17)}\n  ${'a'.repeat(13)}`)
    progress.stop()
  })

  function aTerminal() {
    let all = ''
    let heard = () => {}
    const screen = aPerson([]).screen((text) => {
      all += text
      heard()
    })
    const progress = createProgress(createTerminal(screen, screen, { env: {}, noColor: true }), (text) => text)
    return {
      progress,
      screen,
      printed: () => all,
      until: (text: string) =>
        new Promise<void>((resolve) => {
          heard = () => {
            if (all.includes(text)) resolve()
          }
          heard()
        }),
    }
  }
})
