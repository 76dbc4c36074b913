import type { CodeMigration } from '../../../src/local/repositories.ts'
import { aStage, repository, type Stage } from '../../support/stage.ts'
import { type EnvironmentName, environments, shippedConfig, succeeding } from './deployed-stage.ts'

/** The shipped config with migrations in the container that serves: no deployment runs any. */
export const overSsh = {
  '      preDeploy: "/bin/sh -c \'php artisan migrate:status --pending; exec php artisan migrate --force\'",\n': '',
  "place: 'pre-deploy' }": "place: 'ssh' }",
}

export interface MigratedStageOptions {
  migrations?: readonly CodeMigration[]
  both?: boolean
  replacements?: Record<string, string>
}

/** Deployed at a commit with these migrations, none of which ran yet; those of the first release have. */
export async function aStageToMigrate({ migrations = [], both = false, replacements = {} }: MigratedStageOptions = {}) {
  const stage = await aStage()
  await stage.useConfig(await shippedConfig({ ...overSsh, ...replacements }))
  await succeeding(stage, ['init', '--yes'])
  const where: readonly EnvironmentName[] = both ? environments : ['staging']
  for (const environment of where) {
    await succeeding(stage, ['deploy', '-e', environment, '--yes'])
    await succeeding(stage, ['artisan', '-e', environment, '--yes', '--', 'migrate', '--force'])
  }
  if (migrations.length > 0) {
    const { sha } = stage.platform.world.addCommit(repository, 'main', { migrations })
    for (const environment of where) {
      await succeeding(stage, ['deploy', '-e', environment, '--commit', sha, '--yes'])
    }
  }
  return stage
}

/** What ran and what is pending, by the command's own word. */
export async function migrationsOf(stage: Stage, environment: EnvironmentName) {
  const { documents } = await succeeding(stage, ['migrate', 'status', '-e', environment, '--json'])
  return documents.at(-1) ?? {}
}
