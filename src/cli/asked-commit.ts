import type { FakturinoConfig } from '../config/fakturino-config.ts'
import { OperatorError } from '../kit/errors.ts'
import type { WantedCommit } from '../plan/plan-deployments.ts'

/** The commit behind `--commit`; a whole one, because the platform compares whole ones. */
export function parseCommit(text: string): WantedCommit {
  if (text === 'latest') return { kind: 'latest' }
  if (/^[0-9a-f]{40}$/i.test(text)) return { kind: 'given', commit: text.toLowerCase() }
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--commit ${text} is neither a whole commit (40 hexadecimal digits) nor latest, and the platform knows no shorter names.`,
    hint: 'Write: --commit "$(git rev-parse COMMIT)"',
  })
}

/** What a deploy brings: `--commit`; in a GitHub workflow of the config's repository, its commit; else what runs already. */
export function askedCommit(
  option: string | undefined,
  { repository }: FakturinoConfig,
  variables: Readonly<Record<string, string | undefined>>,
): WantedCommit {
  if (option !== undefined) return parseCommit(option)
  const { GITHUB_SHA: commit = '', GITHUB_REPOSITORY: built = '' } = variables
  const isOurs = built.toLowerCase() === repository.toLowerCase()
  return isOurs && /^[0-9a-f]{40}$/.test(commit) ? { kind: 'given', commit } : { kind: 'running' }
}
