import { describe, expect, it } from 'vitest'
import { parseSecrets } from '../../src/cli/parse-secrets.ts'

const key = '-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----'

describe('parseSecrets', () => {
  it.each<[string, string, [string, string][]]>([
    ['everything after the first =', 'A=b=c #d', [['A', 'b=c #d']]],
    ['a backslash as itself', 'A="b\\nc"', [['A', 'b\\nc']]],
    [
      'one pair of quotes off',
      `A="'b'"\nB='"c"'`,
      [
        ['A', "'b'"],
        ['B', '"c"'],
      ],
    ],
    [
      'a quote inside',
      'A=b"c\nB="b"c"',
      [
        ['A', 'b"c'],
        ['B', 'b"c'],
      ],
    ],
    [
      'a key of several lines',
      `A="${key}"\nB=c`,
      [
        ['A', key],
        ['B', 'c'],
      ],
    ],
    [
      'the same with the line ends of Windows',
      `A="${key}"\r\nB=c\r\n`.replaceAll(/\r?\n/g, '\r\n'),
      [
        ['A', key],
        ['B', 'c'],
      ],
    ],
    ['empty lines within quotes', "A='b\n\n# c\n'", [['A', 'b\n\n# c\n']]],
    [
      'no value',
      'A=\nB=""',
      [
        ['A', ''],
        ['B', ''],
      ],
    ],
    ['a mark at the beginning', '\ufeffA=b', [['A', 'b']]],
    ['comments and empty lines', '# A=b\n\n  \n', []],
    ['a name that objects have', 'constructor=b', [['constructor', 'b']]],
  ])('reads %s', (_, text, entries) => {
    expect(parseSecrets(text)).toEqual({ entries })
  })

  it.each([
    ['a line that is none', 'A=b\nhunter2', 2, 'is not NAME=value'],
    ['a name with a space', 'A =b', 1, 'is not NAME=value'],

    ['a name twice', 'A=b\nB=c\nA=b', 3, 'gives the same name as line 1'],
    ['an open quote', 'B=c\nA="b\nc\n', 2, 'opens a quote that is never closed'],
    ['text after a quote', 'A="b" # mine', 1, 'has text after its closing quote'],
    ['text after a quote, lines later', 'A="b\nc" # mine', 2, 'has text after a closing quote'],
  ])('names the line of %s, and nothing in it', (_, text, line, problem) => {
    const parsed = parseSecrets(text)
    expect(parsed).toEqual({ line, problem: expect.stringMatching(problem) })
  })
})
