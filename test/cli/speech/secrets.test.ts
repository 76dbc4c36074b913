import { describe, expect, it } from 'vitest'
import { oneLine } from '../../support/expect-failure.ts'
import { meddle } from '../../support/meddle.ts'
import { aStage, type Ran, type RunOptions, repository, type Stage } from '../../support/stage.ts'

const supplied = 'sentinel-supplied-4f9a1c'
const byHand = 'sentinel-by-hand-77b3e0'
const railwayToken = 'sentinel-railway-token-5d2e'
const secretsFile = '/secrets.env'

describe('secrets are nowhere in what is printed or kept', () => {
  it('supplied in a file, in every command, for people and for scripts, verbose too', async () => {
    const { stage, ran } = await aWatchedStage()
    await stage.files.writeText(secretsFile, `PADDLE_API_KEY=${supplied}\n`)
    for (const more of [[], ['-v'], ['-v', '--json']]) {
      await ran(['plan', '-e', 'staging', '--secrets-file', secretsFile, ...more])
      await ran(['init', '--yes', '--secrets-file', secretsFile, ...more])
      await ran(['deploy', '-e', 'staging', '--yes', '--secrets-file', secretsFile, ...more])
      await ran(['plan', '-e', 'staging', ...more])
      await ran(['status', '-e', 'staging', ...more])
    }
    await stage.files.remove(secretsFile)
    expect(stored(stage)).toContain(supplied)
    expectAbsent(stage, [supplied, ...generated(stage)])
  })

  it('supplied on stdin, and changed afterwards', async () => {
    const { stage, ran } = await aWatchedStage()
    const first = { stdin: `PADDLE_API_KEY="${supplied}"\n` }
    const second = { stdin: `PADDLE_API_KEY=${byHand}\n` }
    await ran(['init', '--yes', '--deploy', '--secrets-file', '-'], first)
    await ran(['plan', '-e', 'staging', '-v', '--secrets-file', '-'], second)
    await ran(['deploy', '-e', 'staging', '--yes', '-v', '--secrets-file', '-'], second)
    await ran(['deploy', '-e', 'production', '--yes', '--json', '--secrets-file', '-'], second)
    expect(stored(stage)).toContain(byHand)
    expectAbsent(stage, [supplied, byHand, ...generated(stage)])
  })

  it('stored by hand in variables that the config knows, and in others', async () => {
    const { stage, ran } = await aWatchedStage()
    await ran(['init', '--yes'])
    const environment = stage.platform.world.environmentNamed('staging')
    const api = stage.platform.world.serviceNamed('api').id
    for (const name of ['OF_MY_OWN', 'PADDLE_API_KEY', 'DB_CONNECTION', 'FEATURE_MONITORING', 'APP_KEY']) {
      stage.platform.world.setVariable(environment.id, api, name, `${byHand}-${name}`, { skipDeploys: true })
    }
    stage.platform.world.setVariable(environment.id, undefined, 'SHARED', byHand, { skipDeploys: true })
    stage.platform.world.stage(environment.id, { services: { [api]: { variables: { STAGED: { value: byHand } } } } })
    const past = {
      services: { [api]: { variables: { OLD: { value: byHand }, FEATURE_MONITORING: { value: byHand } } } },
    }
    stage.platform.world.commit(environment.id, past, { message: `OLD is ${byHand}`, skipDeploys: true })
    for (const more of [['-v'], ['--json']]) {
      await ran(['plan', '-e', 'staging', ...more])
      await ran(['status', '-e', 'staging', ...more])
      await ran(['history', '-e', 'staging', ...more])
      await ran(['history', '-e', 'staging', '--markdown'])
      await ran(['deploy', '-e', 'staging', '--yes', '--confirm-destructive', 'api.OF_MY_OWN', ...more])
    }
    expectAbsent(stage, [byHand, ...generated(stage)])
  })

  it('printed by services in what check reads, and stored where a flag or a connection belongs', async () => {
    const { stage, ran } = await aWatchedStage()
    await ran(['init', '--yes', '--secrets-file', '-'], { stdin: `PADDLE_API_KEY=${supplied}\n` })
    await ran(['deploy', '-e', 'staging', '--yes'])
    const { world } = stage.platform
    const environmentId = world.environmentNamed('staging').id
    const api = world.serviceNamed('api').id
    for (const name of ['QUEUE_CONNECTION', 'FEATURE_MONITORING', 'FEATURE_PSD2_BANKING']) {
      world.setVariable(environmentId, api, name, `${byHand}-${name}`, { skipDeploys: true })
    }
    const said = [supplied, ...generated(stage, 'staging')].join(' and ')
    world.write(
      environmentId,
      api,
      Array.from({ length: 20 }, () => ({ message: `production.ERROR: ${said} were refused`, severity: 'error' })),
    )
    world.write(environmentId, world.serviceNamed('scheduler').id, [
      { message: `Running ['artisan' bank:sync ${said}]` },
    ])
    world.setCondition(environmentId, api, { failingChecks: ['database'] })
    for (const more of [[], ['-v'], ['--json'], ['--times', '2', '--json']]) {
      const { exitCode, stdout } = await ran(['check', '-e', 'staging', ...more])
      expect(exitCode).toBe(1)
      expect(oneLine(stdout)).toContain('[secret] and [secret]')
      expect(oneLine(stdout)).toContain('another connection')
    }
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'ReadEnvironmentLog'
        ? {
            kind: 'answer',
            status: 200,
            body: JSON.stringify({ errors: [{ message: `${said} expired` }], data: null }),
          }
        : undefined,
    )
    for (const more of [[], ['--json']]) await ran(['check', '-e', 'staging', ...more])
    expectAbsent(stage, [supplied, byHand, ...generated(stage)])
  })

  it.each([
    'StageChanges',
    'CommitStaged',
    'ReadStaged',
    'ReadPatch',
    'ObserveEnvironment',
    'DeployService',
    'CreateVolume',
  ])('repeated by the platform in an error of %s', async (operation) => {
    const { stage, ran } = await aWatchedStage()
    await stage.files.writeText(secretsFile, `PADDLE_API_KEY=${supplied}\n`)
    let met = 0
    stage.platform.onRequest(({ operationName }) => {
      if (!operationName?.startsWith(operation)) return undefined
      met += 1
      const said = `Invalid value "${supplied}" or ${generated(stage).join(' or ')} for PADDLE_API_KEY`
      return { kind: 'answer', status: 200, body: JSON.stringify({ errors: [{ message: said }], data: null }) }
    })
    await ran(['init', '--yes', '--secrets-file', secretsFile])
    await ran(['init', '--yes', '--json', '--secrets-file', secretsFile])
    await ran(['deploy', '-e', 'staging', '--yes', '-v', '--secrets-file', secretsFile])
    await ran(['plan', '-e', 'staging', '--secrets-file', secretsFile])
    await stage.files.remove(secretsFile)
    expect(met).toBeGreaterThan(0)
    expectAbsent(stage, [supplied])
  })

  it('repeated by the platform as the reason why a patch was not applied', async () => {
    const { stage, ran } = await aWatchedStage()
    await meddle(stage, (operation, body) =>
      operation === 'ReadPatch'
        ? body.replace(
            '"lastAppliedError":null',
            () => `"lastAppliedError":"bad value ${supplied} or ${generated(stage)[0]}"`,
          )
        : body,
    )
    for (const more of [[], ['--json']]) {
      const { exitCode, stdout, stderr } = await ran(['init', '--yes', '--secrets-file', '-', ...more], {
        stdin: `PADDLE_API_KEY=${supplied}\n`,
      })
      expect(exitCode).toBe(1)
      expect(oneLine(`${stdout}${stderr}`)).toContain('bad value [secret] or [secret]')
    }
    expectAbsent(stage, [supplied, ...generated(stage)])
  })

  it('repeated by a build or a start command as the reason why a deployment failed', async () => {
    const { stage, ran } = await aWatchedStage()
    await ran(['init', '--yes', '--secrets-file', '-'], { stdin: `PADDLE_API_KEY=${supplied}\n` })
    stage.platform.world.push(repository, 'main', { behaviour: 'failing-migration' })
    await meddle(stage, (_, body) =>
      body.replaceAll(
        /"error":"(?:[^"\\]|\\.)*exited with code 1"/g,
        () => `"error":"refused ${supplied} and ${generated(stage, 'staging')[0]}"`,
      ),
    )
    const { exitCode, stderr } = await ran(['deploy', '-e', 'staging', '--yes'])
    expect(exitCode).toBe(1)
    expect(oneLine(stderr)).toContain('refused [secret] and [secret]')
    await ran(['deploy', '-e', 'staging', '--yes', '--json'])
    expectAbsent(stage, [supplied, ...generated(stage)])
  })

  it('in a secrets file that is wrong: names are told, values are not', async () => {
    const { stage, ran } = await aWatchedStage()
    for (const stdin of [
      `PADLE_API_KEY=${supplied}\n`,
      `${supplied}\n`,
      `PADDLE_API_KEY=\nCPAY_SECRET_KEY=${supplied}\n`,
      `APP_KEY=${supplied}\n=${byHand}\n`,
    ]) {
      await ran(['plan', '-e', 'staging', '--secrets-file', '-'], { stdin })
      await ran(['plan', '-e', 'staging', '--json', '--secrets-file', '-'], { stdin })
    }
    expectAbsent(stage, [supplied, byHand])
  })
})

describe('a token of Railway', () => {
  it('never reaches a rehearsal: no header, no body, no word of it', async () => {
    const { stage, ran } = await aWatchedStage()
    const env = { RAILWAY_TOKEN: railwayToken, RAILWAY_API_TOKEN: `${railwayToken}-2` }
    for (const argv of [
      ['init', '--yes'],
      ['plan', '-e', 'staging', '-v'],
      ['deploy', '-e', 'staging', '--yes', '--json'],
      ['status', '-e', 'staging', '--json'],
    ]) {
      expect((await ran(argv, { env })).exitCode).toBe(0)
    }
    expect(stage.platform.requests.length).toBeGreaterThan(10)
    for (const request of stage.platform.requests) {
      expect(JSON.stringify([request.headers, request.variables])).not.toContain(railwayToken)
      expect(request.headers.authorization).toBe(`Bearer ${stage.platform.address.tokens.account}`)
    }
    expectAbsent(stage, [railwayToken])
  })

  it('is said to be left out, once', async () => {
    const stage = await aStage()
    const { stderr } = await stage.run(['plan', '-e', 'staging'], { env: { RAILWAY_TOKEN: railwayToken } })
    expect(stderr.match(/RAILWAY_TOKEN is for Railway and not sent to a rehearsal/g)).toHaveLength(1)
  })

  it('is not shown when it is malformed', async () => {
    const { stage, ran } = await aWatchedStage()
    for (const more of [[], ['--json']]) {
      const told = await ran(['plan', ...more], { isRemote: true, env: { RAILWAY_TOKEN: `${railwayToken} and more` } })
      expect(told.exitCode).toBe(4)
    }
    expectAbsent(stage, [railwayToken])
  })
})

describe('tokens of the rehearsal', () => {
  it('stay out of everything but the address file and `rehearse up`', async () => {
    const { stage, ran } = await aWatchedStage()
    const { account, workspace, project } = stage.platform.address.tokens
    await ran(['init', '--yes', '-v'])
    await ran(['deploy', '-e', 'staging', '--yes', '--json'])
    await ran(['status', '-e', 'staging'], { env: { RAILWAY_TOKEN: project.staging ?? '' } })
    await ran(['status', '-e', 'staging'], { env: { RAILWAY_API_TOKEN: workspace } })
    stage.platform.onRequest(({ headers }) => ({
      kind: 'answer',
      status: 200,
      body: JSON.stringify({ errors: [{ message: `token ${headers.authorization} is tired` }] }),
    }))
    await ran(['plan', '-e', 'staging'])
    for (const [path] of Object.entries(stage.files.all()))
      if (path.endsWith('rehearsal.json')) await stage.files.remove(path)
    expectAbsent(stage, [account, workspace, ...Object.values(project)])
  })
})

/** Everything that was printed on a stage. */
const printed = new WeakMap<Stage, string[]>()

async function aWatchedStage() {
  const stage = await aStage()
  const all: string[] = []
  printed.set(stage, all)
  return {
    stage,
    async ran(argv: string[], options: RunOptions = {}): Promise<Ran> {
      const told = await stage.run(argv, options)
      all.push(told.stdout, told.stderr)
      return told
    },
  }
}

function expectAbsent(stage: Stage, secrets: string[]): void {
  const everything = [...(printed.get(stage) ?? []), JSON.stringify(stage.files.all())].join('\n')
  expect(everything.length).toBeGreaterThan(200)
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(10)
    expect(everything).not.toContain(secret)
  }
}

/** What the commands made up themselves: every key and password that the platform holds, in one environment or in all. */
function generated(stage: Stage, environment?: string): string[] {
  const values = [...stage.platform.world.projects.values()]
    .flatMap((project) => [...project.environments.values()])
    .filter(({ name }) => environment === undefined || name === environment)
    .flatMap(({ config }) => Object.values(config.services ?? {}))
    .flatMap((service) => Object.entries(service?.variables ?? {}))
    .flatMap(([name, entry]) =>
      /^(APP_KEY|MCP_SERVER_TOKEN|POSTGRES_PASSWORD|REDIS_PASSWORD)$/.test(name) ? [entry?.value ?? ''] : [],
    )
    .filter((value) => value !== '' && !value.includes('sentinel'))
  return [...new Set(values)]
}

/** Everything that is stored on the platform. */
function stored(stage: Stage): string {
  return JSON.stringify(
    [...stage.platform.world.projects.values()].flatMap((project) =>
      [...project.environments.values()].map(({ config }) => config),
    ),
  )
}
