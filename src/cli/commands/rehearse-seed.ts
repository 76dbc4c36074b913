import { desiredState } from '../../config/desired-state.ts'
import type { FakturinoConfig } from '../../config/fakturino-config.ts'
import { loadConfig } from '../../config/load.ts'
import { OperatorError } from '../../kit/errors.ts'
import type { LocalPlatformOptions, RepositorySeed } from '../../local/index.ts'
import { compiledConfigs } from '../compiled-configs.ts'
import type { Context } from '../context.ts'

/** The config to rehearse: the one here, or the one that ships with the program. */
export async function rehearsedConfig(context: Context): Promise<{ config: FakturinoConfig; path: string }> {
  try {
    return await context.config()
  } catch (error) {
    const isMissing = error instanceof OperatorError && error.code === 'config-not-found'
    if (!isMissing || context.options.config !== undefined) throw error
    return loadConfig({
      from: context.machine.cwd(),
      path: context.doors.shippedConfig,
      defineModule: context.doors.defineModule,
      cacheDirectory: await compiledConfigs(context.options),
    })
  }
}

/** A platform that has what the config builds from: its repositories, each branch with one healthy commit. */
export function platformSeed(
  config: FakturinoConfig,
): Required<Pick<LocalPlatformOptions, 'repositories' | 'projectTokens'>> {
  const environments = Object.keys(config.environments)
  const branches = new Map<string, Set<string>>()
  for (const environment of environments) {
    for (const { settings } of desiredState(config, environment).services) {
      if (settings.repo === undefined || settings.branch === undefined) continue
      branches.set(settings.repo, (branches.get(settings.repo) ?? new Set()).add(settings.branch))
    }
  }
  const repositories = [...branches].map(
    ([name, names]): RepositorySeed => ({
      name,
      branches: Object.fromEntries([...names].map((branch) => [branch, [{ message: 'First release' }]])),
    }),
  )
  return { repositories, projectTokens: environments }
}
