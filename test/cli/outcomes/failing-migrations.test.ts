import { describe, expect, it } from 'vitest'
import { firstCommit, repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  commitsOf,
  deploymentCounts,
  failureOf,
  notesOf,
  shippedConfig,
  succeeding,
} from './deployed-stage.ts'

const badCommit = '2222222222222222222222222222222222222222'
const mendedCommit = '3333333333333333333333333333333333333333'
const everything = (commit: string) => ({ api: [commit], worker: [commit], scheduler: [commit] })

const names = [
  '2026_11_10_090000_create_orders_table',
  '2026_11_11_090000_create_order_lines_table',
  '2026_11_12_090000_add_reference_to_invoices',
  '2026_11_13_090000_fill_references',
  '2026_11_14_090000_drop_old_reference',
] as const
const [first, second, third, fourth, fifth] = names
const fails = 'SQLSTATE[42701]: Duplicate column: 7 ERROR: column "reference" of relation "invoices" already exists'

/** Staging deployed, and a commit of five migrations of which the third fails; another one in which it is mended. */
async function aStageWithMigrations(): Promise<Stage> {
  const stage = await aDeployedStage()
  stage.platform.world.addCommit(repository, 'main', {
    sha: badCommit,
    migrations: names.map((name) => (name === third ? { name, fails } : { name })),
  })
  stage.platform.world.addCommit(repository, 'main', { sha: mendedCommit, migrations: [{ name: third }] })
  return stage
}

const deploying = (commit: string, ...options: string[]) => [
  ...['deploy', '-e', 'staging', '--yes', '--commit', commit, '--json'],
  ...options,
]

describe.each([[[]], [['--auto-rollback']]])('migration 3 of 5 that fails in pre-deploy, with %j', (options) => {
  it('ends with 1, is named with its SQLSTATE and its place, and the old release serves on all three services', async () => {
    const stage = await aStageWithMigrations()
    const ran = await stage.run(deploying(badCommit, ...options))
    expect(ran.exitCode, ran.stderr).toBe(1)
    const { message, hint } = failureOf(ran)
    expect(failureOf(ran)).toMatchObject({ kind: 'failed', code: 'migration-failed' })
    expect(message).toContain(`Migration ${third} failed, 3 of 5: SQLSTATE[42701]: Duplicate column`)
    expect(message).toContain(`Done before it: ${first} and ${second}. Not run: ${fourth} and ${fifth}.`)
    expect(message).toContain('worker and scheduler were not touched.')
    expect(message).toContain(
      'What serves now: api 11111111 (as before), worker 11111111 (as before), scheduler 11111111 (as before).',
    )
    expect(hint).toContain(`Mend ${third} and deploy again. What was done is not repeated.`)
    expect(hint).not.toContain('rollback')
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(ran.documents).toContainEqual({
      type: 'migrations-ran',
      service: 'api',
      deploymentId: expect.any(String),
      done: [first, second],
      failed: {
        name: third,
        sqlState: '42701',
        message: expect.stringContaining('already exists'),
        position: 3,
        of: 5,
        notRun: [fourth, fifth],
      },
    })
    expect(notesOf(stage).releases[0]).toMatchObject({ verdict: 'fail', migrations: [first, second] })
  })
})

describe('after a migration that failed', () => {
  it('a mended commit goes through and does not repeat the first two; each release keeps what it ran', async () => {
    const stage = await aStageWithMigrations()
    await stage.run(deploying(badCommit))
    const { documents } = await succeeding(stage, deploying(mendedCommit))
    expect(documents).toContainEqual(expect.objectContaining({ type: 'migrations-ran', done: [third, fourth, fifth] }))
    expect(commitsOf(stage, 'staging')).toEqual(everything(mendedCommit))
    const [newest, failed] = notesOf(stage).releases
    expect(newest).toMatchObject({ verdict: 'pass', commit: mendedCommit, migrations: [third, fourth, fifth] })
    expect(newest?.plan).toMatch(/^\S+:[0-9a-f]{64}$/)
    expect(failed).toMatchObject({ verdict: 'fail', commit: badCommit, migrations: [first, second] })
  })

  it('says it as any other failure where no log can be had', async () => {
    const stage = await aStageWithMigrations()
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'ReadDeployRows' ? { kind: 'drop-before' } : undefined,
    )
    const ran = await stage.run(deploying(badCommit))
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran)).toMatchObject({
      code: 'deployment-failed',
      message: expect.stringContaining('api failed in pre-deploy-command'),
    })
  })

  it('without a list of what was pending its place in the run is known, and how many there were is not', async () => {
    const stage = await aStageWithMigrations()
    await stage.useConfig(await withPreDeploy('php artisan migrate --force'))
    const ran = await stage.run(deploying(badCommit))
    expect(failureOf(ran).message).toContain(`Migration ${third} failed, the 3rd, of how many is not known: SQLSTATE`)
  })
})

describe('a migration that fails while the pre-deploy command ends well', () => {
  const hiding = () => withPreDeploy("/bin/sh -c 'php artisan migrate --force; php artisan queue:restart'")

  it('fails the deploy before the next level is started, and names the way back', async () => {
    const stage = await aStageWithMigrations()
    await stage.useConfig(await hiding())
    const ran = await stage.run(deploying(badCommit))
    expect(ran.exitCode, ran.stderr).toBe(1)
    const { message, hint } = failureOf(ran)
    expect(failureOf(ran)).toMatchObject({ kind: 'failed', code: 'migration-failed' })
    expect(message).toContain('api became live although a migration failed')
    expect(message).toContain(`Migration ${third} failed`)
    expect(hint).toContain(`run: fakturino rollback services --to ${firstCommit} -e staging`)
    expect(hint).toContain(`Mend ${third} and deploy again.`)
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 2, worker: 1, scheduler: 1 })
    await succeeding(stage, ['rollback', 'services', '--to', firstCommit, '-e', 'staging', '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })

  it('is put back with --auto-rollback', async () => {
    const stage = await aStageWithMigrations()
    await stage.useConfig(await hiding())
    const ran = await stage.run(deploying(badCommit, '--auto-rollback'))
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(failureOf(ran)).toMatchObject({
      code: 'rolled-back',
      hint: expect.stringContaining(`Mend ${third} and deploy again.`),
      findings: [expect.objectContaining({ code: 'migration-failed' })],
    })
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })
})

describe('a deploy that goes well', () => {
  it('looks at the log of its pre-deploy command once, and at no other', async () => {
    const stage = await aStageWithMigrations()
    const start = stage.platform.requests.length
    await succeeding(stage, deploying(mendedCommit))
    const sent = stage.platform.requests.slice(start).map(({ operationName }) => operationName)
    expect(sent.filter((name) => name === 'ReadDeployRows')).toHaveLength(1)
  })

  it('stays one where that log cannot be had, and says what is not known', async () => {
    const stage = await aStageWithMigrations()
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'ReadDeployRows' ? { kind: 'drop-before' } : undefined,
    )
    const { documents } = await succeeding(stage, deploying(mendedCommit))
    expect(documents).toContainEqual(
      expect.objectContaining({
        type: 'finding',
        finding: expect.objectContaining({ code: 'migrations-not-known', severity: 'advisory', subject: 'api' }),
      }),
    )
    expect(notesOf(stage).releases[0]).not.toHaveProperty('migrations')
  })

  it('shows what a database says only when it is safe to show', async () => {
    const stage = await aStageWithMigrations()
    const fails = 'SQLSTATE[23505]: Unique violation: 7 \u001b[2J\u202eERROR'
    const sha = '4444444444444444444444444444444444444444'
    stage.platform.world.addCommit(repository, 'main', { sha, migrations: [{ name: fourth, fails }] })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', sha])
    expect(ran.exitCode).toBe(1)
    const said = ran.stderr.replace(/\s+/g, ' ')
    expect(said).toContain(`Migration ${fourth} failed`)
    expect(said).toContain('SQLSTATE[23505]: Unique violation: 7')
    for (const hostile of ['\u001b[2J', '\u202e']) expect(ran.stderr).not.toContain(hostile)
  })
})

/** The shipped config with another pre-deploy command of the api. */
async function withPreDeploy(command: string): Promise<string> {
  const text = await shippedConfig({})
  const shipped = /preDeploy: (["']).*\1,/.exec(text)?.[0] ?? 'preDeploy'
  return shippedConfig({ [shipped]: `preDeploy: ${JSON.stringify(command)},` })
}
