import { afterEach, describe, expect, it } from 'vitest'
import { meddle } from '../../support/meddle.ts'
import { aStage, type Stage } from '../../support/stage.ts'

describe('a workspace token', () => {
  it('sets up, plans, deploys and shows; who it belongs to is never asked', async () => {
    const stage = await aStage()
    const env = { RAILWAY_API_TOKEN: stage.platform.address.tokens.workspace }
    for (const argv of [
      ['init', '--yes'],
      ['plan', '-e', 'staging'],
      ['deploy', '-e', 'staging', '--yes'],
      ['deploy', '-e', 'production', '--yes'],
      ['status', '-e', 'production'],
      ['plan', '-e', 'production', '--detailed-exit-code'],
    ]) {
      const { exitCode, stderr } = await stage.run(argv, { env })
      expect(exitCode, `${argv.join(' ')}: ${stderr}`).toBe(0)
    }
    expect(authorizations(stage)).toEqual(new Set([`Bearer ${stage.platform.address.tokens.workspace}`]))
    expect(stage.platform.requests.map(({ operationName }) => operationName)).not.toContain('Me')
  })
})

describe('a project token', () => {
  it('plans, deploys and shows its own environment without being told which one', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const before = stage.platform.requests.length
    const env = { RAILWAY_TOKEN: stage.platform.address.tokens.project.staging ?? '' }
    expect((await stage.run(['plan'], { env })).stdout).toContain('environment staging')
    expect((await stage.run(['deploy', '--yes'], { env })).exitCode).toBe(0)
    expect((await stage.run(['status'], { env })).stdout).toContain('environment staging')
    for (const { headers } of stage.platform.requests.slice(before)) {
      expect(headers.authorization).toBeUndefined()
      expect(headers['project-access-token']).toBe(env.RAILWAY_TOKEN)
    }
  })

  it('of a protected environment still wants that environment spelled out', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const env = { RAILWAY_TOKEN: stage.platform.address.tokens.project.production ?? '' }
    expect(await stage.run(['deploy', '--yes'], { env })).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining('Add: -e production'),
    })
    expect((await stage.run(['deploy', '--yes', '-e', 'production'], { env })).exitCode).toBe(0)
  })

  it('wins over an account token, and that is said', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const { account, project } = stage.platform.address.tokens
    const { stderr } = await stage.run(['status'], {
      env: { RAILWAY_TOKEN: project.staging ?? '', RAILWAY_API_TOKEN: account },
    })
    expect(stderr).toContain('RAILWAY_TOKEN is used; RAILWAY_API_TOKEN is set too and is not.')
  })
})

describe('a token that may not access an environment', () => {
  it.each([
    ['status', ['status', '-e', 'production']],
    ['plan', ['plan', '-e', 'production']],
    ['deploy', ['deploy', '-e', 'production', '--yes']],
    ['init', ['init', '--yes']],
  ])('%s says so, and changes nothing', async (_, argv) => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    await meddle(stage, (operation, body) =>
      operation === 'FindProjects'
        ? body.replace(/("name":"production","isEphemeral":false,"canAccess":)true/, '$1false')
        : body,
    )
    const before = stage.platform.requests.length
    const ran = await stage.run(argv)
    expect(ran.exitCode).toBe(4)
    expect(ran.stderr).toContain('Environment production is restricted for this token')
    expect(stage.platform.requests.slice(before).filter(({ kind }) => kind === 'mutation')).toEqual([])
  })
})

describe('the config is code, and sees no token', () => {
  const seen = 'fakturinoTestSaw'
  afterEach(() => {
    Reflect.deleteProperty(globalThis, seen)
  })

  it.each(['plan', 'status', 'deploy', 'init'])(
    '%s takes both out of the environment before it runs',
    async (command) => {
      const stage = await aStage()
      await stage.useConfig(`globalThis.${seen} = { ...globalThis.fakturinoTestEnv }\nexport default {}`)
      // The machine's environment, as a real config would find it in process.env.
      const env: Record<string, string> = {
        RAILWAY_TOKEN: stage.platform.address.tokens.project.staging ?? '',
        RAILWAY_API_TOKEN: stage.platform.address.tokens.account,
        KEPT: 'yes',
      }
      Reflect.set(globalThis, 'fakturinoTestEnv', env)
      const argv =
        command === 'init' ? ['init', '--yes'] : [command, '-e', 'staging', '--project', 'fakturino-production']
      await stage.run(argv, { machineEnv: command === 'init' ? withoutProjectToken(env) : env })
      expect(Reflect.get(globalThis, seen)).toEqual({ KEPT: 'yes' })
    },
  )

  function withoutProjectToken(env: Record<string, string>): Record<string, string> {
    delete env.RAILWAY_TOKEN
    return env
  }
})

function authorizations({ platform }: Stage): Set<unknown> {
  return new Set(platform.requests.map(({ headers }) => headers.authorization))
}
