/** An error that the platform answers with, in its own words: it becomes the `message` of a GraphQL error. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError'
  /** What is kept as `lastAppliedError` where the answer itself says nothing. */
  readonly reason: string

  constructor(message: string, reason = message) {
    super(message)
    this.reason = reason
  }
}

/** What the platform says when it cannot do something and does not say why. */
export function cannotProcess(reason: string): PlatformError {
  return new PlatformError('Problem processing request', reason)
}

export function notAuthorized(): PlatformError {
  return new PlatformError('Not Authorized')
}
