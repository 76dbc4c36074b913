import { stripVTControlCharacters } from 'node:util'

// C0 and C1 controls, DEL, and the characters that reorder or hide text: bidi marks, embeddings, overrides and isolates,
// zero-width characters and line separators.
const hostile =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** One line of text from elsewhere, made safe to print: escape sequences and control characters are gone. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(hostile, ' ')
}

/** JSON in which what a terminal would obey is escaped; read back, it is the same value. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    hostile,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** `printable`, cut to `length` characters with an ellipsis. */
export function clipped(text: string, length: number): string {
  const line = printable(text)
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`
}

/** `1 change`, `2 changes`. */
export function count(amount: number, singular: string, plural = `${singular}s`): string {
  return `${amount} ${amount === 1 ? singular : plural}`
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[], last = 'and'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}

/** A commit, or the revision of uploaded code, as people say it; anything else as it is. */
export function shortCommit(commit: string): string {
  if (/^upload-[0-9a-f]{64}$/.test(commit)) return `upload ${commit.slice(7, 15)}`
  return /^[0-9a-f]{40}$/.test(commit) ? commit.slice(0, 8) : commit
}
