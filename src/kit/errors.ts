import type { Finding } from './finding.ts'

/** How a command can end other than well; each kind has one exit code (`cli/exit-codes.ts`). */
export type FailureKind =
  | 'failed'
  | 'rolled-back'
  | 'denied'
  | 'refused'
  | 'unfinished'
  | 'usage'
  | 'unreachable'
  | 'bug'
  | 'interrupted'

/** Every code a failure can carry. Stable: scripts match on them. */
export type FailureCode =
  // usage
  | 'unknown-option'
  | 'unknown-command'
  | 'missing-answer'
  | 'unknown-environment'
  | 'missing-environment'
  | 'service-pending'
  | 'unknown-flag'
  | 'unknown-service'
  | 'invalid-option'
  | 'config-not-found'
  | 'config-unreadable'
  | 'config-invalid'
  | 'endpoint-not-allowed'
  | 'secrets-file-invalid'
  | 'saved-plan-invalid'
  | 'saved-plan-elsewhere'
  | 'project-missing'
  | 'workspace-ambiguous'
  | 'environment-missing'
  | 'rehearsal-not-running'
  | 'rehearsal-already-running'
  | 'home-missing'
  // denied
  | 'token-missing'
  | 'token-invalid'
  | 'not-authorized'
  | 'token-elsewhere'
  | 'two-factor-required'
  | 'ssh-key-missing'
  // refused
  | 'guard'
  | 'command-refused'
  | 'safety-flag'
  | 'evidence-missing'
  | 'evidence-of-other-revision'
  | 'evidence-expired'
  | 'evidence-unsigned'
  | 'evidence-altered'
  | 'evidence-not-green'
  | 'shared-database'
  | 'requirement-missing'
  | 'rollout-under-way'
  | 'already-red'
  | 'flag-hidden'
  | 'secret-file'
  | 'uploaded-code'
  | 'declined'
  | 'staged-changes'
  | 'moved'
  | 'lease-held'
  | 'lease-lost'
  | 'image-gone'
  | 'backup-missing'
  | 'migration-irreversible'
  | 'migration-not-in-code'
  | 'batch-crossed'
  | 'no-earlier-release'
  // failed
  | 'not-found'
  | 'commit-not-found'
  | 'platform-refused'
  | 'patch-failed'
  | 'not-stored'
  | 'deployment-failed'
  | 'deployment-crashed'
  | 'migration-failed'
  | 'verification-failed'
  | 'rollback-failed'
  | 'blocked-by-secret'
  | 'nothing-active'
  | 'rehearsal-failed'
  | 'railway-cli-missing'
  | 'railway-cli-failed'
  | 'program-missing'
  | 'upload-too-large'
  | 'upload-refused'
  | 'backup-failed'
  | 'artisan-failed'
  | 'flag-failed'
  | 'flag-not-effective'
  | 'validation-failed'
  | 'migration-failed'
  // unfinished
  | 'queue-timeout'
  | 'build-timeout'
  | 'pre-deploy-timeout'
  | 'health-timeout'
  | 'verify-timeout'
  | 'deployment-asleep'
  | 'command-timeout'
  | 'patch-unfinished'
  | 'deployment-held'
  | 'deployment-superseded'
  | 'verification-inconclusive'
  | 'rollout-inconclusive'
  | 'validation-unfinished'
  | 'mutation-unknown'
  | 'command-unknown'
  | 'upload-unknown'
  | 'backup-timeout'
  // unreachable
  | 'unreachable'
  | 'timeout'
  | 'rate-limited'
  | 'platform-error'
  | 'not-graphql'
  | 'partial-answer'
  | 'disk-refused'
  | 'ssh-failed'
  // others
  | 'rolled-back'
  | 'interrupted'
  | 'bug'

/** What an `OperatorError` is made of. */
export interface Failure {
  kind: FailureKind
  code: FailureCode
  /** What failed and why it matters; one or two sentences, never a secret. */
  message: string
  /** What to run or change next. */
  hint?: string
  /** Would the same command, run again unchanged, have a chance? */
  retryable?: boolean
  /** Everything that was found wrong, when it was more than one thing. */
  findings?: Finding[]
}

/**
 * The one error that people are meant to read. Anything else that is thrown is a bug of ours and is reported as one. It never
 * carries a cause: causes from HTTP clients hold requests, answers and variables.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError'
  readonly kind: FailureKind
  readonly code: FailureCode
  readonly hint: string | undefined
  readonly retryable: boolean
  readonly findings: Finding[]

  /** @param options `cause`: the reason of an abort, where this says more about it */
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options)
    this.kind = failure.kind
    this.code = failure.code
    this.hint = failure.hint
    this.retryable = failure.retryable ?? false
    this.findings = failure.findings ?? []
  }
}
