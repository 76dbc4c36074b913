import { describe, expect, it } from 'vitest'
import { renderHint } from '../../src/output/human/hint.ts'

describe('what to do next', () => {
  it.each([
    ['stays one line where it fits', 'Run: fakturino status', '  Run: fakturino status'],
    [
      'has its command on a line of its own where it does not',
      'To see what runs there now, run: fakturino status -e staging --local --state /tmp/a',
      '  To see what runs there now, run:\n    fakturino status -e staging --local --state /tmp/a',
    ],
    [
      'has each of several commands on a line of its own, without the backticks',
      'To see what was deployed, run `fakturino history -e staging`. To build it, run `fakturino deploy -e staging --commit SHA`.',
      '  To see what was deployed, run:\n    fakturino history -e staging\n  To build it, run:\n    fakturino deploy -e staging --commit SHA',
    ],
    [
      'begins another sentence behind a command',
      'To set it up, run `fakturino init --local`. To try everything here first, run `fakturino rehearse`.',
      '  To set it up, run:\n    fakturino init --local\n  To try everything here first, run:\n    fakturino rehearse',
    ],
    [
      'ends with what is no command',
      'Run `fakturino rehearse down`. Then run `fakturino rehearse up`. After that, use --local.',
      '  Run:\n    fakturino rehearse down\n  Then run:\n    fakturino rehearse up\n  After that, use --local.',
    ],
    [
      'has a last command behind a colon on a line of its own, too',
      'To build it again, run `fakturino rollback services --rebuild`. To deploy it, run: fakturino deploy -e staging',
      '  To build it again, run:\n    fakturino rollback services --rebuild\n  To deploy it, run:\n    fakturino deploy -e staging',
    ],
    [
      'ends what stands before a command with one mark',
      'Bring the services back without it, `fakturino rollback services -e staging`; or repair forward.',
      '  Bring the services back without it:\n    fakturino rollback services -e staging\n  or repair forward.',
    ],
    [
      'without a command is broken as prose',
      'Wait a moment, then look again whether it is there, and only then repeat it.',
      '  Wait a moment, then look again whether it is there, and only\n  then repeat it.',
    ],
  ])('%s', (_, hint, text) => {
    expect(renderHint(hint, { columns: 64 })).toBe(text)
  })
})
