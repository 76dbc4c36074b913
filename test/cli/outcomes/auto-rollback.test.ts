import { describe, expect, it } from 'vitest'
import type { EnvironmentConfig } from '../../../src/contract/environment-config.ts'
import type { CommitBehaviour } from '../../../src/local/index.ts'
import { firstCommit, type Ran, repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  aStoredStage,
  commitsOf,
  deploymentCounts,
  deploymentsOf,
  failureOf,
  idOf,
  mutationsSince,
  running,
  shippedConfig,
  storedValue,
  storedWithoutNotes,
  succeeding,
} from './deployed-stage.ts'

const badCommit = '2222222222222222222222222222222222222222'
const everythingOld = { api: [firstCommit], worker: [firstCommit], scheduler: [firstCommit] }

const hour = 60 * 60 * 1000

interface Release {
  behaviour?: CommitBehaviour
  options?: string[]
}

/** Deploys another commit to staging, to be put back where it fails. */
async function release(stage: Stage, { behaviour = 'healthy', options = [] }: Release = {}): Promise<Ran> {
  stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour })
  const argv = ['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--auto-rollback', '--json']
  return stage.run([...argv, ...options])
}

/** The newest deployment of a service of the new commit, where there is one. */
function newOf(stage: Stage, service: string) {
  return deploymentsOf(stage, 'staging', service).findLast(
    ({ origin }) => origin.kind === 'commit' && origin.commit.sha === badCommit,
  )
}

/** Fails the new deployment of a service as soon as somebody looks at it. */
function failing(stage: Stage, service: string, act: (id: string) => void = () => undefined): void {
  let isDone = false
  stage.platform.onRequest(({ operationName }) => {
    const found = newOf(stage, service)
    if (isDone || operationName !== 'WatchDeployments' || found === undefined) return undefined
    isDone = true
    stage.platform.world.forceStatus(found.id, 'FAILED')
    act(found.id)
    return undefined
  })
}

/** The config of staging without maps that hold nothing, because to have one and to have none is the same, and without notes. */
function storedConfig(stage: Stage): EnvironmentConfig {
  return pruned(storedWithoutNotes(stage, 'staging')) as EnvironmentConfig
}

function pruned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, pruned(inner)])
      .filter(([, inner]) => JSON.stringify(inner) !== '{}'),
  )
}

function typesOf({ documents }: Ran): unknown[] {
  return documents.map(({ type }) => type)
}

/** The config with another variable in all code and another start command of the worker. */
const changedConfig = () =>
  shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'database'", '--sleep=3': '--sleep=5' })

describe('a release whose api crashes after it was live', () => {
  it('is put back without a build, and ends with 3', async () => {
    const stage = await aDeployedStage()
    const start = stage.platform.requests.length
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(failureOf(ran)).toMatchObject({
      kind: 'rolled-back',
      code: 'rolled-back',
      exitCode: 3,
      hint: expect.stringMatching(/run: fakturino status -e staging --local/),
    })
    const { message } = failureOf(ran)
    expect(message).toContain('api was live and did not stay so')
    expect(message).toContain('It was put back: api to 11111111 went back.')
    expect(message).toContain('What serves now: api 11111111 (put back).')
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
    expect(deploymentCounts(stage, 'staging')).toEqual({ postgres: 1, redis: 1, api: 3, worker: 1, scheduler: 1 })
    expect(deploymentsOf(stage, 'staging', 'api').at(-1)).toMatchObject({ builds: false, status: 'SUCCESS' })
    expect(mutationsSince(stage, start)).toEqual(['DeployService', 'RollbackDeployment'])
  })

  it('tells each act as an event, and last what serves', async () => {
    const stage = await aDeployedStage()
    const [old] = deploymentsOf(stage, 'staging', 'api')
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    const put = deploymentsOf(stage, 'staging', 'api').at(-1)
    expect(ran.documents).toContainEqual({
      type: 'rollback-started',
      environment: 'staging',
      services: ['api'],
      changes: 0,
      because: 'what was deployed did not stay live',
    })
    expect(ran.documents).toContainEqual({
      type: 'deployment-rolled-back',
      environment: 'staging',
      service: 'api',
      deploymentId: put?.id,
      to: old?.id,
      commit: firstCommit,
      isBuilt: false,
    })
    expect(ran.documents.at(-2)).toEqual({
      type: 'serving-read',
      environment: 'staging',
      services: [{ service: 'api', serves: 'put-back', deploymentId: put?.id, commit: firstCommit, isRunning: true }],
    })
    expect(typesOf(ran).slice(typesOf(ran).indexOf('deployment-rolled-back'))).toContain('service-verified')
  })

  it('is built once more where the image is not kept, and says so', async () => {
    const stage = await aDeployedStage()
    stage.platform.onRequest(({ operationName }) => {
      const [old] = deploymentsOf(stage, 'staging', 'api')
      // Longer than the platform keeps an image.
      if (operationName === 'WatchDeployments' && old?.removedAt !== undefined) old.removedAt -= 121 * hour
      return undefined
    })
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(failureOf(ran).message).toContain('api to 11111111 (built once more: its image was not kept) went back')
    expect(deploymentsOf(stage, 'staging', 'api').at(-1)).toMatchObject({ builds: true })
    expect(ran.documents).toContainEqual(
      expect.objectContaining({ type: 'deployment-rolled-back', service: 'api', isBuilt: true }),
    )
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
  })

  it('is built once more where the platform refuses after all', async () => {
    const stage = await aDeployedStage()
    stage.platform.onRequest(({ operationName }) => {
      if (operationName !== 'RollbackDeployment') return undefined
      const [old] = deploymentsOf(stage, 'staging', 'api')
      if (old?.removedAt !== undefined) old.removedAt -= 121 * hour
      return undefined
    })
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
  })

  it.each(['drop-before', 'drop-after'] as const)('goes back once where the answer is lost: %s', async (kind) => {
    const stage = await aDeployedStage()
    let isLost = false
    stage.platform.onRequest(({ operationName }) => {
      if (operationName !== 'RollbackDeployment' || isLost) return undefined
      isLost = true
      return { kind }
    })
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 3 })
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
  })

  it('waits until the old one has drained', async () => {
    const stage = await aDeployedStage()
    const [old] = deploymentsOf(stage, 'staging', 'api')
    if (old !== undefined) old.settings = { ...old.settings, deploy: { ...old.settings.deploy, drainingSeconds: 8 } }
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(deploymentsOf(stage, 'staging', 'api').at(-1)).toMatchObject({ builds: false, status: 'SUCCESS' })
  })
})

describe('a release whose api is live and answers 500', () => {
  it('is put back, and the old commit answers', async () => {
    const stage = await aDeployedStage()
    stage.platform.onRequest(({ operationName }) => {
      const found = newOf(stage, 'api')
      // As if the platform had asked somewhere else: it calls the deployment a success.
      if (operationName === 'WatchDeployments' && found !== undefined) {
        const { healthcheckPath: _path, ...deploy } = found.settings.deploy ?? {}
        found.settings = { ...found.settings, deploy }
      }
      return undefined
    })
    const ran = await release(stage, { behaviour: 'error-500' })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(failureOf(ran).message).toMatch(/answered 503.*It was put back: api to 11111111 went back/)
    expect(ran.documents).toContainEqual(
      expect.objectContaining({ type: 'rollback-started', because: 'what was deployed does not serve as it should' }),
    )
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
  })
})

describe('a worker that fails after the api is live', () => {
  it('takes the api back with it', async () => {
    const stage = await aDeployedStage()
    failing(stage, 'worker')
    const ran = await release(stage)
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
    const { message } = failureOf(ran)
    expect(message).toContain('worker failed')
    expect(message).toContain('api to 11111111 and scheduler to 11111111 went back; worker had not stopped serving')
    expect(message).toContain(
      'What serves now: api 11111111 (put back), worker 11111111 (as before), scheduler 11111111 (put back).',
    )
    // All at once, and what served on was not touched.
    expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 3, worker: 2, scheduler: 3 })
  })
})

describe('a release that stores variables and a start command', () => {
  it('leaves stored what was stored before, in a patch that says why', async () => {
    const stage = await aDeployedStage()
    const before = storedConfig(stage)
    await stage.useConfig(await changedConfig())
    const ran = await release(stage, { behaviour: 'crash-after-success', options: ['--reason', 'faster'] })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(storedConfig(stage)).toEqual(before)
    const { patches, staged } = stage.platform.world.environmentNamed('staging')
    expect(patches.at(-1)?.message).toBe(
      'fakturino deploy by nina: puts back its changes, because what was deployed did not stay live (faster)',
    )
    expect(staged.patch).toEqual({})
    expect(ran.documents).toContainEqual({
      type: 'changes-put-back',
      environment: 'staging',
      patchId: patches.at(-1)?.id,
      places: expect.arrayContaining(['worker start command', 'api variable CACHE_STORE']),
    })
    expect(failureOf(ran).message).toContain('4 stored changes are as before')
    expect(deploymentsOf(stage, 'staging', 'api').at(-1)?.variables.CACHE_STORE).toBe('redis')
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
  })

  it.each(['failing-build', 'crash'] as const)(
    'is put back too where nothing of it ever served: %s',
    async (behaviour) => {
      const stage = await aDeployedStage()
      const before = storedConfig(stage)
      await stage.useConfig(await changedConfig())
      const ran = await release(stage, { behaviour })
      expect(ran.exitCode, ran.stderr).toBe(3)
      expect(storedConfig(stage)).toEqual(before)
      expect(failureOf(ran).message).toContain('4 stored changes are as before; api had not stopped serving')
      expect(deploymentCounts(stage, 'staging')).toMatchObject({ api: 2, worker: 1, scheduler: 1 })
    },
  )

  it('is put back too where the commit does not even exist', async () => {
    const stage = await aDeployedStage()
    const before = storedConfig(stage)
    await stage.useConfig(await changedConfig())
    const argv = ['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--auto-rollback', '--json']
    const ran = await stage.run(argv)
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(storedConfig(stage)).toEqual(before)
  })

  it('leaves what somebody else changed meanwhile, and names it', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await changedConfig())
    const { world } = stage.platform
    let isDone = false
    stage.platform.onRequest(({ operationName }) => {
      if (isDone || operationName !== 'DeployService') return undefined
      isDone = true
      const { id } = world.environmentNamed('staging')
      world.setVariable(id, idOf(stage, 'worker'), 'CACHE_STORE', 'memcached', { skipDeploys: true })
      return undefined
    })
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(failureOf(ran).message).toContain(
      'Changed by somebody else since, and left so: worker variable CACHE_STORE.',
    )
    expect(ran.documents).toContainEqual({
      type: 'changes-left',
      environment: 'staging',
      places: ['worker variable CACHE_STORE'],
      because: 'somebody else changed it since',
    })
    expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('memcached')
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
    expect(ran.stdout).not.toContain('memcached')
  })

  it('leaves stored what others had staged and the release was allowed to carry along', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await changedConfig())
    const { world } = stage.platform
    const theirs = { sharedVariables: { THEIRS: { value: 'x' } } }
    world.stage(world.environmentNamed('staging').id, theirs)
    const before = storedConfig(stage)
    const ran = await release(stage, { behaviour: 'crash-after-success', options: ['--allow', 'staged-changes'] })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(storedConfig(stage)).toEqual({ ...before, ...theirs })
  })

  it('brings back a value that was a secret without telling it', async () => {
    const stage = await aDeployedStage()
    const before = storedValue(stage, 'staging', 'api', 'APP_KEY')
    await stage.files.writeText('/secrets.env', 'APP_KEY=base64:c2VudGluZWwtb2YtdGhlLW5ldy1rZXktMTIzNDU2Nzg=\n')
    const options = ['--secrets-file', '/secrets.env']
    const ran = await release(stage, { behaviour: 'crash-after-success', options })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(ran.documents).toContainEqual(
      expect.objectContaining({
        type: 'changes-put-back',
        places: ['api variable APP_KEY', 'worker variable APP_KEY', 'scheduler variable APP_KEY'],
      }),
    )
    expect(storedValue(stage, 'staging', 'api', 'APP_KEY')).toBe(before)
    expect(ran.stdout + ran.stderr).not.toContain(String(before))
    expect(ran.stdout + ran.stderr).not.toContain('c2VudGluZWw')
  })

  it('stores the way back once where an answer is lost on it', async () => {
    const stage = await aDeployedStage()
    const before = storedConfig(stage)
    await stage.useConfig(await changedConfig())
    let commits = 0
    stage.platform.onRequest(({ operationName }) => {
      if (operationName === 'CommitStaged') commits += 1
      return operationName === 'CommitStaged' && commits === 2 ? { kind: 'drop-after' } : undefined
    })
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(commits).toBe(2)
    expect(storedConfig(stage)).toEqual(before)
  })

  it('goes back to running what ran before though what is stored cannot be put back, and says what is left to do', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await changedConfig())
    const { world } = stage.platform
    let isDone = false
    stage.platform.onRequest(({ operationName }) => {
      if (isDone || operationName !== 'DeployService') return undefined
      isDone = true
      world.stage(world.environmentNamed('staging').id, { sharedVariables: { THEIRS: { value: 'x' } } })
      return undefined
    })
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(1)
    expect(failureOf(ran)).toMatchObject({
      kind: 'failed',
      code: 'rollback-failed',
      hint: expect.stringContaining(`run: fakturino deploy -e staging --commit ${firstCommit} --local`),
    })
    const { message } = failureOf(ran)
    expect(message).toContain('What is stored could not be put back: Somebody staged changes in staging')
    expect(message).toContain('What serves now: api 11111111 (put back).')
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
    expect(world.environmentNamed('staging').staged.patch).toEqual({ sharedVariables: { THEIRS: { value: 'x' } } })
  })
})

describe('deploys on push that the release switched off', () => {
  it('are switched on again', async () => {
    const stage = await aDeployedStage()
    const instance = stage.platform.world.environmentNamed('staging').instances.get(idOf(stage, 'api'))
    if (instance !== undefined) instance.autoDeploy = true
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(instance?.autoDeploy).toBe(true)
    expect(ran.documents.filter(({ type }) => type === 'auto-deploy-set')).toEqual([
      { type: 'auto-deploy-set', environment: 'staging', services: ['api'], enabled: false },
      { type: 'auto-deploy-set', environment: 'staging', services: ['api'], enabled: true },
    ])
  })
})

/** Fails what is to put the api back, as soon as somebody looks at it; `act` happens then. */
function failingBack(stage: Stage, act: () => void = () => undefined): void {
  let isDone = false
  stage.platform.onRequest(({ operationName }) => {
    const api = deploymentsOf(stage, 'staging', 'api')
    if (isDone || operationName !== 'WatchDeployments' || api.length !== 3) return undefined
    isDone = true
    stage.platform.world.forceStatus(api.at(-1)?.id ?? '', 'FAILED')
    act()
    return undefined
  })
}

describe('putting back that fails too', () => {
  it('ends with 1, says of each service what serves, and the rollback that it names goes back', async () => {
    const stage = await aDeployedStage()
    failingBack(stage)
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(1)
    const { message, hint } = failureOf(ran)
    expect(failureOf(ran)).toMatchObject({ kind: 'failed', code: 'rollback-failed' })
    expect(message).toContain('Putting it back failed too: api did not come back: its deployment is failed.')
    expect(message).toMatch(/What serves now: api (22222222 \(new|nothing)/)
    expect(hint).toContain(`run: fakturino rollback services --to ${firstCommit} -e staging --local`)
    await succeeding(stage, ['rollback', 'services', '--to', firstCommit, '-e', 'staging', '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
    expect(deploymentsOf(stage, 'staging', 'api').at(-1)).toMatchObject({ builds: false })
  })

  it('names a build where the image of before is not kept', async () => {
    const stage = await aDeployedStage()
    failingBack(stage, () => {
      const [old] = deploymentsOf(stage, 'staging', 'api')
      if (old?.removedAt !== undefined) old.removedAt -= 121 * hour
    })
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(failureOf(ran)).toMatchObject({
      code: 'rollback-failed',
      hint: expect.stringContaining(`run: fakturino deploy -e staging --commit ${firstCommit} --local`),
    })
  })

  it('leaves a service alone that somebody else deployed since, and names it', async () => {
    const stage = await aDeployedStage()
    const instance = stage.platform.world.environmentNamed('staging').instances.get(idOf(stage, 'api'))
    failing(stage, 'worker', () => {
      if (instance !== undefined) instance.autoDeploy = true
      stage.platform.world.push(repository, 'main', { message: 'Theirs' })
    })
    const ran = await release(stage)
    expect(ran.exitCode, ran.stderr).toBe(3)
    expect(failureOf(ran).message).toContain('api was deployed by somebody else since, and left so.')
    expect(running(stage, 'staging', 'scheduler')).toEqual([firstCommit])
  })
})

describe('nothing to go back to', () => {
  it('is said of a first deploy, which ends with 1 and stays as it is', async () => {
    const stage = await aStoredStage()
    const before = storedConfig(stage)
    const ran = await release(stage, { behaviour: 'crash-after-success' })
    expect(ran.exitCode, ran.stderr).toBe(1)
    expect(failureOf(ran)).toMatchObject({ kind: 'failed', code: 'deployment-crashed' })
    expect(failureOf(ran).message).toContain('Before this run nothing served, so there is nothing to go back to.')
    expect(typesOf(ran)).not.toContain('rollback-started')
    expect(storedConfig(stage)).toEqual(before)
  })

  it('is said where what served before has never stopped, and nothing was stored', async () => {
    const stage = await aDeployedStage()
    const start = stage.platform.requests.length
    const ran = await release(stage, { behaviour: 'failing-build' })
    expect(ran.exitCode, ran.stderr).toBe(1)
    expect(failureOf(ran).message).toContain('There was nothing to put back.')
    expect(failureOf(ran).message).toContain('What serves now: api 11111111 (as before).')
    expect(mutationsSince(stage, start)).toEqual(['DeployService'])
  })
})

describe('an end that is not known', () => {
  it('is not put back, and that is said: exit 6', async () => {
    const stage = await aDeployedStage()
    stage.platform.onRequest(({ operationName }) => {
      const found = newOf(stage, 'api')
      if (operationName === 'WatchDeployments' && found !== undefined)
        stage.platform.world.forceStatus(found.id, 'NEEDS_APPROVAL')
      return undefined
    })
    const start = stage.platform.requests.length
    const ran = await release(stage)
    expect(ran.exitCode, ran.stderr).toBe(6)
    expect(failureOf(ran)).toMatchObject({ code: 'deployment-held' })
    expect(failureOf(ran).message).toContain('Nothing was put back, because how this ends is not known yet.')
    expect(mutationsSince(stage, start)).toEqual(['DeployService'])
  })
})

describe('a release that succeeds', () => {
  it('is what it is without --auto-rollback', async () => {
    const stage = await aDeployedStage()
    const ran = await release(stage)
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.documents.at(-1)).toMatchObject({ type: 'answer', verdict: 'pass', commit: badCommit })
  })
})

it('--auto-rollback with --detach is a usage error that says why', async () => {
  const stage = await aDeployedStage()
  const start = stage.platform.requests.length
  const ran = await release(stage, { options: ['--detach'] })
  expect(ran.exitCode).toBe(64)
  expect(failureOf(ran)).toMatchObject({
    code: 'invalid-option',
    message: '--auto-rollback has to see how the release ends, and --detach does not wait for that.',
  })
  expect(stage.platform.requests.length).toBe(start)
})

describe('without --auto-rollback a failed deploy', () => {
  it('says what serves now, what stays stored, and the command that brings the code back', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await changedConfig())
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit })
    failing(stage, 'worker')
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json'])
    expect(ran.exitCode).toBe(1)
    const { message, hint } = failureOf(ran)
    expect(message).toContain(
      'What serves now: api 22222222 (new), worker 11111111 (as before), scheduler 22222222 (new).',
    )
    expect(message).toContain(
      'What this run stored stays stored: api variable CACHE_STORE, worker start command, worker variable CACHE_STORE and scheduler variable CACHE_STORE.',
    )
    expect(hint).toMatch(
      new RegExp(
        `^To bring the code of before back without a build, run: fakturino rollback services --to ${firstCommit} -e staging --local --config `,
      ),
    )
    const undo = String(hint)
      .replace(/^.*?: fakturino /, '')
      .split(' ')
      .slice(0, 6)
    await succeeding(stage, [...undo, '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
  })

  it('says that nothing served before, and has no command for it', async () => {
    const stage = await aStoredStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'failing-build' })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(failureOf(ran).message).toContain('Before this run nothing served, so there is nothing to go back to.')
    expect(failureOf(ran).message).toContain('postgres (new), redis (new), api nothing.')
    expect(failureOf(ran).hint).toMatch(/^Run: fakturino status/)
  })

  it('says that only the databases served before', async () => {
    const stage = await aStoredStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'failing-build' })
    const argv = ['deploy', '-e', 'staging', '--yes', '--json']
    await stage.run(argv)
    expect(failureOf(await stage.run(argv)).message).toContain(
      'Before this run only postgres and redis served, so there is no code to go back to.',
    )
  })

  it('with the commit of before says how what is stored is undone', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await changedConfig())
    let isDone = false
    stage.platform.onRequest(({ operationName }) => {
      const api = deploymentsOf(stage, 'staging', 'api')
      if (isDone || operationName !== 'WatchDeployments' || api.length < 2) return undefined
      isDone = true
      stage.platform.world.forceStatus(api.at(-1)?.id ?? '', 'FAILED')
      return undefined
    })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(failureOf(ran).hint).toMatch(
      /^The commit is the same as before\. To undo what is stored, put the config back as it was and run: fakturino deploy -e staging --local/,
    )
  })

  it('still says why it failed where what serves cannot be read', async () => {
    const stage = await aDeployedStage()
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'ObserveEnvironment' && newOf(stage, 'api') !== undefined ? { kind: 'drop-before' } : undefined,
    )
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'failing-build' })
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json'])
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran).message).toMatch(/^api failed in build-image.*What serves now could not be read\./)
  })
})

describe('putting back that is interrupted', () => {
  it('leaves a note whose command finishes going back, not the release that failed', async () => {
    const stage = await aDeployedStage()
    stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'crash-after-success' })
    let press: ((signal: 'SIGINT' | 'SIGTERM') => void) | undefined
    stage.platform.onRequest(({ operationName }) => {
      if (operationName === 'RollbackDeployment') press?.('SIGINT')
      return undefined
    })
    const argv = ['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--auto-rollback', '--json']
    const ran = await stage.run(argv, {
      onStart: (interrupt) => {
        press = interrupt
      },
    })
    expect(ran.exitCode, ran.stdout).toBe(130)
    const { documents } = await succeeding(stage, ['status', '-e', 'staging', '--json'])
    expect(documents[0]).toMatchObject({
      operation: {
        state: 'unfinished',
        goOn: expect.stringContaining(`fakturino deploy -e staging --commit ${firstCommit}`),
      },
    })
    stage.clock.advance(60_000)
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', firstCommit])
    expect(commitsOf(stage, 'staging')).toEqual(everythingOld)
  })
})
