import { expect, it } from 'vitest'
import { followUp, withFollowUps } from '../../src/cli/follow-up.ts'
import { OperatorError } from '../../src/kit/errors.ts'

const everything = {
  environment: 'staging',
  config: 'a b.ts',
  project: "nina's",
  workspace: 'w',
  state: '/s',
  local: true,
}

it.each([
  [
    'a command at the end',
    'Look: fakturino plan',
    `Look: fakturino plan --local -e staging --project 'nina'\\''s' --workspace w --config 'a b.ts' --state /s`,
  ],
  [
    'what it says already stays',
    'fakturino status -e production --local --state /other',
    `fakturino status -e production --local --state /other --project 'nina'\\''s' --workspace w --config 'a b.ts'`,
  ],
  [
    'init, which is about every environment',
    'fakturino init',
    `fakturino init --local --project 'nina'\\''s' --workspace w --config 'a b.ts' --state /s`,
  ],
  [
    'a rehearsal needs only to be found',
    'Run `fakturino rehearse down`. Then run `fakturino rehearse up`.',
    "Run `fakturino rehearse down --config 'a b.ts' --state /s`. Then run `fakturino rehearse up --config 'a b.ts' --state /s`.",
  ],
  [
    'what stands behind two dashes is not ours',
    'Look: fakturino artisan -e production --local -- migrate:status',
    `Look: fakturino artisan -e production --local --project 'nina'\\''s' --workspace w --config 'a b.ts' --state /s -- migrate:status`,
  ],
  ['help', 'Run: fakturino plan --help', 'Run: fakturino plan --help'],
  ['a text without a command', 'Set HOME.', 'Set HOME.'],
])('a command to run next is spelled with the options of this one: %s', (_, text, spelled) => {
  expect(followUp(text, everything)).toBe(spelled)
})

it('adds nothing where nothing was given', () => {
  expect(followUp('fakturino deploy -e staging', {})).toBe('fakturino deploy -e staging')
})

it('keeps the rest of a failure', () => {
  const failure = { kind: 'usage', code: 'declined', message: 'No: fakturino plan', retryable: true } as const
  const spelled = withFollowUps(new OperatorError({ ...failure, hint: 'Run: fakturino plan' }), { state: '/s' })
  expect(spelled).toMatchObject({ ...failure, hint: 'Run: fakturino plan --state /s' })
})
