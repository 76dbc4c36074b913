import { describe, expect, it } from 'vitest'
import { meddle } from '../../support/meddle.ts'
import { aStage, type Ran, type Stage } from '../../support/stage.ts'

const uuid = expect.stringMatching(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)

function withToken(stage: Stage, kind: 'account' | 'workspace' | 'staging', argv: string[] = []): Promise<Ran> {
  const { account, workspace, project } = stage.platform.address.tokens
  const env: Record<string, string> =
    kind === 'staging'
      ? { RAILWAY_TOKEN: project.staging ?? '' }
      : { RAILWAY_API_TOKEN: kind === 'account' ? account : workspace }
  return stage.run(['whoami', ...argv], { env })
}

function askedOf(stage: Stage, start = 0): unknown[] {
  return stage.platform.requests.slice(start).map(({ operationName }) => operationName)
}

describe('whoami as one JSON document', () => {
  it('an account token: the person and the workspaces', async () => {
    const stage = await aStage()
    const { exitCode, documents } = await withToken(stage, 'account', ['--json'])
    expect(exitCode).toBe(0)
    expect(documents).toEqual([
      {
        type: 'whoami',
        format: 1,
        kind: 'account',
        name: 'Rehearsal operator',
        workspaces: [{ id: uuid, name: expect.any(String) }],
        project: null,
        environment: null,
        endpoint: stage.platform.address.endpoint,
        rehearsal: true,
      },
    ])
    expect(askedOf(stage)).toEqual(['FindWorkspaces', 'Me'])
  })

  it('a workspace token: its workspace and no name', async () => {
    const stage = await aStage()
    const { exitCode, documents } = await withToken(stage, 'workspace', ['--json'])
    expect(exitCode).toBe(0)
    expect(documents).toEqual([
      {
        type: 'whoami',
        format: 1,
        kind: 'workspace',
        name: null,
        workspaces: [{ id: uuid, name: expect.any(String) }],
        project: null,
        environment: null,
        endpoint: stage.platform.address.endpoint,
        rehearsal: true,
      },
    ])
  })

  it('a project token: its own name, its project and its environment, in one request', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const start = stage.platform.requests.length
    const { exitCode, documents } = await withToken(stage, 'staging', ['--json'])
    expect(exitCode).toBe(0)
    expect(documents).toEqual([
      {
        type: 'whoami',
        format: 1,
        kind: 'project',
        name: 'staging',
        workspaces: null,
        project: { id: uuid, name: 'fakturino-production' },
        environment: { id: uuid, name: 'staging' },
        endpoint: stage.platform.address.endpoint,
        rehearsal: true,
      },
    ])
    expect(askedOf(stage, start)).toEqual(['IdentifyProjectToken'])
  })
})

describe('whoami on a screen', () => {
  it('says the kind, the reach, the endpoint, and that it is a rehearsal; never the token', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const account = await withToken(stage, 'account')
    expect(account.stdout).toMatch(/^Account token of Rehearsal operator \(REHEARSAL\)\n\n {2}workspace {2}\S/)
    expect(account.stdout).toContain(`  endpoint   ${stage.platform.address.endpoint}\n`)
    expect((await withToken(stage, 'workspace')).stdout).toMatch(/^Workspace token \(REHEARSAL\)\n/)
    const project = await withToken(stage, 'staging')
    expect(project.stdout).toMatch(
      /^Project token staging \(REHEARSAL\)\n\n {2}project {6}fakturino-production\n {2}environment {2}staging\n/,
    )
    for (const { stdout, stderr } of [account, project]) expect(stdout + stderr).not.toMatch(/rehearsal_\w+_[0-9a-f]/)
  })
})

describe('whoami with a token that is not good', () => {
  const dead = 'rehearsal_account_00000000000000000000000000000000'

  it.each([
    ['RAILWAY_API_TOKEN', 'not-authorized', 'Check that the token in RAILWAY_API_TOKEN still exists'],
    ['RAILWAY_TOKEN', 'token-invalid', 'Put a project token of this environment into RAILWAY_TOKEN'],
  ])('%s is denied, with what to do', async (variable, code, hint) => {
    const stage = await aStage()
    const { exitCode, documents, stderr } = await stage.run(['whoami', '--json'], { env: { [variable]: dead } })
    expect(exitCode).toBe(4)
    expect(documents).toEqual([
      expect.objectContaining({ type: 'failure', code, exitCode: 4, hint: expect.stringContaining(hint) }),
    ])
    expect(JSON.stringify(documents) + stderr).not.toContain(dead)
    expect(askedOf(stage)).not.toContain('Me')
  })

  it('no token at all is denied before anything is sent', async () => {
    const stage = await aStage()
    const { exitCode, documents } = await stage.run(['whoami', '--json'], { isRemote: true })
    expect(exitCode).toBe(4)
    expect(documents).toEqual([expect.objectContaining({ type: 'failure', code: 'token-missing' })])
    expect(stage.platform.requests).toEqual([])
  })

  it('a platform that breaks at the second question does not make it a workspace token', async () => {
    const stage = await aStage()
    await meddle(stage, (operation, body) => (operation === 'Me' ? '<html>' : body))
    const { exitCode, documents } = await withToken(stage, 'account', ['--json'])
    expect(exitCode).toBe(69)
    expect(documents.at(-1)).toMatchObject({ type: 'failure', code: 'not-graphql' })
  })
})

it('no other command asks whose token it is', async () => {
  const stage = await aStage()
  for (const argv of [
    ['init', '--yes'],
    ['plan', '-e', 'staging'],
    ['deploy', '-e', 'staging', '--yes'],
    ['restart', 'api', '-e', 'staging', '--yes'],
    ['status', '-e', 'staging'],
  ]) {
    expect((await stage.run(argv)).exitCode, argv.join(' ')).toBe(0)
  }
  expect(askedOf(stage)).not.toContain('Me')
  await stage.run(['whoami'])
  expect(askedOf(stage)).toContain('Me')
})
