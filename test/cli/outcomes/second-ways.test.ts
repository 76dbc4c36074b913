import { describe, expect, it } from 'vitest'
import type { DeniedPart } from '../../../src/local/index.ts'
import { aStage, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  aStoredStage,
  deploymentCounts,
  deploymentsOf,
  eachService,
  environments,
  failureOf,
  idOf,
  mutationsSince,
  shippedConfig,
  storedValue,
  storedWithoutNotes,
  succeeding,
} from './deployed-stage.ts'

const start = 'php artisan schedule:work'
const changedConfig = () =>
  shippedConfig({ "CACHE_STORE: 'redis'": "CACHE_STORE: 'database'", [start]: `${start} --quiet` })
const sizes = ['postgres volume size', 'redis volume size', 'api volume size']
/** Mutations of the first way of storing. */
const patching = ['StageChanges', 'CommitStaged']

/**
 * Everything that is stored in both environments, with what runs: ids become names, and a value that is made anew in every
 * project becomes the first place that holds it, so that what shares a secret still does.
 */
function worldOf(stage: Stage, { withSizes = true } = {}): unknown {
  const made = new Map<string, string>()
  return environments.map((name) => {
    const environment = stage.platform.world.environmentNamed(name)
    const nameOf = new Map(Array.from(environment.project.services.values(), ({ id, name }) => [id, name]))
    const { services: configs = {}, volumes: _volumes, ...shared } = storedWithoutNotes(stage, name)
    const stored = Object.entries(configs).map(([id, config]) => {
      const { variables = {}, volumeMounts = {}, networking: _network, ...settings } = config ?? {}
      const service = nameOf.get(id) ?? id
      const values = Object.entries(variables).map(([variable, entry]) => {
        const value = String(entry?.value)
        const isMade = /^(base64:.{40,}|[0-9a-f]{64}|[a-zA-Z]{32})$/.test(value)
        if (isMade && !made.has(value)) made.set(value, `made for ${name} ${service} ${variable}`)
        return [variable, made.get(value) ?? value]
      })
      return [service, { ...settings, variables: Object.fromEntries(values), mounts: Object.values(volumeMounts) }]
    })
    return {
      name,
      stored: Object.fromEntries(stored),
      shared,
      volumes: Array.from(environment.volumeInstances.values(), ({ serviceId = '', mountPath, sizeMB }) => [
        nameOf.get(serviceId),
        mountPath,
        withSizes ? sizeMB : 'any size',
      ]),
      instances: Array.from(
        environment.instances.values(),
        ({ service, trigger, autoDeploy, domains, deployments }) => ({
          service: service.name,
          follows: trigger && [trigger.repository, trigger.branch],
          autoDeploy,
          domains: domains.map(({ kind, targetPort }) => [kind, targetPort]),
          deployments: deployments.map(({ status, settings }) => [status, settings.deploy]),
        }),
      ),
    }
  })
}

/** First setup and a release, then one more with a changed variable and a changed start command. */
async function twoReleases(
  denied: readonly DeniedPart[],
): Promise<{ stage: Stage; printed: string; requests: number[] }> {
  const stage = await aStoredStage({ denied })
  const requests = [stage.platform.requests.length]
  let printed = ''
  const command = async (argv: string[]) => {
    const before = polled(stage)
    const ran = await succeeding(stage, argv)
    requests.push(polled(stage) - before)
    printed += ran.stdout + ran.stderr
  }
  await command(['deploy', '-e', 'staging', '--yes'])
  await stage.useConfig(await changedConfig())
  await command(['deploy', '-e', 'staging', '--yes', '--json'])
  await command(['plan', '-e', 'staging'])
  return { stage, printed, requests }
}

/** How many requests were sent that do not only wait for something. */
function polled({ platform }: Stage): number {
  const waits = ['WatchDeployments', 'ReadPatch', 'NewestDeployments']
  return platform.requests.filter(({ operationName = '' }) => !waits.includes(operationName)).length
}

/** Makes the platform refuse these operations, and nothing else. */
function deny({ platform }: Stage, ...operations: string[]): void {
  const body = JSON.stringify({ errors: [{ message: 'Not Authorized' }], data: null })
  platform.onRequest(({ operationName = '' }) =>
    operations.includes(operationName) ? { kind: 'answer', status: 200, body } : undefined,
  )
}

function tokenOf({ platform }: Stage, environment: string): Record<string, string> {
  return { RAILWAY_TOKEN: platform.address.tokens.project[environment] ?? '' }
}

describe('where a part is denied', () => {
  it.each<[string, DeniedPart[], number[]]>([
    ['patches', ['patches'], [47, 19, 20, 5]],
    ['the config', ['config'], [55, 22, 24, 6]],
    ['the config and patches', ['config', 'patches'], [55, 22, 24, 6]],
  ])('init, deploy and a changed deploy reach the same world without %s', async (_, denied, counts) => {
    const first = await twoReleases([])
    const second = await twoReleases(denied)
    const withSizes = !denied.includes('patches')
    expect(worldOf(second.stage, { withSizes })).toEqual(worldOf(first.stage, { withSizes }))
    expect([first.requests, second.requests]).toEqual([[45, 16, 18, 2], counts])
    expect(deploymentCounts(second.stage, 'staging')).toEqual({
      postgres: 1,
      redis: 1,
      api: 2,
      worker: 2,
      scheduler: 2,
    })
    const isPatched = second.stage.platform.requests.some(({ operationName = '' }) => patching.includes(operationName))
    expect(isPatched).toBe(!denied.includes('patches'))

    const stored = second.stage.platform.requests.filter(({ operationName }) => operationName === 'StoreVariables')
    for (const input of stored.flatMap(({ variables }) => Object.values(variables))) {
      expect(input).toMatchObject({ skipDeploys: true })
      expect(input).not.toHaveProperty('replace')
    }
    expect(stored.length > 0).toBe(denied.includes('patches'))

    const { documents } = await succeeding(second.stage, ['plan', '-e', 'staging', '--json'])
    const changes = denied.includes('patches') ? [10_240, 1024, 1024] : []
    expect(documents[0]).toMatchObject({
      changes: changes.map(() => ({ setting: 'volume-size', cause: 'unknown' })),
      deployments: [],
      secondWays: {
        ...(denied.includes('config') ? { reading: 'parts' } : {}),
        ...(denied.includes('patches') ? { history: 'denied' } : {}),
      },
    })
    const { config } = second.stage.platform.world.environmentNamed('staging')
    const secrets = Object.values(config.services ?? {}).flatMap((service) =>
      ['APP_KEY', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD'].flatMap((name) => service?.variables?.[name]?.value ?? []),
    )
    const kept = secrets.filter((value) => !value.includes('{{'))
    expect(kept.length).toBeGreaterThan(1)
    for (const value of kept) expect(second.printed).not.toContain(value)
  })

  it.each<[DeniedPart[]]>([[['patches']], [['config']], [['config', 'patches']]])(
    'a project token deploys without %j',
    async (denied) => {
      const stage = await aStoredStage({ denied })
      const env = tokenOf(stage, 'staging')
      const ran = await stage.run(['deploy', '--yes'], { env })
      expect(ran, ran.stderr).toMatchObject({ exitCode: 0 })
      await stage.useConfig(await changedConfig())
      const changed = await stage.run(['deploy', '--yes', '--json'], { env })
      expect(changed, changed.stderr).toMatchObject({ exitCode: 0 })
      expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('database')
      expect(deploymentsOf(stage, 'staging', 'scheduler').at(-1)?.settings.deploy?.startCommand).toBe(
        `${start} --quiet`,
      )
      expect(deploymentCounts(stage, 'production')).toEqual(eachService(0))
      expect(changed.documents.at(-1)).toMatchObject({ verdict: 'pass', secondWays: expect.anything() })
    },
  )

  it('what was done and what was not is said, for people and as JSON', async () => {
    const stage = await aStoredStage({ denied: ['config', 'patches'] })
    const ran = await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(ran.stdout.replace(/\s+/g, ' ')).toContain(
      'Read in parts, because this token may not read the config; read without its history, which this token may not read.',
    )
    expect(ran.stdout.replace(/\s+/g, ' ')).toContain(
      'Not stored, because only a patch can: postgres volume size, redis volume size and api volume size. They stay in the plan',
    )
    await stage.useConfig(await changedConfig())
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--json'])
    const of = (type: string) => documents.filter((document) => document.type === type)
    expect(of('changes-stored')).toEqual([
      { type: 'changes-stored', environment: 'staging', way: 'direct', changes: 4 },
    ])
    expect(of('changes-not-stored')).toEqual([{ type: 'changes-not-stored', environment: 'staging', places: sizes }])
    expect(of('plan-made')).toMatchObject([
      { notes: expect.arrayContaining([expect.objectContaining({ code: 'history-denied' })]) },
    ])
    expect(documents.at(-1)).toMatchObject({
      changes: 4,
      secondWays: { reading: 'parts', history: 'denied', storing: 'direct', notStored: sizes },
    })
    const status = await succeeding(stage, ['status', '-e', 'staging', '--json'])
    expect(status.documents[0]).toMatchObject({ secondWays: { reading: 'parts', history: 'denied' } })
  })

  it('init says it of each environment', async () => {
    const stage = await aStoredStage({ denied: ['patches'] })
    const { documents } = await succeeding(stage, ['init', '--yes', '--json'])
    expect(documents.at(-1)).toMatchObject({
      environments: environments.map((name) => ({ name, secondWays: { history: 'denied', notStored: sizes } })),
    })
  })
})

describe('without the config', () => {
  it('a sealed variable is left alone, and no secret is made in its place', async () => {
    const stage = await aDeployedStage({ denied: ['config'] })
    const { world } = stage.platform
    const { id } = world.environmentNamed('staging')
    for (const service of ['api', 'worker', 'scheduler'])
      world.setVariable(id, idOf(stage, service), 'APP_KEY', 'sentinel-sealed', { sealed: true, skipDeploys: true })
    const { documents } = await succeeding(stage, ['plan', '-e', 'staging', '--json'])
    expect(documents[0]).toMatchObject({ changes: [] })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(storedValue(stage, 'staging', 'api', 'APP_KEY')).toBe('sentinel-sealed')
  })
})

describe('without patches', () => {
  it('what others staged cannot be seen, so that nothing is stored past it unless allowed', async () => {
    const stage = await aDeployedStage({ denied: ['patches'] })
    await stage.useConfig(await changedConfig())
    const { world } = stage.platform
    const { id } = world.environmentNamed('staging')
    const patch = { services: { [idOf(stage, 'worker')]: { variables: { TITLE: { value: 'night shift' } } } } }
    world.stage(id, patch)
    const before = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({
      code: 'staged-changes',
      message: expect.stringContaining('1 staged change of somebody waits in staging'),
      hint: expect.stringContaining('--allow staged-changes'),
    })
    expect(mutationsSince(stage, before)).toEqual([])

    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--allow', 'staged-changes'])
    expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('database')
    expect(world.environmentNamed('staging').staged.patch).toEqual(patch)
  })

  it.each(['drop-before', 'drop-after'] as const)(
    'a write whose answer is lost (%s) is recognised by reading, and nothing is done twice',
    async (kind) => {
      const whole = worldOf((await twoReleases(['patches'])).stage, { withSizes: false })
      for (const operation of ['StoreVariables', 'StoreSettings', 'FollowBranches', 'SetAutoDeploy']) {
        const stage = await aStage({ denied: ['patches'] })
        let isLost = false
        stage.platform.onRequest(({ operationName }) => {
          if (isLost || operationName !== operation) return undefined
          isLost = true
          return { kind }
        })
        await succeeding(stage, ['init', '--yes'])
        expect(isLost, operation).toBe(true)
        await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
        await stage.useConfig(await changedConfig())
        await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
        expect(worldOf(stage, { withSizes: false }), operation).toEqual(whole)
      }
    },
  )

  it('a saved plan is applied as it stands', async () => {
    const stage = await aDeployedStage({ denied: ['config', 'patches'] })
    await stage.useConfig(await changedConfig())
    await succeeding(stage, ['plan', '-e', 'staging', '--out', '/saved.json'])
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--plan', '/saved.json'])
    expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('database')
  })

  it('a service that has no instance here is refused before anything is made', async () => {
    const stage = await aDeployedStage({ denied: ['patches'] })
    const { world } = stage.platform
    const { id } = world.environmentNamed('staging')
    world.commit(id, { services: { [idOf(stage, 'scheduler')]: { isDeleted: true } } }, { skipDeploys: true })
    const before = stage.platform.requests.length
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(4)
    expect(failureOf(ran)).toMatchObject({
      code: 'not-authorized',
      message: expect.stringContaining('scheduler is not in staging yet'),
    })
    expect(mutationsSince(stage, before)).toEqual([])
  })

  it('settings that were stored and never deployed are deployed by the next run', async () => {
    const stage = await aDeployedStage({ denied: ['patches'] })
    await stage.useConfig(await changedConfig())
    deny(stage, 'DeployService')
    const broken = await stage.run(['deploy', '-e', 'staging', '--yes'])
    expect(broken.exitCode).toBe(4)
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
    const { documents } = await succeeding(stage, ['plan', '-e', 'staging', '--json'])
    expect(documents[0]).toMatchObject({
      deployments: ['api', 'worker', 'scheduler'].map((service) => ({
        service,
        reasons: expect.arrayContaining(['stored-change-not-running']),
      })),
    })
  })

  it('a variable that left the config stays, and is named', async () => {
    const stage = await aDeployedStage({ denied: ['patches'] })
    await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis',": '' }))
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--json'])
    expect(documents.find(({ type }) => type === 'plan-made')).toMatchObject({
      notes: expect.arrayContaining([
        { code: 'unmanaged-variables', service: 'api', message: expect.stringContaining('CACHE_STORE') },
      ]),
    })
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
  })
})

describe('a token that may read patches', () => {
  it.each([
    ['stage none', ['StageChanges']],
    ['stage and not commit', ['CommitStaged']],
  ])('and %s stores directly, and leaves nothing staged', async (_, operations) => {
    const stage = await aDeployedStage()
    await stage.useConfig(await changedConfig())
    deny(stage, ...operations)
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--json'])
    expect(documents.at(-1)).toMatchObject({ secondWays: { storing: 'direct' }, changes: 4 })
    expect(stage.platform.world.environmentNamed('staging').staged.patch).toEqual({})
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('database')
    expect((await succeeding(stage, ['plan', '-e', 'staging', '--json'])).documents[0]).toMatchObject({
      changes: [],
      deployments: [],
    })
  })

  it('and not commit leaves staged what others staged, exactly as it was', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await changedConfig())
    const { world } = stage.platform
    const patch = { services: { [idOf(stage, 'worker')]: { variables: { TITLE: { value: 'night shift' } } } } }
    world.stage(world.environmentNamed('staging').id, patch)
    deny(stage, 'CommitStaged')
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--allow', 'staged-changes'])
    expect(world.environmentNamed('staging').staged.patch).toEqual(patch)
    expect(storedValue(stage, 'staging', 'worker', 'CACHE_STORE')).toBe('database')
    expect(storedValue(stage, 'staging', 'worker', 'TITLE')).toBeUndefined()
  })

  it('and stage none removes no variable: that would deploy outside of every level', async () => {
    const stage = await aDeployedStage()
    await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis',": '' }))
    deny(stage, 'StageChanges')
    const named = ['api', 'worker', 'scheduler'].flatMap((service) => [
      '--confirm-destructive',
      `${service}.CACHE_STORE`,
    ])
    const { documents } = await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--json', ...named])
    expect(documents.at(-1)).toMatchObject({
      changes: 0,
      secondWays: { notStored: ['api', 'worker', 'scheduler'].map((service) => `${service} variable CACHE_STORE`) },
    })
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
    expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
  })
})

it('a token that may store nothing in either way is denied with 4', async () => {
  const stage = await aDeployedStage()
  await stage.useConfig(await changedConfig())
  deny(stage, 'StageChanges', 'StoreVariables')
  const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
  expect(ran.exitCode).toBe(4)
  expect(failureOf(ran)).toMatchObject({ kind: 'denied', message: expect.stringContaining('"store variables"') })
  expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
  expect(deploymentCounts(stage, 'staging')).toEqual(eachService(1))
})
