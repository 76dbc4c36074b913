import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { OperatorError } from '../../src/kit/errors.ts'
import { type ProcessEnding, runProcess } from '../../src/kit/run-process.ts'
import { Secret } from '../../src/kit/secret.ts'
import type { Credential } from '../../src/platform/credential.ts'
import { railwayEndpoint } from '../../src/platform/endpoint.ts'
import { id } from '../../src/platform/ids.ts'
import { railwayCli } from '../../src/platform/railway-cli.ts'
import { exitCodeOf, runOverSsh, sshArguments } from '../../src/platform/railway-ssh.ts'
import { FakeClock } from '../support/fake-clock.ts'

const token = 'f00dfeed-token-of-an-account'
const real: Credential = {
  endpoint: railwayEndpoint,
  kind: 'bearer',
  header: 'Authorization',
  token: new Secret(token),
  notices: [],
}
const loopback = { url: 'http://127.0.0.1:4000/graphql/v2', host: '127.0.0.1:4000', isLoopback: true }
const place = { projectId: id<'project'>('p'), environmentId: id<'environment'>('e'), serviceId: id<'service'>('s') }

function failureOf(act: () => unknown): Partial<OperatorError> {
  try {
    act()
  } catch (error) {
    return error as OperatorError
  }
  throw new Error('it went well')
}

describe('what is started', () => {
  const parts = { credential: real, standIn: '/stand-in.js', execPath: '/node' }

  it('on Railway is the command on the PATH, which sees little of this machine', () => {
    const variables = {
      PATH: '/bin',
      HOME: '/home/nina',
      RAILWAY_TOKEN: '',
      RAILWAY_PROJECT_ID: 'x',
      SSH_AUTH_SOCK: '',
      APP_KEY: 'mine',
    }
    expect(railwayCli({ ...parts, variables }, 'ssh')).toEqual({
      program: 'railway',
      leading: [],
      env: {
        PATH: '/bin',
        HOME: '/home/nina',
        RAILWAY_API_TOKEN: token,
        RAILWAY_NO_TELEMETRY: '1',
        RAILWAY_NO_AUTO_UPDATE: '1',
        CI: '1',
        RAILWAY_AGENT_ADVISORY: '0',
      },
      isStandIn: false,
      isWindows: false,
    })
  })

  it('in a rehearsal is its stand-in, or nothing', () => {
    const credential = { ...real, endpoint: loopback }
    const cli = railwayCli({ ...parts, credential, variables: { PATH: '/bin' } }, 'ssh')
    expect(cli).toMatchObject({ program: '/node', leading: ['/stand-in.js'], isStandIn: true })
    expect(cli.env.RAILWAY_BACKBOARD_URL).toBe(loopback.url)
    const without = () => railwayCli({ ...parts, credential, variables: {}, standIn: undefined }, 'ssh')
    expect(failureOf(without)).toMatchObject({ kind: 'usage', code: 'rehearsal-not-running' })
  })

  it('with a project token is nothing for a container, and for the rest has that token only', () => {
    const own = { ...parts, credential: { ...real, kind: 'project' as const }, variables: { RAILWAY_API_TOKEN: 'x' } }
    const failure = failureOf(() => railwayCli(own, 'ssh'))
    expect(failure).toMatchObject({ kind: 'denied', code: 'not-authorized' })
    expect(failure.hint).toContain('RAILWAY_API_TOKEN')
    for (const use of ['run', 'up'] as const) {
      const { env } = railwayCli(own, use)
      expect(env).toMatchObject({ RAILWAY_TOKEN: token, RAILWAY_NO_TELEMETRY: '1' })
      expect(env).not.toHaveProperty('RAILWAY_API_TOKEN')
    }
  })
})

it('names the place by ids, and keeps every word of the command', () => {
  expect(sshArguments({ place, command: ['php', 'artisan', '-v', '$(id)', 'a b'] })).toEqual(
    'ssh|--project|p|--environment|e|--service|s|--|php|artisan|-v|$(id)|a b'.split('|'),
  )
})

it('reaches the command on the PATH with its words unchanged, and with the token in its environment alone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fakturino-railway-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'railway')
  const script = 'console.log(JSON.stringify([process.argv.slice(2), process.env])); process.exitCode = 3'
  await writeFile(path, `#!${process.execPath}\n${script}\n`)
  await chmod(path, 0o700)
  const words = ['tinker', '--execute=echo "a b"; $(id)', 'two\nlines', '-dash', "it's"]
  const cli = railwayCli(
    { credential: real, variables: { PATH: directory }, standIn: undefined, execPath: '/node' },
    'ssh',
  )
  let printed = ''
  const exitCode = await runOverSsh(
    cli,
    { place, command: ['php', 'artisan', ...words] },
    {
      runProcess,
      clock: new FakeClock(),
      signal: new AbortController().signal,
      redact: (text) => text,
      tell: async (_, text) => {
        printed += text
      },
    },
  )
  expect(exitCode).toBe(3)
  const [argv, env] = JSON.parse(printed)
  expect(argv.slice(argv.indexOf('--') + 1)).toEqual(['php', 'artisan', ...words])
  expect(JSON.stringify(argv)).not.toContain(token)
  expect(env).toMatchObject({ RAILWAY_API_TOKEN: token, RAILWAY_NO_TELEMETRY: '1' })
})

describe('how it ended', () => {
  const exited = (code: number): ProcessEnding => ({ kind: 'exited', code })

  it.each<[string, ProcessEnding, string, boolean, number]>([
    ['well', exited(0), '', true, 0],
    ['with the code of the command', exited(1), '', true, 1],
    ['with the code of the command, though it says Unauthorized', exited(1), 'Unauthorized', true, 1],
    ['with the code of the command, which printed nothing', exited(2), '', false, 2],
    ['with a fatal error of PHP', exited(255), 'PHP Fatal error:  Uncaught Error', false, 255],
  ])('%s', (_, ending, complaint, isAnswered, exitCode) => {
    expect(exitCodeOf(ending, { isAnswered, complaint })).toBe(exitCode)
  })

  it.each<[string, ProcessEnding, string, object]>([
    ['no railway', { kind: 'not-found' }, '', { kind: 'failed', code: 'railway-cli-missing' }],
    ['one that cannot be started', { kind: 'not-started', why: 'EACCES' }, '', { code: 'railway-cli-failed' }],
    ['a signal', { kind: 'killed', by: 'SIGKILL' }, '', { kind: 'unfinished', code: 'command-unknown' }],
    ['no key', exited(1), 'No SSH keys found on your account', { kind: 'denied', code: 'ssh-key-missing' }],
    ['a wrong key', exited(255), 'x@ssh.railway.com: Permission denied (publickey).', { code: 'ssh-key-missing' }],
    [
      'no right',
      exited(1),
      'Unauthorized. Please login with `railway login`',
      { kind: 'denied', code: 'not-authorized' },
    ],
    [
      'a host nobody trusts',
      exited(255),
      'Host key verification failed.',
      { kind: 'unreachable', code: 'ssh-failed', retryable: false },
    ],
    [
      'no network',
      exited(255),
      'ssh: connect to host ssh.railway.com port 22: Connection refused',
      { kind: 'unreachable', code: 'ssh-failed', retryable: true },
    ],
    [
      'a connection that was lost',
      exited(255),
      'client_loop: send disconnect: Broken pipe',
      { kind: 'unfinished', code: 'command-unknown' },
    ],
    [
      'another version',
      exited(2),
      "error: unexpected argument '--project' found\n\nUsage: railway ssh [COMMAND]...",
      { kind: 'failed', code: 'railway-cli-failed' },
    ],
  ])('%s is told with what works instead', (_, ending, complaint, failure) => {
    const told = failureOf(() => exitCodeOf(ending, { isAnswered: false, complaint }))
    expect(told).toMatchObject(failure)
    expect(told.hint).toMatch(/\w/)
  })
})
