import { describe, expect, it } from 'vitest'
import type { ProcessEnding } from '../../src/kit/run-process.ts'
import { chooseCredential } from '../../src/platform/credential.ts'
import { railwayCli } from '../../src/platform/railway-cli.ts'
import { exitCodeOf, runOverSsh, sshArguments } from '../../src/platform/railway-ssh.ts'
import { exited, failureOf, place, railwayOnThePath, startingNeeds } from './railway-on-the-path.ts'

const token = 'f00dfeed-token-of-an-account'

it('names the place by ids, and keeps every word of the command', () => {
  expect(sshArguments({ place, command: ['php', 'artisan', '-v', '$(id)', 'a b'] })).toEqual(
    'ssh|--project|p|--environment|e|--service|s|--|php|artisan|-v|$(id)|a b'.split('|'),
  )
})

it('reaches the command on the PATH with its words unchanged, and with the token in its environment alone', async () => {
  const script = 'console.log(JSON.stringify([process.argv.slice(2), process.env])); process.exitCode = 3'
  const directory = await railwayOnThePath(script)
  const words = ['tinker', '--execute=echo "a b"; $(id)', 'two\nlines', '-dash', "it's"]
  const credential = chooseCredential({ RAILWAY_API_TOKEN: token }, undefined)
  const cli = railwayCli({ credential, variables: { PATH: directory }, standIn: undefined, execPath: '/node' }, 'ssh')
  const needs = startingNeeds()
  const exitCode = await runOverSsh(cli, { place, command: ['php', 'artisan', ...words] }, needs)
  expect(exitCode).toBe(3)
  const [argv, env] = JSON.parse(needs.printed())
  expect(argv.slice(argv.indexOf('--') + 1)).toEqual(['php', 'artisan', ...words])
  expect(JSON.stringify(argv)).not.toContain(token)
  expect(env).toMatchObject({ RAILWAY_API_TOKEN: token, RAILWAY_NO_TELEMETRY: '1' })
})

describe('how it ended', () => {
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
