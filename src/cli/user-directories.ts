import { OperatorError } from '../kit/errors.ts'

/** The directories of this user: what may be made again at any time, and what is remembered. */
export interface UserDirectories {
  cache: string
  state: string
}

/**
 * Where there is no home, nothing takes its place: a directory under the shared temporary one could be made by somebody else first,
 * and what is kept holds tokens of rehearsals and compiled configs, which are code.
 * @param load the library that knows the places
 */
export async function userDirectories(load = () => import('env-paths')): Promise<UserDirectories> {
  const { default: envPaths } = await load().catch(() => {
    // It asks for the home when it is loaded.
    throw new OperatorError({
      kind: 'usage',
      code: 'home-missing',
      message:
        'This user has no home directory, so there is no place for what is remembered from one command to the next.',
      hint: 'Name a directory with --state DIR, or set HOME.',
    })
  })
  const { cache, log } = envPaths('fakturino', { suffix: '' })
  return { cache, state: log }
}
