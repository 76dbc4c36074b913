import { describe, expect, it } from 'vitest'
import { meddle } from '../../support/meddle.ts'
import { aStage, firstCommit, repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  commitsOf,
  deploymentCounts,
  eachService,
  failureOf,
  mutationsSince,
  running,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const secondCommit = '2222222222222222222222222222222222222222'
const unknownCommit = '3333333333333333333333333333333333333333'

function everywhere(commit: string): Record<string, string[]> {
  return { api: [commit], worker: [commit], scheduler: [commit] }
}

/** Staging runs the first commit, and the branch has a second one. */
async function withSecondCommit(): Promise<Stage> {
  const stage = await aDeployedStage()
  stage.platform.world.push(repository, 'main', { sha: secondCommit })
  stage.clock.advance(60_000)
  return stage
}

describe('which commit a deploy brings', () => {
  it('without --commit: what runs, never new code', async () => {
    const stage = await withSecondCommit()
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))

    await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'database'" }))
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(firstCommit))
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ postgres: 1, redis: 1, api: 2, worker: 2, scheduler: 2 })
    expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('database')
  })

  it('with --commit latest: the head of the branch, the same for all', async () => {
    const stage = await withSecondCommit()
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', 'latest'])
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(secondCommit))
  })

  it('with --commit latest: one commit for all, though a newer one arrives in between', async () => {
    const stage = await withSecondCommit()
    stage.platform.onRequest(({ operationName }) => {
      if (operationName === 'NewestDeployments') stage.platform.world.push(repository, 'main', { sha: unknownCommit })
      return undefined
    })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', 'latest'])
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(secondCommit))
  })

  it('with --commit latest where the latest runs already: one deployment finds out, the rest is unchanged', async () => {
    const stage = await aDeployedStage()
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', 'latest', '--json'])
    expect(deploymentCounts(stage, 'staging')).toEqual({ ...eachService(1), api: 2 })
    expect(documents.find(({ type }) => type === 'plan-made')).toMatchObject({
      deployments: ['api', 'worker', 'scheduler'].map((service) => ({ service, reasons: ['newest-commit'] })),
    })
    for (const service of ['worker', 'scheduler'])
      expect(documents).toContainEqual({ type: 'service-unchanged', service, commit: firstCommit })
    expect(documents.at(-1)).toMatchObject({
      services: [
        { name: 'postgres', outcome: 'unchanged' },
        { name: 'redis', outcome: 'unchanged' },
        { name: 'api', outcome: 'deployed' },
        { name: 'worker', outcome: 'unchanged' },
        { name: 'scheduler', outcome: 'unchanged' },
      ],
    })
  })

  it('with --commit latest where the latest runs already: what has other reasons is deployed', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'database'" }))
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', 'latest'])
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 2, worker: 2, scheduler: 2 })
  })

  it('with --commit SHA: that one', async () => {
    const stage = await withSecondCommit()
    stage.platform.world.push(repository, 'main', { sha: unknownCommit })
    const { documents } = await succeeding(stage, [
      'deploy',
      '-e',
      'staging',
      '--yes',
      '--commit',
      secondCommit,
      '--json',
    ])
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(secondCommit))
    expect(documents.at(-1)).toMatchObject({ commit: secondCommit, previousCommit: firstCommit })
  })

  it.each([
    ['of the repository of the config', repository, secondCommit],
    ['of another repository', 'somebody/else', firstCommit],
  ])('in a GitHub workflow %s', async (_whose, built, expected) => {
    const stage = await withSecondCommit()
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes'], {
      env: { GITHUB_SHA: secondCommit, GITHUB_REPOSITORY: built, GITHUB_ACTOR: 'mira' },
    })
    expect(ran).toMatchObject({ exitCode: 0 })
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(expected))
  })

  it('in a GitHub workflow with --commit: the one on the command line', async () => {
    const stage = await withSecondCommit()
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', firstCommit], {
      env: { GITHUB_SHA: secondCommit, GITHUB_REPOSITORY: repository },
    })
    expect(ran).toMatchObject({ exitCode: 0 })
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(firstCommit))
  })
})

describe('a commit that nobody has', () => {
  it('ends with 1, says so, and touches nothing', async () => {
    const stage = await aDeployedStage()
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', unknownCommit, '--json'])
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran)).toMatchObject({
      kind: 'failed',
      code: 'commit-not-found',
      message: expect.stringContaining('the platform does not find the commit'),
      hint: expect.stringContaining('--commit'),
    })
    expect(mutationsSince(stage, start)).toEqual(['DeployService'])
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(firstCommit))
  })

  it.each(['abc123', 'main', ''])('%j is no commit: exit 64, nothing asked of the platform', async (commit) => {
    const stage = await aDeployedStage()
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', commit, '--json'])
    expect(ran.exitCode).toBe(64)
    expect(failureOf(ran)).toMatchObject({ code: 'invalid-option' })
    expect(stage.platform.requests.length).toBe(start)
  })
})

describe('a deploy of some services', () => {
  it('of one commit for the api alone is refused, because worker and scheduler would run another', async () => {
    const stage = await withSecondCommit()
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', 'api', '-e', 'staging', '--yes', '--commit', secondCommit, '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      code: 'guard',
      message: expect.stringMatching(/api would get another commit than worker and scheduler/),
      hint: expect.stringContaining('--allow split-revision'),
    })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('goes through where it is allowed by name', async () => {
    const stage = await withSecondCommit()
    const argv = ['deploy', 'api', '-e', 'staging', '--yes', '--commit', secondCommit, '--allow', 'split-revision']
    await succeeding(stage, argv)
    expect(commitsOf(stage, 'staging')).toEqual({
      api: [secondCommit],
      worker: [firstCommit],
      scheduler: [firstCommit],
    })
  })

  it('of all that share the code is no split', async () => {
    const stage = await withSecondCommit()
    const argv = ['deploy', 'api', 'worker', 'scheduler', '-e', 'staging', '--yes', '--commit', secondCommit]
    await succeeding(stage, argv)
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(secondCommit))
  })

  it('stores and deploys nothing of the others', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'database'" }))
    await succeeding(stage, ['deploy', 'worker', '-e', 'staging', '--yes'])
    expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('database')
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
    expect(deploymentCounts(stage, 'staging')).toEqual({ ...eachService(1), worker: 2 })
  })

  it.each([
    ['mcp-server', 'service-pending', 'pending'],
    ['wroker', 'unknown-service', "the nearest is 'worker'"],
  ])('named %s is a mistake: exit 64', async (service, code, said) => {
    const stage = await aDeployedStage()
    const start = stage.platform.requests.length
    const ran = await stage.run(['deploy', service, '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(64)
    expect(failureOf(ran)).toMatchObject({ code })
    expect(`${failureOf(ran).message} ${failureOf(ran).hint}`).toContain(said)
    expect(mutationsSince(stage, start)).toEqual([])
  })
})

describe('the platform', () => {
  it('that deploys another commit than the one asked for is not believed: exit 1, both are named', async () => {
    const stage = await aDeployedStage()
    const { sha } = stage.platform.world.push(repository, 'main', { message: 'Second release' })
    const other = '9'.repeat(40)
    await meddle(stage, (_, body) => body.replaceAll(`"commitHash":"${sha}"`, `"commitHash":"${other}"`))
    const ran = await stage.run(['deploy', '-e', 'staging', '--commit', sha, '--yes', '--json'])
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran)).toMatchObject({ kind: 'failed', code: 'verification-failed' })
    expect(failureOf(ran).message).toContain(`api runs ${other}, not ${sha}`)
  })

  it('that cannot read the repository fails the deploy at once, without a commit to tell', async () => {
    const stage = await aStage({
      repositories: [{ name: repository, branches: { main: [{ behaviour: 'failing-build' }] } }],
    })
    await succeeding(stage, ['init', '--yes'])
    await meddle(stage, (_, body) => body.replaceAll(/"commitHash":"[0-9a-f]+",?/g, ''))
    const startedAt = stage.clock.now()
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran)).toMatchObject({ code: 'deployment-failed', message: expect.stringContaining('api failed') })
    expect(stage.clock.now() - startedAt).toBeLessThan(30_000)
  })
})

describe('the undo of a deploy', () => {
  it('is a command that brings the commit before back', async () => {
    const stage = await withSecondCommit()
    const argv = ['deploy', '-e', 'staging', '--yes', '--commit', 'latest', '--json']
    const { documents } = await succeeding(stage, argv)
    expect(documents.at(-1)?.undo).toEqual({
      command: expect.stringMatching(/^fakturino /),
      note: expect.stringContaining('variables and settings stay'),
    })
    const { command } = { command: '', ...(documents.at(-1)?.undo ?? {}) }
    const [, ...words] = command.split(' ')
    await succeeding(stage, [...words, '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(firstCommit))
    expect(running(stage, 'staging', 'postgres')).toHaveLength(1)
  })

  it('stands on one line for people, to be copied', async () => {
    const stage = await withSecondCommit()
    const { stdout } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', 'latest'])
    expect(stdout).toContain(`Undo: fakturino rollback services --to ${firstCommit} -e staging --local --config `)
  })

  it('brings back what the other services ran, where one of them had the commit already', async () => {
    const stage = await withSecondCommit()
    const argv = ['deploy', '-e', 'staging', '--yes', '--commit', 'latest', '--json']
    await succeeding(stage, [...argv.slice(0, 1), 'api', ...argv.slice(1), '--allow', 'split-revision'])
    const { documents } = await succeeding(stage, argv)
    expect(documents.at(-1)?.undo).toMatchObject({
      command: expect.stringContaining(`fakturino rollback services --to ${firstCommit} -e staging`),
    })
    const { command } = { command: '', ...(documents.at(-1)?.undo ?? {}) }
    const [, ...words] = command.split(' ')
    await succeeding(stage, [...words, '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual(everywhere(firstCommit))
  })

  it('of a first deploy does not exist, and that is said', async () => {
    const stage = await withSecondCommit()
    const { documents } = await succeeding(stage, ['deploy', '-e', 'production', '--yes', '--json'])
    expect(documents.at(-1)?.undo).toEqual({ note: 'There is no commit before this one to go back to.' })
  })
})

describe('deploy --dry-run', () => {
  it('shows the plan and writes nothing', async () => {
    const stage = await withSecondCommit()
    await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'database'" }))
    const start = stage.platform.requests.length
    const ran = await succeeding(stage, ['deploy', '-e', 'staging', '--dry-run', '--commit', 'latest'])
    expect(ran.stderr).toContain('CACHE_STORE')
    expect(mutationsSince(stage, start)).toEqual([])
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
  })

  it('does not say that anything was done', async () => {
    const stage = await withSecondCommit()
    await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'database'" }))
    const { stdout } = await succeeding(stage, ['deploy', '-e', 'staging', '--dry-run'])
    expect(stdout).toContain('Dry run: nothing was changed.')
    expect(stdout).not.toContain('equals the config')
  })
})
