import { execFile } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { rehearsalAddressFile } from '../../src/cli/access.ts'
import { oneLine } from '../support/expect-failure.ts'
import { aStage } from '../support/stage.ts'
import { aDeployedStage } from './outcomes/deployed-stage.ts'

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

it.each(['status', 'logs'])(
  'the answer of %s on a full disk is not said to be there: exit 1, and why',
  async (command) => {
    const stage = await aDeployedStage()
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const full = Object.assign(new EventEmitter(), {
      errored: null as Error | null,
      // As Node does it: the event comes later, and then nothing else tells.
      write() {
        full.errored = error
        queueMicrotask(() => {
          full.emit('error', error)
          full.errored = null
        })
      },
    })
    const ran = await stage.run([command, '-e', 'staging'], { stdout: full })
    expect(ran.exitCode).toBe(1)
    expect(oneLine(ran.stderr)).toContain('The answer could not be written: ENOSPC: no space left on device')
  },
)

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

it('logs of a real process end quietly, and with exit 0, when head has read enough', { timeout: 60_000 }, async () => {
  const stage = await aDeployedStage()
  const { world } = stage.platform
  const api = world.serviceNamed('api')
  // More than a pipe holds.
  const lines = Array.from({ length: 450 }, (_, n) => ({ message: `line ${n} ${'x'.repeat(400)}` }))
  world.write(world.environmentNamed('staging').id, api.id, lines)
  await writeFile(join(stage.stateDirectory, rehearsalAddressFile), JSON.stringify(stage.platform.address))
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const script = `
    import { createJiti } from 'jiti'
    const { main } = await createJiti(process.cwd() + '/').import('./src/main.ts')
    process.exitCode = await main(process, '0.0.0-test')`
  const logs = 'logs -q --lines 450 -e staging --local --project fakturino-production'
  const { stdout, stderr } = await promisify(execFile)(
    'bash',
    [
      '-c',
      `"$0" --input-type=module -e "$1" -- fakturino ${logs} --state "$2" | head -5; echo "\${PIPESTATUS[0]}"`,
      process.execPath,
      script,
      stage.stateDirectory,
    ],
    { cwd: root },
  )
  expect(stderr).toBe('')
  expect(Array.from(stdout.matchAll(/ api +│ line (\d+)/g), ([, n]) => n)).toEqual(['0', '1', '2', '3'])
  expect(stdout).toMatch(/\n0\n$/)
})
