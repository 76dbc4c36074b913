import { describe, expect, it } from 'vitest'
import { aStage, type Ran, repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  codeServices,
  deploymentCounts,
  deploymentsOf,
  eachService,
  expectEmptyPlan,
  failureOf,
  idOf,
  mutationsSince,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const sentinel = 'pdl_live_sentinel_7f3a9c'

/** Staging, stored, of a config in which the worker cannot start without a secret that a person has to supply. */
async function aWaitingStage(): Promise<Stage> {
  const stage = await aStage()
  await stage.useConfig(
    await shippedConfig({
      "PADDLE_API_KEY: { purpose: 'Paddle payments' }":
        "PADDLE_API_KEY: { purpose: 'Paddle payments', requiredBy: ['worker'] }",
    }),
  )
  await succeeding(stage, ['init', '--yes'])
  return stage
}

async function expectSupplied(stage: Stage, ran: Ran): Promise<void> {
  expect(ran, ran.stderr).toMatchObject({ exitCode: 0 })
  for (const service of codeServices) {
    expect(storedValue(stage, 'staging', service, 'PADDLE_API_KEY')).toBe(sentinel)
  }
  expect(deploymentCounts(stage, 'staging').worker).toBe(1)
  expect(ran.stdout + ran.stderr).not.toContain(sentinel)
  expect(JSON.stringify(stage.files.all()).replace(`PADDLE_API_KEY=${sentinel}`, '')).not.toContain(sentinel)
}

describe('a secret that somebody has to supply', () => {
  it('is named by init and by plan', async () => {
    const stage = await aWaitingStage()
    const { documents } = await succeeding(stage, ['plan', '-e', 'staging', '--json'])
    expect(documents[0]?.notes).toContainEqual({
      code: 'secret-missing',
      message: expect.stringContaining(
        'PADDLE_API_KEY (Paddle payments) is not set, and worker cannot start without it',
      ),
    })
  })

  it('blocks only the service that needs it: exit 6, everything else is deployed', async () => {
    const stage = await aWaitingStage()
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(6)
    expect(failureOf(ran)).toMatchObject({
      kind: 'unfinished',
      code: 'blocked-by-secret',
      message: expect.stringContaining(
        'worker cannot start without PADDLE_API_KEY (Paddle payments), which nobody has supplied',
      ),
      hint: expect.stringContaining('--secrets-file'),
    })
    expect(deploymentCounts(stage, 'staging')).toEqual({ postgres: 1, redis: 1, api: 1, worker: 0, scheduler: 1 })
  })

  it('comes from a file', async () => {
    const stage = await aWaitingStage()
    expect((await stage.run(['deploy', '-e', 'staging', '--yes'])).exitCode).toBe(6)
    await stage.files.writeText('/keys/secrets.env', `PADDLE_API_KEY=${sentinel}\n`)
    const argv = ['deploy', '-e', 'staging', '--yes', '--secrets-file', '/keys/secrets.env']
    await expectSupplied(stage, await stage.run(argv))
    const planned = await stage.run(['plan', '-e', 'staging', '--detailed-exit-code'])
    expect(planned.exitCode).toBe(0)
  })

  it('comes from stdin', async () => {
    const stage = await aWaitingStage()
    const argv = ['deploy', '-e', 'staging', '--yes', '--secrets-file', '-', '--json']
    await expectSupplied(stage, await stage.run(argv, { stdin: `PADDLE_API_KEY=${sentinel}` }))
  })

  it('given to init is stored in both environments, and blocks nothing afterwards', async () => {
    const stage = await aStage()
    await stage.files.writeText('/keys/secrets.env', `PADDLE_API_KEY=${sentinel}\n`)
    const ran = await succeeding(stage, ['init', '--yes', '--secrets-file', '/keys/secrets.env', '--verbose'])
    for (const environment of ['staging', 'production']) {
      expect(storedValue(stage, environment, 'api', 'PADDLE_API_KEY')).toBe(sentinel)
      await expectEmptyPlan(stage, environment)
    }
    expect(ran.stdout + ran.stderr).not.toContain(sentinel)
  })

  it('that is stored already stays when no file is given', async () => {
    const stage = await aWaitingStage()
    const argv = ['deploy', '-e', 'staging', '--yes', '--secrets-file', '-']
    await expectSupplied(stage, await stage.run(argv, { stdin: `PADDLE_API_KEY=${sentinel}` }))
    await succeeding(stage, ['init', '--yes'])
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(storedValue(stage, 'staging', 'worker', 'PADDLE_API_KEY')).toBe(sentinel)
  })
})

describe('a secrets file', () => {
  it.each([
    ['an unknown name', `PADDEL_API_KEY=${sentinel}`, 'PADDEL_API_KEY', 'Did you mean PADDLE_API_KEY'],
    ['no value', 'PADDLE_API_KEY=', 'PADDLE_API_KEY has no value', 'leave the line out'],
    ['nothing', '# later\n', 'holds no secret', 'NAME=value'],
  ])('with %s is refused with 64, and nothing is changed', async (_what, text, said, hint) => {
    const stage = await aWaitingStage()
    const start = stage.platform.requests.length
    const argv = ['deploy', '-e', 'staging', '--yes', '--secrets-file', '-', '--json']
    const ran = await stage.run(argv, { stdin: text })
    expect(ran.exitCode).toBe(64)
    expect(failureOf(ran)).toMatchObject({
      code: 'secrets-file-invalid',
      message: expect.stringContaining(said),
      hint: expect.stringContaining(hint),
    })
    expect(ran.stdout + ran.stderr).not.toContain(sentinel)
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('that is not there is refused with 64', async () => {
    const stage = await aWaitingStage()
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--secrets-file', '/nowhere.env', '--json'])
    expect(ran.exitCode).toBe(64)
    expect(failureOf(ran)).toMatchObject({ code: 'secrets-file-invalid' })
  })
})

describe('a generated secret', () => {
  it('is made once: a service that lost it gets the value of the others', async () => {
    const stage = await aStage()
    await succeeding(stage, ['init', '--yes'])
    const key = storedValue(stage, 'staging', 'api', 'APP_KEY')
    const { world } = stage.platform
    world.setVariable(world.environmentNamed('staging').id, world.serviceNamed('worker').id, 'APP_KEY', null, {
      skipDeploys: true,
    })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    for (const service of codeServices) expect(storedValue(stage, 'staging', service, 'APP_KEY')).toBe(key)
  })

  it('never shows: not in output, not in JSON, not in files', async () => {
    const stage = await aStage()
    const runs = [
      await stage.run(['init', '--yes', '--verbose']),
      await stage.run(['plan', '-e', 'staging', '--verbose']),
      await stage.run(['plan', '-e', 'production', '--json']),
      await stage.run(['deploy', '-e', 'staging', '--yes', '--json']),
      await stage.run(['deploy', '-e', 'production', '--yes', '--verbose']),
      await stage.run(['status', '-e', 'staging', '--json']),
    ]
    const secrets = ['staging', 'production'].flatMap((environment) => [
      storedValue(stage, environment, 'api', 'APP_KEY'),
      storedValue(stage, environment, 'api', 'MCP_SERVER_TOKEN'),
      storedValue(stage, environment, 'postgres', 'POSTGRES_PASSWORD'),
      storedValue(stage, environment, 'redis', 'REDIS_PASSWORD'),
    ])
    const all = runs.map(({ stdout, stderr }) => stdout + stderr).join('') + JSON.stringify(stage.files.all())
    for (const secret of secrets) {
      expect(secret).toEqual(expect.stringMatching(/.{32,}/))
      expect(all).not.toContain(secret)
    }
  })
})

describe('a secret in what a failed deployment printed', () => {
  it('that nobody told us of is not told, and each line is as bad as it says itself', async () => {
    const stage = await aDeployedStage()
    const { world } = stage.platform
    const bad = '2222222222222222222222222222222222222222'
    world.addCommit(repository, 'main', { sha: bad, behaviour: 'crash-after-success' })
    let hasPrinted = false
    stage.platform.onRequest(() => {
      const newest = deploymentsOf(stage, 'staging', 'api').at(-1)
      if (hasPrinted || newest?.status !== 'SUCCESS' || newest.origin.kind !== 'commit') return undefined
      if (newest.origin.commit.sha !== bad) return undefined
      hasPrinted = true
      world.write(world.environmentNamed('staging').id, idOf(stage, 'api'), [
        { message: '[2026-11-03 09:00:00] production.ERROR: no queue', severity: 'info' },
        { message: `DB_URL=pgsql://app:${sentinel}@db:5432/app`, severity: 'error' },
        { message: `\u001b[33mSMTP_PASSWORD\u001b[0m=\u001b[32m${sentinel}\u001b[0m`, severity: 'info' },
        { message: '   INFO  Cached.', severity: 'error' },
      ])
      return undefined
    })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', bad, '--json'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stdout + ran.stderr).not.toContain(sentinel)
    expect(JSON.stringify(stage.files.all())).not.toContain(sentinel)
    expect(ran.documents.find(({ type }) => type === 'log-read')?.lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ message: '[2026-11-03 09:00:00] production.ERROR: no queue', isError: true }),
        expect.objectContaining({ message: 'DB_URL=pgsql://app:[secret]@db:5432/app', isError: true }),
        expect.objectContaining({ message: 'SMTP_PASSWORD=[secret]', isError: false }),
        expect.objectContaining({ message: '   INFO  Cached.', isError: false }),
      ]),
    )
  })
})

describe('a service that waits for a secret', () => {
  it('holds back what shares its codebase and comes after it, and the next command brings the same commit', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(
      await shippedConfig({
        "CPAY_SECRET_KEY: { purpose: 'CPAY payments' }":
          "CPAY_SECRET_KEY: { purpose: 'CPAY payments', requiredBy: ['api'] }",
      }),
    )
    const { sha } = stage.platform.world.push(repository, 'main', { message: 'Second release' })
    const ran = await stage.run(['deploy', '-e', 'staging', '--commit', sha, '--yes', '--json'])
    expect(ran.exitCode).toBe(6)
    expect(failureOf(ran)).toMatchObject({ code: 'blocked-by-secret' })
    expect(failureOf(ran).message).toContain('worker and scheduler wait for api')
    expect(failureOf(ran).hint).toContain(`--commit ${sha} --secrets-file FILE`)
    expect(ran.documents.filter(({ type }) => type === 'service-blocked')).toMatchObject([
      { service: 'api', missingSecrets: ['CPAY_SECRET_KEY'], waitsFor: [] },
      { service: 'worker', missingSecrets: [], waitsFor: ['api'] },
      { service: 'scheduler', missingSecrets: [], waitsFor: ['api'] },
    ])
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
  })
})

describe('a supplied secret that several services share', () => {
  const file = async (stage: Stage) => stage.files.writeText('/keys/k.env', `APP_KEY=${sentinel}\n`)
  const argv = ['deploy', 'api', '-e', 'staging', '--yes', '--secrets-file', '/keys/k.env']

  it('for one of them alone is refused with 5, and nothing is written', async () => {
    const stage = await aDeployedStage()
    await file(stage)
    const start = stage.platform.requests.length
    const ran = await stage.run([...argv, '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      code: 'guard',
      message: 'APP_KEY would be new in api, and worker and scheduler would not get it.',
      hint: expect.stringContaining('--allow split-secret'),
    })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('goes to one alone where that is allowed, and every plan says so until all have it', async () => {
    const stage = await aDeployedStage()
    await file(stage)
    await succeeding(stage, [...argv, '--allow', 'split-secret'])
    const { documents, stdout } = await succeeding(stage, ['plan', '-e', 'staging', '--json', '--detailed-exit-code'])
    expect(documents[0]?.notes).toContainEqual({
      code: 'secret-differs',
      message: expect.stringContaining('APP_KEY does not have one value: api, worker and scheduler differ in it'),
    })
    expect(stdout).not.toContain(sentinel)
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--secrets-file', '/keys/k.env'])
    for (const service of codeServices) expect(storedValue(stage, 'staging', service, 'APP_KEY')).toBe(sentinel)
    const after = await succeeding(stage, ['plan', '-e', 'staging', '--json'])
    expect(JSON.stringify(after.documents[0]?.notes)).not.toContain('secret-differs')
  })
})
