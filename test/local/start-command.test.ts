import { expect, test } from 'vitest'
import type { Deployment } from '../../src/local/model.ts'
import { appProcess } from '../../src/local/runtime/start-command.ts'
import { aProject } from '../support/contract-caller.ts'

async function aDeployment(startCommand: string | undefined, variables = {}, name = 'any'): Promise<Deployment> {
  const caller = await aProject()
  const { world } = caller.platform
  const id = await caller.makeApp(name, { variables, ...(startCommand && { deploy: { startCommand } }) })
  await caller.deploy(id)
  const [deployment] = world.deployments(caller.environmentId, id)
  if (deployment === undefined) throw new Error('There is no deployment')
  return deployment
}

const onRedis = { QUEUE_CONNECTION: { value: 'redis' } }

test.each<[string, object, string, string[], number, number]>([
  ['php artisan queue:work', {}, 'database', ['default'], 3_000, 1],
  ['php artisan queue:work', onRedis, 'redis', ['default'], 3_000, 1],
  ['php artisan queue:work database', onRedis, 'database', ['default'], 3_000, 1],
  [
    'php artisan queue:work redis --queue=default,migration,banking --sleep=3 --tries=3 --max-time=3600',
    {},
    'redis',
    ['default', 'migration', 'banking'],
    3_000,
    3,
  ],
  [
    'php artisan migrate && exec php artisan queue:work --sleep 1 --queue "high,default" --tries 2 | tee log',
    onRedis,
    'redis',
    ['high', 'default'],
    1_000,
    2,
  ],
  ['php artisan queue:listen --sleep=soon --queue=', {}, 'database', ['default'], 3_000, 1],
])('%s with %j is a worker of %s', async (command, variables, connection, queues, sleepMs, tries) => {
  const process = appProcess(await aDeployment(command, variables))
  expect(process).toEqual({ kind: 'worker', connection, queues, sleepMs, tries })
})

test.each<[string | undefined, string, string]>([
  ['php artisan schedule:work', 'scheduler', 'scheduler'],
  ['while true; do php artisan schedule:run; sleep 60; done', 'any', 'scheduler'],
  ["php artisan config:cache && php-fpm -D && exec nginx -g 'daemon off;'", 'api', 'web'],
  [undefined, 'api', 'web'],
  ['npm start', 'website', 'web'],
  ['npm start', 'mcp-server', 'mcp-server'],
])('%s of %s is a %s', async (command, name, kind) => {
  expect(appProcess(await aDeployment(command, {}, name))).toEqual({ kind })
})
