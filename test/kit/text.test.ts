import { describe, expect, it } from 'vitest'
import { clipped, count, listed, printable } from '../../src/kit/text.ts'

describe('printable', () => {
  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['a title set by an escape sequence', '\u001b]0;owned\u0007text', 'text'],
    ['control characters', 'a\u0000b\u0007c\u009bd', 'a b c d'],
    ['line breaks', 'one\r\ntwo', 'one  two'],
    ['text that runs backwards', 'a\u202eb\u2066c', 'a b c'],
    ['invisible characters', 'a\u200bb\ufeffc', 'a b c'],
  ])('takes out %s', (_, text, expected) => {
    expect(printable(text)).toBe(expected)
  })

  it('leaves ordinary text of any language alone', () => {
    expect(printable('Grüße, 東京 ✓')).toBe('Grüße, 東京 ✓')
  })
})

describe('words for people', () => {
  it('clips to a length, the ellipsis included', () => {
    expect(clipped('abcdef', 6)).toBe('abcdef')
    expect(clipped('abcdefg', 6)).toBe('abcde…')
  })

  it('counts', () => {
    expect([0, 1, 2].map((amount) => count(amount, 'change'))).toEqual(['0 changes', '1 change', '2 changes'])
    expect(count(2, 'entry', 'entries')).toBe('2 entries')
  })

  it('lists', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((words) => listed(words))).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ])
    expect(listed(['a', 'b'], 'or')).toBe('a or b')
  })
})
