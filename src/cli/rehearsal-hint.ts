import { OperatorError } from '../kit/errors.ts'

/** The failure, with its next command as it has to be typed in a rehearsal: without `--local` that would speak to Railway. */
export function inRehearsal(error: OperatorError): OperatorError {
  const { kind, code, message, hint, retryable, findings } = error
  if (hint === undefined) return error
  return new OperatorError({ kind, code, message, retryable, findings, hint: hint.replace(command, local) })
}

// Commands that speak to a platform; in a hint they stand at the end, or between backticks.
const command = /\bfakturino (?:init|plan|deploy|status)\b[^`]*/g

function local(text: string): string {
  return /--(?:local|help)\b/.test(text) ? text : `${text} --local`
}
