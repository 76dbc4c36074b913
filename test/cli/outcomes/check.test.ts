import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/local/condition.ts'
import { aStage, type RunOptions, type Stage } from '../../support/stage.ts'
import { aDeployedStage, idOf, shippedConfig, succeeding } from './deployed-stage.ts'

const minute = 60_000

interface Told {
  check: string
  service: string
  outcome: string
  reason?: string
  finding?: { code: string; severity: string; message: string; fix?: string; evidence?: Record<string, unknown> }
}

const monitoringOn = {
  'monitoring: {\n      ...feature,':
    'monitoring: {\n      ...feature,\n      default: true,\n      riskyValue: false,',
}

/** Staging with the monitoring flag on, so that metrics are told. */
async function aMonitoredStage(replacements: Record<string, string> = {}): Promise<Stage> {
  const stage = await aStage()
  await stage.useConfig(await shippedConfig({ ...monitoringOn, ...replacements }))
  await succeeding(stage, ['init', '--yes'])
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
  return stage
}

function feel(stage: Stage, service: string, condition: Condition): void {
  const { world } = stage.platform
  world.setCondition(world.environmentNamed('staging').id, idOf(stage, service), condition)
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
  it('passes where everything is well: exit 0, three requests, and no question with credentials', async () => {
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
  })

  it('a scheduler that finds no task is found after a day, and its jobs are there where it finds them', async () => {
    const stage = await aDeployedStage()
    stage.clock.advance(26 * 60 * minute)
    const well = await checked(stage, ['scheduler'])
    expect(well.word('scheduler-looks', 'scheduler')).toBe('pass')
    expect(well.word('scheduled-jobs', 'scheduler')).toBe('pass')
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
