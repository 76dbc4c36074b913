import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/local/condition.ts'
import type { RunOptions, Stage } from '../../support/stage.ts'
import { aDeployedStage, aMonitoredStage, idOf, monitoringOn, plainly, shippedConfig } from './deployed-stage.ts'

const minute = 60_000

interface Told {
  check: string
  service: string
  outcome: string
  reason?: string
  finding?: { code: string; severity: string; message: string; fix?: string; evidence?: Record<string, unknown> }
}

function feel(stage: Stage, service: string, condition: Condition): void {
  const { world } = stage.platform
  world.setCondition(world.environmentNamed('staging').id, idOf(stage, service), condition)
}

function hostOf(stage: Stage): string {
  const { world } = stage.platform
  return world.environmentNamed('staging').instances.get(idOf(stage, 'api'))?.domains[0]?.domain ?? ''
}

function setVariable(stage: Stage, service: string, name: string, value: string | null): void {
  const { world } = stage.platform
  world.setVariable(world.environmentNamed('staging').id, idOf(stage, service), name, value, { skipDeploys: true })
}

async function checked(stage: Stage, argv: string[] = [], options: RunOptions = {}) {
  const { exitCode, documents, stderr } = await stage.run(['check', '-e', 'staging', '--json', ...argv], options)
  const [document] = documents
  expect(document, stderr).toMatchObject({ type: 'check', format: 1 })
  const told: unknown = document?.checks
  const checks = isTold(told) ? told : []
  const about = (check: string, service = 'api') => checks.find((one) => one.check === check && one.service === service)
  /** How a check went: the code of what it found, or the outcome. */
  const word = (check: string, service?: string) => {
    const one = about(check, service)
    return one?.finding === undefined ? one?.outcome : `${one.finding.code} ${one.finding.severity}`
  }
  return { exitCode, verdict: document?.verdict, checks, about, word, metrics: document?.metrics }
}

function isTold(value: unknown): value is Told[] {
  return Array.isArray(value)
}

describe('check', () => {
  it('passes where everything is well: exit 0, four requests, and no question with credentials', async () => {
    const stage = await aDeployedStage()
    stage.clock.advance(2 * minute)
    const start = stage.platform.requests.length
    const { exitCode, verdict, word, checks, about } = await checked(stage)
    expect({ exitCode, verdict }).toEqual({ exitCode: 0, verdict: 'pass' })
    expect(stage.platform.requests.slice(start).map(({ operationName }) => operationName)).toEqual([
      'ObserveEnvironment',
      'ReadEnvironmentLog',
      'HttpStatuses',
      'ReadEnvironmentLog',
    ])
    expect(word('api-health')).toBe('pass')
    expect(about('api-metrics')).toEqual({
      check: 'api-metrics',
      service: 'api',
      outcome: 'skipped',
      reason: 'the flag monitoring is off',
    })
    expect(about('mcp-health', 'mcp-server')?.reason).toBe('mcp-server is pending: not implemented before Step 7')
    expect(word('scheduler-looks', 'scheduler')).toBe('pass')
    expect(checks.filter(({ outcome }) => outcome === 'fail')).toEqual([])
  })

  it('names what each shape of an answer is', async () => {
    const stage = await aMonitoredStage()
    const cases: [Condition, check: string, found: string, verdict: string][] = [
      [{}, 'api-health', 'pass', 'pass'],
      [{ health: 'simplified' }, 'api-health', 'pass', 'pass'],
      [{ failingChecks: ['signer', 'certificates'] }, 'api-health', 'degraded advisory', 'pass'],
      [{ failingChecks: ['database', 'paddle'] }, 'api-health', 'degraded critical', 'fail'],
      [{ health: 'unhealthy' }, 'api-health', 'unhealthy critical', 'fail'],
      [{ health: 'error-page' }, 'api-health', 'misrouted critical', 'fail'],
      [{ health: 'redirect' }, 'api-health', 'moved critical', 'fail'],
      [{ metricsHealth: 'error-page' }, 'api-subsystems', 'misrouted critical', 'fail'],
      [{ cache: 'down' }, 'api-subsystems', 'degraded critical', 'fail'],
      [{ metrics: 'error-page' }, 'api-metrics', 'misrouted critical', 'fail'],
      [{ metrics: 'error-text' }, 'api-metrics', 'metrics-not-collected critical', 'fail'],
      [{ metrics: 'prefixed' }, 'api-metrics', 'pass', 'pass'],
      [{ telescope: 'login' }, 'telescope', 'pass', 'pass'],
      [{ telescope: 'open' }, 'telescope', 'open-to-strangers critical', 'fail'],
      [{}, 'fakturino_signer_cert_expiry_days', 'metric-missing advisory', 'pass'],
      [{ certificateDays: 'absent' }, 'fakturino_signer_cert_expiry_days', 'metric-missing advisory', 'pass'],
      [{ certificateDays: 6 }, 'fakturino_signer_cert_expiry_days', 'metric-out-of-bounds critical', 'fail'],
      [{ certificateDays: 29 }, 'fakturino_signer_cert_expiry_days', 'metric-out-of-bounds advisory', 'pass'],
      [{ certificateDays: 400 }, 'fakturino_signer_cert_expiry_days', 'pass', 'pass'],
      [{ database: 'down' }, 'invoiceshelf_database_healthy', 'metric-out-of-bounds critical', 'fail'],
      [{ latencyMs: 5_000 }, 'liveness', 'answer-timeout critical', 'fail'],
    ]
    for (const [condition, check, found, verdict] of cases) {
      feel(stage, 'api', condition)
      const result = await checked(stage, ['api'])
      expect([condition, result.word(check), result.verdict]).toEqual([condition, found, verdict])
      expect(result.exitCode).toBe(verdict === 'pass' ? 0 : 1)
    }
  })

  it('names all twelve metrics, and says that they are public', async () => {
    const stage = await aMonitoredStage()
    const { metrics, word } = await checked(stage)
    expect(metrics).toHaveLength(12)
    expect(word('metrics-private')).toBe('metrics-public advisory')
    const { stdout } = await stage.run(['check', '-e', 'staging'])
    expect(stdout).toMatch(/missing {2}Days until the XML signing certificate expires/)
    expect(stdout).toMatch(/\d {2}Queued jobs invoiceshelf_queue_jobs_pending/)
  })

  it('says of a flag that is set and not effective that it is that', async () => {
    const stage = await aDeployedStage()
    setVariable(stage, 'api', 'FEATURE_MONITORING', 'true')
    const { word, about, exitCode } = await checked(stage)
    expect(word('api-metrics')).toBe('flag-not-effective advisory')
    expect(about('api-metrics')?.finding?.message).toContain('The flag monitoring is set and not effective')
    expect(exitCode).toBe(0)
  })

  it('says that nothing listens where the edge answers for the app', async () => {
    const stage = await aDeployedStage()
    const { world } = stage.platform
    const [domain] = world.environmentNamed('staging').instances.get(idOf(stage, 'api'))?.domains ?? []
    if (domain !== undefined) domain.targetPort = 9999
    const { word, about, exitCode } = await checked(stage, ['api'])
    expect(word('liveness')).toBe('edge-fallback critical')
    expect(word('api-health')).toBe('edge-fallback critical')
    expect(about('liveness')?.finding?.message).toContain('nothing listens on the port that the edge targets')
    expect(exitCode).toBe(1)
  })
})

describe('queues and the clock', () => {
  it('banking without a consumer is found, with the jobs that wait', async () => {
    const stage = await aMonitoredStage({
      '--queue=default,migration,banking': '--queue=default,migration',
      "queues: ['default', 'migration', 'banking']": "queues: ['default', 'migration']",
      ", queues: ['banking'] }": ' }',
    })
    // The config learned of the queue, and nobody deployed it.
    await stage.useConfig(await shippedConfig(monitoringOn))
    const { world } = stage.platform
    world.dispatch(world.environmentNamed('staging').id, 'banking', 7)
    const { word, about, exitCode } = await checked(stage)
    expect(word('queues-consumed', 'worker')).toBe('queue-not-consumed critical')
    expect(about('queues-consumed', 'worker')?.finding).toMatchObject({
      message: expect.stringContaining('Nobody works on the queue banking'),
      evidence: { queues: 'banking', read: 'default, migration' },
    })
    expect(word('queue-backlog', 'worker')).toBe('backlog-not-falling critical')
    expect(about('queue-backlog', 'worker')?.finding?.evidence).toMatchObject({ pending: 7, looks: 3 })
    expect(exitCode).toBe(1)
  })

  it('jobs that are worked on pass', async () => {
    const stage = await aMonitoredStage()
    const { world } = stage.platform
    world.dispatch(world.environmentNamed('staging').id, 'banking', 40)
    const { word } = await checked(stage)
    expect(word('queue-backlog', 'worker')).toBe('pass')
  })

  it('a worker on another connection is found, and what is stored at the wrong place is not shown', async () => {
    const stage = await aDeployedStage()
    setVariable(stage, 'api', 'QUEUE_CONNECTION', 'database')
    const first = await checked(stage, ['worker'])
    expect(first.word('queue-connection', 'worker')).toBe('queue-connection-differs critical')
    expect(first.about('queue-connection', 'worker')?.finding?.evidence).toEqual({ api: 'database', worker: 'redis' })
    expect(first.exitCode).toBe(1)
    setVariable(stage, 'api', 'QUEUE_CONNECTION', 'hunter2hunter2')
    const second = await checked(stage, ['worker'])
    expect(second.word('queue-connection', 'worker')).toBe('queue-connection-differs critical')
    expect(JSON.stringify(second.checks)).not.toContain('hunter2')
    setVariable(stage, 'api', 'QUEUE_CONNECTION', 'sync')
    const third = await checked(stage, ['worker'])
    expect(third.about('queue-connection', 'worker')?.finding?.message).toBe(
      'api does every job itself, while somebody waits (sync), and worker reads redis: no job ever gets there.',
    )
  })

  it('jobs that wait, a worker elsewhere and a scheduler with no task are found at once, with evidence', async () => {
    const stage = await aMonitoredStage({
      '--queue=default,migration,banking': '--queue=default,migration',
      "queues: ['default', 'migration', 'banking']": "queues: ['default', 'migration']",
      ", queues: ['banking'] }": ' }',
    })
    await stage.useConfig(await shippedConfig(monitoringOn))
    const { world } = stage.platform
    const environmentId = world.environmentNamed('staging').id
    feel(stage, 'scheduler', { scheduledTasks: 'none' })
    // This deploys the api again, so that it fills what nobody reads.
    world.setVariable(environmentId, idOf(stage, 'api'), 'QUEUE_CONNECTION', 'database')
    stage.clock.advance(26 * 60 * minute)
    expect(world.dispatch(environmentId, 'banking', 4)).toMatchObject({ pending: 4 })
    expect(world.dispatch(environmentId, 'default', 3)).toMatchObject({ pending: 7 })
    const { word, about, exitCode } = await checked(stage)
    expect({
      consumed: word('queues-consumed', 'worker'),
      connection: word('queue-connection', 'worker'),
      backlog: word('queue-backlog', 'worker'),
      jobs: word('scheduled-jobs', 'scheduler'),
    }).toEqual({
      consumed: 'queue-not-consumed critical',
      connection: 'queue-connection-differs critical',
      backlog: 'backlog-not-falling critical',
      jobs: 'no-task-registered critical',
    })
    expect(about('queues-consumed', 'worker')?.finding?.evidence).toEqual({
      queues: 'banking',
      read: 'default, migration',
    })
    expect(about('queue-connection', 'worker')?.finding?.evidence).toEqual({ api: 'database', worker: 'redis' })
    expect(about('queue-backlog', 'worker')?.finding?.evidence).toMatchObject({ pending: 7, looks: 3 })
    expect(about('scheduled-jobs', 'scheduler')?.finding?.evidence).toMatchObject({
      jobs: 'Certificate expiry check, Commission calculations',
    })
    expect(exitCode).toBe(1)
  })

  it('a scheduler that finds no task is found after a day, and its jobs are there where it finds them', async () => {
    const stage = await aDeployedStage()
    stage.clock.advance(26 * 60 * minute)
    const start = stage.platform.requests.length
    const well = await checked(stage, ['scheduler'])
    expect(well.word('scheduler-looks', 'scheduler')).toBe('pass')
    expect(well.word('scheduled-jobs', 'scheduler')).toBe('pass')
    const ofCheck = stage.platform.requests.slice(start)
    const asked = ofCheck.filter(({ variables }) =>
      String(variables.filter).startsWith(`@service:${idOf(stage, 'scheduler')} `),
    )
    expect(asked, 'the filter finds them').toHaveLength(1)
    expect(ofCheck.map(({ operationName }) => operationName)).not.toContain('ReadDeployRows')
    feel(stage, 'scheduler', { scheduledTasks: 'none' })
    stage.clock.advance(26 * 60 * minute)
    const empty = await checked(stage, ['scheduler'])
    expect(empty.word('scheduled-jobs', 'scheduler')).toBe('no-task-registered critical')
    expect(empty.exitCode).toBe(1)
  })

  it('two hours after a deploy it is said which jobs are not seen yet, and that decides nothing', async () => {
    const stage = await aDeployedStage()
    stage.clock.advance(120 * minute)
    const { word, exitCode } = await checked(stage, ['scheduler'])
    expect(word('scheduled-jobs', 'scheduler')).toBe('scheduled-job-unseen advisory')
    expect(exitCode).toBe(0)
  })

  it('a worker that is started again and again is not alive, and one that was started is', async () => {
    const stage = await aDeployedStage()
    const { world } = stage.platform
    const start = () => world.say(world.environmentNamed('staging').id, idOf(stage, 'worker'), 'container-start')
    for (let starts = 0; starts < 3; starts += 1) start()
    expect((await checked(stage, ['worker'])).word('alive', 'worker')).toBe('pass')
    start()
    const { about, word, exitCode } = await checked(stage, ['worker'])
    expect(word('alive', 'worker')).toBe('restarting critical')
    expect(about('alive', 'worker')?.finding).toMatchObject({
      message: 'worker does not stay up: its container was started 4 times lately.',
      evidence: { starts: 4, instances: 1 },
    })
    expect(exitCode).toBe(1)
  })

  it('a worker that was removed is not alive', async () => {
    const stage = await aDeployedStage()
    const { world } = stage.platform
    const [deployment] = world.deployments(world.environmentNamed('staging').id, idOf(stage, 'worker'))
    world.forceStatus(deployment?.id ?? '', 'CRASHED')
    const { word, about, exitCode } = await checked(stage, ['worker'])
    expect(word('alive', 'worker')).toBe('not-alive critical')
    expect(word('runs', 'worker')).toBe('crashed critical')
    expect(about('runs', 'worker')?.finding?.fix).toContain('fakturino restart worker -e staging --local')
    expect(exitCode).toBe(1)
  })
})

describe('what the edge answered', () => {
  it.each([0, 250, 999])('counts, up to the present, at %i ms of a second', async (ms) => {
    const stage = await aDeployedStage()
    const caller = plainly(stage, 'staging')
    const host = hostOf(stage)
    const ask = async (times: number) => {
      for (let n = 0; n < times; n += 1) await caller.edge(host, '/up')
    }
    stage.clock.advance(20_000 + ms - (stage.clock.now() % 1_000))
    await ask(1)
    const few = await checked(stage, ['api'])
    expect(few.word('failing-requests')).toBe('too-few-requests advisory')
    expect(few.about('failing-requests')?.finding?.message).toMatch(/^api was asked [1-9]\d* times? lately/)
    await ask(60)
    expect((await checked(stage, ['api'])).word('failing-requests')).toBe('pass')
    // What was well for as long before counts for nothing once it is over.
    stage.clock.advance(6_000)
    feel(stage, 'api', { failsEvery: 2 })
    await ask(60)
    feel(stage, 'api', {})
    const { about, word, exitCode } = await checked(stage, ['api'])
    expect(word('failing-requests')).toBe('requests-failing critical')
    const { requests, failing, before, failingBefore } = about('failing-requests')?.finding?.evidence ?? {}
    expect({ failing, failingBefore, isCompared: Number(before) > 60 }).toEqual({
      failing: 30,
      failingBefore: 0,
      isCompared: true,
    })
    expect(requests).toBeGreaterThanOrEqual(60)
    expect(exitCode).toBe(1)
  })

  it('leaves out what checks ask: a part that only advises makes the health answer a 503, and fails nothing', async () => {
    const stage = await aDeployedStage()
    feel(stage, 'api', { failingChecks: ['signer'] })
    const caller = plainly(stage, 'staging')
    for (let n = 0; n < 60; n += 1) await caller.edge(hostOf(stage), '/health')
    const { verdict, word, exitCode } = await checked(stage, ['api'])
    expect(word('api-health')).toBe('degraded advisory')
    expect(word('failing-requests')).toBe('too-few-requests advisory')
    expect({ verdict, exitCode }).toEqual({ verdict: 'pass', exitCode: 0 })
  })
})

describe('a check whose services do not answer', () => {
  async function aSlowStage() {
    const stage = await aMonitoredStage()
    feel(stage, 'api', { latencyMs: 10 * minute })
    return { stage, started: stage.clock.now() }
  }

  it('ends by itself, and says of each path that it did not answer in time', async () => {
    const { stage, started } = await aSlowStage()
    const { word, exitCode } = await checked(stage)
    for (const check of ['liveness', 'api-health', 'api-subsystems', 'api-metrics', 'telescope']) {
      expect([check, word(check)]).toEqual([check, 'answer-timeout critical'])
    }
    expect(word('runs')).toBe('pass')
    expect(exitCode).toBe(1)
    expect(stage.clock.now() - started).toBeLessThan(10_000)
  })

  it('ends by --timeout with exit 6, before it has an answer', async () => {
    const { stage, started } = await aSlowStage()
    const ran = await stage.run(['check', '-e', 'staging', '--timeout', '1s', '--json'])
    expect(ran.documents).toMatchObject([{ type: 'failure', code: 'command-timeout', exitCode: 6 }])
    expect(ran.exitCode).toBe(6)
    expect(stage.clock.now() - started).toBeLessThan(2_000)
  })

  it('ends by --timeout with exit 6 in the middle of a watch', async () => {
    const stage = await aDeployedStage()
    const ran = await stage.run(['check', '-e', 'staging', '--watch', '--timeout', '3500ms'])
    expect({ exitCode: ran.exitCode, stderr: ran.stderr }).toEqual({
      exitCode: 6,
      stderr: expect.stringContaining('The time that --timeout allows is over'),
    })
  })

  it('ends by Ctrl-C with exit 130 in the middle of a question', async () => {
    const { stage, started } = await aSlowStage()
    const ran = await stage.run(['check', '-e', 'staging'], {
      onStart: (interrupt) => stage.clock.after(500, () => interrupt('SIGINT')),
    })
    expect({ exitCode: ran.exitCode, stdout: ran.stdout }).toEqual({ exitCode: 130, stdout: '' })
    expect(stage.clock.now() - started).toBeLessThan(2_000)
  })

  it('ends by Ctrl-C in the middle of a later look, with what the one before found', async () => {
    const stage = await aDeployedStage()
    const ran = await stage.run(['check', '-e', 'staging', '--watch', '--json'], {
      onStart: (interrupt) => {
        stage.clock.after(500, () => feel(stage, 'api', { latencyMs: 10 * minute }))
        stage.clock.after(1_500, () => interrupt('SIGINT'))
      },
    })
    expect(ran.documents.map(({ type, verdict }) => [type, verdict])).toEqual([['check', 'pass']])
    expect({ exitCode: ran.exitCode, stderr: ran.stderr }).toEqual({ exitCode: 0, stderr: '' })
  })
})

describe('check as a command', () => {
  it('watches so many times, one object a line, and ends with the last verdict', async () => {
    const stage = await aDeployedStage()
    const ran = await stage.run(['check', 'api', '-e', 'staging', '--times', '3', '--json'])
    expect(ran.documents.map(({ type, verdict, format }) => [type, verdict, format])).toEqual([
      ['check', 'pass', 1],
      ['check', 'pass', undefined],
      ['check', 'pass', undefined],
    ])
    expect(ran.exitCode).toBe(0)
  })

  it('tells only what changes, and Ctrl-C ends it quietly with the last verdict', async () => {
    const stage = await aDeployedStage()
    let looks = 0
    let text = ''
    let interrupt = (_signal: 'SIGINT' | 'SIGTERM') => {}
    const started = stage.platform.requests.length
    const ran = await stage.run(['check', 'api', '-e', 'staging', '--watch'], {
      onStart: (act) => {
        interrupt = act
      },
      stdout: {
        write: (written: string) => {
          text += written
          looks += 1
          if (looks === 1) feel(stage, 'api', { failingChecks: ['database'] })
          if (written.includes('database fails')) interrupt('SIGINT')
        },
      },
    })
    expect(stage.platform.requests.length - started).toBeGreaterThan(4)
    expect(text.match(/one-revision/g) ?? []).toHaveLength(0)
    expect(text.match(/api-health/g)).toHaveLength(2)
    expect(text).toMatch(/✗ api api-health: api is degraded: database fails\./)
    expect(text).toMatch(/✗ fail: /)
    expect({ exitCode: ran.exitCode, stderr: ran.stderr }).toEqual({ exitCode: 1, stderr: '' })
  })

  it('ends a watch with the last verdict when nobody reads it any more', async () => {
    const stage = await aDeployedStage()
    feel(stage, 'api', { failingChecks: ['database'] })
    let written = ''
    const pipe = Object.assign(new EventEmitter(), {
      write(text: string) {
        written += text
        pipe.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const started = stage.clock.now()
    const ran = await stage.run(['check', 'api', '-e', 'staging', '--watch', '--json'], { stdout: pipe })
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' })
    expect(written.split('\n')).toHaveLength(2)
    expect(stage.clock.now() - started).toBeLessThan(1_000)
  })

  it('works without a config: what the platform knows, and the path that it asks itself', async () => {
    const stage = await aDeployedStage()
    const { project } = stage.platform.world.environmentNamed('staging')
    await stage.useConfig('export default 1')
    const ran = await stage.run(['check', '--json', '--project', project.id, '-e', 'staging'])
    expect(ran.exitCode, ran.stderr).toBe(0)
    const checks = isTold(ran.documents[0]?.checks) ? ran.documents[0].checks : []
    expect(checks.find(({ check }) => check === 'liveness')).toMatchObject({ service: 'api', outcome: 'pass' })
    expect(new Set(checks.map(({ service }) => service))).toEqual(
      new Set(['api', 'worker', 'scheduler', 'postgres', 'redis']),
    )
  })

  it.each([
    [['check', 'wrker'], 'The config has no service wrker'],
    [['check', '--times', 'often'], '--times often is no number of looks'],
  ])('%j is refused with exit 64', async (argv, says) => {
    const stage = await aDeployedStage()
    const ran = await stage.run([...argv, '-e', 'staging'])
    expect(ran.exitCode).toBe(64)
    expect(ran.stderr).toContain(says)
  })

  it('asks services without credentials, and no value of a secret is told', async () => {
    const stage = await aMonitoredStage()
    setVariable(stage, 'api', 'PADDLE_API_KEY', 'pdl_live_0123456789abcdef')
    feel(stage, 'api', { failingChecks: ['database'] })
    const { config } = stage.platform.world.environmentNamed('staging')
    const values = Object.values(config.services ?? {})
      .flatMap((service) => Object.entries(service?.variables ?? {}))
      .filter(([name]) => /KEY|SECRET|TOKEN|PASSWORD/.test(name))
      .flatMap(([, variable]) => variable?.value ?? [])
      .filter((value) => !value.includes('${{'))
    expect(values.length).toBeGreaterThan(3)
    for (const argv of [[], ['--json'], ['-v']]) {
      const { stdout, stderr } = await stage.run(['check', '-e', 'staging', ...argv])
      for (const value of values) expect(stdout + stderr).not.toContain(value)
    }
  })
})
