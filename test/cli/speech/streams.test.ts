import { describe, expect, it } from 'vitest'
import { aStage } from '../../support/stage.ts'

const escapeCharacter = '\u001b'

describe('what goes where', () => {
  it('the answer to stdout, everything else to stderr', async () => {
    const stage = await aStage()
    const init = await stage.run(['init', '--yes'])
    expect(init.stdout).toMatch(/^✓ Project fakturino-production is set up: staging and production stored/)
    expect(init.stderr).toMatch(/service postgres created/)
    const deploy = await stage.run(['deploy', '-e', 'staging', '--yes'])
    expect(deploy.stdout).toMatch(/^✓ staging: postgres, redis, api, worker and scheduler live after/)
    expect(deploy.stdout).not.toMatch(/deploying/)
    expect(deploy.stderr).toMatch(/api deploying 11111111/)
    const plan = await stage.run(['plan', '-e', 'staging'])
    expect(plan).toMatchObject({ stderr: '', stdout: expect.stringContaining('staging equals the config') })
    const status = await stage.run(['status', '-e', 'staging'])
    expect(status).toMatchObject({ stderr: '', stdout: expect.stringContaining('api ') })
  })

  it('help and the version are answers', async () => {
    const stage = await aStage()
    expect(await stage.run(['--version'])).toMatchObject({ exitCode: 0, stdout: '0.0.0-test\n', stderr: '' })
    expect(await stage.run(['deploy', '--help'])).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('says in its first line which project and environment it is about, and that it is a rehearsal', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const first = 'Project fakturino-production, environment staging (REHEARSAL)'
    for (const argv of [['plan'], ['status'], ['deploy', '--yes']]) {
      const { stdout, stderr } = await stage.run([...argv, '-e', 'staging'])
      expect(`${argv[0] === 'deploy' ? stderr : stdout}`.split('\n')[0]).toBe(first)
    }
  })
})

describe('plan --detailed-exit-code', () => {
  it('ends with 2 while something differs or waits for its deployment, else with 0', async () => {
    const stage = await aStage()
    const plan = ['plan', '-e', 'staging', '--detailed-exit-code']
    expect(await stage.run(plan)).toMatchObject({ exitCode: 2, stderr: '' })
    await stage.run(['init', '--yes'])
    expect(await stage.run([...plan, '--json'])).toMatchObject({ exitCode: 2 })
    expect((await stage.run(['plan', '-e', 'staging'])).exitCode).toBe(0)
    await stage.run(['deploy', '-e', 'staging', '--yes'])
    expect(await stage.run(plan)).toMatchObject({ exitCode: 0 })
  })
})

describe('--json', () => {
  it.each([[['plan', '-e', 'staging']], [['status', '-e', 'staging']]])('%j prints one document', async (argv) => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const { stdout, stderr, documents } = await stage.run([...argv, '--json'])
    expect(documents).toHaveLength(1)
    expect(stdout.endsWith('}\n')).toBe(true)
    expect(documents[0]).toMatchObject({ type: argv[0], format: 1 })
    expect(stderr).toBe('')
  })

  it.each([
    ['init', ['init', '--yes']],
    ['init with a deploy of everything', ['init', '--yes', '--deploy']],
    ['deploy', ['deploy', '-e', 'staging', '--yes']],
    ['deploy of nothing', ['deploy', '-e', 'staging', '--yes']],
  ])('%s prints one object a line, the first with the format, the last with the answer', async (name, argv) => {
    const stage = await aStage()
    if (argv[0] === 'deploy') await stage.run(['init', '--yes'])
    if (name === 'deploy of nothing') await stage.run(['deploy', '-e', 'staging', '--yes'])
    const { documents, stderr } = await stage.run([...argv, '--json'])
    expect(stderr).toBe('')
    expect(documents.length).toBeGreaterThan(2)
    expect(documents.every((document) => typeof document.type === 'string')).toBe(true)
    expect(documents.map((document) => document.format)).toEqual([1, ...documents.slice(1).map(() => undefined)])
    expect(documents.map((document) => document.type === 'answer')).toEqual([
      ...documents.slice(1).map(() => false),
      true,
    ])
    expect(documents.at(-1)).toMatchObject({ command: argv[0] })
  })

  it('a run that fails ends with its failure, and has no answer', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'DeployService'
        ? { kind: 'answer', status: 200, body: '{"errors":[{"message":"Not today"}],"data":null}' }
        : undefined,
    )
    const { documents, exitCode } = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(exitCode).toBe(1)
    expect(documents.at(-1)).toMatchObject({ type: 'failure', code: 'platform-refused', exitCode: 1 })
    expect(documents.filter(({ type }) => type === 'answer')).toHaveLength(0)
    expect(documents.filter(({ type }) => type === 'failure')).toHaveLength(1)
  })

  it('has no colour at a terminal either, and puts notices where they do not disturb', async () => {
    const stage = await aStage()
    const { stdout, stderr, documents } = await stage.run(['plan', '-e', 'staging', '--json', '-v'], {
      isTerminal: true,
      env: { RAILWAY_TOKEN: 'of-railway' },
    })
    expect(documents).toHaveLength(1)
    expect(stdout).not.toContain(escapeCharacter)
    expect(stderr).not.toContain(escapeCharacter)
    expect(stderr).toContain('RAILWAY_TOKEN is for Railway')
  })

  it('-q leaves the answer alone, and the failure', async () => {
    const stage = await aStage()
    const answered = await stage.run(['init', '--yes', '--json', '-q'], { env: { RAILWAY_TOKEN: 'of-railway' } })
    expect(answered.documents).toEqual([expect.objectContaining({ type: 'answer', format: 1 })])
    expect(answered.stderr).toBe('')
    const failed = await stage.run(['deploy', '-e', 'staging', '--json', '-q'])
    expect(failed.documents).toEqual([expect.objectContaining({ type: 'failure', format: 1 })])
  })
})

describe('colour', () => {
  const argv = ['deploy', '-e', 'staging', '--dry-run']

  it.each([
    ['none without a terminal', [], {}, false, false],
    ['some at a terminal', [], { TERM: 'xterm' }, true, true],
    ['none with NO_COLOR', [], { NO_COLOR: '1' }, true, false],
    ['some with an empty NO_COLOR, which counts as absent', [], { NO_COLOR: '' }, true, true],
    ['none with --no-color', ['--no-color'], {}, true, false],
    ['none on a dumb terminal', [], { TERM: 'dumb' }, true, false],
    ['some without a terminal with FORCE_COLOR', [], { FORCE_COLOR: '1' }, false, true],
    ['none with FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, true, false],
    ['none with NO_COLOR and FORCE_COLOR', [], { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
  ])('%s', async (_, options, env, isTerminal, isColoured) => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    // Without CI, and without motion: colour alone is looked at.
    const { stdout, stderr } = await stage.run([...argv, ...options], { isTerminal, env: { CI: '1', ...env } })
    expect(stdout.includes(escapeCharacter)).toBe(isColoured)
    expect(stderr.includes(escapeCharacter)).toBe(isColoured)
  })
})

describe('how much is told', () => {
  it('-q: the answer only', async () => {
    const quiet = await (await aStage()).run(['init', '--yes', '-q'])
    expect(quiet.stderr).toBe('')
    expect(quiet.stdout).toContain('is set up')
  })

  it('-q: still a failure', async () => {
    const { stderr } = await (await aStage()).run(['deploy', '-q'])
    expect(stderr).toMatch(/^✗ This changes an environment/)
  })

  it('-v: every variable, and every request with its name', async () => {
    const plain = await (await aStage()).run(['init', '--yes'])
    const verbose = await (await aStage()).run(['init', '--yes', '-v'])
    expect(plain.stderr).not.toContain('APP_ENV staging')
    expect(verbose.stderr).toContain('APP_ENV staging')
    expect(verbose.stderr).toMatch(/\d+ requests to the platform: FindWorkspaces/)
    expect(verbose.stderr.replaceAll(/\s+/g, ' ')).toMatch(/\. \d+ of \d+ left until \d{4}-\d\d-\d\d \d\d:\d\d UTC\./)
    expect(plain.stderr).not.toContain('FindWorkspaces')
  })

  it('-v counts what was really asked', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const before = stage.platform.requests.length
    const { stderr } = await stage.run(['plan', '-e', 'staging', '-v'])
    expect(stderr).toContain(`${stage.platform.requests.length - before} requests to the platform: `)
  })
})

describe('at a terminal', () => {
  it('something moves on stderr while a deployment runs, and stdout stays clean', async () => {
    // The spinner is loaded while a command runs; on a clock that jumps, the command could be over before it is there.
    await import('ora')
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const { stdout, stderr, exitCode } = await stage.run(['deploy', '-e', 'staging', '--no-color'], { answers: ['y'] })
    expect(exitCode).toBe(0)
    expect(stderr).toContain('Deploy to staging?')
    expect(stderr).toContain(`${escapeCharacter}[?25l`)
    expect(stdout).not.toContain(escapeCharacter)
  })
})
