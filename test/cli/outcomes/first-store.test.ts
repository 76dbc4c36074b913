import { describe, expect, it } from 'vitest'
import { aStage } from '../../support/stage.ts'
import {
  aStoredStage,
  codeServices,
  deploymentCounts,
  eachService,
  environments,
  expectEmptyPlan,
  idOf,
  inventory,
  mutationsSince,
  plainly,
  succeeding,
  wholeInventory,
} from './deployed-stage.ts'

describe('init', () => {
  it('makes one project with two environments, five services, six volumes and a domain each', async () => {
    const stage = await aStoredStage()
    expect(inventory(stage)).toEqual(wholeInventory)
  })

  it.each(environments)('leaves one patch in the history of %s, with a person and a reason', async (environment) => {
    const stage = await aStage()
    await succeeding(stage, ['init', '--yes', '--reason', 'first setup'])
    const caller = plainly(stage, environment)
    const query =
      'query($id: String!) { environmentPatches(environmentId: $id, first: 100) { edges { node { status message } } } environmentStagedChanges(environmentId: $id) { patch } }'
    const patches = await caller.rows('environmentPatches', query, { id: caller.environmentId })
    expect(patches).toEqual([{ status: 'COMMITTED', message: 'fakturino init by nina: first setup' }])
    expect(await caller.read('environmentStagedChanges.patch', query, { id: caller.environmentId })).toEqual({})
  })

  it.each(environments)('deploys nothing in %s, and lets no push do it either', async (environment) => {
    const stage = await aStoredStage()
    stage.platform.world.push('your-organisation/fakturino', 'main')
    stage.clock.advance(60_000)
    expect(deploymentCounts(stage, environment)).toEqual(eachService(0))
  })

  it('run again makes nothing twice and writes nothing', async () => {
    const stage = await aStoredStage()
    const start = stage.platform.requests.length
    const again = await stage.run(['init', '--yes', '--json'])
    expect(again.exitCode).toBe(0)
    expect(mutationsSince(stage, start)).toEqual([])
    expect(inventory(stage)).toEqual(wholeInventory)
    expect(again.documents.at(-1)).toMatchObject({
      type: 'answer',
      environments: [
        { name: 'staging', changes: 0 },
        { name: 'production', changes: 0 },
      ],
    })
  })

  it('run again after a deploy changes nothing of what runs', async () => {
    const stage = await aStoredStage()
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    const start = stage.platform.requests.length
    await succeeding(stage, ['init', '--yes'])
    expect(mutationsSince(stage, start)).toEqual([])
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
  })

  it('with --deploy deploys every environment, each service once', async () => {
    const stage = await aStage()
    const { documents } = await succeeding(stage, ['init', '--yes', '--deploy', '--json'])
    expect(documents.at(-1)).toMatchObject({
      type: 'answer',
      releases: [
        { environment: 'staging', verdict: 'pass' },
        { environment: 'production', verdict: 'pass' },
      ],
    })
    for (const environment of environments) {
      expect(deploymentCounts(stage, environment)).toEqual(eachService(1))
      await expectEmptyPlan(stage, environment)
    }
  })

  it('with --dry-run says what it would do and writes nothing', async () => {
    const stage = await aStage()
    const ran = await succeeding(stage, ['init', '--dry-run'])
    expect(ran.stdout + ran.stderr).toContain('Dry run: nothing was changed.')
    expect(mutationsSince(stage, 0)).toEqual([])
    expect(inventory(stage)).toEqual([])
  })
})

describe('what is there already', () => {
  it('a project without staging gets it, and keeps what it has', async () => {
    const stage = await aStage()
    const project = stage.platform.world.addProject('fakturino-production')
    stage.platform.world.addService(project.id, 'postgres')
    await succeeding(stage, ['init', '--yes'])
    expect(inventory(stage)).toEqual(wholeInventory)
    expect(stage.platform.world.projectNamed('fakturino-production').id).toBe(project.id)
    for (const environment of environments) await expectEmptyPlan(stage, environment)
  })

  it('a service without an instance in one environment gets one there', async () => {
    const stage = await aStoredStage()
    const production = stage.platform.world.environmentNamed('production')
    const worker = idOf(stage, 'worker')
    stage.platform.world.commit(production.id, { services: { [worker]: { isDeleted: true } } }, { skipDeploys: true })
    expect(inventory(stage)).not.toEqual(wholeInventory)
    await succeeding(stage, ['init', '--yes'])
    expect(inventory(stage)).toEqual(wholeInventory)
    expect(idOf(stage, 'worker')).toBe(worker)
    await expectEmptyPlan(stage, 'production')
  })

  it('deploy completes an environment that lacks a volume, a domain and an instance', async () => {
    const stage = await aStoredStage()
    const { world } = stage.platform
    const { id, instances, volumeInstances } = world.environmentNamed('staging')
    const api = idOf(stage, 'api')
    const volume = [...volumeInstances.values()].find(({ serviceId }) => serviceId === idOf(stage, 'redis'))
    const domain = instances.get(api)?.domains[0]?.domain ?? ''
    world.commit(
      id,
      {
        services: {
          [idOf(stage, 'scheduler')]: { isDeleted: true },
          [idOf(stage, 'redis')]: { volumeMounts: { [volume?.volumeId ?? '']: null } },
          [api]: { networking: { serviceDomains: { [domain]: null } } },
        },
        volumes: { [volume?.volumeId ?? '']: { isDeleted: true } },
      },
      { skipDeploys: true },
    )
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    const staging = ([project]: ReturnType<typeof inventory>) =>
      project?.environments.find(({ environment }) => environment === 'staging')
    expect(staging(inventory(stage))).toEqual(staging(wholeInventory))
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
    await expectEmptyPlan(stage, 'staging')
  })

  it('services, variables and volumes that the config does not know stay as they are', async () => {
    const stage = await aStage()
    const { world } = stage.platform
    const project = world.addProject('fakturino-production')
    const stranger = world.addService(project.id, 'reports', {
      source: { image: 'reports:1' },
      variables: { TITLE: { value: 'Quarter' } },
    })
    const api = world.addService(project.id, 'api', { variables: { EXTRA: { value: 'kept' } } })
    await succeeding(stage, ['init', '--yes'])
    await succeeding(stage, ['deploy', '-e', 'production', '--yes'])
    const { services = {} } = world.environmentNamed('production').config
    expect(services[stranger.id]).toEqual({
      source: { image: 'reports:1' },
      variables: { TITLE: { value: 'Quarter' } },
    })
    expect(services[api.id]?.variables?.EXTRA).toEqual({ value: 'kept' })
    expect(world.deployments(world.environmentNamed('production').id, stranger.id)).toHaveLength(0)
  })

  it('two projects of that name are a question, not a guess', async () => {
    const stage = await aStage()
    stage.platform.world.addProject('fakturino-production')
    stage.platform.world.addProject('fakturino-production')
    const ran = await stage.run(['init', '--yes', '--json'])
    expect(ran.exitCode).toBe(64)
    expect(ran.documents.at(-1)).toMatchObject({ type: 'failure', code: 'workspace-ambiguous' })
    expect(mutationsSince(stage, 0)).toEqual([])
  })
})

describe('auto-deploy', () => {
  it.each(environments)('is off in %s for every service that has code', async (environment) => {
    const stage = await aStoredStage()
    const { instances } = stage.platform.world.environmentNamed(environment)
    for (const service of codeServices) {
      expect(instances.get(idOf(stage, service)), service).toMatchObject({ autoDeploy: false })
    }
  })
})
