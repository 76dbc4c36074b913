// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a mistake that is looked for
import { describe, expect, test } from 'vitest'
import { inspectConfig } from '../../src/config/inspect-config.ts'
import { altered, smallConfig } from './small-config.ts'

function found(value: unknown): [code: string, subject: string][] {
  return inspectConfig(value).findings.map(({ code, subject }) => [code, subject])
}

describe('a config that is right', () => {
  test('comes back as it is, with nothing found', () => {
    expect(inspectConfig(smallConfig())).toEqual({ config: smallConfig(), findings: [] })
  })

  test('may come from JSON', () => {
    const config: unknown = JSON.parse(JSON.stringify(smallConfig()))
    expect(inspectConfig(config)).toEqual({ config: smallConfig(), findings: [] })
  })

  test('may have everything that a config can have', () => {
    const full = altered({
      'project.id': 'abc',
      'services.web.purpose': 'shop',
      'services.web.source': { repository: 'acme/shop', branch: 'next' },
      'services.web.preDeploy': ['php artisan migrate --force', 'php artisan db:seed'],
      'services.web.healthcheck': { path: '/up', deployTimeout: '2m', interval: '30s', timeout: '5s', status: 204 },
      'services.web.restart': 'never',
      'services.web.restartRetries': 3,
      'services.web.region': 'europe-west4',
      'services.web.volume': { mountPath: '/files', size: '2GB' },
      'services.web.schedule': [{ job: 'Clean', when: 'daily', flag: 'mail' }],
      'services.web.autoDeploy': true,
      'services.web.revision': { path: '/version', field: 'commit' },
      'services.worker.replicas': 2,
      'services.worker.storage': 's3',
      'services.assistant.revision': { path: '/', header: 'x-commit' },
      'services.tool': { kind: 'app', source: { image: 'tool:1' } },
      'services.postgres.variables': { RAILWAY_SHM_SIZE_BYTES: '134217728' },
      'services.web.variables.MODE': {
        kind: 'per-environment',
        values: { staging: 'test', production: { kind: 'shared', variable: 'MODE' } },
      },
      'flags.mail.sections': 'every',
      'checks.up.status': [200, 204],
      'checks.up.advisory': ['mail'],
      metrics: { jobs_failed: { means: 'Failed jobs', use: 'gating', measure: 'growth', critical: { above: 3 } } },
      soak: { duration: '5m', minimumRequests: 0 },
      timing: { command: '10m' },
      knownIssues: [{ finding: 'no-healthcheck', subject: 'services.web', reason: 'soon' }],
    })
    expect(inspectConfig(full)).toEqual({ config: full, findings: [] })
  })
})

describe('mistakes', () => {
  test('of five kinds come out at once, each with its path and the nearest name', () => {
    const { config, findings } = inspectConfig(
      altered({
        'services.web.healthcheck': { pth: '/up' },
        'services.worker.restart': 'allways',
        'services.web.variables.REDIS_URL': { kind: 'reference', service: 'rediss', variable: 'REDIS_URL' },
        'services.worker.variables.DATABASE_URL': '${DATABASE_URL}',
        'environments.staging.validates': 'prodution',
        projekt: {},
      }),
    )
    expect(config).toBeUndefined()
    const told = findings.map(({ code, subject, message, fix }) => ({ code, subject, message, fix }))
    expect(told).toEqual(
      expect.arrayContaining([
        { code: 'missing-key', subject: 'services.web.healthcheck.path', message: 'Is missing.', fix: undefined },
        {
          code: 'unknown-key',
          subject: 'services.web.healthcheck.pth',
          message: "There is no 'pth' here; the nearest is 'path'.",
          fix: "Rename it to 'path'.",
        },
        {
          code: 'wrong-choice',
          subject: 'services.worker.restart',
          message: "Must be 'on-failure', 'always' or 'never'; the nearest is 'always'.",
          fix: "Write 'always'.",
        },
        {
          code: 'unknown-service',
          subject: 'services.web.variables.REDIS_URL',
          message: "There is no service 'rediss'; the nearest is 'redis'.",
          fix: "Write 'redis'.",
        },
        {
          code: 'single-braces',
          subject: 'services.worker.variables.DATABASE_URL',
          message: "'${DATABASE_URL}' is not Railway's syntax; the service would get these characters as they are.",
          fix: "Write ref('postgres', 'DATABASE_URL').",
        },
        {
          code: 'unknown-environment',
          subject: 'environments.staging.validates',
          message: "There is no environment 'prodution'; the nearest is 'production'.",
          fix: "Write 'production'.",
        },
        {
          code: 'unknown-key',
          subject: 'projekt',
          message: "There is no 'projekt' here; the nearest is 'project'.",
          fix: "Rename it to 'project'.",
        },
      ]),
    )
  })

  test.each<[wish: string, changes: Record<string, unknown>, code: string, subject: string]>([
    ['a missing part', { project: undefined }, 'missing-key', 'project'],
    ['a number for text', { 'project.name': 7 }, 'wrong-type', 'project.name'],
    ['empty text', { 'project.name': '' }, 'wrong-value', 'project.name'],
    ['a repository without an owner', { repository: 'shop' }, 'wrong-value', 'repository'],
    ['another engine', { databaseEngine: 'oracle' }, 'wrong-choice', 'databaseEngine'],
    ['a list for services', { services: [] }, 'wrong-type', 'services'],
    ['a service without kind', { 'services.web.kind': undefined }, 'wrong-choice', 'services.web.kind'],
    ['a number for a variable', { 'services.web.variables.A': 8080 }, 'wrong-type', 'services.web.variables.A'],
    ['null for a variable', { 'services.web.variables.A': null }, 'wrong-type', 'services.web.variables.A'],
    [
      'an unknown expression',
      { 'services.web.variables.A': { kind: 'x' } },
      'wrong-type',
      'services.web.variables.A.kind',
    ],
    ['a variable name with a dash', { 'services.web.variables.A-B': 'x' }, 'wrong-value', 'services.web.variables.A-B'],
    ['a service name with a dot', { services: { 'a.b': { kind: 'app' } } }, 'wrong-value', 'services.a.b'],
    [
      'a relative health path',
      { 'services.web.healthcheck.path': 'up' },
      'wrong-value',
      'services.web.healthcheck.path',
    ],
    ['a bare duration', { 'soak.duration': 30 }, 'wrong-type', 'soak.duration'],
    ['a size without unit', { 'services.postgres.storage': '10' }, 'wrong-type', 'services.postgres.storage'],
    ['fewer replicas than none', { 'services.web.replicas': -1 }, 'wrong-value', 'services.web.replicas'],
    ['a port that is none', { 'services.web.port': 70_000 }, 'wrong-value', 'services.web.port'],
    [
      'a domain with a scheme',
      { 'environments.staging.domains': { web: 'https://a.b' } },
      'wrong-value',
      'environments.staging.domains.web',
    ],
    ['undefined where nothing belongs', { 'services.web.start': 5 }, 'wrong-type', 'services.web.start'],
    ['sections that are one word', { 'flags.mail.sections': 'some' }, 'wrong-type', 'flags.mail.sections'],
  ])('%s', (_wish, changes, code, subject) => {
    expect(found(altered(changes))).toContainEqual([code, subject])
  })

  test('two unknown keys of one part are both found', () => {
    expect(found(altered({ 'services.web.strat': 'x', 'services.web.helthcheck': {} }))).toEqual([
      ['unknown-key', 'services.web.strat'],
      ['unknown-key', 'services.web.helthcheck'],
    ])
  })

  test.each([[undefined], [null], ['text'], [[]], [() => ({})]])('%s is no config at all', (value) => {
    const { config, findings } = inspectConfig(value)
    expect(config).toBeUndefined()
    expect(findings.length).toBeGreaterThan(0)
    expect(findings.every(({ code }) => code === 'wrong-type' || code === 'missing-key')).toBe(true)
  })

  test('what cannot be read has no consequences elsewhere', () => {
    expect(found(altered({ 'services.postgres.version': 15 }))).toEqual([['wrong-type', 'services.postgres.version']])
    expect(found(altered({ services: 'none' }))).toEqual([['wrong-type', 'services']])
    expect(found(altered({ 'secrets.APP_KEY': 'base64:x' }))).toEqual([['wrong-type', 'secrets.APP_KEY']])
    expect(found(altered({ 'environments.production': true }))).toEqual([['wrong-type', 'environments.production']])
  })

  test('a value in a wrong place is never shown', () => {
    const sentinel = 'sk_live_4242'
    const { findings } = inspectConfig(
      altered({
        'secrets.APP_KEY.generate': sentinel,
        'services.web.variables.APP_KEY': sentinel,
        'services.postgres.storage': sentinel,
        'services.redis.eviction': sentinel,
        soak: sentinel,
      }),
    )
    expect(findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['wrong-choice', 'secret-in-config', 'wrong-type']),
    )
    expect(JSON.stringify(findings)).not.toContain(sentinel)
  })

  test('advisory findings come last and do not make a config unusable', () => {
    const { config, findings } = inspectConfig(altered({ 'services.web.healthcheck': undefined }))
    expect(config).toMatchObject({ services: { web: { kind: 'app' } } })
    expect(findings).toEqual([
      expect.objectContaining({ code: 'no-healthcheck', severity: 'advisory', subject: 'services.web' }),
    ])
  })

  test('a known issue is told with its reason', () => {
    const knownIssues = [{ finding: 'no-healthcheck', subject: 'services.web', reason: 'the image has none' }]
    const { findings } = inspectConfig(altered({ 'services.web.healthcheck': undefined, knownIssues }))
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ evidence: { known: true } })
    expect(findings[0]?.message).toMatch(/Known: the image has none\.$/)
  })

  test('a known issue excuses nothing critical', () => {
    const knownIssues = [{ finding: 'volume-with-replicas', subject: 'services.web.replicas', reason: 'please' }]
    const { config } = inspectConfig(
      altered({ 'services.web.replicas': 2, 'services.web.volume': { mountPath: '/a', size: '1GB' }, knownIssues }),
    )
    expect(config).toBeUndefined()
  })
})
