import { expect, it } from 'vitest'
import { shellWord } from '../../src/kit/shell-word.ts'

it.each([
  ['plain-1.2/x', 'plain-1.2/x'],
  ['', "''"],
  ['$(x) `y`', "'$(x) `y`'"],
])('%j is one word of a shell', (text, word) => {
  expect(shellWord(text)).toBe(word)
})
