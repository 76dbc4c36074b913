import { expect, it } from 'vitest'
import { aDeployedStage } from './deployed-stage.ts'

it('x', async () => {
  const stage = await aDeployedStage()
  for (const argv of [
    ['check', '-e', 'staging'],
    ['check', '-e', 'staging', '--json'],
    ['check', 'worker', '--times', '2'],
  ]) {
    const start = stage.platform.requests.length
    const ran = await stage.run(argv)
    console.log(
      ran.exitCode,
      ran.stdout,
      ran.stderr,
      stage.platform.requests.slice(start).map((r) => r.operationName),
    )
  }
  expect(1).toBe(1)
})
