import { describe, expect, it } from 'vitest'
import type { RunProcess } from '../../../src/kit/run-process.ts'
import { repository, runStandIn, type Stage } from '../../support/stage.ts'
import { failureOf, succeeding } from './deployed-stage.ts'
import { aStageToMigrate, type MigratedStageOptions, migrationsOf } from './migrate-stage.ts'

const one = '2026_11_04_000001_create_one_table'
const two = '2026_11_04_000002_create_two_table'
const three = '2026_11_04_000003_create_three_table'
const four = '2026_11_04_000004_create_four_table'
const all = [one, two, three, four]
const back = ['migrate', 'rollback', '-e', 'staging', '--yes', '--json']

/** Everything ran: the first release as batch 1, these as batch 2. */
async function aMigratedStage(options: MigratedStageOptions): Promise<Stage> {
  const stage = await aStageToMigrate(options)
  for (const environment of options.both ? ['staging', 'production'] : ['staging']) {
    await succeeding(stage, ['artisan', '-e', environment, '--yes', '--', 'migrate', '--force'])
  }
  return stage
}

const named = (names: readonly string[]) => names.map((name) => ({ name }))

describe('migrate rollback', () => {
  it('undoes the whole last batch, the newest first, and prints an undo that works', async () => {
    const stage = await aMigratedStage({ migrations: named([one, two]) })
    const { documents } = await succeeding(stage, back)
    expect(documents).toContainEqual(
      expect.objectContaining({ type: 'migrations-planned', direction: 'down', backup: 'not-needed' }),
    )
    expect(documents.at(-1)).toMatchObject({
      act: 'rollback',
      outcome: 'rolled-back',
      done: [two, one],
      scope: [
        { name: two, batch: 2 },
        { name: one, batch: 2 },
      ],
      undo: { command: expect.stringContaining('fakturino migrate up -e staging') },
    })
    expect(await migrationsOf(stage, 'staging')).toMatchObject({ pending: [one, two] })
    await succeeding(stage, ['migrate', 'up', '-e', 'staging', '--yes'])
    expect(await migrationsOf(stage, 'staging')).toMatchObject({ pending: [] })
  })

  it('is the same as rollback migration', async () => {
    const stage = await aMigratedStage({ migrations: named([one]) })
    const { documents } = await succeeding(stage, ['rollback', 'migration', '-e', 'staging', '--yes', '--json'])
    expect(documents.at(-1)).toMatchObject({ command: 'migrate', act: 'rollback', done: [one] })
  })

  it('refuses a part of a batch with the list, and undoes exactly what is named', async () => {
    const stage = await aMigratedStage({ migrations: named(all) })
    const failure = failureOf(await stage.run([...back, '--step', '1']))
    expect(failure).toMatchObject({ exitCode: 5, code: 'batch-crossed' })
    for (const name of all) expect(failure.message).toContain(`${name} (batch 2)`)
    expect(failure.hint).toContain(`--migration ${four} -e staging`)
    expect(await migrationsOf(stage, 'staging')).toMatchObject({ pending: [] })
    const { documents } = await succeeding(stage, [...back, '--migration', four])
    expect(documents.at(-1)).toMatchObject({ done: [four] })
  })

  it('refuses a step that crosses into another batch, and names that are not the newest', async () => {
    const stage = await aMigratedStage({ migrations: named([one]) })
    expect(failureOf(await stage.run([...back, '--step', '2']))).toMatchObject({ exitCode: 5, code: 'batch-crossed' })
    const earlier = '2026_10_14_090000_add_due_date_to_invoices'
    const failure = failureOf(await stage.run([...back, '--migration', earlier]))
    expect(failure).toMatchObject({ exitCode: 5, code: 'batch-crossed' })
    expect(failure.hint).toContain(`--migration ${one} --migration ${earlier}`)
    const stranger = failureOf(await stage.run([...back, '--migration', '2020_01_01_000000_nothing']))
    expect(stranger).toMatchObject({ exitCode: 5, code: 'migration-not-in-code' })
  })

  it.each([{ isIrreversible: true }, { downIsEmpty: true }])(
    'refuses what has no way back (%o) unless every one is named',
    async (kind) => {
      const stage = await aMigratedStage({ migrations: [{ name: one }, { name: two, ...kind }] })
      const failure = failureOf(await stage.run(back))
      expect(failure).toMatchObject({ exitCode: 5, code: 'migration-irreversible' })
      expect(failure.message).toContain(two)
      expect(failure.hint).toContain(`--migration ${two} --migration ${one}`)
      expect(await migrationsOf(stage, 'staging')).toMatchObject({ pending: [] })
      const ran = await stage.run([...back, '--migration', two, '--migration', one])
      if (kind.isIrreversible) {
        expect(failureOf(ran)).toMatchObject({ exitCode: 1, code: 'migration-failed' })
        expect(failureOf(ran).message).toContain(`Not undone: ${one}.`)
      } else expect(ran.documents.at(-1)).toMatchObject({ done: [two, one] })
    },
  )

  it('refuses what the running code does not have: migrations go back before the services', async () => {
    const stage = await aMigratedStage({ migrations: named([one]) })
    await succeeding(stage, ['rollback', 'services', '-e', 'staging', '--yes'])
    const failure = failureOf(await stage.run(back))
    expect(failure).toMatchObject({ exitCode: 5, code: 'migration-not-in-code' })
    expect(failure.message).toContain(one)
    expect(failure.hint).toContain('fakturino rollback services --to')
  })

  it('a connection that is lost on the way is unfinished, and says what was undone till then', async () => {
    const stage = await aMigratedStage({ migrations: named([one, two]) })
    const runProcess: RunProcess = async (request) => {
      if (!request.argv.includes('migrate:rollback') || request.argv.includes('--pretend')) return runStandIn(request)
      await request.tell('stdout', `  ${two} ....... 4.90ms DONE\n`)
      await request.tell('stderr', 'Broken pipe\n')
      return { kind: 'exited', code: 255 }
    }
    const failure = failureOf(await stage.run(back, { runProcess }))
    expect(failure).toMatchObject({ exitCode: 6, code: 'command-unknown' })
    expect(failure.message).toContain(`these were done: ${two}`)
  })

  it('--step takes a number, and not together with names', async () => {
    const stage = await aMigratedStage({})
    expect(failureOf(await stage.run([...back, '--step', 'all']))).toMatchObject({ exitCode: 64 })
    expect(failureOf(await stage.run([...back, '--step', '1', '--migration', one]))).toMatchObject({ exitCode: 64 })
  })
})

describe('migrate rollback in a protected environment', () => {
  const production = ['migrate', 'rollback', '-e', 'production', '--yes', '--json']

  it('is refused without a fresh backup; --backup takes one first', async () => {
    const stage = await aMigratedStage({ migrations: named([one]), both: true })
    const failure = failureOf(await stage.run([...production, '--confirm-destructive', one]))
    expect(failure).toMatchObject({ exitCode: 5, code: 'backup-missing' })
    expect(failure.hint).toContain('fakturino migrate rollback --backup -e production')
    const { documents } = await succeeding(stage, [...production, '--confirm-destructive', one, '--backup'])
    expect(documents.at(-1)).toMatchObject({ done: [one], backup: { isNew: true, service: 'postgres' } })
    await succeeding(stage, ['migrate', 'up', '-e', 'production', '--yes'])
    // The one of that is fresh; an hour later it is not.
    const again = await succeeding(stage, [...production, '--confirm-destructive', one])
    expect(again.documents.at(-1)).toMatchObject({ done: [one], backup: { isNew: false } })
    await succeeding(stage, ['migrate', 'up', '-e', 'production', '--yes'])
    stage.clock.advance(61 * 60_000)
    expect(failureOf(await stage.run([...production, '--confirm-destructive', one]))).toMatchObject({
      code: 'backup-missing',
    })
  })

  it('does not follow from --yes alone; at a terminal the environment is typed', async () => {
    const stage = await aMigratedStage({ migrations: named([one]), both: true })
    const failure = failureOf(await stage.run([...production, '--backup']))
    expect(failure).toMatchObject({ exitCode: 5, code: 'guard' })
    expect(failure.hint).toContain(`--confirm-destructive ${one}`)
    const argv = ['migrate', 'rollback', '-e', 'production', '--backup']
    expect(await stage.run(argv, { answers: ['production'] })).toMatchObject({ exitCode: 0 })
    expect(await migrationsOf(stage, 'production')).toMatchObject({ pending: [one] })
  })

  it('needs its name in the command', async () => {
    const stage = await aMigratedStage({ both: true })
    const env = { FAKTURINO_ENVIRONMENT: 'production' }
    const ran = await stage.run(['migrate', 'rollback', '--yes', '--json'], { env })
    expect(failureOf(ran)).toMatchObject({ exitCode: 64, code: 'missing-environment' })
  })
})

it('a lease that somebody else holds keeps both up and rollback out, after a wait', async () => {
  const stage = await aMigratedStage({ migrations: named([one]) })
  const { world } = stage.platform
  const environment = world.environmentNamed('staging')
  const now = stage.clock.now()
  const lease = { nonce: 'theirs', holder: 'petra', command: 'deploy', since: now, until: now + 24 * 3_600_000 }
  environment.config.sharedVariables = {
    ...environment.config.sharedVariables,
    FAKTURINO_LEASE: { value: JSON.stringify(lease) },
  }
  expect(failureOf(await stage.run(back))).toMatchObject({ exitCode: 5, code: 'lease-held' })
  const { sha } = world.addCommit(repository, 'main', {})
  expect(sha).not.toBe('')
  expect(failureOf(await stage.run(['migrate', 'up', '-e', 'staging', '--yes', '--json']))).toMatchObject({
    code: 'lease-held',
  })
  const taking = [...back, '--take-lease', '--reason', 'petra is asleep']
  expect((await succeeding(stage, taking)).documents.at(-1)).toMatchObject({ done: [one] })
})
