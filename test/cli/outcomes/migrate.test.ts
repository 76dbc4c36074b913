import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { RunProcess } from '../../../src/kit/run-process.ts'
import { runStandIn } from '../../support/stage.ts'
import {
  aDeployedStage,
  deploymentCounts,
  deploymentsOf,
  failureOf,
  mutationsSince,
  notesOf,
  shippedConfig,
  succeeding,
} from './deployed-stage.ts'
import { aStageToMigrate, migrationsOf } from './migrate-stage.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const one = '2026_11_04_000001_create_one_table'
const two = '2026_11_04_000002_create_two_table'
const three = '2026_11_04_000003_create_three_table'
const four = '2026_11_04_000004_create_four_table'
const five = '2026_11_04_000005_create_five_table'
const fails = 'SQLSTATE[42P01]: Undefined table: 7 ERROR: relation "nothing" does not exist'
const all = [one, two, three, four, five]
const named = (names: readonly string[]) => names.map((name) => ({ name }))
const up = ['migrate', 'up', '-e', 'staging', '--yes', '--json']

describe('migrate status', () => {
  it('says where it asks, which migrations ran in which batch, and which did not', async () => {
    const stage = await aStageToMigrate({ migrations: named([one, two]) })
    const { stdout, stderr } = await succeeding(stage, ['migrate', '-e', 'staging'])
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /migrate status runs over SSH in a container of api, staging, [0-9a-f]{8} [0-9a-f-]{36}/,
    )
    expect(stdout).toMatch(/create_invoices_table +batch 1\n/)
    expect(stdout).toMatch(/create_one_table +pending\n/)
    expect(stdout).toContain('staging: 2 migrations ran, 2 pending.')
    expect(await migrationsOf(stage, 'staging')).toEqual({
      type: 'answer',
      command: 'migrate',
      act: 'status',
      rehearsal: true,
      project: 'fakturino-production',
      environment: 'staging',
      service: 'api',
      place: 'ssh',
      way: 'ssh',
      commit: deploymentsOf(stage, 'staging', 'api').at(-1)?.origin.kind === 'commit' ? expect.any(String) : null,
      ran: [
        { name: '2026_10_01_090000_create_invoices_table', batch: 1 },
        { name: '2026_10_14_090000_add_due_date_to_invoices', batch: 1 },
      ],
      pending: [one, two],
      hasTable: true,
    })
  })

  it('is refused with a project token, with the way that works', async () => {
    const stage = await aDeployedStage()
    const env = { RAILWAY_TOKEN: stage.platform.address.tokens.project.staging ?? '' }
    const ran = await stage.run(['migrate', 'status', '-e', 'staging', '--json'], { env })
    expect(failureOf(ran)).toMatchObject({ exitCode: 4, code: 'not-authorized' })
    expect(failureOf(ran)?.hint).toContain('pre-deploy')
  })
})

describe('migrate plan', () => {
  it('shows the statements of what is pending and runs none', async () => {
    const stage = await aStageToMigrate({ migrations: named([one]) })
    const { stdout } = await succeeding(stage, ['migrate', 'plan', '-e', 'staging'])
    expect(stdout).toContain(one)
    expect(stdout).toContain('create table')
    expect(stdout).toContain('staging: 1 migration pending; nothing was run.')
    expect(await migrationsOf(stage, 'staging')).toMatchObject({ pending: [one] })
  })

  it('says that code which does not run yet may have more, where migrations run before a deployment', async () => {
    const stage = await aDeployedStage()
    const { stdout } = await succeeding(stage, ['migrate', 'plan', '-e', 'staging'])
    expect(stdout).toContain('staging: nothing is pending.')
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('Code that does not run yet may have more')
  })
})

describe('migrate up over SSH', () => {
  it('runs what is pending, once, and prints an undo that works', async () => {
    const stage = await aStageToMigrate({ migrations: named([one, two]) })
    const { documents } = await succeeding(stage, up)
    expect(documents.at(-1)).toMatchObject({
      command: 'migrate',
      act: 'up',
      outcome: 'migrated',
      done: [one, two],
      pending: [one, two],
      backup: null,
      undo: { command: expect.stringContaining('fakturino migrate rollback --step 2 -e staging') },
    })
    expect(documents).toContainEqual(expect.objectContaining({ type: 'migration-ended', name: two, outcome: 'done' }))
    const again = await succeeding(stage, up)
    expect(again.documents.at(-1)).toMatchObject({ outcome: 'nothing-to-migrate', done: [] })
    await succeeding(stage, ['migrate', 'rollback', '--step', '2', '-e', 'staging', '--yes'])
    expect(await migrationsOf(stage, 'staging')).toMatchObject({ pending: [one, two] })
    const history = await succeeding(stage, ['history', '-e', 'staging', '--json'])
    expect(history.documents[0]?.operations).toContainEqual(
      expect.objectContaining({ command: 'migrate', outcome: 'done', services: ['api'] }),
    )
  })

  it('stops at the first that fails, names it, its position, what was done and what was not; the next run goes on there', async () => {
    const migrations = all.map((name) => (name === three ? { name, fails } : { name }))
    const stage = await aStageToMigrate({ migrations })
    const failure = failureOf(await stage.run(up))
    expect(failure).toMatchObject({ exitCode: 1, code: 'migration-failed' })
    expect(failure.message).toMatch(new RegExp(`^${three} \\(3 of 5\\) failed in staging, SQLSTATE 42P01: `))
    expect(failure.message).toContain(`left so: ${one} and ${two}.`)
    expect(failure.message).toContain(`Not run: ${four} and ${five}.`)
    expect(failure.hint).toContain('fakturino migrate rollback --step 2 -e staging')
    const again = failureOf(await stage.run(up))
    expect(again.message).toMatch(new RegExp(`^${three} \\(1 of 3\\) failed`))
    expect(again.message).toContain('Nothing was run before it.')
  })

  it('with --dry-run shows what is pending and runs nothing', async () => {
    const stage = await aStageToMigrate({ migrations: named([one]) })
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, ['migrate', 'up', '-e', 'staging', '--dry-run', '--json'])
    expect(documents.at(-1)).toMatchObject({ outcome: 'would-migrate', isDryRun: true, pending: [one], done: [] })
    expect(mutationsSince(stage, start)).toEqual([])
    expect(await migrationsOf(stage, 'staging')).toMatchObject({ pending: [one] })
  })

  it.each(['before', 'after'])(
    'a connection lost %s the act is unfinished, and the next command tells by reading',
    async (when) => {
      const stage = await aStageToMigrate({ migrations: named([one]) })
      const runProcess: RunProcess = async (request) => {
        if (!request.argv.includes('--force')) return runStandIn(request)
        if (when === 'after') await runStandIn({ ...request, tell: async () => {} })
        await request.tell('stderr', 'client_loop: send disconnect: Broken pipe\n')
        return { kind: 'exited', code: 255 }
      }
      const failure = failureOf(await stage.run(up, { runProcess }))
      expect(failure).toMatchObject({ exitCode: 6, code: 'command-unknown' })
      expect(failure.hint).toContain('fakturino migrate status -e staging')
      expect(notesOf(stage).operation).toMatchObject({ command: 'migrate' })
      const { documents } = await succeeding(stage, up)
      expect(documents.at(-1)).toMatchObject(when === 'after' ? { done: [] } : { done: [one] })
      expect(notesOf(stage).operation).toBeUndefined()
      expect(await migrationsOf(stage, 'staging')).toMatchObject({ pending: [] })
    },
  )

  it('interrupted while artisan runs, it does not say that it is over', async () => {
    const stage = await aStageToMigrate({ migrations: named([one]) })
    let interrupt = (_signal: 'SIGINT' | 'SIGTERM') => {}
    const runProcess: RunProcess = async (request) => {
      if (!request.argv.includes('--force')) return runStandIn(request)
      interrupt('SIGINT')
      request.signal.throwIfAborted()
      return { kind: 'exited', code: 0 }
    }
    const ran = await stage.run(up, {
      runProcess,
      onStart: (act) => {
        interrupt = act
      },
    })
    expect(failureOf(ran)).toMatchObject({ exitCode: 130, code: 'interrupted' })
    expect(failureOf(ran).message).toContain('Whether it goes on, or was carried out, is not known.')
  })

  it('a 0 without a word of artisan is not believed', async () => {
    const stage = await aStageToMigrate({ migrations: named([one]) })
    const runProcess: RunProcess = async (request) =>
      request.argv.includes('--force') ? { kind: 'exited', code: 0 } : runStandIn(request)
    expect(failureOf(await stage.run(up, { runProcess }))).toMatchObject({ exitCode: 6, code: 'command-unknown' })
  })

  it('what artisan prints is shown without secrets and without what a terminal obeys', async () => {
    const stage = await aStageToMigrate({ migrations: named([one]) })
    const key = deploymentsOf(stage, 'staging', 'api').at(-1)?.variables.APP_KEY ?? ''
    const runProcess: RunProcess = async (request) => {
      if (!request.argv.includes('--force')) return runStandIn(request)
      await request.tell('stdout', `  ${one} ... 3ms FAIL\n\n  \u001b[31mSQLSTATE[42P01]: ${key} \u202eis bad\n\n`)
      return { kind: 'exited', code: 1 }
    }
    const ran = await stage.run(['migrate', 'up', '-e', 'staging', '--yes'], { runProcess })
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain('[secret]')
    expect(ran.stdout + ran.stderr).not.toContain(key)
    for (const hostile of ['\u001b', '\u202e']) expect(ran.stdout + ran.stderr).not.toContain(hostile)
  })
})

describe('migrate up in a protected environment', () => {
  const production = ['migrate', 'up', '-e', 'production', '--yes', '--json']

  it('takes a backup of the database first, to its end', async () => {
    const stage = await aStageToMigrate({ migrations: named([one]), both: true })
    const { documents } = await succeeding(stage, production)
    const types = documents.map(({ type }) => type)
    expect(types.indexOf('backup-ended')).toBeGreaterThan(types.indexOf('backup-started'))
    expect(types.indexOf('migrations-started')).toBeGreaterThan(types.indexOf('backup-ended'))
    expect(documents.at(-1)).toMatchObject({ done: [one], backup: { service: 'postgres', isNew: true } })
  })

  it('runs nothing where the backup fails', async () => {
    const stage = await aStageToMigrate({ migrations: named([one]), both: true })
    const { world } = stage.platform
    world.setCondition(world.environmentNamed('production').id, world.serviceNamed('postgres').id, { backup: 'fails' })
    expect(failureOf(await stage.run(production))).toMatchObject({ exitCode: 1, code: 'backup-failed' })
    expect(await migrationsOf(stage, 'production')).toMatchObject({ pending: [one] })
  })

  it('leaves the backup out only with a reason, which is told', async () => {
    const stage = await aStageToMigrate({ migrations: named([one]), both: true })
    expect(failureOf(await stage.run([...production, '--no-backup']))).toMatchObject({ exitCode: 64 })
    const { documents } = await succeeding(stage, [...production, '--no-backup', '--reason', 'dumped by hand'])
    expect(documents).toContainEqual(expect.objectContaining({ type: 'backup-left-out', because: 'dumped by hand' }))
    expect(documents.at(-1)).toMatchObject({ done: [one], backup: null })
  })
})

describe('migrate up before a deployment', () => {
  it('deploys nothing where nothing is pending', async () => {
    const stage = await aDeployedStage()
    const before = deploymentCounts(stage, 'staging')
    const { documents } = await succeeding(stage, up)
    expect(documents.at(-1)).toMatchObject({ outcome: 'nothing-to-migrate', deploymentId: null })
    expect(deploymentCounts(stage, 'staging')).toEqual(before)
  })

  it('deploys the service again at its commit, which migrates before traffic, and verifies it', async () => {
    const stage = await aDeployedStage()
    await succeeding(stage, ['migrate', 'rollback', '-e', 'staging', '--yes'])
    const before = deploymentCounts(stage, 'staging')
    const { documents } = await succeeding(stage, up)
    expect(documents).toContainEqual(expect.objectContaining({ type: 'migrations-planned', hasDowntime: true }))
    expect(documents).toContainEqual(expect.objectContaining({ type: 'service-verified', service: 'api' }))
    expect(documents.at(-1)).toMatchObject({
      outcome: 'migrated',
      done: ['2026_10_01_090000_create_invoices_table', '2026_10_14_090000_add_due_date_to_invoices'],
      deploymentId: deploymentsOf(stage, 'staging', 'api').at(-1)?.id,
    })
    expect(deploymentCounts(stage, 'staging')).toEqual({ ...before, api: (before.api ?? 0) + 1 })
  })

  it('with a project token says that what is pending is not known, and deploys', async () => {
    const stage = await aDeployedStage()
    await succeeding(stage, ['migrate', 'rollback', '-e', 'staging', '--yes'])
    const env = { RAILWAY_TOKEN: stage.platform.address.tokens.project.staging ?? '' }
    const ran = await stage.run(up, { env })
    expect(ran.exitCode, ran.stdout).toBe(0)
    expect(ran.documents).toContainEqual(
      expect.objectContaining({ type: 'migrations-planned', migrations: null, because: expect.any(String) }),
    )
    expect(ran.documents.at(-1)).toMatchObject({ outcome: 'migrated', pending: null })
  })
})

it('migrate up before a deployment that fails names the migration, and what serves', async () => {
  const stage = await aStageToMigrate({ migrations: [{ name: one }, { name: two, fails }, { name: three }] })
  await stage.useConfig(await shippedConfig({}))
  // What is stored now migrates before the next deployment; nothing is deployed for it.
  const { world } = stage.platform
  const { id } = world.serviceNamed('api')
  const stored = world.environmentNamed('staging').config.services?.[id]
  if (stored) stored.deploy = { ...stored.deploy, preDeployCommand: ['php artisan migrate --force'] }
  const failure = failureOf(await stage.run(up))
  expect(failure).toMatchObject({ exitCode: 1, code: 'migration-failed' })
  expect(failure.message).toMatch(new RegExp(`^${two} \\(2 of 3\\) failed in staging, SQLSTATE 42P01`))
  expect(failure.message).toContain(`Not run: ${three}.`)
  expect(failure.message).toMatch(/[0-9a-f]{8} keeps serving\.$/)
})

describe('migrate up from this machine', () => {
  const here = { "place: 'ssh' }": "place: 'run' }" }
  const publicly = {
    "DATABASE_URL: ref('postgres', 'DATABASE_URL'),\n  REDIS_URL":
      "DATABASE_URL: 'postgres://fakturino:x@db.example.com:6543/railway',\n  REDIS_URL",
  }

  it('runs artisan here with the remote variables and without the token, where the database can be reached', async () => {
    const stage = await aStageToMigrate({ replacements: { ...here, ...publicly }, migrations: named([one]) })
    const missing = failureOf(await stage.run(up))
    expect(missing).toMatchObject({ exitCode: 5, code: 'command-refused' })
    expect(missing.message).toContain('no artisan file')
    await stage.files.writeText(join(root, 'artisan'), '<?php')
    const started: (readonly string[])[] = []
    const runProcess: RunProcess = (request) => {
      started.push(request.argv)
      return runStandIn(request)
    }
    const ran = await stage.run(up, { runProcess })
    expect(ran.documents.at(-1), ran.stdout).toMatchObject({
      outcome: 'migrated',
      done: [one],
      way: 'run',
      commit: null,
    })
    for (const argv of started)
      expect(argv).toEqual(expect.arrayContaining(['run', '--no-local', 'RAILWAY_TOKEN', 'php']))
  })

  it('is refused before it starts where the database has a private host, with the two ways that work', async () => {
    const stage = await aStageToMigrate({
      replacements: { "place: 'ssh' }": "place: 'run' }" },
      migrations: named([one]),
    })
    const runProcess: RunProcess = async () => {
      throw new Error('started')
    }
    const failure = failureOf(await stage.run(up, { runProcess }))
    expect(failure).toMatchObject({ exitCode: 5, code: 'command-refused' })
    expect(failure.message).toContain('railway.internal')
    expect(failure.hint).toContain('fakturino migrate up --place ssh -e staging')
    expect(failure.hint).toContain('fakturino migrate up --place pre-deploy -e staging')
  })
})
