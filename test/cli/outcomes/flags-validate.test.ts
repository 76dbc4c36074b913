import { expect, it } from 'vitest'
import { aDeployedStage, succeeding } from './deployed-stage.ts'

it('says', async () => {
  const stage = await aDeployedStage({ both: true })
  const dry = await stage.run(['flags', 'validate', 'monitoring', '-e', 'staging', '--dry-run'])
  console.log(dry.stdout, dry.stderr, dry.exitCode)
  const none = await stage.run(['flags', 'validate', 'monitoring', '-e', 'staging', '--yes'])
  console.log(none.stdout, none.stderr, none.exitCode)
  const before = stage.clock.now()
  const start = stage.platform.requests.length
  const done = await stage.run(['flags', 'validate', 'monitoring', '-e', 'staging', '--yes', '--by', 'nina', ...['monitoring-3', 'monitoring-5','monitoring-6','monitoring-7','railway-3','railway-6','railway-7'].flatMap((id) => ['--confirm', id])])
  console.log(done.stdout, done.stderr, done.exitCode, stage.clock.now() - before, stage.platform.requests.length - start)
  const json = await stage.run(['flags', 'validate', 'monitoring', '-e', 'staging', '--yes', '--json', '--by', 'nina', ...['monitoring-3', 'monitoring-5','monitoring-6','monitoring-7','railway-3','railway-6','railway-7'].flatMap((id) => ['--confirm', id])])
  console.log(JSON.stringify(json.documents, null, 1), json.stderr)
  expect(1).toBe(1)
})
