import { OperatorError } from '../kit/errors.ts'

/** Did the platform refuse this to the token? Whether the token is dead or may not do just this reads the same. */
export function isDenied(error: unknown): boolean {
  return error instanceof OperatorError && error.code === 'not-authorized'
}

/** What was asked, or undefined where it is denied; every other failure stays one. */
export async function unlessDenied<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isDenied(error)) return undefined
    throw error
  }
}
