import { describe, expect, it } from 'vitest'
import { type ExpectedFailure, expectFailure } from '../../support/expect-failure.ts'
import { aStage } from '../../support/stage.ts'

describe('a token for something else', () => {
  const elsewhere: ExpectedFailure = {
    exitCode: 4,
    kind: 'denied',
    code: 'token-elsewhere',
    says: /The project token is for environment staging of fakturino-production, and production was asked for/,
    next: /Set RAILWAY_TOKEN to a token of production, or pass -e staging/,
  }

  it.each([
    ['plan', '-e', 'production'],
    ['status', '-e', 'production'],
    ['deploy', '-e', 'production', '--yes'],
  ])('%s of an environment that the project token does not reach', async (...argv) => {
    const stage = await aStage()
    expect((await stage.run(['init', '--yes'])).exitCode).toBe(0)
    const { staging = '' } = stage.platform.address.tokens.project
    await expectFailure(stage, argv, elsewhere, { env: { RAILWAY_TOKEN: staging } })
  })

  it('init with a project token says which token it needs, before anything is read', async () => {
    const stage = await aStage()
    const { staging = '' } = stage.platform.address.tokens.project
    await expectFailure(
      stage,
      ['init', '--yes'],
      {
        exitCode: 4,
        kind: 'denied',
        code: 'not-authorized',
        says: /init makes a project .* and a project token \(RAILWAY_TOKEN\) may not/,
        next: /set RAILWAY_API_TOKEN to an account or workspace token/,
      },
      { env: { RAILWAY_TOKEN: staging } },
    )
    expect(stage.platform.requests).toHaveLength(0)
  })

  it('a token that the platform does not know is denied', async () => {
    const stage = await aStage()
    await expectFailure(
      stage,
      ['status', '-e', 'staging'],
      {
        exitCode: 4,
        kind: 'denied',
        code: 'not-authorized',
        says: /Not Authorized\. The token is no longer valid, or may not do this/,
        next: /Check that the token in RAILWAY_API_TOKEN still exists/,
      },
      { env: { RAILWAY_API_TOKEN: 'rehearsal_account_of_yesterday' } },
    )
  })
})

describe('a command that changes an environment', () => {
  it('names no environment: they are listed', async () => {
    const stage = await aStage()
    await expectFailure(stage, ['deploy', '--yes'], {
      exitCode: 64,
      kind: 'usage',
      code: 'missing-environment',
      says: /This changes an environment, and none was named/,
      next: /Name one: -e staging or -e production/,
    })
    expect(stage.platform.requests).toHaveLength(0)
  })

  it.each([['plan'], ['deploy', '--yes'], ['status']])(
    '%s of an unknown one: the nearest is named',
    async (...argv) => {
      await expectFailure(await aStage(), [...argv, '-e', 'stagin'], {
        exitCode: 64,
        kind: 'usage',
        code: 'unknown-environment',
        says: /The config has no environment 'stagin'; it has staging and production/,
        next: /Did you mean -e staging\?/,
      })
    },
  )

  it('before init says so', async () => {
    await expectFailure(await aStage(), ['deploy', '-e', 'staging', '--yes'], {
      exitCode: 64,
      kind: 'usage',
      code: 'project-missing',
      says: /The token reaches no project called fakturino-production/,
      next: /run: fakturino init --local/,
    })
  })

  it('status before init says so too', async () => {
    await expectFailure(await aStage(), ['status', '-e', 'staging'], {
      exitCode: 64,
      kind: 'usage',
      code: 'project-missing',
      says: /The token reaches no project called fakturino-production/,
      next: /run: fakturino init --local/,
    })
  })

  it('a protected one has to stand in the command itself', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    await expectFailure(
      stage,
      ['deploy', '--yes'],
      {
        exitCode: 64,
        kind: 'usage',
        code: 'missing-environment',
        says: /production is protected, and this command changes it/,
        next: /Add: -e production/,
      },
      { env: { FAKTURINO_ENVIRONMENT: 'production' } },
    )
  })

  it.each([
    ['deploy to staging', ['deploy', '-e', 'staging']],
    ['deploy to production', ['deploy', '-e', 'production', '--no-input']],
  ])('%s needs an approval, and without a terminal nobody gives it', async (what, argv) => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    await expectFailure(stage, argv, {
      exitCode: 64,
      kind: 'usage',
      code: 'missing-answer',
      says: new RegExp(`there is nobody to ask: ${what}\\?`, 'i'),
      next: /Answer it with --yes, or run the command at a terminal/,
    })
  })

  it('init needs one as well', async () => {
    await expectFailure(await aStage(), ['init'], {
      exitCode: 64,
      kind: 'usage',
      code: 'missing-answer',
      says: /Set up staging and production\?/,
      next: /--yes/,
    })
  })

  it.each([
    ['no', 'staging', 'n'],
    ['another name than that of the protected environment', 'production', 'staging'],
  ])('a person who answers %s declines', async (_, environment, answer) => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const before = stage.platform.requests.filter((request) => request.kind === 'mutation').length
    const ran = await stage.run(['deploy', '-e', environment, '--no-color'], { answers: [answer] })
    expect(ran.exitCode).toBe(5)
    expect(ran.stderr).toContain(`✗ Declined: deploy to ${environment}. Nothing was changed on the platform.`)
    expect(ran.stderr).toMatch(/--dry-run/)
    expect(stage.platform.requests.filter((request) => request.kind === 'mutation')).toHaveLength(before)
  })

  it.each([
    ['staging', 'y'],
    ['production', 'production'],
  ])('a person who agrees to %s is enough', async (environment, answer) => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const ran = await stage.run(['deploy', '-e', environment, '--no-color'], { answers: [answer] })
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('live after') })
  })

  it('is not asked twice: at a terminal in CI, or with --json, nobody is', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const inCi = await stage.run(['deploy', '-e', 'staging'], { isTerminal: true, env: { CI: 'true' } })
    expect(inCi.exitCode).toBe(64)
    const json = await stage.run(['deploy', '-e', 'staging', '--json'], { isTerminal: true })
    expect(json.documents.at(-1)).toMatchObject({ type: 'failure', code: 'missing-answer' })
  })
})

describe('a mistake of our own', () => {
  it('ends with 70, says where it happened and what to run next, and shows nothing else', async () => {
    const stage = await aStage()
    stage.platform.onRequest(() => ({ kind: 'answer', status: 200, body: '{"data":{"apiToken":null}}' }))
    const { human } = await expectFailure(stage, ['plan', '-e', 'staging'], {
      exitCode: 70,
      kind: 'bug',
      code: 'bug',
      says: /fakturino made a mistake of its own: .*\(at /,
      next: /Run: fakturino status --local/,
    })
    expect(human).not.toContain(stage.platform.address.tokens.account)
  })
})
