import stringWidth from 'fast-string-width'
import { describe, expect, it } from 'vitest'
import { aScreen } from './human-screen.ts'
import { answers, events, failure } from './samples.ts'

/** Lines wider than the screen, but for those that are one long word, or a command to be copied. */
function tooWide(text: string, columns: number): string[] {
  return text
    .split('\n')
    .filter((line) => stringWidth(line) > columns)
    .filter((line) => !/^ *(?:Undo: )?fakturino /.test(line))
    .filter((line) => line.trim().split(/\s+/).length > 1 && !isNameAndWord(line))
}

/** A name in its column, and one long word beside it. */
function isNameAndWord(line: string): boolean {
  return /^ *[^ ]+(?: [^ ]+)*? {2,}[^ ]+$/.test(line)
}

describe.each([40, 80, 120])('on a screen of %i columns', (columns) => {
  it.each(Object.values(events).map((event) => [event.type, event] as const))('%s fits', (_, event) => {
    const screen = aScreen({ columns, isVerbose: true })
    screen.output.event(event)
    expect(screen.out()).toBe('')
    expect(screen.err()).not.toBe('')
    expect(tooWide(screen.err(), columns)).toEqual([])
  })

  it.each(answers.map((answer, index) => [answer.type, index] as const))('the answer %s (%i) fits', (_, index) => {
    const screen = aScreen({ columns })
    const answer = answers[index]
    if (answer !== undefined) screen.output.answer(answer)
    expect(screen.err()).toBe('')
    expect(screen.out().endsWith('\n')).toBe(true)
    expect(tooWide(screen.out(), columns)).toEqual([])
  })

  it('a failure and a notice fit', () => {
    const screen = aScreen({ columns })
    screen.output.notice('RAILWAY_TOKEN is for Railway and not sent to a rehearsal. '.repeat(3).trim())
    screen.output.failure(failure)
    expect(tooWide(screen.err(), columns)).toEqual([])
  })
})

it('the measure itself finds a line that is too wide', () => {
  expect(tooWide('a line of words that does not fit into so few columns', 20)).toHaveLength(1)
  expect(tooWide(`  ${'x'.repeat(50)}`, 20)).toEqual([])
})
