import { expect, it } from 'vitest'
import { aDeployedStage, succeeding } from './deployed-stage.ts'

it('says', async () => {
  const stage = await aDeployedStage({ both: true })
  const done = await stage.run(['flags', 'validate', 'monitoring', '-e', 'staging', '--by', 'nina'], {answers: ['y', '1', 'seen', '1', '', '1', '', '1', '', '2', 'stuck', '3', '1', '']})
  console.log(done.stdout, done.stderr.slice(-3000), done.exitCode)
  const again = await stage.run(['flags', 'validate', 'monitoring', '-e', 'staging', '--by', 'ana'], {answers: ['1', 'mended', '1', '']})
  console.log(again.stdout, again.stderr.slice(-3000), again.exitCode)
  expect(1).toBe(1)
})
