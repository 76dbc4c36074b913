import { describe, expect, it } from 'vitest'
import type { ProcessEnding } from '../../src/kit/run-process.ts'
import { chooseCredential } from '../../src/platform/credential.ts'
import { railwayCli } from '../../src/platform/railway-cli.ts'
import { exitCodeHere, runHere, runHereArguments } from '../../src/platform/railway-run.ts'
import { exited, failureOf, place, railwayOnThePath, startingNeeds } from './railway-on-the-path.ts'

const token = 'f00dfeed-token-of-an-environment'
const credential = chooseCredential({ RAILWAY_TOKEN: token }, undefined)

it('names the place by ids, takes nothing that is local, and hides the token from what it starts, except on Windows', () => {
  const request = { place, command: ['php', 'artisan', 'migrate', '$(id)', 'a b'] as const }
  const begin = 'run|--project|p|--environment|e|--service|s|--no-local|--'.split('|')
  const hidden = ['env', '-u', 'RAILWAY_API_TOKEN', '-u', 'RAILWAY_TOKEN']
  expect(runHereArguments(request, { isWindows: false })).toEqual([...begin, ...hidden, ...request.command])
  expect(runHereArguments(request, { isWindows: true })).toEqual([...begin, ...request.command])
  const parts = { credential, variables: { OS: 'Windows_NT' }, standIn: undefined, execPath: '/node' }
  expect(railwayCli(parts, 'run').isWindows).toBe(true)
})

/** Does what Railway's command does: its own environment and the variables of the service, and 0 for a child that was killed. */
const railway = `
const { spawnSync } = require('node:child_process')
const [program, ...rest] = process.argv.slice(process.argv.indexOf('--') + 1)
const { status, error } = spawnSync(program, rest, { stdio: 'inherit', env: { ...process.env, DATABASE_URL: 'remote' } })
if (error !== undefined) console.error('No such file or directory (os error 2)')
process.exitCode = error === undefined ? (status ?? 0) : 1
`

async function ranHere(command: readonly [string, ...string[]]) {
  const directory = await railwayOnThePath(railway)
  const variables = { PATH: `${directory}:/usr/bin:/bin` }
  const cli = railwayCli({ credential, variables, standIn: undefined, execPath: '/node' }, 'run')
  expect(cli.env.RAILWAY_TOKEN).toBe(token)
  const needs = startingNeeds()
  const ran = await runHere(cli, { place, command }, needs)
  return { ...ran, printed: needs.printed() }
}

it('runs the command here with the variables of the service and without the token', async () => {
  const script =
    'console.log(JSON.stringify([process.argv.slice(1), process.env, process.cwd()])); process.exitCode = 3'
  const words = ['--execute=echo "a b"; $(id)', 'two\nlines', "it's"]
  const { exitCode, isAnswered, printed } = await ranHere([process.execPath, '-e', script, '--', ...words])
  expect([exitCode, isAnswered]).toEqual([3, true])
  const [argv, env, directory] = JSON.parse(printed)
  expect(argv).toEqual(words)
  expect(env.DATABASE_URL).toBe('remote')
  expect(printed).not.toContain(token)
  expect(directory).toBe(process.cwd())
})

it('a command that was killed ends with 0, and without a word', async () => {
  const killed = await ranHere([process.execPath, '-e', 'process.kill(process.pid, "SIGKILL")'])
  expect(killed).toMatchObject({ exitCode: 0, isAnswered: false })
})

it('a program that is not there is named', async () => {
  await expect(ranHere(['no-such-program-of-ours', 'artisan'])).rejects.toMatchObject({
    kind: 'failed',
    code: 'program-missing',
    message: expect.stringContaining('`no-such-program-of-ours`'),
  })
})

describe('how it ended', () => {
  it.each<[string, ProcessEnding, string, boolean, number]>([
    ['well', exited(0), '', true, 0],
    ['with the code of the command', exited(1), '', true, 1],
    ['with the code of the command, though it says Unauthorized', exited(1), 'Unauthorized', true, 1],
    ['with the code of a silent command', exited(255), '', false, 255],
  ])('%s', (_, ending, complaint, isAnswered, exitCode) => {
    expect(exitCodeHere(ending, { isAnswered, complaint }, 'php')).toBe(exitCode)
  })

  it.each<[string, ProcessEnding, string, object]>([
    ['no railway', { kind: 'not-found' }, '', { kind: 'failed', code: 'railway-cli-missing' }],
    ['one that cannot be started', { kind: 'not-started', why: 'EACCES' }, '', { code: 'railway-cli-failed' }],
    ['a signal', { kind: 'killed', by: 'SIGKILL' }, '', { kind: 'unfinished', code: 'command-unknown' }],
    [
      'no right',
      exited(1),
      'Unauthorized. Please login with `railway login`',
      { kind: 'denied', code: 'not-authorized' },
    ],
    ['no php', exited(127), "env: 'php': No such file or directory", { kind: 'failed', code: 'program-missing' }],
    ['no php on Windows', exited(1), 'program not found', { kind: 'failed', code: 'program-missing' }],
    [
      'another version',
      exited(2),
      "error: unexpected argument '--no-local' found\n\nUsage: railway run [COMMAND]...",
      { kind: 'failed', code: 'railway-cli-failed' },
    ],
  ])('%s is told with what to do', (_, ending, complaint, failure) => {
    const told = failureOf(() => exitCodeHere(ending, { isAnswered: false, complaint }, 'php'))
    expect(told).toMatchObject(failure)
    expect(told.hint).toMatch(/\w/)
  })
})
