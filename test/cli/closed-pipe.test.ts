import { execFile } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { aStage } from '../support/stage.ts'

it('a deploy whose reader went away is finished, says nothing more there, and keeps its exit code', async () => {
  const stage = await aStage()
  await stage.run(['init', '--yes'])
  let written = ''
  const pipe = Object.assign(new EventEmitter(), {
    write(text: string) {
      written += text
      pipe.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    },
  })
  const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'], { stdout: pipe })
  expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
  expect(written.split('\n')).toHaveLength(2)
  const { documents } = await stage.run(['status', '-e', 'staging', '--json'])
  expect(JSON.stringify(documents)).toContain('"healthy":true')
})

it('a real pipe that nobody reads ends nothing', { timeout: 60_000 }, async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const script = `
    import { createJiti } from 'jiti'
    const { main } = await createJiti(process.cwd() + '/').import('./src/main.ts')
    // Until the reader is gone.
    await new Promise((resolve) => setTimeout(resolve, 300))
    process.exitCode = await main(process, '0.0.0-test')`
  const { stdout, stderr } = await promisify(execFile)(
    'bash',
    [
      '-c',
      '"$0" --input-type=module -e "$1" -- fakturino dploy --json | true; echo "${PIPESTATUS[0]}"',
      process.execPath,
      script,
    ],
    { cwd: root },
  )
  expect({ stdout, stderr }).toEqual({ stdout: '64\n', stderr: '' })
})
