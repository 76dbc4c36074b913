import { join } from 'node:path'
import type { GlobalOptions } from './options.ts'

/**
 * Where compiled configs are kept: in the user's cache, because they can be made again at any time, and not with what fakturino
 * remembers. `--state` takes them along.
 */
export async function compiledConfigs({ state }: Pick<GlobalOptions, 'state'>): Promise<string> {
  if (state !== undefined) return join(state, 'compiled-configs')
  const { default: envPaths } = await import('env-paths')
  return join(envPaths('fakturino', { suffix: '' }).cache, 'compiled-configs')
}
