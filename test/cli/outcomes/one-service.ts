import type { LocalPlatformOptions } from '../../../src/local/index.ts'
import { aStage, repository, type Stage } from '../../support/stage.ts'
import { deploymentsOf, succeeding } from './deployed-stage.ts'

/** One app with a pre-deploy command and a health check, and nothing else: a deploy of it is one deployment. */
const config = `export default ${JSON.stringify({
  project: { name: 'small' },
  repository,
  databaseEngine: 'postgres',
  environments: { staging: { branch: 'main' } },
  services: {
    api: {
      kind: 'app',
      build: 'make',
      preDeploy: 'php artisan migrate --force',
      start: 'php artisan serve',
      healthcheck: { path: '/up' },
      port: 8080,
    },
  },
})}\n`

/** It is stored, and was never deployed. */
export async function aStoredService(timing: NonNullable<LocalPlatformOptions['timing']> = {}): Promise<Stage> {
  const stage = await aStage({ timing: { buildMs: 2_000, preDeployMs: 2_000, startMs: 2_000, ...timing } })
  await stage.useConfig(config)
  await succeeding(stage, ['init', '--yes'])
  return stage
}

/** It runs its first commit. */
export async function aDeployedService(): Promise<Stage> {
  const stage = await aStoredService()
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
  return stage
}

/** Its deployment that was made last. */
export function newest(stage: Stage) {
  const found = deploymentsOf(stage, 'staging', 'api').at(-1)
  if (found === undefined) throw new Error('nothing was deployed')
  return found
}
