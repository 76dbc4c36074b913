import { describe, expect, it } from 'vitest'
import type { ProcessRequest, RunProcess } from '../../../src/kit/run-process.ts'
import { repository, runStandIn, type Stage } from '../../support/stage.ts'
import { aDeployedStage, aStoredStage, deploymentsOf, failureOf, succeeding } from './deployed-stage.ts'

/** Keeps what was started, and starts it. */
function recording(): { started: ProcessRequest[]; runProcess: RunProcess } {
  const started: ProcessRequest[] = []
  return {
    started,
    runProcess: (request) => {
      started.push(request)
      return runStandIn(request)
    },
  }
}

describe('artisan', () => {
  it('runs in a container of the api, says where on stderr, and prints on stdout what was printed there', async () => {
    const stage = await aDeployedStage()
    const { stdout, stderr } = await succeeding(stage, ['artisan', '-e', 'staging', '--', 'migrate:status'])
    expect(stdout).toMatch(/^\n {2}Migration name \.+ Batch \/ Status {2}\n {2}2026_10_01_090000_create_invoices_table/)
    expect(stdout).toMatch(/add_due_date_to_invoices \.+ \[1\] Ran/)
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /environment staging \(REHEARSAL\) .*artisan migrate:status runs in a container of api, staging, 11111111 [0-9a-f-]{36}/,
    )
  })

  it('in JSON tells one line an object, and ends with the answer and the exit code of the command', async () => {
    const stage = await aDeployedStage()
    const argv = ['artisan', '-e', 'staging', '--yes', '--json', '--', 'invoices:sent']
    const { documents, exitCode } = await stage.run(argv)
    expect(exitCode).toBe(1)
    expect(documents[0]).toMatchObject({ type: 'target-found', format: 1, isRehearsal: true })
    expect(documents).toContainEqual({
      type: 'printed',
      stream: 'stdout',
      text: '   ERROR  Command "invoices:sent" is not defined.  ',
    })
    expect(documents.at(-1)).toEqual({
      type: 'answer',
      command: 'artisan',
      rehearsal: true,
      artisanCommand: 'invoices:sent',
      project: 'fakturino-production',
      environment: 'staging',
      service: 'api',
      deploymentId: deploymentsOf(stage, 'staging', 'api').at(-1)?.id,
      remoteExitCode: 1,
      elapsedMs: expect.any(Number),
    })
  })

  it('hands over every word unchanged, starts the stand-in only, and has no token in its arguments', async () => {
    const stage = await aDeployedStage()
    const { started, runProcess } = recording()
    const words = ['tinker', '--execute=echo "a b"; $(id) `id`', 'two\nlines', '-dash', "it's", '--json', '']
    const env = { PATH: '/bin', RAILWAY_API_TOKEN: 'of-railway-itself', APP_KEY: 'of this machine' }
    await stage.run(['artisan', '-e', 'staging', '--yes', '--', ...words], { env, runProcess })
    const [{ program, argv = [], env: given } = started[0] ?? { program: '', env: {} }] = started
    expect(started).toHaveLength(1)
    expect(program).toBe(process.execPath)
    expect(argv[0]).toMatch(/railway-stand-in\.js$/)
    expect(argv.slice(argv.indexOf('--') + 1)).toEqual(['php', 'artisan', ...words])
    const { account } = stage.platform.address.tokens
    expect(argv.join('\n')).not.toContain(account)
    expect(given).toEqual({
      PATH: '/bin',
      CI: '1',
      RAILWAY_NO_TELEMETRY: '1',
      RAILWAY_NO_AUTO_UPDATE: '1',
      RAILWAY_AGENT_ADVISORY: '0',
      RAILWAY_API_TOKEN: account,
      RAILWAY_BACKBOARD_URL: stage.platform.address.endpoint,
    })
  })

  it('changes what a later look shows, and stands in the history', async () => {
    const stage = await aDeployedStage()
    const rollback = ['artisan', '-e', 'staging', '--yes', '--', 'migrate:rollback', '--step=1', '--force']
    expect((await succeeding(stage, rollback)).stdout).toContain('Rolling back migrations.')
    const status = ['artisan', '-e', 'staging', '--service', 'worker', '--', 'migrate:status']
    expect((await succeeding(stage, status)).stdout).toMatch(/add_due_date_to_invoices \.+ Pending/)
    const { documents } = await succeeding(stage, ['history', '-e', 'staging', '--json'])
    expect(documents[0]?.operations).toContainEqual(
      expect.objectContaining({ command: 'artisan', outcome: 'done', services: ['api'] }),
    )
    expect((await succeeding(stage, ['history', '-e', 'staging'])).stdout).toContain('artisan migrate:rollback by ')
  })

  it('tells a migration that fails, with what ran before it and without what comes after', async () => {
    const stage = await aDeployedStage()
    const migrations = [
      { name: '2026_11_04_000001_one' },
      { name: '2026_11_04_000002_two', fails: 'SQLSTATE[42P01]: Undefined table' },
      { name: '2026_11_04_000003_three' },
    ]
    const { sha } = stage.platform.world.addCommit(repository, 'main', { migrations })
    const deployed = await stage.run(['deploy', '-e', 'staging', '--commit', sha, '--yes'])
    expect(deployed.exitCode).toBe(1)
    expect(deployed.stderr).toContain('SQLSTATE[42P01]')
    const rows = stage.platform.world
      .ledger(stage.platform.world.environmentNamed('staging').id)
      .map(({ message }) => message)
    expect(rows.some((row) => /000001_one \.+ .*DONE/.test(row))).toBe(true)
    expect(rows.some((row) => /000002_two \.+ .*FAIL/.test(row))).toBe(true)
    expect(rows.filter((row) => row.includes('000003_three'))).toEqual([expect.stringMatching(/\.+ Pending$/)])
  })

  it('takes secrets and what a terminal obeys out of what is printed, line by line', async () => {
    const stage = await aDeployedStage()
    const { id } = stage.platform.world.environmentNamed('staging')
    const key = deploymentsOf(stage, 'staging', 'api').at(-1)?.variables.APP_KEY ?? ''
    expect(key, id).not.toBe('')
    const runProcess: RunProcess = async ({ tell }) => {
      await tell('stdout', `\u001b[31mAPP_KEY is ${key.slice(0, 20)}`)
      await tell('stdout', `${key.slice(20)}\u0007 and \u001b]0;gone\u0007on`)
      await tell('stderr', 'postgres://u:p4ssw0rd-of-it@db/x\n')
      return { kind: 'exited', code: 0 }
    }
    const { stdout, stderr } = await stage.run(['artisan', '-e', 'staging', '--', 'about'], { runProcess })
    expect(stdout).toContain('APP_KEY is [secret]')
    expect(stdout + stderr).not.toContain(key.slice(10))
    expect(stderr).not.toContain('p4ssw0rd')
    expect(stdout).not.toContain('\u001b')
  })
})

it.each([
  ['migrate', 'fakturino artisan -e staging --local', ' -- migrate:status'],
  ['queue:restart', 'fakturino logs api -e staging --since 10m --local', ''],
])('%s that is interrupted is not said to be over, and is not to be run again blindly', async (name, begin, end) => {
  const stage = await aDeployedStage()
  let interrupt = (_signal: 'SIGINT' | 'SIGTERM') => {}
  const runProcess: RunProcess = async ({ signal }) => {
    interrupt('SIGINT')
    signal.throwIfAborted()
    return { kind: 'exited', code: 0 }
  }
  const ran = await stage.run(['artisan', '-e', 'staging', '--yes', '--json', '--', name], {
    runProcess,
    onStart: (act) => {
      interrupt = act
    },
  })
  expect(failureOf(ran)).toMatchObject({ code: 'interrupted', exitCode: 130, retryable: false })
  expect(failureOf(ran)?.message).toBe(
    `Interrupted while artisan ${name} ran in api of staging. Whether it goes on in the container, or was carried out, is not known.`,
  )
  const hint = String(failureOf(ran)?.hint)
  expect(hint.startsWith(`Look before it is run again: ${begin}`)).toBe(true)
  expect(hint.endsWith(end)).toBe(true)
})

it('what the failure of a connection quotes is without secrets, and the journal too', async () => {
  const stage = await aDeployedStage()
  const key = deploymentsOf(stage, 'staging', 'api').at(-1)?.variables.APP_KEY ?? ''
  const runProcess: RunProcess = async ({ tell }) => {
    await tell('stderr', `Broken pipe after ${key}\n`)
    return { kind: 'exited', code: 255 }
  }
  const ran = await stage.run(['artisan', '-e', 'staging', '--yes', '--json', '--', 'queue:restart'], { runProcess })
  expect(failureOf(ran)).toMatchObject({
    code: 'command-unknown',
    exitCode: 6,
    message: expect.stringMatching(/secret/),
  })
  const { stdout } = await succeeding(stage, ['history', '-e', 'staging', '--json'])
  expect(stdout).toContain('command-unknown')
  expect(ran.stdout + ran.stderr + stdout).not.toContain(key)
})

describe('artisan is refused before anything is started', () => {
  const nothing: RunProcess = async () => {
    throw new Error('started')
  }
  const refused = async (stage: Stage, argv: string[], env: Record<string, string> = {}) => {
    const ran = await stage.run(argv, { env, runProcess: nothing })
    return { exitCode: ran.exitCode, ...failureOf(ran) }
  }

  it('where nothing of the api runs', async () => {
    const stage = await aStoredStage()
    expect(await refused(stage, ['artisan', '-e', 'staging', '--json', '--', 'about'])).toMatchObject({
      exitCode: 1,
      code: 'nothing-active',
    })
  })

  it.each<[string, string[], Record<string, string>, number, string]>([
    ['what throws data away', ['-e', 'staging', '--yes', '--json', '--', 'migrate:fresh'], {}, 5, 'command-refused'],
    ['caches', ['-e', 'staging', '--yes', '--json', '--', 'config:cache'], {}, 5, 'command-refused'],
    ['no command', ['-e', 'staging', '--json'], {}, 64, 'invalid-option'],
    [
      'a protected environment that is not spelled out',
      ['--yes', '--json', '--', 'queue:restart'],
      { FAKTURINO_ENVIRONMENT: 'production' },
      64,
      'missing-environment',
    ],
    ['nobody who agrees', ['-e', 'staging', '--json', '--', 'queue:restart'], {}, 64, 'missing-answer'],
    [
      'a service that is not there',
      ['-e', 'staging', '--service', 'apl', '--json', '--', 'about'],
      {},
      64,
      'unknown-service',
    ],
  ])('%s', async (_, argv, env, exitCode, code) => {
    const stage = await aDeployedStage()
    expect(await refused(stage, ['artisan', ...argv], env)).toMatchObject({ exitCode, code })
  })

  it('a project token, which has no keys', async () => {
    const stage = await aDeployedStage()
    const env = { RAILWAY_TOKEN: stage.platform.address.tokens.project.staging ?? '' }
    const failure = await refused(stage, ['artisan', '-e', 'staging', '--json', '--', 'about'], env)
    expect(failure).toMatchObject({ exitCode: 4, code: 'not-authorized' })
  })

  it('a rehearsal without a stand-in: the railway of this machine is not used for it', async () => {
    const stage = await aDeployedStage({ standIn: '' })
    const { standIn: _, ...address } = stage.platform.address
    await stage.files.writeText(`${stage.stateDirectory}/rehearsal.json`, JSON.stringify(address))
    const failure = await refused(stage, ['artisan', '-e', 'staging', '--json', '--', 'about'])
    expect(failure).toMatchObject({ exitCode: 64, code: 'rehearsal-not-running' })
  })

  it('--dry-run says what would be run where', async () => {
    const stage = await aDeployedStage()
    const argv = ['artisan', '-e', 'staging', '--dry-run', '--', 'migrate', '--force']
    const { exitCode, stdout } = await stage.run(argv, { runProcess: nothing })
    expect(exitCode).toBe(0)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('artisan migrate would be run in a container of api, staging')
  })
})
