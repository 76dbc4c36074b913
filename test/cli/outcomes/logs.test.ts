import { EventEmitter } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { PrintedLine } from '../../../src/local/log-writer.ts'
import { aTrace } from '../../logs/row-samples.ts'
import { expectFailure, oneLine } from '../../support/expect-failure.ts'
import { aStage, type RunOptions, type Stage } from '../../support/stage.ts'
import { aDeployedStage, aStoredStage, deploymentsOf, failureOf } from './deployed-stage.ts'

const staging = ['-e', 'staging']

/** What a live service prints now. */
function say({ platform }: Stage, service: string, ...lines: (string | PrintedLine)[]): void {
  const { world } = platform
  world.write(
    world.environmentNamed('staging').id,
    world.serviceNamed(service).id,
    lines.map((line) => (typeof line === 'string' ? { message: line } : line)),
  )
}

/** Staging deployed without a scheduler, which says something each minute; everything that was printed is an hour old. */
async function aQuietStage(): Promise<Stage> {
  const stage = await aDeployedStage()
  for (const { id } of deploymentsOf(stage, 'staging', 'scheduler')) stage.platform.world.forceStatus(id, 'REMOVED')
  stage.clock.advance(3_600_000)
  return stage
}

/** Lines of stdout without their times. */
function said(stdout: string): string[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.includes('times in UTC'))
    .map((line) => line.replace(/^\d\d:\d\d:\d\d /, '').replace(/ +│/, ' │'))
}

describe('what was said', () => {
  it('is told in the order of time, with the service, and goes to stdout; whose it is goes to stderr', async () => {
    const stage = await aQuietStage()
    say(stage, 'api', 'one')
    say(stage, 'worker', 'two')
    const ran = await stage.run(['logs', ...staging, '--since', '1m'])
    expect(ran.exitCode).toBe(0)
    expect(ran.stdout).toMatch(
      /^2026-11-03, times in UTC \(Z\)\n10:00:\d\d api {7}│ one\n10:00:\d\d worker {4}│ two\n$/,
    )
    expect(ran.stderr).toBe('Project fakturino-production, environment staging (REHEARSAL)\n')
  })

  it('is the newest 100 lines, or as many as asked for, of the services that are named', async () => {
    const stage = await aQuietStage()
    say(stage, 'api', ...Array.from({ length: 150 }, (_, n) => `line ${n}`))
    say(stage, 'worker', 'last')
    expect(said((await stage.run(['logs', ...staging])).stdout)).toHaveLength(100)
    const { stdout } = await stage.run(['logs', 'api', ...staging, '--lines', '2'])
    expect(said(stdout)).toEqual(['api │ line 148', 'api │ line 149'])
  })

  it('is one object a line with --json, and the answer at the end', async () => {
    const stage = await aQuietStage()
    say(stage, 'api', '{"message":"paid","level":"warn","invoice":{"id":7},"token":"abcdefgh"}')
    const { documents, exitCode } = await stage.run(['logs', 'api', ...staging, '--since', '1m', '--json'])
    expect(exitCode).toBe(0)
    const [deployment] = deploymentsOf(stage, 'staging', 'api')
    expect(documents).toEqual([
      {
        type: 'log',
        format: 1,
        time: expect.stringMatching(/^2026-11-03T10:00:\d\d\.\d{9}Z$/),
        service: 'api',
        deploymentId: deployment?.id,
        instanceId: expect.any(String),
        level: 'warn',
        message: 'paid',
        fields: { invoice: { id: 7 }, token: '[secret]' },
        thrown: null,
        request: null,
      },
      { type: 'answer', command: 'logs', lines: 1, gaps: 0 },
    ])
  })

  it('passes as a whole: a trace whose middle has the text, and whose level is that of its first row', async () => {
    const stage = await aQuietStage()
    say(stage, 'api', 'before', ...aTrace(), 'after')
    say(stage, 'worker', { message: '[14-Nov-2025 16:25:02] NOTICE: ready', severity: 'error' })
    for (const option of [
      ['--level', 'error'],
      ['--grep', 'CLASS->method'],
      ['--grep', '/#3 \\{main\\}/'],
    ]) {
      const { documents } = await stage.run(['logs', ...staging, '--since', '1m', '--json', ...option])
      expect(documents, option.join(' ')).toMatchObject([
        { message: aTrace().join('\n'), level: 'error', thrown: { exception: 'ErrorException' } },
        { type: 'answer', lines: 1 },
      ])
    }
  })

  it('is looked through further back where only some of it passes', async () => {
    const stage = await aQuietStage()
    say(stage, 'api', 'needle 1', 'needle 2')
    for (let second = 0; second < 14; second += 1) {
      stage.clock.advance(2_000)
      say(stage, 'api', ...Array.from({ length: 490 }, (_, n) => `hay ${n}`))
    }
    const { stdout } = await stage.run(['logs', ...staging, '--grep', 'needle', '--lines', '1'])
    expect(said(stdout)).toEqual(['api │ needle 2'])
  })

  it('is that of one deployment, of a build, or of the edge', async () => {
    const stage = await aQuietStage()
    const [deployment] = deploymentsOf(stage, 'staging', 'api')
    const run = async (...argv: string[]) => said((await stage.run(['logs', ...staging, ...argv])).stdout)
    expect(await run('--deployment', deployment?.id ?? '', '--lines', '1')).toEqual([
      expect.stringMatching(/^api │ .*Server running/),
    ])
    expect(await run('api', '--build')).toContain('api │ Build took 1 s')
    expect(await run('--build', '--deployment', deployment?.id ?? '')).toContain('api │ Build took 1 s')
    expect(oneLine((await stage.run(['logs', ...staging, '--http', '--no-follow'])).stderr)).toContain('(REHEARSAL)')
  })

  it('is nothing where nothing was said, and what to run next is said', async () => {
    const stage = await aQuietStage()
    const { exitCode, stdout, stderr } = await stage.run(['logs', 'api', ...staging, '--since', '1m'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' })
    expect(oneLine(stderr)).toMatch(
      /Nothing was said since 2026-11-03 09:59 UTC\. To look further back, run: fakturino logs api --since 24h --local -e staging/,
    )
  })

  it.each([
    [
      ['--since', '2d'],
      'since 2026-11-01 10:00 UTC. To look further back, run: fakturino logs api --grep none --since 30d',
    ],
    [['--since', '40d'], 'as far back as the platform tells. To see what runs, run: fakturino status'],
    [
      ['--since', '1m', '--level', 'warn', '--grep', "it's"],
      "since 2026-11-03 09:59 UTC. To look further back, run: fakturino logs api --level warn --grep 'it'\\''s' --since 24h",
    ],
  ])('is asked for further back in the same words: %j', async (option, says) => {
    const stage = await aQuietStage()
    const { stderr } = await stage.run(['logs', 'api', ...staging, '--grep', 'none', ...option])
    expect(oneLine(stderr)).toContain(says)
  })

  it('needs no config', async () => {
    const stage = await aQuietStage()
    await stage.useConfig('throw new Error("no")')
    say(stage, 'api', 'one')
    const project = ['--project', 'fakturino-production']
    const { stdout } = await stage.run(['logs', ...staging, '--since', '1m', ...project])
    expect(said(stdout)).toEqual(['api │ one'])
  })
})

describe('--errors', () => {
  it('counts by exception and place, and leaves out what only arrives as an error', async () => {
    const stage = await aQuietStage()
    say(stage, 'api', ...aTrace(), ...aTrace(5))
    say(stage, 'worker', ...aTrace(2), { message: '[14-Nov-2025 16:25:02] NOTICE: ready', severity: 'error' })
    say(stage, 'worker', { message: '127.0.0.1 -  14/Nov/2025:16:25:06 +0000 "GET /index.php" 503', severity: 'error' })
    say(stage, 'worker', 'ERROR: job 17 of "nina" failed', 'ERROR: job 18 of "otto" failed')
    const { documents } = await stage.run(['logs', ...staging, '--errors', '--json'])
    expect(documents).toHaveLength(1)
    expect(documents[0]).toMatchObject({
      type: 'answer',
      format: 1,
      command: 'logs',
      gaps: 0,
      errors: [
        {
          exception: 'ErrorException',
          place: '/var/www/html/app/Providers/AppServiceProvider.php:157',
          count: 3,
          services: ['api', 'worker'],
        },
        {
          exception: null,
          summary: 'ERROR: job <n> of <text> failed',
          count: 2,
          sample: 'ERROR: job 18 of "otto" failed',
        },
        // The first deployment looked what was pending, before there was a table that knows.
        { exception: null, summary: 'ERROR  Migration table not found.', count: 1, services: ['api'] },
      ],
    })
    const { stdout } = await stage.run(['logs', ...staging, '--errors'])
    expect(stdout).toContain('✗ 3 x ErrorException at')
    expect(stdout).toContain('3 kinds of errors since 2026-11-02 10:00 UTC.')
    expect((await stage.run(['logs', 'api', ...staging, '--errors'])).stdout).toContain('✗ 2 x ErrorException')
  })

  it('says that there are none', async () => {
    const { stdout, exitCode } = await (await aQuietStage()).run(['logs', ...staging, '--errors', '--since', '30m'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/✓ No errors since 2026-11-03 09:30 UTC, in \d+ lines\./)
  })
})

describe('following', () => {
  /** Follows until the clock of the stage is so much later; things are said meanwhile. */
  async function following(
    stage: Stage,
    argv: string[],
    forMs: number,
    meanwhile: () => void,
    options: RunOptions = {},
  ) {
    return stage.run(argv, {
      ...options,
      onStart: (interrupt) => {
        stage.clock.after(forMs / 2, meanwhile)
        stage.clock.after(forMs, () => interrupt('SIGINT'))
      },
    })
  }

  it.each([
    ['with --follow in a pipe', ['--follow'], {}],
    ['on a terminal', [], { isTerminal: true }],
  ])('%s it goes on until Ctrl-C, which is quiet', async (_, option, options) => {
    const stage = await aQuietStage()
    say(stage, 'api', 'before')
    const argv = ['logs', ...staging, '--since', '1m', ...option]
    const ran = await following(stage, argv, 20_000, () => say(stage, 'worker', ...aTrace()), options)
    expect(ran.exitCode).toBe(130)
    const lines = said(stripVTControlCharacters(ran.stdout))
    expect(lines[0]).toBe('api │ before')
    expect(lines[1]).toContain('worker │ ✗ [2025-12-12 17:34:42] production.ERROR')
    expect(lines.at(-1)).toBe(' │ "}')
    expect(oneLine(stripVTControlCharacters(ran.stderr))).toBe(
      'Project fakturino-production, environment staging (REHEARSAL)',
    )
  })

  it('with --json it ends with the answer', async () => {
    const stage = await aQuietStage()
    const argv = ['logs', ...staging, '--since', '1m', '--follow', '--json']
    const { documents, exitCode } = await following(stage, argv, 20_000, () => say(stage, 'worker', 'one', 'two'))
    expect(exitCode).toBe(130)
    expect(documents).toMatchObject([
      { type: 'log', message: 'one', format: 1 },
      { type: 'log', message: 'two' },
      { type: 'answer', command: 'logs', lines: 2, gaps: 0 },
    ])
  })

  it.each([
    ['none of what was said before is asked for', '0', []],
    ['all of it was said a moment ago', '3', ['before 97', 'before 98', 'before 99']],
  ])('loses no line of those that come where %s', async (_, lines, before) => {
    const stage = await aQuietStage()
    say(stage, 'api', ...Array.from({ length: 100 }, (_, n) => `before ${n}`))
    const now = Array.from({ length: 20 }, (_, n) => `now ${n}`)
    const argv = ['logs', 'api', ...staging, '--lines', lines, '--follow', '--json']
    const { documents } = await stage.run(argv, {
      onStart: (interrupt) => {
        stage.platform.onSocket(({ type }) => {
          if (type === 'next' && now.length > 0) say(stage, 'api', ...now.splice(0))
          return undefined
        })
        stage.clock.after(60_000, () => interrupt('SIGINT'))
        stage.clock.after(1_000, () => say(stage, 'api', ...now.splice(0)))
      },
    })
    const messages = documents.flatMap((document) => (document.type === 'log' ? [document.message] : []))
    expect(messages).toEqual([...before, ...Array.from({ length: 20 }, (_, n) => `now ${n}`)])
  })

  it('where only some of it passes, tells of what was said before all since --since', async () => {
    const stage = await aQuietStage()
    say(stage, 'api', 'needle')
    for (let second = 0; second < 14; second += 1) {
      stage.clock.advance(2_000)
      say(stage, 'api', ...Array.from({ length: 490 }, (_, n) => `hay ${n}`))
    }
    const run = (...option: string[]) =>
      following(stage, ['logs', 'api', ...staging, '--follow', '--grep', 'needle', ...option], 20_000, () => {})
    expect(said((await run('--since', '10m')).stdout)).toEqual(['api │ needle'])
    const ran = await run('--lines', '5')
    expect(said(ran.stdout)).toEqual([])
    expect(oneLine(ran.stderr)).toContain(
      'Only the newest 5000 lines of what was said before were looked through. For more, add --no-follow, or --since 24h.',
    )
  })

  it('a log that comes to its end says so', async () => {
    const stage = await aQuietStage()
    const [deployment] = deploymentsOf(stage, 'staging', 'api')
    const argv = ['logs', ...staging, '--deployment', deployment?.id ?? '', '--lines', '1', '--follow']
    const { exitCode, stderr, stdout } = await stage.run(argv, {
      onStart: () =>
        stage.clock.after(20_000, () => {
          say(stage, 'api', ...aTrace().slice(0, 3))
          stage.platform.world.forceStatus(deployment?.id ?? '', 'REMOVED')
        }),
    })
    expect(exitCode).toBe(0)
    expect(stdout).toContain('production.ERROR')
    expect(oneLine(stderr)).toContain('The log has come to its end: the platform has no more to say of it.')
  })

  it('a trace that is never finished is told after a while', async () => {
    const stage = await aQuietStage()
    const argv = ['logs', ...staging, '--since', '1m', '--follow', '--json']
    let printed = ''
    const stdout = { write: (text: string) => (printed += text) }
    let soon = ''
    await following(
      stage,
      argv,
      30_000,
      () => {
        say(stage, 'worker', ...aTrace().slice(0, 3))
        stage.clock.after(6_000, () => {
          soon = printed
        })
      },
      { stdout },
    )
    expect(soon).toContain('production.ERROR')
  })

  it('does not go on in a pipe, with --json, or where the log has an end', async () => {
    const stage = await aQuietStage()
    for (const [argv, options] of [
      [[], {}],
      [['--json'], { isTerminal: true }],
      [['--until', '1m'], { isTerminal: true }],
      [['--no-follow'], { isTerminal: true }],
      [['--errors'], { isTerminal: true }],
      [['api', '--build'], { isTerminal: true }],
    ] as const) {
      expect((await stage.run(['logs', ...staging, ...argv], options)).exitCode, argv.join(' ')).toBe(0)
    }
  })

  it('--timeout ends it, and says so', async () => {
    const stage = await aQuietStage()
    const ran = await stage.run(['logs', ...staging, '--follow', '--timeout', '30s'])
    expect(ran.exitCode).toBe(6)
    expect(ran.stderr).toContain('--timeout')
  })
})

describe('a reader that goes away', () => {
  /** A pipe that breaks as soon as so many writes have reached it. */
  function aPipe(writes: number) {
    const pipe = Object.assign(new EventEmitter(), {
      written: '',
      write(text: string) {
        if (writes-- > 0) pipe.written += text
        else pipe.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
        return true
      },
    })
    return pipe
  }

  it.each([[[]], [['--json']], [['--follow']], [['--follow', '--json']]])(
    'ends it at once, quietly and with exit 0: %j',
    async (option) => {
      const stage = await aQuietStage()
      say(stage, 'api', ...Array.from({ length: 50 }, (_, n) => `line ${n}`))
      const stdout = aPipe(0)
      const ran = await stage.run(['logs', ...staging, ...option], { stdout })
      expect(ran.exitCode).toBe(0)
      expect(ran.stderr).toBe(
        option.includes('--json') ? '' : 'Project fakturino-production, environment staging (REHEARSAL)\n',
      )
    },
  )

  it('while it is followed, ends it with the next line', async () => {
    const stage = await aQuietStage()
    say(stage, 'api', 'before')
    const stdout = aPipe(1)
    const ran = await stage.run(['logs', ...staging, '--since', '1m', '--follow'], {
      stdout,
      onStart: () => {
        stage.clock.after(10_000, () => say(stage, 'api', 'after'))
      },
    })
    expect(ran.exitCode).toBe(0)
    expect(stdout.written).toContain('before')
    expect(stdout.written).not.toContain('after')
  })
})

describe('what cannot be told is said plainly', () => {
  it('a service that is not there', async () => {
    const stage = await aDeployedStage()
    await expectFailure(stage, ['logs', 'wroker', ...staging], {
      exitCode: 64,
      kind: 'usage',
      code: 'unknown-service',
      says: /has no service wroker; the nearest is 'worker'/,
      next: /There are .*api.*worker/,
    })
  })

  it('an environment whose name was mistyped, which no first setup would help', async () => {
    await expectFailure(await aStoredStage(), ['logs', '-e', 'stagin'], {
      exitCode: 64,
      kind: 'usage',
      code: 'unknown-environment',
      says: /stagin/,
      next: /staging/,
    })
  })

  it('an environment in which nothing was ever deployed', async () => {
    await expectFailure(await aStoredStage(), ['logs', ...staging], {
      exitCode: 1,
      kind: 'failed',
      code: 'nothing-active',
      says: /never deployed in staging, so nothing was said/,
      next: /run: fakturino deploy --local -e staging/,
    })
  })

  it('the edge, where no service with a domain is live', async () => {
    await expectFailure(await aDeployedStage(), ['logs', 'worker', ...staging, '--http'], {
      exitCode: 1,
      kind: 'failed',
      code: 'nothing-active',
      says: /No service with a domain is live in staging/,
      next: /fakturino status/,
    })
  })

  it.each([
    [['--build', '--http'], /exclude each other/],
    [['--errors', '--follow'], /exclude each other/],
    [['--until', '1h', '--follow'], /exclude each other/],
    [['--errors', '--level', 'warn'], /exclude each other/],
    [['--since', '90'], /neither a duration nor a time/],
    [['--since', '1h', '--until', '2h'], /later than where the log is to end/],
    [['--since', 'yesterday'], /neither a duration nor a time/],
    [['--lines', 'many'], /no number of lines/],
    [['--level', 'loud'], /loud/],
    [['--grep', '/(a+)+/'], /for ever/],
    [['--deployment', 'a b'], /no id of a deployment/],
  ])('%j, before anything is read', async (option, says) => {
    const stage = await aStage()
    await expectFailure(stage, ['logs', ...staging, ...option], {
      exitCode: 64,
      kind: 'usage',
      code: 'invalid-option',
      says,
      next: /./,
    })
    expect(stage.platform.requests).toEqual([])
  })

  it('a build without saying whose', async () => {
    await expectFailure(await aDeployedStage(), ['logs', ...staging, '--build'], {
      exitCode: 64,
      kind: 'usage',
      code: 'invalid-option',
      says: /names no single service/,
      next: /Name one of .*api/,
    })
  })

  it('a deployment of another service than the one that is named', async () => {
    const stage = await aDeployedStage()
    const [deployment] = deploymentsOf(stage, 'staging', 'worker')
    const id = deployment?.id ?? ''
    for (const kind of [[], ['--build']]) {
      await expectFailure(stage, ['logs', 'api', ...staging, '--deployment', id, ...kind], {
        exitCode: 64,
        kind: 'usage',
        code: 'invalid-option',
        says: /is one of worker, and not of api/,
        next: /Leave out the name, or the deployment/,
      })
    }
    expect((await stage.run(['logs', 'api', 'worker', ...staging, '--deployment', id])).exitCode).toBe(0)
  })

  it('a deployment that nobody knows', async () => {
    const stage = await aDeployedStage()
    const id = '00000000-0000-4000-8000-000000000000'
    const ran = await stage.run(['logs', ...staging, '--deployment', id, '--json'])
    expect(failureOf(ran)).toMatchObject({
      code: 'not-found',
      exitCode: 1,
      message: expect.stringContaining(`finds no deployment ${id}`),
      hint: expect.stringMatching(/fakturino history -e staging --json/),
    })
  })

  it.each([
    ['logs', []],
    ['artisan', ['--', 'about']],
    ['restart', ['--yes']],
  ])('%s in an environment whose name is misspelt: the one that is meant is named', async (command, rest) => {
    const stage = await aDeployedStage()
    const argv = [command, '-e', 'stagin', '--json', ...rest]
    expect(failureOf(await stage.run(argv))).toMatchObject({
      exitCode: 64,
      message: expect.stringMatching(
        /has no environment '?stagin'?; it has (staging and production|production and staging)/,
      ),
      hint: 'Did you mean -e staging?',
    })
  })

  it('nothing is said about a log that nobody wanted lines of', async () => {
    const { stderr } = await (await aDeployedStage()).run(['logs', ...staging, '--lines', '0'])
    expect(stderr).not.toContain('Nothing was said')
  })
})

it('costs one request for the reading and one for the lines, and values of secrets are in none of it', async () => {
  const stage = await aQuietStage()
  await stage.run(['status', ...staging])
  const value = 'Zk9x/Qm2+rT7vB4='
  const pem = [
    '-----BEGIN PRIVATE KEY-----',
    'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKB',
    '-----END PRIVATE KEY-----',
  ]
  const database = stage.platform.world.serviceNamed('postgres')
  stage.platform.world.setVariable(
    stage.platform.world.environmentNamed('staging').id,
    database.id,
    'HIDDEN',
    'known-to-the-platform-only',
    { skipDeploys: true },
  )
  say(stage, 'api', `MYSQL_URL=mysql://root:${value}@host:3306/railway`, `MYSQLPASSWORD=${value}`, `Password: ${value}`)
  say(stage, 'api', `{"message":"x","context":{"api_key":"${value}"}}`, ...pem, 'it is known-to-the-platform-only')
  const before = stage.platform.requests.length
  for (const option of [[], ['--json'], ['--errors', '--json']]) {
    const { stdout, stderr } = await stage.run(['logs', ...staging, '--since', '1m', ...option])
    for (const secret of [value, 'MIIEvQ', 'known-to-the-platform-only']) expect(stdout + stderr).not.toContain(secret)
  }
  expect(stage.platform.requests.length - before).toBe(6)
})
