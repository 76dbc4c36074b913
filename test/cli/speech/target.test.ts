import { describe, expect, it } from 'vitest'
import type { Ran, Stage } from '../../support/stage.ts'
import { aStage } from '../../support/stage.ts'

const nobodysId = '00000000-0000-4000-8000-000000000000'

/** What a command may be told about its environment, and how. */
interface Told {
  option?: string
  FAKTURINO_ENVIRONMENT?: string
  /** By name; the variable holds its id. */
  RAILWAY_ENVIRONMENT_ID?: string
  /** By the environment of the project token. */
  RAILWAY_TOKEN?: string
}

describe('which environment a command is about', () => {
  it.each<[string, Told, string]>([
    ['nothing: the first unprotected one', {}, 'staging'],
    ['-e', { option: 'production' }, 'production'],
    ['FAKTURINO_ENVIRONMENT', { FAKTURINO_ENVIRONMENT: 'production' }, 'production'],
    ['an empty FAKTURINO_ENVIRONMENT counts as none', { FAKTURINO_ENVIRONMENT: '' }, 'staging'],
    ['RAILWAY_ENVIRONMENT_ID', { RAILWAY_ENVIRONMENT_ID: 'production' }, 'production'],
    ['a project token', { RAILWAY_TOKEN: 'production' }, 'production'],
    ['-e before FAKTURINO_ENVIRONMENT', { option: 'staging', FAKTURINO_ENVIRONMENT: 'production' }, 'staging'],
    ['-e before RAILWAY_ENVIRONMENT_ID', { option: 'staging', RAILWAY_ENVIRONMENT_ID: 'production' }, 'staging'],
    [
      '-e before both',
      { option: 'production', FAKTURINO_ENVIRONMENT: 'staging', RAILWAY_ENVIRONMENT_ID: 'staging' },
      'production',
    ],
    ['-e that says what the project token says', { option: 'production', RAILWAY_TOKEN: 'production' }, 'production'],
    [
      'RAILWAY_ENVIRONMENT_ID of the project token',
      { RAILWAY_ENVIRONMENT_ID: 'production', RAILWAY_TOKEN: 'production' },
      'production',
    ],
    [
      'FAKTURINO_ENVIRONMENT and the same id',
      { FAKTURINO_ENVIRONMENT: 'production', RAILWAY_ENVIRONMENT_ID: 'production' },
      'production',
    ],
  ])('%s', async (_, told, expected) => {
    const stage = await aProject()
    for (const command of ['status', 'plan']) {
      const ran = await run(stage, command, told)
      expect(ran.documents[0], command).toMatchObject({ type: command, environment: expected })
    }
  })

  it.each<[string, Told, string, RegExp]>([
    [
      '-e against the project token',
      { option: 'staging', RAILWAY_TOKEN: 'production' },
      'token-elsewhere',
      /for environment production/,
    ],
    [
      'FAKTURINO_ENVIRONMENT against the project token',
      { FAKTURINO_ENVIRONMENT: 'staging', RAILWAY_TOKEN: 'production' },
      'token-elsewhere',
      /and staging was asked for/,
    ],
    [
      'RAILWAY_ENVIRONMENT_ID against the project token',
      { RAILWAY_ENVIRONMENT_ID: 'staging', RAILWAY_TOKEN: 'production' },
      'token-elsewhere',
      /for environment production/,
    ],
    [
      'FAKTURINO_ENVIRONMENT against RAILWAY_ENVIRONMENT_ID',
      { FAKTURINO_ENVIRONMENT: 'staging', RAILWAY_ENVIRONMENT_ID: 'production' },
      'unknown-environment',
      /RAILWAY_ENVIRONMENT_ID names environment production/,
    ],
    [
      'an unknown FAKTURINO_ENVIRONMENT',
      { FAKTURINO_ENVIRONMENT: 'prod' },
      'unknown-environment',
      /no environment 'prod'/,
    ],
  ])('a contradiction is refused, not resolved: %s', async (_, told, code, says) => {
    const stage = await aProject()
    for (const command of ['status', 'plan']) {
      const ran = await run(stage, command, told)
      expect(ran.documents.at(-1), command).toMatchObject({
        type: 'failure',
        code,
        message: expect.stringMatching(says),
      })
    }
  })

  it.each<[string, Told, boolean]>([
    ['nothing', {}, false],
    ['-e', { option: 'staging' }, true],
    ['FAKTURINO_ENVIRONMENT', { FAKTURINO_ENVIRONMENT: 'staging' }, true],
    ['RAILWAY_ENVIRONMENT_ID', { RAILWAY_ENVIRONMENT_ID: 'staging' }, true],
    ['a project token', { RAILWAY_TOKEN: 'staging' }, true],
  ])('a changing command needs one of them: %s', async (_, told, isEnough) => {
    const ran = await run(await aProject(), 'deploy', told, ['--yes'])
    if (isEnough) expect(ran.documents.at(-1)).toMatchObject({ type: 'answer', environment: 'staging' })
    else expect(ran.documents.at(-1)).toMatchObject({ type: 'failure', code: 'missing-environment', exitCode: 64 })
  })
})

it.each(['status', 'logs', 'check', 'history', 'plan'])(
  '%s says which id is none of an environment, and where it was set',
  async (command) => {
    const strange = '00000000-0000-4000-8000-000000000000'
    const ran = await (await aProject()).run([command, '--json'], { env: { RAILWAY_ENVIRONMENT_ID: strange } })
    expect(ran.documents.at(-1)).toMatchObject({
      type: 'failure',
      code: 'environment-missing',
      message: expect.stringContaining(`no environment with the id ${strange} (RAILWAY_ENVIRONMENT_ID)`),
      hint: expect.stringContaining('-e'),
    })
  },
)

describe('which project a command is about', () => {
  it.each([
    ['the name in --project', ['--project', 'second'], {}, 'second'],
    ['the id in --project', ['--project', 'ID'], {}, 'second'],
    ['RAILWAY_PROJECT_ID', [], { RAILWAY_PROJECT_ID: 'ID' }, 'second'],
    [
      '--project before RAILWAY_PROJECT_ID',
      ['--project', 'fakturino-production'],
      { RAILWAY_PROJECT_ID: 'ID' },
      'fakturino-production',
    ],
    ["the config's, when nothing is said", [], {}, 'fakturino-production'],
  ])('%s', async (_, options, env, expected) => {
    const stage = await aProject()
    const second = stage.platform.world.addProject('second')
    stage.platform.world.addEnvironment(second.id, 'staging')
    const filled = (text: string) => text.replace('ID', second.id)
    const ran = await stage.run(['status', '-e', 'staging', '--json', ...options.map(filled)], {
      env: Object.fromEntries(Object.entries(env).map(([name, text]) => [name, filled(text)])),
    })
    expect(ran.documents[0]).toMatchObject({ type: 'status', project: expected })
  })

  it.each([
    ['--project', ['--project', 'other'], {}],
    ['FAKTURINO_ENVIRONMENT, which is not about init', ['--project', 'other'], { FAKTURINO_ENVIRONMENT: 'staging' }],
  ])('init makes the project that it looks for, once, and calls it so everywhere: %s', async (_, options, env) => {
    const stage = await aStage()
    const init = ['init', '--yes', '--json', ...options]
    const ran = await stage.run(init, { env })
    expect(ran.documents.at(-1)).toMatchObject({ project: { name: 'other' } })
    const named = ran.documents.filter((document) => typeof document.project === 'string')
    expect(new Set(named.map(({ project }) => project))).toEqual(new Set(['other']))
    expect(ran.stdout).not.toContain('fakturino-production')
    const again = await stage.run(init, { env })
    expect(again).toMatchObject({ exitCode: 0, stderr: '' })
    expect([...stage.platform.world.projects.values()].map(({ name }) => name)).toEqual(['other'])
    const plan = await stage.run(['plan', '-e', 'staging', '--json', ...options])
    expect(plan.documents[0]).toMatchObject({ type: 'plan', project: 'other' })
  })

  it.each([
    ['an unknown id in --project', ['--project', nobodysId], {}, 1, 'not-found'],
    ['an unknown id in RAILWAY_PROJECT_ID', [], { RAILWAY_PROJECT_ID: nobodysId }, 1, 'not-found'],
    ['a RAILWAY_PROJECT_ID that is no id', [], { RAILWAY_PROJECT_ID: 'other' }, 64, 'invalid-option'],
  ])('init makes nothing for %s', async (_, options, env, exitCode, code) => {
    const stage = await aStage()
    const ran = await stage.run(['init', '--yes', '--json', ...options], { env })
    expect(ran.exitCode).toBe(exitCode)
    expect(ran.documents.at(-1)).toMatchObject({ type: 'failure', code })
    expect(stage.platform.world.projects.size).toBe(0)
  })

  it('two of one name are not guessed between: their ids are named', async () => {
    const stage = await aProject()
    stage.platform.world.addProject('twin')
    stage.platform.world.addProject('twin')
    const ran = await stage.run(['status', '-e', 'staging', '--json', '--project', 'twin'])
    expect(ran.documents[0]).toMatchObject({
      code: 'workspace-ambiguous',
      exitCode: 64,
      hint: expect.stringMatching(/--project [0-9a-f-]{36}, or --project [0-9a-f-]{36}/),
    })
  })

  it('an id in RAILWAY_ENVIRONMENT_ID that no environment has is named', async () => {
    const stage = await aProject()
    const gone = '00000000-0000-4000-8000-000000000000'
    const ran = await stage.run(['plan', '--json'], { env: { RAILWAY_ENVIRONMENT_ID: gone } })
    expect(ran.documents[0]).toMatchObject({
      code: 'environment-missing',
      exitCode: 64,
      message: expect.stringContaining(`no environment with the id ${gone} (RAILWAY_ENVIRONMENT_ID)`),
    })
  })

  it('ids that were remembered and have become stale are looked up again', async () => {
    const stage = await aProject()
    for (const [path, text] of Object.entries(stage.files.all())) {
      if (path.endsWith('known-ids.json'))
        await stage.files.writeText(path, text.replaceAll(/[0-9a-f]{8}-/g, '00000000-'))
    }
    const ran = await stage.run(['status', '-e', 'staging', '--json'])
    expect(ran.documents[0]).toMatchObject({ type: 'status', environment: 'staging' })
  })
})

describe('status of an environment that the config does not have', () => {
  it('shows it where the platform has it; other commands have nothing to compare it with', async () => {
    const stage = await aProject()
    const project = stage.platform.world.projects.values().next().value
    stage.platform.world.addEnvironment(project?.id ?? '', 'pr-17')
    const ran = await stage.run(['status', '-e', 'pr-17', '--json'])
    expect(ran.documents[0]).toMatchObject({ type: 'status', environment: 'pr-17' })
    for (const argv of [['plan'], ['deploy', '--yes']]) {
      const { documents } = await stage.run([...argv, '-e', 'pr-17', '--json'])
      expect(documents[0]).toMatchObject({ type: 'failure', code: 'unknown-environment' })
    }
  })
})

async function aProject(): Promise<Stage> {
  const stage = await aStage()
  await stage.run(['init', '--yes'])
  return stage
}

function run(stage: Stage, command: string, told: Told, more: string[] = []): Promise<Ran> {
  const { world, address } = stage.platform
  const { option, FAKTURINO_ENVIRONMENT, RAILWAY_ENVIRONMENT_ID: byId, RAILWAY_TOKEN: byToken } = told
  return stage.run([command, '--json', ...(option === undefined ? [] : ['-e', option]), ...more], {
    env: {
      ...(FAKTURINO_ENVIRONMENT === undefined ? {} : { FAKTURINO_ENVIRONMENT }),
      ...(byId === undefined ? {} : { RAILWAY_ENVIRONMENT_ID: world.environmentNamed(byId).id }),
      ...(byToken === undefined ? {} : { RAILWAY_TOKEN: address.tokens.project[byToken] ?? '' }),
    },
  })
}
