import { describe, expect, it } from 'vitest'
import { isRecord } from '../../../src/kit/json.ts'
import { repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  codeServices,
  commitsOf,
  expectEmptyPlan,
  failureOf,
  idOf,
  mutationsSince,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const file = '/plans/staging.plan'
const apply = ['deploy', '-e', 'staging', '--yes', '--json', '--plan', file]
const fileCache = { "CACHE_STORE: 'redis'": "CACHE_STORE: 'file'" }

/** A deployed staging, and a saved plan of another cache store. */
async function aStageWithPlan(argv: string[] = []): Promise<Stage> {
  const stage = await aDeployedStage()
  await stage.useConfig(await shippedConfig(fileCache))
  await succeeding(stage, ['plan', '-e', 'staging', '--out', file, ...argv])
  return stage
}

function textOf({ files }: Stage): string {
  return files.all()[file] ?? ''
}

function contentOf(stage: Stage): Record<string, unknown> {
  const read: unknown = JSON.parse(textOf(stage))
  if (!isRecord(read)) throw new Error('not an object')
  return read
}

async function expectRefusal(stage: Stage, exitCode: number, failure: object, argv = apply): Promise<void> {
  const start = stage.platform.requests.length
  const ran = await stage.run(argv)
  expect(ran).toMatchObject({ exitCode })
  expect(failureOf(ran)).toMatchObject(failure)
  expect(mutationsSince(stage, start)).toEqual([])
  expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
}

describe('a saved plan', () => {
  it('says where it is and how it is applied', async () => {
    const stage = await aDeployedStage()
    const { documents } = await succeeding(stage, ['plan', '-e', 'staging', '--json', '--out', file])
    expect(documents[0]?.saved).toEqual({
      path: file,
      apply: expect.stringMatching(/^fakturino deploy -e staging --plan \/plans\/staging\.plan --local /),
    })
    const { stdout } = await succeeding(stage, ['plan', '-e', 'staging', '--out', file])
    expect(stdout).toContain(`Saved to ${file}; to apply exactly this:`)
  })

  it('is applied as it is: what it changes, and the commit that it was made for', async () => {
    const stage = await aDeployedStage()
    const { sha } = stage.platform.world.push(repository, 'main', { message: 'Second' })
    await stage.useConfig(await shippedConfig(fileCache))
    await succeeding(stage, ['plan', '-e', 'staging', '--commit', sha, '--out', file])
    expect(contentOf(stage)).toMatchObject({ format: 1, commit: { kind: 'given', commit: sha } })
    await succeeding(stage, apply)
    for (const service of codeServices) expect(storedValue(stage, 'staging', service, 'CACHE_STORE')).toBe('file')
    expect(commitsOf(stage, 'staging')).toEqual({ api: [sha], worker: [sha], scheduler: [sha] })
    await expectEmptyPlan(stage, 'staging')
    expect(await stage.run(apply), 'a second time').toMatchObject({ exitCode: 5 })
  })

  it('is of the services that it was made for, and of no other', async () => {
    const stage = await aStageWithPlan(['worker'])
    expect(contentOf(stage)).toMatchObject({ services: ['worker'] })
    await succeeding(stage, apply)
    expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('file')
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
  })

  it('needs no -e where nothing is protected', async () => {
    const stage = await aStageWithPlan()
    await succeeding(stage, ['deploy', '--yes', '--plan', file])
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('file')
  })

  it('of a protected environment needs it still', async () => {
    const stage = await aDeployedStage()
    await succeeding(stage, ['plan', '-e', 'production', '--out', file])
    const argv = ['deploy', '--yes', '--json', '--plan', file]
    await expectRefusal(stage, 64, { code: 'missing-environment' }, argv)
  })

  it('writes nothing in a dry run', async () => {
    const stage = await aStageWithPlan()
    const start = stage.platform.requests.length
    await succeeding(stage, [...apply, '--dry-run'])
    expect(mutationsSince(stage, start)).toEqual([])
  })
})

describe('secrets', () => {
  const secrets = { stdin: 'PADDLE_API_KEY=pdl-live-4711-secret' }

  it('are in no saved plan, and have to be supplied again', async () => {
    const stage = await aDeployedStage()
    const planned = await stage.run(['plan', '-e', 'staging', '--out', file, '--secrets-file', '-'], secrets)
    expect(planned.exitCode).toBe(0)
    expect(planned.stdout).toContain('--secrets-file FILE')
    expect(contentOf(stage)).toMatchObject({ suppliedSecrets: ['PADDLE_API_KEY'] })
    expect(textOf(stage)).not.toContain('4711')
    await expectRefusal(stage, 64, { code: 'missing-answer', message: expect.stringContaining('PADDLE_API_KEY') })
    const ran = await stage.run([...apply, '--secrets-file', '-'], secrets)
    expect(ran.exitCode).toBe(0)
    expect(storedValue(stage, 'staging', 'api', 'PADDLE_API_KEY')).toBe('pdl-live-4711-secret')
  })

  it('that are stored are not in it either', async () => {
    const stage = await aStageWithPlan()
    const text = textOf(stage)
    for (const [service, variable] of [
      ['api', 'APP_KEY'],
      ['api', 'MCP_SERVER_TOKEN'],
      ['postgres', 'POSTGRES_PASSWORD'],
    ] as const) {
      const value = storedValue(stage, 'staging', service, variable)
      expect(value).toEqual(expect.any(String))
      expect(text).not.toContain(value)
    }
  })

  it('that the plan was made without are refused', async () => {
    const stage = await aStageWithPlan()
    const ran = await stage.run([...apply, '--secrets-file', '-'], secrets)
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({ code: 'moved', message: expect.stringContaining('PADDLE_API_KEY') })
  })
})

describe('what moved since is named, with 5, and nothing is written', () => {
  it.each<[what: string, move: (stage: Stage, environment: string) => unknown, named: string]>([
    ...(
      [
        ['api', 'CACHE_STORE', 'array'],
        ['worker', 'QUEUE_CONNECTION', 'sync'],
        ['scheduler', 'TITLE', 'night shift'],
        ['postgres', 'POSTGRES_PASSWORD', 'another-password'],
        ['redis', 'REDISPORT', null],
      ] as const
    ).map(([service, variable, value]): [string, (stage: Stage, environment: string) => unknown, string] => [
      `${variable} of ${service}`,
      ({ platform: { world } }, environment) =>
        world.setVariable(environment, world.serviceNamed(service).id, variable, value, { skipDeploys: true }),
      `${service} variable ${variable}`,
    ]),
    [
      'a shared variable',
      ({ platform: { world } }, environment) =>
        world.setVariable(environment, undefined, 'REGION', 'eu', { skipDeploys: true }),
      'shared variable REGION',
    ],
    [
      'a setting',
      (stage, environment) =>
        stage.platform.world.commit(
          environment,
          { services: { [idOf(stage, 'worker')]: { deploy: { restartPolicyType: 'NEVER' } } } },
          { skipDeploys: true },
        ),
      'worker restart policy',
    ],
  ])('%s', async (_, move, named) => {
    const stage = await aStageWithPlan()
    move(stage, stage.platform.world.environmentNamed('staging').id)
    const start = stage.platform.requests.length
    const ran = await stage.run(apply)
    expect(ran.exitCode).toBe(5)
    const { message } = failureOf(ran)
    expect(message).toMatch(/^staging is not as it was when the plan was saved: /)
    expect(message).toContain(named)
    expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/night shift|another-password/)
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('a config that wants something else now', async () => {
    const stage = await aStageWithPlan()
    await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'array'" }))
    await expectRefusal(stage, 5, {
      code: 'moved',
      message: expect.stringMatching(/^What would be done now is not as it was .*: api variable CACHE_STORE, /),
    })
  })
})

describe('a file that was tampered with', () => {
  it.each<[what: string, tamper: (content: Record<string, unknown>) => unknown, exitCode: number, code: string]>([
    ['that is no JSON', () => 'hello', 64, 'saved-plan-invalid'],
    ['that is something else', () => ({ type: 'plan', format: 1 }), 64, 'saved-plan-invalid'],
    ['of another format', (content) => ({ ...content, format: 2 }), 64, 'saved-plan-invalid'],
    ['that lacks something', ({ marks: _, ...content }) => content, 64, 'saved-plan-invalid'],
    ['with a commit that is none', (content) => ({ ...content, commit: { kind: 'given' } }), 64, 'saved-plan-invalid'],
    ['of another project', (content) => ({ ...content, project: 'shop' }), 64, 'saved-plan-elsewhere'],
    ['of another environment', (content) => ({ ...content, environment: 'qa' }), 64, 'saved-plan-elsewhere'],
    ['of another platform', (content) => ({ ...content, isRehearsal: false }), 64, 'saved-plan-elsewhere'],
    ['with another fingerprint', (content) => ({ ...content, fingerprint: 'a:b' }), 5, 'moved'],
    ['with fewer changes', (content) => ({ ...content, changes: [] }), 5, 'moved'],
    ['with fewer deployments', (content) => ({ ...content, deployments: [] }), 5, 'moved'],
    ['with another commit', (content) => ({ ...content, commit: { kind: 'latest' } }), 5, 'moved'],
    ['with other services', (content) => ({ ...content, services: ['api'] }), 5, 'moved'],
    [
      'with another value in a change',
      (content) => ({ ...content, changes: JSON.parse(JSON.stringify(content.changes).replaceAll('"file"', '"x"')) }),
      5,
      'moved',
    ],
  ])('%s is refused', async (_, tamper, exitCode, code) => {
    const stage = await aStageWithPlan()
    const content = tamper(contentOf(stage))
    await stage.files.writeText(file, typeof content === 'string' ? content : JSON.stringify(content))
    await expectRefusal(stage, exitCode, { code, message: expect.stringContaining('Nothing was changed.') })
  })
})

describe('a mistake in the command', () => {
  it.each<[what: string, argv: string[], code: string]>([
    ['a file that is not there', ['--plan', '/plans/other.plan'], 'saved-plan-invalid'],
    ['a commit besides', ['--plan', file, '--commit', 'latest'], 'invalid-option'],
    ['services besides', ['worker', '--plan', file], 'invalid-option'],
    ['another environment', ['--plan', file, '-e', 'production'], 'saved-plan-elsewhere'],
  ])('%s is refused with 64', async (_, argv, code) => {
    const stage = await aStageWithPlan()
    await expectRefusal(stage, 64, { code }, ['deploy', '--yes', '--json', ...argv])
  })
})
