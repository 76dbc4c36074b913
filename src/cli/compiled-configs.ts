import { join } from 'node:path'
import type { GlobalOptions } from './options.ts'
import { userDirectories } from './user-directories.ts'

/**
 * Where compiled configs are kept: in the user's cache, because they can be made again at any time, and not with what fakturino
 * remembers. `--state` takes them along.
 */
export async function compiledConfigs({ state }: Pick<GlobalOptions, 'state'>): Promise<string> {
  return join(state ?? (await userDirectories()).cache, 'compiled-configs')
}
