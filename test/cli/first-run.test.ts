import { expect, it } from 'vitest'
import { aStage, firstCommit } from '../support/stage.ts'

it('sets up, deploys and shows both environments from an empty workspace', async () => {
  const stage = await aStage()
  expect((await stage.run(['init', '--yes'])).exitCode).toBe(0)
  for (const environment of ['staging', 'production']) {
    const deployed = await stage.run(['deploy', '-e', environment, '--yes', '--json'])
    expect(deployed.documents.at(-1)).toMatchObject({ type: 'answer', verdict: 'pass', commit: firstCommit })
    const planned = await stage.run(['plan', '-e', environment, '--detailed-exit-code'])
    expect(planned).toMatchObject({ exitCode: 0 })
  }
})
