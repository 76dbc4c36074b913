import { describe, expect, it } from 'vitest'
import { askedCommit, parseCommit } from '../../../src/cli/asked-commit.ts'
import { smallConfig } from '../../config/small-config.ts'

const sha = 'ABCDEF0123456789abcdef0123456789abcdef01'
const lower = sha.toLowerCase()
const other = '2222222222222222222222222222222222222222'
const ours = { GITHUB_SHA: other, GITHUB_REPOSITORY: 'acme/shop' }

describe('which commit is asked for', () => {
  it.each([
    ['nothing said: what runs', undefined, {}, { kind: 'running' }],
    ['a whole commit, in lower case', sha, {}, { kind: 'given', commit: lower }],
    ['latest', 'latest', {}, { kind: 'latest' }],
    ["in a workflow of the config's repository: its commit", undefined, ours, { kind: 'given', commit: other }],
    [
      'case does not make another repository',
      undefined,
      { ...ours, GITHUB_REPOSITORY: 'Acme/Shop' },
      { kind: 'given', commit: other },
    ],
    [
      'in a workflow of another repository: what runs',
      undefined,
      { ...ours, GITHUB_REPOSITORY: 'acme/infra' },
      { kind: 'running' },
    ],
    ['in a workflow without a repository', undefined, { GITHUB_SHA: other }, { kind: 'running' }],
    ['in a workflow with something that is no commit', undefined, { ...ours, GITHUB_SHA: 'main' }, { kind: 'running' }],
    ['--commit wins over the workflow', sha, ours, { kind: 'given', commit: lower }],
    ['latest wins over the workflow', 'latest', ours, { kind: 'latest' }],
  ])('%s', (_, option, variables, expected) => {
    expect(askedCommit(option, smallConfig(), variables)).toEqual(expected)
  })

  it.each(['', 'abc1234', `${lower}0`, 'main', 'LATEST', `${lower.slice(1)}g`, ` ${lower}`, 'v1.2.3'])(
    '%j is refused, with the way to a whole commit',
    (text) => {
      expect(() => parseCommit(text)).toThrow(
        expect.objectContaining({
          kind: 'usage',
          code: 'invalid-option',
          hint: expect.stringContaining('git rev-parse'),
        }),
      )
    },
  )
})
