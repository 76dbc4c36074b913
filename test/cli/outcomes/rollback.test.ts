import { describe, expect, it } from 'vitest'
import { OperatorError } from '../../../src/kit/errors.ts'
import type { CommitBehaviour } from '../../../src/local/index.ts'
import { firstCommit, repository, type Stage } from '../../support/stage.ts'
import { killedAt, moments } from '../../support/sudden-death.ts'
import {
  aDeployedStage,
  codeServices,
  commitsOf,
  deploymentCounts,
  deploymentsOf,
  failureOf,
  isNote,
  mutationsSince,
  notesOf,
  shippedConfig,
  succeeding,
} from './deployed-stage.ts'

const badCommit = '2222222222222222222222222222222222222222'
const everything = (commit: string) => ({ api: [commit], worker: [commit], scheduler: [commit] })
const back = ['rollback', 'services', '-e', 'staging', '--yes', '--json']
const denied = {
  kind: 'answer' as const,
  status: 200,
  body: JSON.stringify({ errors: [{ message: 'Not Authorized' }], data: null }),
}
const hour = 60 * 60 * 1000

/** Staging on its second commit, deployed well. */
async function aReleasedStage({ behaviour = 'healthy' as CommitBehaviour, config = '' } = {}): Promise<Stage> {
  const stage = await aDeployedStage()
  stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour })
  if (config !== '') await stage.useConfig(config)
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', badCommit])
  return stage
}

/** Longer ago than the platform keeps the image. */
function forgetImage(stage: Stage, service: string): void {
  const [old] = deploymentsOf(stage, 'staging', service)
  if (old?.removedAt !== undefined) old.removedAt -= 121 * hour
}

/** The argv of a command that was printed. */
function typed(command: unknown): string[] {
  const words = String(command).split(' ').slice(1)
  return words.filter((word, nth) => {
    const before = words[nth - 1] ?? ''
    return !['--local', '--state', '--config'].includes(word) && !['--state', '--config'].includes(before)
  })
}

function ofType(documents: Record<string, unknown>[], type: string): Record<string, unknown>[] {
  return documents.filter((document) => document.type === type)
}

describe('rollback services', () => {
  it('brings a bad release of three services back to one commit without a build, verified, and its undo runs and is true', async () => {
    const stage = await aReleasedStage()
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, back)
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(mutationsSince(stage, start).filter((name) => name !== 'WriteVariables')).toEqual(
      codeServices.map(() => 'RollbackDeployment'),
    )
    for (const service of codeServices) {
      expect(deploymentsOf(stage, 'staging', service).at(-1)).toMatchObject({ builds: false, status: 'SUCCESS' })
    }
    expect(ofType(documents, 'rollback-planned')).toEqual([
      expect.objectContaining({
        commit: firstCommit,
        services: codeServices.map((service) => ({
          service,
          way: 'image',
          from: badCommit,
          to: deploymentsOf(stage, 'staging', service)[0]?.id,
          canRollback: true,
          changes: { variables: [], flags: [], returning: [] },
        })),
      }),
    ])
    expect(ofType(documents, 'approval-given')).toEqual([
      { type: 'approval-given', by: 'option', what: 'roll back api, worker and scheduler in staging to 11111111' },
    ])
    expect(ofType(documents, 'service-verified')).toEqual([expect.objectContaining({ service: 'api' })])
    const answer = documents.at(-1)
    expect(answer).toEqual({
      type: 'answer',
      command: 'rollback',
      id: expect.any(String),
      project: 'fakturino-production',
      environment: 'staging',
      verdict: 'pass',
      commit: firstCommit,
      services: codeServices.map((name) => ({
        name,
        outcome: 'rolled-back',
        deploymentId: deploymentsOf(stage, 'staging', name).at(-1)?.id,
        from: badCommit,
        isBuilt: false,
        returning: [],
      })),
      migrations: [],
      areMigrationsKnown: true,
      elapsedMs: expect.any(Number),
      undo: {
        command: expect.stringContaining(`fakturino rollback services --to ${badCommit} -e staging`),
        note: expect.stringContaining('Stored variables stay as they are, and migrations are not undone.'),
      },
    })
    const { undo } = answer as { undo: { command: string } }
    await succeeding(stage, [...typed(undo.command), '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual(everything(badCommit))
    for (const service of codeServices) {
      expect(deploymentsOf(stage, 'staging', service).at(-1)).toMatchObject({ builds: false })
    }
  })

  it('without a word after it does the same, for people', async () => {
    const stage = await aReleasedStage()
    const { stdout, stderr } = await succeeding(stage, ['rollback', '-e', 'staging', '--yes'])
    expect(stderr).toContain('api  22222222 -> 11111111  can be rolled back, without a build')
    expect(stdout).toMatch(/staging: api, worker and scheduler serve 11111111 again after .*, verified\./)
    expect(stdout).toContain(`Undo: fakturino rollback services --to ${badCommit} -e staging`)
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })

  it('goes to what was live before the newest, never forward to what it left', async () => {
    const stage = await aReleasedStage()
    await succeeding(stage, back)
    const start = stage.platform.requests.length
    const ran = await stage.run(back)
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({ kind: 'refused', code: 'no-earlier-release' })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('is printed by status with the commit that status says it leads to, also after a rollback', async () => {
    const stage = await aReleasedStage()
    await succeeding(stage, back)
    const { stdout } = await succeeding(stage, ['status', '-e', 'staging'])
    expect(stdout).toContain('Roll back: api to 22222222')
    const [command] = /fakturino rollback services .*/.exec(stdout) ?? []
    await succeeding(stage, [...typed(command), '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual(everything(badCommit))
  })

  it('asks once, and changes nothing in a dry run', async () => {
    const stage = await aReleasedStage()
    const start = stage.platform.requests.length
    const asking = ['rollback', 'services', '-e', 'staging']
    const declined = await stage.run(asking, { answers: ['n'] })
    expect(declined.exitCode).toBe(5)
    const { stdout } = await succeeding(stage, [...asking, '--dry-run'])
    expect(stdout).toContain('Dry run: nothing was changed.')
    expect(mutationsSince(stage, start)).toEqual([])
    const agreed = await stage.run(asking, { answers: ['y'] })
    expect(agreed.exitCode, agreed.stderr).toBe(0)
  })

  it('takes a part of a commit, or the id of a deployment, and one service where only that is asked for', async () => {
    const stage = await aReleasedStage()
    const [old] = deploymentsOf(stage, 'staging', 'worker')
    const { documents } = await succeeding(stage, [...back, '--to', old?.id ?? '', '--service', 'worker'])
    expect(commitsOf(stage, 'staging')).toEqual({ ...everything(badCommit), worker: [firstCommit] })
    expect(documents.at(-1)).toMatchObject({
      undo: { command: expect.stringContaining(`rollback services --to ${badCommit} --service worker -e staging`) },
    })
    await succeeding(stage, [...back, '--to', firstCommit.slice(0, 8)])
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 3, worker: 3, scheduler: 3 })
  })

  it.each([
    [['--to', '3'.repeat(40)], 5, 'no-earlier-release', `fakturino deploy -e staging --commit ${'3'.repeat(40)}`],
    [['--service', 'redis'], 64, 'invalid-option', 'Name services whose code comes from a repository.'],
    [['--service', 'wroker'], 64, 'unknown-service', 'Name services as status shows them'],
  ])('refuses %j before anything is touched', async (options, exitCode, code, hint) => {
    const stage = await aReleasedStage()
    const start = stage.platform.requests.length
    const ran = await stage.run([...back, ...options])
    expect(ran.exitCode).toBe(exitCode)
    expect(failureOf(ran)).toMatchObject({ code, hint: expect.stringContaining(hint) })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('names variables that change, and those that the next ordinary deploy brings back; never a value', async () => {
    const sentinel = 'sentinel-of-the-cache'
    const stage = await aReleasedStage({
      config: await shippedConfig({ "CACHE_STORE: 'redis'": `CACHE_STORE: '${sentinel}'` }),
    })
    const ran = await succeeding(stage, back)
    const changes = { variables: ['CACHE_STORE'], flags: [], returning: ['CACHE_STORE'] }
    expect(ofType(ran.documents, 'rollback-planned')[0]?.services).toContainEqual(
      expect.objectContaining({ service: 'api', changes }),
    )
    expect(ran.documents.at(-1)?.services).toContainEqual(
      expect.objectContaining({ name: 'api', returning: ['CACHE_STORE'] }),
    )
    expect(`${ran.stdout}${ran.stderr}`).not.toContain(sentinel)
    for (const text of Object.values(stage.files.all())) expect(text).not.toContain(sentinel)
    const { documents } = await succeeding(stage, ['plan', '-e', 'staging', '--json'])
    expect(JSON.stringify(documents[0]?.deployments)).toContain('stored-change-not-running')
  })
})

describe('a service that cannot be rolled back', () => {
  it('is said before anything is touched, and the others go back only where that is asked for', async () => {
    const stage = await aReleasedStage()
    forgetImage(stage, 'worker')
    const start = stage.platform.requests.length
    const ran = await stage.run(back)
    expect(ran.exitCode).toBe(5)
    expect(mutationsSince(stage, start)).toEqual([])
    expect(failureOf(ran)).toMatchObject({
      kind: 'refused',
      code: 'image-gone',
      message: expect.stringContaining('worker cannot be rolled back: the platform does not keep the image of worker'),
      hint: expect.stringContaining(`fakturino deploy -e staging --commit ${firstCommit}`),
    })
    const only = /`(fakturino rollback[^`]* --service [^`]*)`/.exec(String(failureOf(ran).hint))?.[1]
    expect(only).toContain(`--to ${firstCommit} --service api --service scheduler -e staging`)
    await succeeding(stage, [...typed(only), '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual({ ...everything(firstCommit), worker: [badCommit] })
  })

  it('may be one that the token may not roll back: said with the way that works, and nothing else is tried', async () => {
    const stage = await aReleasedStage()
    const start = stage.platform.requests.length
    stage.platform.onRequest(({ operationName }) => (operationName === 'RollbackDeployment' ? denied : undefined))
    const ran = await stage.run(back)
    expect(ran.exitCode).toBe(4)
    expect(failureOf(ran)).toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('Nothing was rolled back.'),
      hint: expect.stringContaining(`fakturino deploy -e staging --commit ${firstCommit}`),
    })
    expect(mutationsSince(stage, start)).toEqual(['RollbackDeployment'])
    expect(commitsOf(stage, 'staging')).toEqual(everything(badCommit))
  })
})

describe('a rebuild in place of a rollback', () => {
  const rebuilding = [...back, '--rebuild']

  it('is made only where it is asked for, of what has no image, with the variables of then', async () => {
    const stage = await aReleasedStage({
      config: await shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'file'" }),
    })
    forgetImage(stage, 'worker')
    const refused = await stage.run(back)
    const command = /`(fakturino rollback[^`]*--rebuild[^`]*)`/.exec(String(failureOf(refused).hint))?.[1]
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, [...typed(command), '--yes', '--json'])
    expect(mutationsSince(stage, start).filter((name) => name !== 'WriteVariables')).toEqual([
      'RollbackDeployment',
      'RedeployDeployment',
      'RollbackDeployment',
    ])
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(deploymentsOf(stage, 'staging', 'worker').at(-1)).toMatchObject({ builds: true, status: 'SUCCESS' })
    expect(ofType(documents, 'rollback-planned')[0]?.services).toContainEqual(
      expect.objectContaining({ service: 'worker', way: 'rebuild', canRollback: false }),
    )
    expect(documents.at(-1)?.services).toContainEqual(
      expect.objectContaining({ name: 'worker', isBuilt: true, returning: ['CACHE_STORE'] }),
    )
  })

  it('has a question of its own on a terminal, and nothing is touched where it is declined', async () => {
    const stage = await aReleasedStage()
    forgetImage(stage, 'worker')
    const start = stage.platform.requests.length
    const asking = ['rollback', 'services', '-e', 'staging']
    const declined = await stage.run(asking, { answers: ['n'] })
    expect(declined.exitCode).toBe(5)
    expect(mutationsSince(stage, start)).toEqual([])
    const agreed = await stage.run(asking, { answers: ['y', 'y'] })
    expect(agreed.exitCode, agreed.stderr).toBe(0)
    expect(agreed.stderr).toMatch(/worker going back to 11111111, with a build/)
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })

  it('brings back what the token may not roll back', async () => {
    const stage = await aReleasedStage()
    stage.platform.onRequest(({ operationName }) => (operationName === 'RollbackDeployment' ? denied : undefined))
    const refused = await stage.run(back)
    expect(failureOf(refused)).toMatchObject({
      exitCode: 4,
      hint: expect.stringContaining(`rollback services --to ${firstCommit} --rebuild -e staging`),
    })
    await succeeding(stage, rebuilding)
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    for (const service of codeServices) {
      expect(deploymentsOf(stage, 'staging', service).at(-1)).toMatchObject({ builds: true })
    }
  })

  it('is refused once and not tried further where the token may not do that either', async () => {
    const stage = await aReleasedStage()
    const start = stage.platform.requests.length
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'RollbackDeployment' || operationName === 'RedeployDeployment' ? denied : undefined,
    )
    const ran = await stage.run(rebuilding)
    expect(failureOf(ran)).toMatchObject({ exitCode: 4, hint: expect.not.stringContaining('--rebuild') })
    expect(mutationsSince(stage, start)).toEqual(['RollbackDeployment', 'RedeployDeployment'])
  })

  it('is found where its answer is lost, and made once', async () => {
    const stage = await aReleasedStage()
    for (const service of codeServices) forgetImage(stage, service)
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'RedeployDeployment' ? { kind: 'drop-after' } : undefined,
    )
    await succeeding(stage, rebuilding)
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 3, worker: 3, scheduler: 3 })
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })
})

describe('a rollback that goes wrong on the way', () => {
  it('finds the new deployment where the answer is lost, and makes no second one', async () => {
    const stage = await aReleasedStage()
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'RollbackDeployment' ? { kind: 'drop-after' } : undefined,
    )
    await succeeding(stage, back)
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 3, worker: 3, scheduler: 3 })
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })

  it('says what finishes it where the platform is out of reach from then on', async () => {
    const stage = await aReleasedStage()
    let isBegun = false
    stage.platform.onRequest(({ operationName }) => {
      if (operationName === 'RollbackDeployment') isBegun = true
      return isBegun && operationName === 'WatchDeployments' ? { kind: 'drop-after' } : undefined
    })
    const ran = await stage.run(back)
    expect(failureOf(ran)).toMatchObject({
      exitCode: 69,
      message: expect.stringContaining('The rollback was begun by then, and how it ended is not known.'),
      hint: expect.stringContaining(`run \`fakturino rollback services --to ${firstCommit} -e staging`),
    })
  })

  it('ends with 1 where one of them does not come back, tells what became of each, and the command that finishes it', async () => {
    const stage = await aReleasedStage()
    let isDone = false
    stage.platform.onRequest(({ operationName }) => {
      const newest = deploymentsOf(stage, 'staging', 'worker').at(-1)
      if (isDone || operationName !== 'WatchDeployments' || newest?.builds !== false) return undefined
      isDone = true
      stage.platform.world.forceStatus(newest.id, 'FAILED')
      return undefined
    })
    const ran = await stage.run(back)
    expect(ran.exitCode, ran.stderr).toBe(1)
    const { message, hint } = failureOf(ran)
    expect(failureOf(ran)).toMatchObject({ kind: 'failed', code: 'rollback-failed' })
    expect(message).toContain('worker did not come back: its deployment is failed')
    expect(message).toContain('What serves now: api 11111111, worker 22222222 and scheduler 11111111.')
    expect(hint).toContain(`To finish it, run: fakturino rollback services --to ${firstCommit} -e staging`)
    const command = /fakturino .*/.exec(String(hint))?.[0]
    await succeeding(stage, [...typed(command), '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 3, worker: 4, scheduler: 3 })
  })

  it('ends with 1 where what went back does not stay live', async () => {
    const stage = await aReleasedStage()
    const [old] = deploymentsOf(stage, 'staging', 'api')
    if (old?.origin.kind === 'commit') old.origin.commit.behaviour = 'crash-after-success'
    const ran = await stage.run(back)
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran)).toMatchObject({
      code: 'rollback-failed',
      message: expect.stringMatching(/(api|worker|scheduler) went back and did not stay live\./),
    })
  })
})

describe('what a rollback cannot tell or keep', () => {
  it('is said where the variables of deployments may not be read, and it goes on', async () => {
    const stage = await aReleasedStage()
    stage.platform.onRequest(({ operationName }) => (operationName === 'ReadSnapshots' ? denied : undefined))
    const { stderr } = await succeeding(stage, ['rollback', 'services', '-e', 'staging', '--yes'])
    expect(stderr).toContain('whether its variables change cannot be read')
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })

  it('leaves a build as the way forward, where an image of what it left is not kept', async () => {
    const stage = await aReleasedStage()
    stage.platform.onRequest(() => {
      const left = deploymentsOf(stage, 'staging', 'worker')[1]
      if (left?.removedAt !== undefined && left.removedAt > stage.clock.now() - hour) left.removedAt -= 121 * hour
      return undefined
    })
    const { documents } = await succeeding(stage, back)
    expect(documents.at(-1)?.undo).toEqual({
      command: expect.stringContaining(`fakturino deploy -e staging --commit ${badCommit}`),
      note: expect.stringContaining('It builds that commit'),
    })
  })
})

describe('a rollback killed at any request', () => {
  it.each(moments)('is finished by the next one, when it died %s', { timeout: 120_000 }, async (moment) => {
    const requests = await requestsOfRollback()
    expect(requests.length).toBeGreaterThan(10)
    let stage = await aReleasedStage()
    for (const [index, operation] of requests.entries()) {
      // What it reads grows with every rollback.
      if (index > 0 && index % rollbacksOfOneStage === 0) stage = await aReleasedStage()
      const where = `request ${index + 1}, ${operation}, killed ${moment}`
      expect(commitsOf(stage, 'staging'), where).toEqual(everything(badCommit))
      const before = deploymentCounts(stage, 'staging')
      const start = stage.platform.requests.length
      expect(await killedAt(stage, back, index + 1, moment), where).toBe(true)
      expect(stage.platform.requests[start + index]?.operationName, where).toBe(operation)
      const ran = await stage.run(back)
      expect(ran.exitCode, `${where}: ${ran.stderr}${ran.stdout}`).toBeOneOf([0, 5])
      // Where it died after its last word, there is nothing left and nothing earlier.
      if (ran.exitCode === 5) expect(failureOf(ran), where).toMatchObject({ code: 'no-earlier-release' })
      expect(commitsOf(stage, 'staging'), where).toEqual(everything(firstCommit))
      const after = deploymentCounts(stage, 'staging')
      for (const service of codeServices) expect(after[service], where).toBe((before[service] ?? 0) + 1)
      expect(notesOf(stage).operation, where).toBeUndefined()
      await succeeding(stage, [...back, '--to', badCommit])
    }
  })
})

const rollbacksOfOneStage = 5

/** What an undisturbed rollback asks for, in order. */
async function requestsOfRollback(): Promise<string[]> {
  const stage = await aReleasedStage()
  const start = stage.platform.requests.length
  await succeeding(stage, back)
  return stage.platform.requests.slice(start).map(({ operationName = '' }) => operationName)
}

describe('a rollback at night', () => {
  it('works without a config and with a disk that refuses, with at most 12 requests before it changes anything', async () => {
    const stage = await aReleasedStage()
    await stage.useConfig('export default {')
    const start = stage.platform.requests.length
    const argv = ['rollback', '--yes', '-e', 'staging', '--project', 'fakturino-production', '--json']
    const refuse = () =>
      Promise.reject(new OperatorError({ kind: 'unreachable', code: 'disk-refused', message: 'The disk is full.' }))
    const ran = await stage.run(argv, {
      through: ({ clock, files }) => ({
        clock,
        files: { ...files, writeText: refuse, appendText: refuse, remove: refuse },
      }),
    })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(ofType(ran.documents, 'service-verified')).toEqual([expect.objectContaining({ service: 'api' })])
    const sent = stage.platform.requests.slice(start)
    const first = sent.findIndex((request) => request.kind === 'mutation' && !isNote(request))
    expect(sent[first]?.operationName).toBe('RollbackDeployment')
    expect(first).toBeLessThanOrEqual(12)
  })

  it('takes the lease over from a deploy, which stops before its next act', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'healthy' })
    let rescue: ReturnType<Stage['run']> | undefined
    const isApiLive = () => deploymentsOf(stage, 'staging', 'api')[1]?.status === 'SUCCESS'
    const start = stage.platform.requests.length
    const deploying = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json'], {
      // While it waits with the api live, somebody rolls back; its wait is over when that is done.
      through: ({ clock, files }) => ({
        files,
        clock: {
          now: () => clock.now(),
          after: (ms, act) => clock.after(ms, act),
          async sleep(ms, signal) {
            if (isApiLive()) {
              rescue ??= stage.run(back)
              await rescue
            }
            await clock.sleep(ms, signal)
          },
        },
      }),
    })
    const rescued = await rescue
    expect(rescued?.exitCode, rescued?.stderr).toBe(0)
    expect(rescued?.documents).toContainEqual(expect.objectContaining({ type: 'lease-taken', command: 'deploy' }))
    // Whether it first sees its deployment go or its lease: it starts nothing more.
    expect(failureOf(deploying).code).toBeOneOf(['lease-lost', 'deployment-superseded', 'deployment-crashed'])
    expect(mutationsSince(stage, start).filter((name) => name === 'DeployService')).toHaveLength(1)
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(notesOf(stage).operation).toBeUndefined()
  })

  it('needs a protected environment spelled out', async () => {
    const stage = await aDeployedStage()
    const ran = await stage.run(['rollback', '--yes'], { env: { FAKTURINO_ENVIRONMENT: 'production' } })
    expect(ran.exitCode).toBe(64)
    expect(ran.stderr).toContain('Add: -e production')
  })
})
