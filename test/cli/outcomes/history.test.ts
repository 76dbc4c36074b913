import { describe, expect, it } from 'vitest'
import { firstCommit, repository, type Stage } from '../../support/stage.ts'
import { killedAt } from '../../support/sudden-death.ts'
import { aDeployedStage, aStoredStage, failureOf, plainly, services, succeeding } from './deployed-stage.ts'

const bad = '2222222222222222222222222222222222222222'

/** Staging after an init, a deploy, a deploy that failed an hour later, and a restart that was killed. */
async function anEventfulStage(): Promise<Stage> {
  const stage = await aDeployedStage()
  stage.clock.advance(3_600_000)
  stage.platform.world.addCommit(repository, 'main', { sha: bad, behaviour: 'failing-build' })
  await stage.run(['deploy', '-e', 'staging', '--yes', '--commit', bad, '--reason', 'the banking queue'])
  await killedAt(stage, ['restart', 'worker', '-e', 'staging', '--yes'], 6, 'after it was sent')
  return stage
}

const sentinel = 'sentinel-value-92ac71'

async function itemsOf(stage: Stage, ...options: string[]): Promise<Record<string, unknown>[]> {
  const { documents } = await succeeding(stage, ['history', '-e', 'staging', '--json', ...options])
  const { items } = documents[0] ?? {}
  return Array.isArray(items) ? items : []
}

async function historyOf(stage: Stage, ...options: string[]) {
  const { documents } = await succeeding(stage, ['history', '-e', 'staging', '--json', ...options])
  const { operations } = documents[0] ?? {}
  return Array.isArray(operations) ? operations : []
}

describe('history', () => {
  it('tells every operation on an environment, the newest first, with who, what and how it ended', async () => {
    const stage = await anEventfulStage()
    expect(await historyOf(stage)).toMatchObject([
      { command: 'restart', by: 'nina', outcome: 'open', ended: null, durationMs: null, services: ['worker'] },
      {
        command: 'deploy',
        by: 'nina',
        reason: 'the banking queue',
        commit: bad,
        outcome: 'failed',
        code: 'deployment-failed',
        message: expect.stringContaining('api failed'),
        services: ['api'],
      },
      { command: 'deploy', outcome: 'done', services: ['postgres', 'redis', 'api', 'worker', 'scheduler'] },
      { command: 'init', outcome: 'done', services: [], changes: expect.any(Number) },
    ])
  })

  it('reads well at 40 columns', async () => {
    const stage = await anEventfulStage()
    const { stdout } = await stage.run(['history', '-e', 'staging'], { columns: 40 })
    const told = stdout.replaceAll(/\s+/g, ' ')
    expect(told).toContain('! 2026-11-03 10:00 UTC restart by nina: did not say that it was over; worker')
    expect(told).toContain('✗ 2026-11-03 10:00 UTC deploy by nina for 22222222: failed after')
    expect(told).toContain('why: the banking queue')
    expect(stdout.split('\n').filter((line) => line.length > 40)).toEqual([])
  })

  it.each([
    [
      ['--since', '30m'],
      ['restart', 'deploy'],
    ],
    [
      ['--since', '2026-11-03T09:30:00Z'],
      ['restart', 'deploy'],
    ],
    [
      ['--since', '2h'],
      ['restart', 'deploy', 'deploy', 'init'],
    ],
    [
      ['--service', 'worker'],
      ['restart', 'deploy'],
    ],
    [['--service', 'redis'], ['deploy']],
  ])('%j tells only what was asked for', async (options, commands) => {
    const stage = await anEventfulStage()
    expect((await historyOf(stage, ...options)).map(({ command }) => command)).toEqual(commands)
  })

  it.each([
    ['wroker', /no service wroker was ever seen here; the nearest is 'worker'/i],
    ['nobody', /no service nobody was ever seen/i],
  ])('that is asked for %s, whom nothing names, does not say that nothing was done', async (service, says) => {
    const stage = await aDeployedStage()
    const ran = await stage.run(['history', '-e', 'staging', '--service', service, '--json'])
    expect(ran.exitCode).toBe(64)
    expect(failureOf(ran)).toMatchObject({ code: 'unknown-service', message: expect.stringMatching(says) })
  })

  it('of an environment that neither the platform nor the config has says so, and does not send to init', async () => {
    const ran = await (await aStoredStage()).run(['history', '-e', 'stagign', '--json'])
    expect(failureOf(ran)).toMatchObject({
      exitCode: 64,
      code: 'unknown-environment',
      hint: 'Did you mean -e staging?',
    })
  })

  it('of a service to which nothing was done is empty', async () => {
    const stage = await aStoredStage()
    expect(await historyOf(stage, '--service', 'worker')).toEqual([])
  })

  it('tells an operation that began before the moment that was asked for and ended behind it, with what it stored', async () => {
    const stage = await aStoredStage()
    const path = Object.keys(stage.files.all()).find((one) => one.endsWith('.ndjson')) ?? ''
    // It took an hour.
    const lines = ((await stage.files.readText(path)) ?? '').split('\n')
    const ended = lines.map((line) =>
      line.includes('"type":"ended"') ? line.replace(/"at":"[^"]*"/, '"at":"2026-11-03T10:00:00.000Z"') : line,
    )
    await stage.files.writeText(path, ended.join('\n'))
    stage.clock.advance(2 * 3_600_000)
    const options = ['history', '-e', 'staging', '--since', '2026-11-03T09:30:00Z']
    expect((await succeeding(stage, options)).stdout).toMatch(
      /init by nina: done after 60 min 0 s; \d+ changes\s+stored/,
    )
    expect(await historyOf(stage, ...options.slice(3))).toMatchObject([{ command: 'init' }])
  })

  it('that is asked since no time at all ends with 64', async () => {
    const stage = await aDeployedStage()
    const ran = await stage.run(['history', '-e', 'staging', '--since', 'yesterday', '--json'])
    expect(ran.exitCode).toBe(64)
    expect(failureOf(ran)).toMatchObject({ message: expect.stringContaining('yesterday') })
  })

  it('costs two requests, and tells by the platform what the journal of this machine does not hold', async () => {
    const stage = await aDeployedStage()
    for (const path of Object.keys(stage.files.all())) if (path.endsWith('.ndjson')) await stage.files.remove(path)
    const start = stage.platform.requests.length
    const items = await itemsOf(stage)
    expect(stage.platform.requests.slice(start).map(({ operationName }) => operationName)).toEqual([
      'ObserveEnvironment',
      'PastOfEnvironment',
    ])
    expect(items).toMatchObject([
      { kind: 'operation', origin: 'elsewhere', what: 'release', by: 'nina', outcome: 'done', services: [...services] },
      { kind: 'patch', origin: 'elsewhere', by: 'nina', outcome: 'committed', ids: { operation: null } },
    ])
  })

  it('says where there is nothing to tell', async () => {
    const stage = await aStoredStage()
    stage.clock.advance(3_600_000)
    const { stdout } = await succeeding(stage, ['history', '-e', 'staging', '--since', '1m'])
    expect(stdout).toContain('Nothing was done here')
  })
})

describe('the timeline', () => {
  it('puts operations, patches and deployments of others into one line, each once', async () => {
    const stage = await anEventfulStage()
    const { world } = stage.platform
    const environment = world.environmentNamed('staging').id
    const api = world.serviceNamed('api').id
    stage.clock.advance(600_000)
    world.inTheNameOf('Petra', () =>
      world.commit(
        environment,
        { services: { [api]: { variables: { QUEUE_CONNECTION: { value: sentinel } } } } },
        { message: 'try <b>sync</b> | `now`', skipDeploys: true },
      ),
    )
    stage.clock.advance(60_000)
    const { sha } = world.push(repository, 'main', { message: 'Pushed' })
    world.inTheNameOf('Petra', () => world.push(repository, 'main', { message: 'Pushed' }))
    stage.clock.advance(60_000)
    const items = await itemsOf(stage)
    const told = items.map(({ kind, origin, by, what, outcome }) => [kind, origin, by, what, outcome])
    expect(told).toEqual([
      ['patch', 'others', 'Petra', 'change of api.variables.QUEUE_CONNECTION', 'committed'],
      ['operation', 'here', 'nina', 'restart', 'open'],
      ['operation', 'here', 'nina', 'deploy', 'failed'],
      ['operation', 'here', 'nina', 'deploy', 'done'],
      ['operation', 'here', 'nina', 'init', 'done'],
    ])
    expect(sha).toMatch(/^[0-9a-f]{40}$/)
    const ids = items.flatMap((item) => JSON.parse(JSON.stringify(item.ids)))
    expect(ids.flatMap(({ patches }) => patches)).toHaveLength(2)
    expect(ids.flatMap(({ deployments }) => deployments)).toHaveLength(6)
    for (const form of [['--json'], ['--markdown'], []]) {
      const { stdout } = await succeeding(stage, ['history', '-e', 'staging', ...form])
      expect(stdout).not.toContain(sentinel)
    }
  })

  it('tells a deployment of a command that was killed while it started it as part of that command', async () => {
    const stage = await aDeployedStage()
    stage.clock.advance(3_600_000)
    stage.platform.world.addCommit(repository, 'main', { sha: bad })
    await killedAt(stage, ['deploy', '-e', 'staging', '--yes', '--commit', bad], 6, 'after it was sent')
    expect(stage.platform.requests.at(-1)?.operationName).toBe('DeployService')
    expect((await itemsOf(stage)).filter(({ kind }) => kind === 'deployment')).toEqual([])
  })

  it('tells deployments that nobody of us made, with how long they took and who', async () => {
    const stage = await aDeployedStage()
    const { world } = stage.platform
    const caller = plainly(stage, 'staging')
    stage.clock.advance(600_000)
    await caller.deployed(world.serviceNamed('worker').id)
    const [item] = await itemsOf(stage, '--service', 'worker')
    expect(item).toMatchObject({
      kind: 'deployment',
      origin: 'others',
      by: 'Rehearsal operator',
      what: 'deployment of worker',
      outcome: 'live',
      revision: firstCommit,
      services: ['worker'],
    })
    expect(item?.durationMs).toBeGreaterThan(0)
  })

  it('is told without patches where the token may not read them, and says so', async () => {
    const stage = await aStoredStage()
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    stage.platform.onRequest(({ operationName, variables }) =>
      operationName === 'PastOfEnvironment' && variables !== undefined
        ? { kind: 'answer', status: 200, body: '{"errors":[{"message":"Not Authorized"}],"data":null}' }
        : undefined,
    )
    const { documents } = await succeeding(stage, ['history', '-e', 'staging', '--json'])
    expect(documents[0]).toMatchObject({ patches: 'denied' })
    const { stdout } = await succeeding(stage, ['history', '-e', 'staging'])
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('This token may not read the history of patches')
    expect(stdout).toContain('deploy by nina')
  })

  it('is the same where lists come two rows a page', async () => {
    const stage = await aDeployedStage({ pageCap: 2 })
    const start = stage.platform.requests.length
    expect((await itemsOf(stage, '--since', '10d')).map(({ what }) => what)).toEqual(['deploy', 'init'])
    const pages = stage.platform.requests
      .slice(start)
      .filter(({ operationName }) => operationName === 'PastDeployments')
    expect(pages).toHaveLength(2)
  })

  it('says where it was cut, with few requests however much was done', async () => {
    const stage = await aStoredStage()
    const { world } = stage.platform
    const { id } = world.environmentNamed('staging')
    for (let nth = 0; nth < 520; nth++) {
      stage.clock.advance(60_000)
      world.commit(id, { sharedVariables: { [`X_${nth}`]: { value: sentinel } } }, { skipDeploys: true })
    }
    const asked = async (...options: string[]) => {
      const start = stage.platform.requests.length
      const ran = await succeeding(stage, ['history', '-e', 'staging', ...options])
      return { ...ran, requests: stage.platform.requests.length - start }
    }
    const { documents, requests } = await asked('--json')
    const { items, completeSince } = documents[0] ?? {}
    expect(requests).toBe(2)
    expect(items).toHaveLength(50)
    expect(Array.isArray(items) && items.at(-1)).toMatchObject({ at: completeSince })
    const before = String(completeSince).slice(0, 16).replace('T', ' ')
    expect((await asked()).stdout.replaceAll(/\s+/g, ' ')).toContain(
      `Not everything before ${before} UTC is told; --since reads further back.`,
    )
    expect((await asked('--markdown')).stdout).toContain(`Not everything before ${before} UTC is told.`)
    const all = await asked('--json', '--since', '10d')
    expect(all.requests).toBe(4)
    expect(all.documents[0]).toMatchObject({ completeSince: null })
    expect(all.documents[0]?.items).toHaveLength(521)
  })

  it('a report in Markdown is a heading and a table, and nothing that others wrote is more than text', async () => {
    const stage = await aDeployedStage()
    const { world } = stage.platform
    stage.clock.advance(600_000)
    const message = 'a | b `c` <img src=x> [d](https://e.example) @ops **f**'
    world.inTheNameOf('P|etra', () =>
      world.commit(
        world.environmentNamed('staging').id,
        { sharedVariables: { X: { value: sentinel } } },
        { message, skipDeploys: true },
      ),
    )
    const { stdout } = await succeeding(stage, ['history', '-e', 'staging', '--markdown'])
    const [heading, , asOf, , head, rule, row] = stdout.split('\n')
    expect(heading).toBe('## What was done in staging of fakturino-production')
    expect(asOf).toBe('As of 2026-11-03 09:10 UTC. This was a rehearsal.')
    expect(head).toBe('| When (UTC) | Who | What | Outcome | Duration |')
    expect(rule).toBe('| --- | --- | --- | --- | --- |')
    expect(row).toBe(
      '| 2026-11-03 09:10:10 | P\\|etra | change of sharedVariables.X; a \\| b \\`c\\` \\<img src=x\\> \\[d\\]\\(https\\://e.example\\) (at)ops \\*\\*f\\*\\*; not by fakturino | committed |  |',
    )
    expect(stdout).not.toContain(sentinel)
  })

  it('tells no value of a variable, though somebody wrote one down as the reason', async () => {
    const stage = await aStoredStage()
    const { world } = stage.platform
    const { id } = world.environmentNamed('staging')
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--reason', `the key is ${sentinel}`])
    world.setVariable(id, world.serviceNamed('api').id, 'PADDLE_API_KEY', sentinel)
    const told = async () => {
      for (const form of [['--json'], ['--markdown'], []]) {
        const { stdout } = await succeeding(stage, ['history', '-e', 'staging', ...form])
        expect(stdout).not.toContain(sentinel)
        expect(stdout).toMatch(/the key is .*secret/)
      }
    }
    await told()
    for (const path of Object.keys(stage.files.all())) if (path.endsWith('.ndjson')) await stage.files.remove(path)
    await told()
  })

  it('is Markdown or JSON, not both', async () => {
    const stage = await aDeployedStage()
    expect(await stage.run(['history', '-e', 'staging', '--markdown', '--json'])).toMatchObject({ exitCode: 64 })
  })
})
