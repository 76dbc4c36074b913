import { describe, expect, it } from 'vitest'
import { railwayStandIn } from '../../src/local/railway-stand-in.ts'
import { parseRunArguments, unknownHost, withoutEnv } from '../../src/local/run-command.ts'
import { aProject, type ContractCaller, repository } from '../support/contract-caller.ts'

const placed = ['--project', 'p', '--environment', 'e', '--service', 's']

describe('the arguments of run', () => {
  it('are taken in one order and with nothing else', () => {
    expect(parseRunArguments(['run', ...placed, '--no-local', '--', 'php', '--', '-x'])).toEqual({
      project: 'p',
      environment: 'e',
      service: 's',
      command: ['php', '--', '-x'],
    })
    for (const argv of [
      [],
      ['ssh', ...placed, '--no-local', '--', 'php'],
      ['run', ...placed, '--', 'php'],
      ['run', ...placed, '--no-local', '--'],
      ['run', ...placed, '--no-local', 'php'],
      ['run', '--no-local', ...placed, '--', 'php'],
    ]) {
      expect(parseRunArguments(argv), argv.join(' ')).toBeUndefined()
    }
  })

  it('may take variables away by env', () => {
    expect(withoutEnv(['env', '-u', 'A', '-u', 'B', 'php', '-u'])).toEqual(['php', '-u'])
    expect(withoutEnv(['php', 'artisan'])).toEqual(['php', 'artisan'])
  })
})

it.each<[Record<string, string>, string | undefined]>([
  [{}, undefined],
  [{ DATABASE_URL: 'postgresql://u:p/w@postgres.railway.internal:5432/db' }, 'postgres.railway.internal'],
  [{ DATABASE_URL: 'postgresql://u:p@roundhouse.proxy.rlwy.net:1/db', DB_HOST: 'x.railway.internal' }, undefined],
  [{ DB_URL: '', DATABASE_URL: '', DB_HOST: 'x.railway.internal' }, 'x.railway.internal'],
  [{ DB_HOST: 'railway.internal.example' }, undefined],
])('%j names %j that only containers reach', (variables, host) => {
  expect(unknownHost(variables)).toBe(host)
})

async function anApi(variables: Record<string, string>): Promise<{ caller: ContractCaller; api: string }> {
  const caller = await aProject({ projectTokens: ['production', 'staging'] })
  await caller.makeEnvironment('staging')
  const entries = Object.entries(variables).map(([name, value]) => [name, { value }])
  const api = await caller.makeApp('api', { variables: Object.fromEntries(entries) })
  return { caller, api }
}

async function run(
  { caller, api }: Awaited<ReturnType<typeof anApi>>,
  words: string[],
  token?: Record<string, string>,
) {
  const { platform, projectId, environmentId } = caller
  const place = ['--project', projectId, '--environment', environmentId, '--service', api]
  const printed = { stdout: '', stderr: '' }
  const exitCode = await railwayStandIn({
    argv: ['run', ...place, '--no-local', '--', 'env', '-u', 'RAILWAY_TOKEN', ...words],
    env: {
      RAILWAY_BACKBOARD_URL: platform.address.endpoint,
      ...(token ?? { RAILWAY_API_TOKEN: platform.address.tokens.account }),
    },
    stdout: { write: (text) => (printed.stdout += text) },
    stderr: { write: (text) => (printed.stderr += text) },
  })
  return { exitCode, ...printed }
}

describe('run', () => {
  it('reads the variables of the service with its token, and artisan answers with the newest code of the branch', async () => {
    const stage = await anApi({
      DATABASE_URL: 'postgresql://u:p@roundhouse.proxy.rlwy.net:1/db',
      APP_ENV: 'production',
    })
    const { platform } = stage.caller
    platform.world.addCommit(repository, 'main', { migrations: [{ name: '2026_11_04_000001_one' }] })
    expect(await run(stage, ['php', 'artisan', 'migrate'])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('Command cancelled.'),
    })
    const project = { RAILWAY_TOKEN: platform.address.tokens.project.production ?? '' }
    expect(await run(stage, ['php', 'artisan', 'migrate', '--force'], project)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/000001_one \.+ 8\.12ms DONE/),
    })
    expect(platform.requests.at(-1)?.operationName).toBe('VariablesForServiceDeployment')
    expect((await run(stage, ['php', 'artisan', 'migrate', '--force'])).stdout).toContain('Nothing to migrate.')
  })

  it('does not find a database of the private network', async () => {
    const stage = await anApi({ DATABASE_URL: 'postgresql://u:p@postgres.railway.internal:5432/db' })
    const { exitCode, stdout } = await run(stage, ['php', 'artisan', 'migrate:status'])
    expect([exitCode, stdout.replaceAll(/\s*\n */g, '')]).toEqual([
      1,
      expect.stringContaining('could not translate host name "postgres.railway.internal" to address'),
    ])
    expect((await run(stage, ['php', 'artisan', 'about'])).exitCode).toBe(0)
  })

  it('says that a program or a script is not there', async () => {
    const stage = await anApi({})
    expect(await run(stage, ['composer', 'install'])).toMatchObject({
      exitCode: 127,
      stderr: "env: 'composer': No such file or directory\n",
    })
    expect(await run(stage, ['php', 'other'])).toMatchObject({
      exitCode: 1,
      stdout: 'Could not open input file: other\n',
    })
  })

  it('is refused to a token of another environment, and to none', async () => {
    const stage = await anApi({})
    const foreign = stage.caller.platform.address.tokens.project.staging ?? ''
    for (const token of [{ RAILWAY_TOKEN: foreign }, { RAILWAY_TOKEN: 'x' }, { RAILWAY_API_TOKEN: 'x' }]) {
      const { exitCode, stderr } = await run(stage, ['php', 'artisan', 'about'], token)
      expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^Unauthorized/)])
    }
  })

  it('without a rehearsal that answers is a failure of its own', async () => {
    const stage = await anApi({})
    await stage.caller.platform.stop()
    expect(await run(stage, ['php', 'artisan', 'about'])).toMatchObject({ exitCode: 1, stdout: '' })
  })
})
