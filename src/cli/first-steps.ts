import { type FailureCode, OperatorError } from '../kit/errors.ts'

/** What a newcomer lacks, and the command that comes first. */
const firstSteps: Partial<Record<FailureCode, string>> = {
  'token-missing':
    'Set RAILWAY_TOKEN or RAILWAY_API_TOKEN; or try everything on this machine first, without a token: `fakturino rehearse`.',
  'project-missing':
    'To set it up, run `fakturino init`. To try everything on this machine first, run `fakturino rehearse`.',
  'environment-missing':
    'To set it up, run `fakturino init`. To try everything on this machine first, run `fakturino rehearse`.',
  'missing-environment': 'Name it with -e. To see all commands: `fakturino --help`.',
}

/** The failure of somebody who named no command: what they lack, and where to begin. */
export function withFirstSteps(error: OperatorError): OperatorError {
  const hint = firstSteps[error.code]
  if (hint === undefined) return error
  const { kind, code, message, retryable, findings } = error
  return new OperatorError({ kind, code, message, retryable, findings, hint })
}
