import fc from 'fast-check'
import { expect, it } from 'vitest'
import { historyMarkdown } from '../../src/output/human/history-markdown.ts'
import { anItem } from './samples.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/
const escaped = /\\[\\`*_{}[\]()#+!|~:<>&$.]/g

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    '\\|',
    '\\\\|',
    '`|`',
    '\u001b]52;c;x\u0007',
    '\n\n# heading',
    '<script>',
    '[x](y)',
    '&#124;',
    '@ops',
  ),
)

it('whatever others wrote, a report has its own lines and cells, and nothing in them is more than text', () => {
  fc.assert(
    fc.property(text, text, text, text, text, (by, what, reason, message, place) => {
      const item = anItem({ by, what, reason, message, places: Array(4).fill(place), services: [place], outcome: what })
      const report = historyMarkdown({
        project: by,
        environment: what,
        isRehearsal: true,
        operations: [],
        items: [item],
        isDenied: false,
        completeSince: null,
        at: '2026-11-03T09:00:00.000Z',
        isMarkdown: true,
      })
      expect(report).not.toMatch(raw)
      const [, , , , , , row = '', ...end] = report.split('\n')
      expect(end).toEqual([''])
      const unescaped = row.replaceAll(escaped, '')
      expect(unescaped.split('|')).toHaveLength(7)
      expect(unescaped).not.toMatch(/[`*_[\]<>&$~#@]/)
    }),
    { numRuns: 500 },
  )
})
