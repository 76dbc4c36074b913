import { describe, expect, it } from 'vitest'
import { journalPath } from '../../../src/journal/journal.ts'
import { noteText, noteVariables } from '../../../src/plan/operation-notes.ts'
import { id } from '../../../src/platform/ids.ts'
import { firstCommit, repository, type Stage } from '../../support/stage.ts'
import { killedAt } from '../../support/sudden-death.ts'
import {
  aDeployedStage,
  commitsOf,
  deploymentsOf,
  expectEmptyPlan,
  failureOf,
  mutationsSince,
  notesOf,
  succeeding,
} from './deployed-stage.ts'

const newer = '2222222222222222222222222222222222222222'
const deploying = ['deploy', '-e', 'staging', '--yes', '--commit', newer, '--json']

async function aStageWithNews(): Promise<Stage> {
  const stage = await aDeployedStage()
  stage.platform.world.addCommit(repository, 'main', { sha: newer })
  return stage
}

/** Somebody else, on another machine, has held the lease since a minute ago. */
function heldByPetra({ platform, clock }: Stage, forMs: number): void {
  const { world } = platform
  const since = clock.now() - 60_000
  const note = { nonce: 'b2', holder: 'petra', command: 'deploy', reason: 'hotfix', since, until: clock.now() + forMs }
  world.setVariable(world.environmentNamed('staging').id, undefined, noteVariables.lease, noteText(note), {
    skipDeploys: true,
  })
}

const everywhere = (commit: string) => ({ api: [commit], worker: [commit], scheduler: [commit] })

describe('two deploys at once', () => {
  it('one works, the other waits for the lease and then finds that everything is done', async () => {
    const stage = await aStageWithNews()
    const [one, other] = await Promise.all([stage.run(deploying), stage.run(deploying)])
    expect([one.exitCode, other.exitCode], one.stdout + other.stdout).toEqual([0, 0])
    const created = [one, other].map(
      ({ documents }) => documents.filter(({ type }) => type === 'deployment-created').length,
    )
    expect(created.sort((one, other) => one - other)).toEqual([0, 3])
    for (const service of ['api', 'worker', 'scheduler'])
      expect(deploymentsOf(stage, 'staging', service)).toHaveLength(2)
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(newer))
    expect(notesOf(stage)).toMatchObject({ lease: undefined, operation: undefined })
  })

  it('of two commits: never both at once, and one commit everywhere at the end', async () => {
    const stage = await aStageWithNews()
    const third = '3333333333333333333333333333333333333333'
    stage.platform.world.addCommit(repository, 'main', { sha: third })
    const argv = (commit: string) => ['deploy', '-e', 'staging', '--yes', '--commit', commit, '--json']
    const both = await Promise.all([stage.run(argv(newer)), stage.run(argv(third))])
    for (const { exitCode, stdout } of both) expect([0, 5], stdout).toContain(exitCode)
    const commits = Object.values(commitsOf(stage, 'staging'))
    expect(new Set(commits.flat()).size).toBe(1)
    for (const service of ['api', 'worker', 'scheduler']) {
      expect(deploymentsOf(stage, 'staging', service).every(({ status }) => status !== 'FAILED')).toBe(true)
    }
    expect(notesOf(stage)).toMatchObject({ lease: undefined, operation: undefined })
  })
})

describe('a lease that somebody holds', () => {
  it('is waited for; then the plan is made anew', async () => {
    const stage = await aStageWithNews()
    heldByPetra(stage, 20_000)
    const { documents } = await succeeding(stage, deploying)
    expect(documents.find(({ type }) => type === 'lease-awaited')).toMatchObject({
      environment: 'staging',
      holder: 'petra',
      command: 'deploy',
      reason: 'hotfix',
    })
    expect(documents.filter(({ type }) => type === 'plan-made')).toHaveLength(1)
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(newer))
  })

  it('is waited for no longer than its process on this machine lives', async () => {
    const stage = await aStageWithNews()
    heldByPetra(stage, 600_000)
    const environmentId = id<'environment'>(stage.platform.world.environmentNamed('staging').id)
    const began = { at: '', operation: 'b2', type: 'began', command: 'deploy', by: 'petra', pid: 7, host: 'here' }
    const line = JSON.stringify({ ...began, project: 'fakturino-production', environment: 'staging' })
    await stage.files.appendText(journalPath(stage.stateDirectory, environmentId), `${line}\n`)
    stage.processes.add(7)
    stage.platform.onRequest(({ operationName }) => {
      if (operationName === 'StoredVariables') stage.processes.delete(7)
      return undefined
    })
    const { documents } = await succeeding(stage, deploying)
    expect(documents.some(({ type }) => type === 'lease-awaited')).toBe(true)
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(newer))
  })

  it('and kept for too long ends with 5 and names who, since when and why; nothing was changed', async () => {
    const stage = await aStageWithNews()
    heldByPetra(stage, 600_000)
    const start = stage.platform.requests.length
    const since = new Date(stage.clock.now() - 60_000).toISOString()
    const ran = await stage.run(deploying)
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      kind: 'refused',
      code: 'lease-held',
      message: expect.stringContaining(`petra (deploy, since ${since}: hotfix)`),
      hint: expect.stringContaining('--take-lease'),
      retryable: true,
    })
    expect(mutationsSince(stage, start)).toEqual([])
    expect(notesOf(stage).lease).toMatchObject({ holder: 'petra' })
  })

  it('does not stand in the way of looking, planning, dry runs, or a deploy with nothing to do', async () => {
    const stage = await aStageWithNews()
    heldByPetra(stage, 600_000)
    const startedAt = stage.clock.now()
    await succeeding(stage, ['status', '-e', 'staging'])
    await succeeding(stage, ['plan', '-e', 'staging', '--commit', newer])
    await succeeding(stage, ['deploy', '-e', 'staging', '--commit', newer, '--dry-run'])
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(stage.clock.now() - startedAt).toBeLessThan(1_000)
  })

  it("that has run out, by the platform's clock, is nobody's", async () => {
    const stage = await aStageWithNews()
    heldByPetra(stage, -2_000)
    const { documents } = await succeeding(stage, deploying)
    expect(documents.some(({ type }) => type === 'lease-awaited')).toBe(false)
  })

  it('is taken with --take-lease, which wants a reason, and says from whom', async () => {
    const stage = await aStageWithNews()
    heldByPetra(stage, 600_000)
    const without = await stage.run([...deploying, '--take-lease'])
    expect(without.exitCode).toBe(64)
    expect(failureOf(without)).toMatchObject({ hint: 'Add --reason TEXT.' })
    const { documents } = await succeeding(stage, [...deploying, '--take-lease', '--reason', 'petra is asleep'])
    expect(documents.find(({ type }) => type === 'lease-taken')).toMatchObject({ holder: 'petra', reason: 'hotfix' })
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(newer))
  })

  it('is taken by restart without asking, which says from whom', async () => {
    const stage = await aDeployedStage()
    heldByPetra(stage, 600_000)
    const { documents } = await succeeding(stage, ['restart', 'redis', '-e', 'staging', '--yes', '--json'])
    expect(documents.find(({ type }) => type === 'lease-taken')).toMatchObject({ holder: 'petra', command: 'deploy' })
    expect(notesOf(stage).lease).toBeUndefined()
  })

  it('when it is taken from a deploy, that one stops before its next act and says by whom', async () => {
    const stage = await aStageWithNews()
    stage.platform.onRequest(({ operationName }) => {
      const isApiOnItsWay = operationName === 'WatchDeployments' && deploymentsOf(stage, 'staging', 'api').length === 2
      if (isApiOnItsWay) heldByPetra(stage, 600_000)
      return undefined
    })
    const displaced = await stage.run(deploying)
    expect(displaced.exitCode, displaced.stdout).toBe(5)
    expect(failureOf(displaced)).toMatchObject({
      kind: 'refused',
      code: 'lease-lost',
      message: expect.stringContaining('petra'),
    })
    expect(deploymentsOf(stage, 'staging', 'api')).toHaveLength(2)
    expect(deploymentsOf(stage, 'staging', 'worker')).toHaveLength(1)
  })
})

describe('the lease of a deploy', () => {
  it('is renewed while it lasts, so that it never runs out', async () => {
    const stage = await aDeployedStage({ timing: { buildMs: 25_000 } })
    stage.platform.world.addCommit(repository, 'main', { sha: newer })
    const left: number[] = []
    stage.platform.onRequest(({ operationName }) => {
      const { lease } = notesOf(stage)
      if (operationName === 'WatchDeployments' && lease !== undefined) left.push(lease.until - stage.clock.now())
      return undefined
    })
    const start = stage.platform.requests.length
    await succeeding(stage, deploying)
    expect(Math.min(...left)).toBeGreaterThan(60_000)
    const renewals = stage.platform.requests
      .slice(start)
      .filter(({ operationName }) => operationName === 'WriteVariables')
    expect(renewals.length).toBeGreaterThan(2)
  })

  it('says who works and on what, and is given back whatever the end', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: newer, behaviour: 'failing-build' })
    let seen = notesOf(stage)
    stage.platform.onRequest(({ operationName }) => {
      if (operationName === 'DeployService') seen = notesOf(stage)
      return undefined
    })
    const ran = await stage.run([...deploying, '--reason', 'the banking queue'])
    expect(ran.exitCode).toBe(1)
    expect(seen.lease).toMatchObject({ holder: 'nina', command: 'deploy', reason: 'the banking queue' })
    expect(seen.operation).toMatchObject({ by: 'nina', command: 'deploy', commit: newer })
    expect(notesOf(stage)).toMatchObject({ lease: undefined, operation: undefined })
    expect(notesOf(stage).releases[0]).toMatchObject({ by: 'nina', verdict: 'fail', previousCommit: firstCommit })
  })

  it('is not given back by one who lost it', async () => {
    const stage = await aStageWithNews()
    stage.platform.onRequest(({ operationName }) => {
      if (operationName === 'DeployService' && notesOf(stage).lease?.holder === 'nina') heldByPetra(stage, 600_000)
      return undefined
    })
    const ran = await stage.run(deploying)
    expect(ran.exitCode).toBe(5)
    expect(notesOf(stage).lease).toMatchObject({ holder: 'petra' })
  })

  it('leaves no trace in the plan', async () => {
    const stage = await aStageWithNews()
    await succeeding(stage, deploying)
    await expectEmptyPlan(stage, 'staging')
    expect(notesOf(stage).releases).toMatchObject([
      { verdict: 'pass', commit: newer, previousCommit: firstCommit, deployments: { api: expect.any(String) } },
      { verdict: 'pass', commit: firstCommit },
    ])
  })
})

describe('plan and status', () => {
  it('say who is at work', async () => {
    const stage = await aStageWithNews()
    heldByPetra(stage, 600_000)
    const operation = { state: 'under-way', by: 'petra', command: 'deploy', reason: 'hotfix' }
    for (const command of ['plan', 'status']) {
      const { documents } = await succeeding(stage, [command, '-e', 'staging', '--json'])
      expect(documents[0], command).toMatchObject({ operation })
      const { stdout } = await succeeding(stage, [command, '-e', 'staging'])
      expect(stdout, command).toContain('! petra (deploy, since')
    }
  })

  it('say what was not finished, and the command that goes on', async () => {
    const stage = await aStageWithNews()
    await killedAt(stage, deploying, 8, 'before it is sent')
    for (const command of ['plan', 'status']) {
      const { documents } = await succeeding(stage, [command, '-e', 'staging', '--json'])
      const goOn = expect.stringMatching(`^fakturino deploy -e staging --commit ${newer} --local`)
      expect(documents[0], command).toMatchObject({
        operation: { state: 'unfinished', by: 'nina', commit: newer, goOn },
      })
      const { stdout } = await succeeding(stage, [command, '-e', 'staging'])
      expect(stdout.replaceAll(/\s+/g, ' '), command).toContain('was not finished; to go on with it: fakturino deploy')
    }
    await succeeding(stage, deploying)
    const { documents } = await succeeding(stage, ['status', '-e', 'staging', '--json'])
    expect(documents[0]).not.toHaveProperty('operation')
  })
})

/** Writes a note as some command would have. */
function leave({ platform }: Stage, variable: string, note: object): void {
  const { world } = platform
  const { id: environmentId } = world.environmentNamed('staging')
  world.setVariable(environmentId, undefined, variable, JSON.stringify(note), { skipDeploys: true })
}

describe('notes of an operation that was not finished', () => {
  const deployOfPetra = (stage: Stage) => ({
    nonce: 'b2',
    command: 'deploy',
    by: 'petra',
    since: stage.clock.now() - 60_000,
  })

  it('are kept by a restart, whether it ends well or not', async () => {
    for (const isGood of [true, false]) {
      const stage = await aDeployedStage()
      leave(stage, noteVariables.operation, deployOfPetra(stage))
      if (!isGood)
        stage.platform.onRequest(({ operationName }) =>
          operationName === 'RestartDeployment' ? { kind: 'drop-before' } : undefined,
        )
      const ran = await stage.run(['restart', 'redis', '-e', 'staging', '--yes'])
      expect(ran.exitCode, ran.stderr).toBe(isGood ? 0 : 6)
      expect(notesOf(stage).operation).toMatchObject({ by: 'petra', command: 'deploy' })
    }
  })

  it('are kept by a deploy of fewer services, and cleared by a whole one', async () => {
    const stage = await aDeployedStage()
    leave(stage, noteVariables.operation, deployOfPetra(stage))
    await succeeding(stage, ['deploy', 'redis', '-e', 'staging', '--yes'])
    expect(notesOf(stage).operation).toMatchObject({ by: 'petra' })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(notesOf(stage).operation).toBeUndefined()
  })

  it('of an init are cleared by the next one, which has nothing else to do', async () => {
    const stage = await aDeployedStage()
    leave(stage, noteVariables.operation, { ...deployOfPetra(stage), command: 'init' })
    const start = stage.platform.requests.length
    await succeeding(stage, ['init', '--yes'])
    expect(notesOf(stage).operation).toBeUndefined()
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('keep their beginning when the same is begun again, so that what was started stays known', async () => {
    const stage = await aStageWithNews()
    const latest = ['deploy', '-e', 'staging', '--yes', '--commit', 'latest']
    const start = stage.platform.requests.length
    const probe = await aStageWithNews()
    const from = probe.platform.requests.length
    await succeeding(probe, latest)
    const operations = probe.platform.requests.slice(from).map(({ operationName }) => operationName)
    const watching = operations.indexOf('WatchDeployments') + 1
    const writing = operations.indexOf('WriteVariables') + 1
    await killedAt(stage, latest, watching + 2, 'after its answer')
    expect(stage.platform.requests.length).toBeGreaterThan(start)
    stage.clock.advance(5_000)
    await killedAt(stage, latest, writing, 'after it was sent')
    await succeeding(stage, latest)
    for (const service of ['api', 'worker', 'scheduler']) {
      expect(deploymentsOf(stage, 'staging', service), service).toHaveLength(2)
    }
  })
})

describe('a deploy with nothing left to do', () => {
  it('waits for one that may still be under way, and proves what that one brought live', async () => {
    const stage = await aDeployedStage()
    heldByPetra(stage, 10_000)
    leave(stage, noteVariables.operation, { nonce: 'b2', command: 'deploy', by: 'petra', since: stage.clock.now() })
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--json'])
    expect(documents.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['lease-awaited', 'operation-unfinished', 'service-verified']),
    )
  })
})

describe('a note whose answer is lost', () => {
  it('is not written once more over the lease that somebody else took meanwhile', async () => {
    const stage = await aStageWithNews()
    stage.platform.onRequest(({ operationName, variables }) => {
      if (operationName !== 'WriteVariables' || !JSON.stringify(variables).includes('"FAKTURINO_LEASE":""'))
        return undefined
      return {
        kind: 'hang-after',
        whenDone: () => {
          heldByPetra(stage, 600_000)
          stage.clock.advance(100_000)
        },
      }
    })
    await succeeding(stage, deploying)
    expect(notesOf(stage).lease).toMatchObject({ holder: 'petra' })
  })
})
