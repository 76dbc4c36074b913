import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { plainRequest } from '../support/graphql-request-to.ts'
import { scriptedServer } from '../support/scripted-server.ts'

// Real processes of the built program: few, because each costs seconds.

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'bin/fakturino.js')

it('--version prints the version of the package and nothing else', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const { run } = await aDirectory()
  expect(await run(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
  expect(await run(['dploy'])).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('Did you mean deploy?') })
})

it('up stays in the background, is used with --local, and is gone after down', { timeout: 60_000 }, async () => {
  const { run, state } = await aDirectory()
  const up = await run(['rehearse', 'up', '--json'])
  expect(up).toMatchObject({ exitCode: 0, stderr: '' })
  const address = JSON.parse(up.stdout)
  expect(address).toEqual({
    type: 'rehearsal',
    format: 1,
    endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/graphql\/v2$/),
    edge: { host: '127.0.0.1', port: expect.any(Number) },
    tokens: {
      account: expect.stringMatching(/^rehearsal_/),
      workspace: expect.stringMatching(/^rehearsal_/),
      project: { staging: expect.stringMatching(/^rehearsal_/), production: expect.stringMatching(/^rehearsal_/) },
    },
    pid: expect.any(Number),
    next: expect.arrayContaining([expect.stringMatching(/^fakturino rehearse down\b/)]),
  })

  const again = await run(['rehearse', 'up'])
  expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('running already') })
  expect(again.stdout).toContain(address.endpoint)
  const port = Number(new URL(address.endpoint).port)
  expect(await run(['rehearse', 'up', '--port', String(port === 4100 ? 4101 : 4100)])).toMatchObject({
    exitCode: 64,
    stderr: expect.stringMatching(/Stop it first:\s+fakturino rehearse down --state /),
  })

  const before = await run(['status', '-e', 'staging', '--local', '--json'])
  expect(JSON.parse(before.stdout)).toMatchObject({
    code: 'project-missing',
    hint: expect.stringContaining('--project'),
  })
  expect(await run(['init', '--yes', '--local'])).toMatchObject({ exitCode: 0 })
  const status = await run(['status', '-e', 'staging', '--local', '--json'])
  expect(JSON.parse(status.stdout)).toMatchObject({ type: 'status', rehearsal: true, environment: 'staging' })

  const { standIn } = JSON.parse(await readFile(join(state, 'rehearsal.json'), 'utf8'))
  expect(standIn).toBe(join(root, 'bin/railway-stand-in.js'))
  expect(
    await run(['artisan', '-e', 'staging', '--local', '--json', ...stateOption([], state), '--', 'about']),
  ).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining('nothing-active'),
  })

  expect(await run(['rehearse', 'down'])).toEqual({
    exitCode: 0,
    stdout: '✓ The rehearsal platform is down.\n',
    stderr: '',
  })
  expect(await run(['rehearse', 'down'])).toMatchObject({ exitCode: 0, stdout: 'No rehearsal platform was running.\n' })
  expect(await run(['status', '--local'])).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining('fakturino rehearse up'),
  })
  await expect(plainRequest(address.endpoint)).rejects.toThrow(/ECONNREFUSED/)
  await expect(plainRequest(`http://127.0.0.1:${address.edge.port}/`)).rejects.toThrow(/ECONNREFUSED/)
  expect(await readdir(state)).not.toContain('rehearsal.json')
})

it('a port that is taken fails with a clear message, and leaves nothing', { timeout: 60_000 }, async () => {
  const { run, state } = await aDirectory()
  const server = await scriptedServer((response) => response.end())
  onTestFinished(() => server.close())
  const taken = await run(['rehearse', 'up', '--port', String(server.port), '--json'])
  expect(taken.exitCode).toBe(1)
  expect(JSON.parse(taken.stdout)).toEqual({
    type: 'failure',
    format: 1,
    kind: 'failed',
    code: 'rehearsal-failed',
    message: expect.stringMatching(/could not listen on port \d+: something else does/),
    hint: expect.stringContaining('rehearsal.log'),
    exitCode: 1,
    retryable: false,
  })
  expect(await readdir(state)).not.toContain('rehearsal.json')
})

interface Ended {
  exitCode: number
  stdout: string
  stderr: string
}

/** A place for one rehearsal, in a directory that has no config. */
async function aDirectory(): Promise<{ run(argv: string[]): Promise<Ended>; state: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'fakturino-rehearsal-'))
  const state = join(directory, 'state')
  const run = (argv: string[]) =>
    new Promise<Ended>((resolve) => {
      const env = { PATH: process.env.PATH ?? '', HOME: directory, NO_COLOR: '1' }
      const options = { cwd: directory, env }
      const child = execFile(
        process.execPath,
        [bin, ...argv, ...stateOption(argv, state)],
        options,
        (_, stdout, stderr) => resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
      )
    })
  onTestFinished(async () => {
    await run(['rehearse', 'down'])
    await rm(directory, { recursive: true, force: true })
  })
  return { run, state }
}

/** `--version` alone is answered without loading anything. */
function stateOption(argv: string[], state: string): string[] {
  return argv.length === 1 && argv[0] === '--version' ? [] : ['--state', state]
}
