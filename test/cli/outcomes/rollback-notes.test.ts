import { describe, expect, it } from 'vitest'
import { OperatorError } from '../../../src/kit/errors.ts'
import type { LocalPlatformOptions } from '../../../src/local/index.ts'
import { firstCommit, repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  codeServices,
  commitsOf,
  deploymentsOf,
  failureOf,
  isNote,
  mutationsSince,
  succeeding,
} from './deployed-stage.ts'

const badCommit = '2222222222222222222222222222222222222222'
const everything = (commit: string) => ({ api: [commit], worker: [commit], scheduler: [commit] })
const back = ['rollback', 'services', '-e', 'staging', '--yes', '--json']
const alone = ['rollback', '-e', 'staging']
const hour = 60 * 60 * 1000
const reference = '2026_11_02_090000_add_reference_to_invoices'
const totals = '2026_11_02_091000_drop_old_totals'

/** Staging on its second commit, whose code has these migrations. */
async function aMigratedStage(
  migrations: { name: string; isIrreversible?: boolean }[] = [{ name: reference }],
  options: Partial<LocalPlatformOptions> = {},
): Promise<Stage> {
  const stage = await aDeployedStage(options)
  stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'healthy', migrations })
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', badCommit])
  return stage
}

function planned(documents: Record<string, unknown>[]): Record<string, unknown> {
  return documents.find(({ type }) => type === 'rollback-planned') ?? {}
}

function forgetImage(stage: Stage, service: string): void {
  const [old] = deploymentsOf(stage, 'staging', service)
  if (old?.removedAt !== undefined) old.removedAt -= 121 * hour
}

/** Nothing left of what deploys noted for each other. */
function forgetReleases({ platform }: Stage): void {
  const { sharedVariables = {} } = platform.world.environmentNamed('staging').config
  delete sharedVariables.FAKTURINO_RELEASES
}

describe('migrations since the release that comes back', () => {
  it('are named before and after, with whether they can be undone and the command that does it first', async () => {
    const stage = await aMigratedStage()
    const { documents } = await succeeding(stage, back)
    expect(planned(documents)).toMatchObject({
      migrations: [{ name: reference, isReversible: true }],
      areMigrationsKnown: true,
      undoFirst: expect.stringMatching(/^fakturino migrate rollback -e staging --local /),
    })
    expect(documents.at(-1)).toMatchObject({ migrations: [{ name: reference, isReversible: true }] })
  })

  it('are told to people with what the database keeps', async () => {
    const stage = await aMigratedStage()
    const { stdout, stderr } = await succeeding(stage, [...alone, '--yes'])
    const told = stderr.replaceAll(/\s+/g, ' ')
    expect(told).toContain(`migrations that ran since: ${reference} (can be undone).`)
    expect(told).toContain('The database stays as it is, so the code that comes back has to live with it.')
    expect(told).toContain('fakturino migrate rollback -e staging')
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`The database keeps what ${reference} did.`)
  })

  it('cannot be undone where artisan says so, and what stands behind that one is not known', async () => {
    const stage = await aMigratedStage([{ name: reference }, { name: totals, isIrreversible: true }])
    const { documents } = await succeeding(stage, [...back, '--dry-run'])
    expect(planned(documents).migrations).toEqual([
      { name: reference, isReversible: null },
      { name: totals, isReversible: false },
    ])
  })

  it('are read from what deployments printed where no note tells, within 12 requests', async () => {
    const stage = await aMigratedStage()
    forgetReleases(stage)
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, back)
    expect(planned(documents).migrations).toEqual([{ name: reference, isReversible: true }])
    const sent = stage.platform.requests.slice(start)
    expect(sent.filter(({ operationName }) => operationName === 'ReadDeploymentsRows')).toHaveLength(1)
    expect(sent.findIndex((one) => one.kind === 'mutation' && !isNote(one))).toBeLessThanOrEqual(12)
  })

  it('are not known where neither can be had, and the rollback goes on', async () => {
    const stage = await aMigratedStage()
    forgetReleases(stage)
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'ReadDeploymentsRows'
        ? { kind: 'answer', status: 200, body: JSON.stringify({ errors: [{ message: 'Not Authorized' }], data: null }) }
        : undefined,
    )
    const { documents } = await succeeding(stage, back)
    expect(planned(documents)).toMatchObject({ migrations: [], areMigrationsKnown: false, undoFirst: null })
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })

  it.each([
    ['is not installed', () => Promise.resolve({ kind: 'not-found' as const })],
    ['fails', () => Promise.resolve({ kind: 'exited' as const, code: 1 })],
  ])('may be undone or not, nobody knows, where the railway command %s', async (_, runProcess) => {
    const stage = await aMigratedStage()
    const ran = await stage.run(back, { runProcess })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(planned(ran.documents).migrations).toEqual([{ name: reference, isReversible: null }])
  })

  it('are not waited for longer than ten seconds', async () => {
    const stage = await aMigratedStage()
    const startedAt = stage.clock.now()
    let askedFor = 0
    const ran = await stage.run([...back, '--dry-run'], {
      runProcess: async ({ clock, signal }) => {
        try {
          await clock.sleep(hour, signal)
        } finally {
          askedFor = stage.clock.now() - startedAt
        }
        return { kind: 'exited', code: 0 }
      },
    })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(planned(ran.documents).migrations).toEqual([{ name: reference, isReversible: null }])
    expect(askedFor).toBeLessThan(15_000)
  })

  it('are not in the way any more once they were undone', async () => {
    const stage = await aMigratedStage()
    await succeeding(stage, ['artisan', '-e', 'staging', '--yes', '--', 'migrate:rollback', '--force', '--step=1'])
    const { documents } = await succeeding(stage, [...back, '--dry-run'])
    expect(planned(documents)).toMatchObject({ migrations: [], undoFirst: null })
  })
})

describe('rollback alone at a terminal', () => {
  it('asks what hurts, and brings the release back where it is that', async () => {
    const stage = await aMigratedStage()
    const ran = await stage.run(alone, { answers: ['1', 'y'] })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.stderr.replaceAll(/\s+/g, ' ')).toContain('go back to 11111111, without a build')
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })

  it.each([
    ['2', 'fakturino migrate rollback -e staging'],
    ['3', 'fakturino status -e staging'],
  ])('changes nothing where %s is chosen, and says what does it', async (answer, command) => {
    const stage = await aMigratedStage()
    const start = stage.platform.requests.length
    const ran = await stage.run(alone, { answers: [answer] })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.stdout).toContain('Nothing was changed.')
    expect(ran.stdout).toContain(command)
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it.each([[['--yes']], [['--no-input', '--yes']], [['--json', '--yes']]])('asks nothing with %j', async (options) => {
    const stage = await aMigratedStage()
    const ran = await stage.run([...alone, ...options], { isTerminal: true })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.stderr).not.toContain('What hurts?')
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })
})

describe('a build of what ran then', () => {
  it('is offered with its command where an image is not kept, and brings variables and commit back', async () => {
    const stage = await aMigratedStage()
    forgetImage(stage, 'worker')
    const start = stage.platform.requests.length
    const refused = failureOf(await stage.run(back))
    expect(refused).toMatchObject({
      code: 'image-gone',
      hint: expect.stringContaining(`fakturino rollback services --to ${firstCommit} --rebuild -e staging`),
    })
    expect(mutationsSince(stage, start)).toEqual([])
    const { documents } = await succeeding(stage, [...back, '--rebuild'])
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(
      mutationsSince(stage, start)
        .filter((name) => name !== 'WriteVariables')
        .sort((a, b) => a.localeCompare(b)),
    ).toEqual(['RedeployDeployment', 'RollbackDeployment', 'RollbackDeployment'])
    expect(documents.at(-1)?.services).toContainEqual(expect.objectContaining({ name: 'worker', isBuilt: true }))
    expect(documents.at(-1)?.services).toContainEqual(expect.objectContaining({ name: 'api', isBuilt: false }))
  })

  it('has a question of its own at a terminal', async () => {
    const stage = await aMigratedStage()
    forgetImage(stage, 'worker')
    const asking = ['rollback', 'services', '-e', 'staging']
    const start = stage.platform.requests.length
    const declined = await stage.run(asking, { answers: ['n'] })
    expect(declined.exitCode).toBe(5)
    expect(mutationsSince(stage, start)).toEqual([])
    const agreed = await stage.run(asking, { answers: ['y', 'y'] })
    expect(agreed.exitCode, agreed.stderr).toBe(0)
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })

  it('is made once where its answer is lost', async () => {
    const stage = await aMigratedStage()
    forgetImage(stage, 'worker')
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'RedeployDeployment' ? { kind: 'drop-after' } : undefined,
    )
    await succeeding(stage, [...back, '--rebuild'])
    expect(deploymentsOf(stage, 'staging', 'worker')).toHaveLength(3)
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })

  it('is what is left where the token may not roll back: named, agreed to, and the undo is one too', async () => {
    const stage = await aMigratedStage(undefined, { denied: ['rollback'] })
    const start = stage.platform.requests.length
    const ran = await stage.run(back)
    expect(ran.exitCode).toBe(4)
    expect(failureOf(ran)).toMatchObject({
      message: expect.stringContaining('Nothing was rolled back.'),
      hint: expect.stringContaining('told only when it is tried'),
    })
    expect(mutationsSince(stage, start)).toEqual(['RollbackDeployment'])
    const { documents } = await succeeding(stage, [...back, '--rebuild'])
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(mutationsSince(stage, start).filter((name) => name === 'RedeployDeployment')).toHaveLength(3)
    expect(documents.at(-1)?.undo).toMatchObject({ command: expect.stringContaining('--rebuild') })
  })

  it('is asked about at a terminal where the token may not roll back', async () => {
    const stage = await aMigratedStage(undefined, { denied: ['rollback'] })
    const asking = ['rollback', 'services', '-e', 'staging']
    const declined = await stage.run(asking, { answers: ['y', 'n'] })
    expect(declined.exitCode).toBe(4)
    const agreed = await stage.run(asking, { answers: ['y', 'y'] })
    expect(agreed.exitCode, agreed.stderr).toBe(0)
    for (const service of codeServices) {
      expect(deploymentsOf(stage, 'staging', service).at(-1)).toMatchObject({ builds: true })
    }
  })

  it('is denied like the rest where the token may neither', async () => {
    const stage = await aMigratedStage(undefined, { denied: ['rollback'] })
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'RedeployDeployment'
        ? { kind: 'answer', status: 200, body: JSON.stringify({ errors: [{ message: 'Not Authorized' }], data: null }) }
        : undefined,
    )
    const ran = await stage.run([...back, '--rebuild'])
    expect(ran.exitCode).toBe(4)
    expect(failureOf(ran).message).toContain('or not build again what ran then')
  })
})

describe('a rollback without a place for its journal', () => {
  it('is not ended by a disk that refuses while it asks artisan', async () => {
    const stage = await aMigratedStage()
    const refuse = () =>
      Promise.reject(new OperatorError({ kind: 'unreachable', code: 'disk-refused', message: 'The disk is full.' }))
    const ran = await stage.run(back, {
      through: ({ clock, files }) => ({ clock, files: { ...files, writeText: refuse, appendText: refuse } }),
    })
    expect(ran.exitCode, ran.stderr).toBe(0)
  })
})
