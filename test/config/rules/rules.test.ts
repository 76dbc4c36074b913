// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are references as Railway writes them
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { perEnvironment, privateDomain, publicDomain, ref, secret, url } from '../../../src/config/define.ts'
import { findingCodes } from '../../../src/config/finding-codes.ts'
import { inspectConfig } from '../../../src/config/inspect-config.ts'
import { rules } from '../../../src/config/rules/index.ts'
import { altered } from '../small-config.ts'

const api = 'services.web.variables'

interface Case {
  when: string
  changes: Record<string, unknown>
  code: string
  at: string
  severity?: 'advisory'
  fix?: string
}

const cases: Case[] = [
  {
    when: 'a variable refers to a service that is not there',
    changes: { [`${api}.A`]: ref('postgrs', 'PGHOST') },
    code: 'unknown-service',
    at: `${api}.A`,
    fix: "Write 'postgres'.",
  },
  {
    when: 'a variable refers to a variable that is not there',
    changes: { [`${api}.A`]: ref('redis', 'REDIS_HOST') },
    code: 'unknown-variable',
    at: `${api}.A`,
    fix: "Write 'REDISHOST'.",
  },
  {
    when: 'text refers to a variable that is not there',
    changes: { [`${api}.A`]: 'x-${{postgres.PGHOSTS}}' },
    code: 'unknown-variable',
    at: `${api}.A`,
    fix: "Write 'PGHOST'.",
  },
  {
    when: 'text refers to a variable that the service itself lacks',
    changes: { [`${api}.A`]: '${{DATABASE_ULR}}' },
    code: 'unknown-variable',
    at: `${api}.A`,
    fix: "Write 'DATABASE_URL'.",
  },
  {
    when: 'a database is asked for a TCP proxy that it has not',
    changes: { [`${api}.A`]: ref('postgres', 'DATABASE_PUBLIC_URL') },
    code: 'unknown-variable',
    at: `${api}.A`,
  },
  {
    when: 'a secret is not declared',
    changes: { [`${api}.A`]: secret('APP_KEYS') },
    code: 'unknown-secret',
    at: `${api}.A`,
    fix: "Write 'APP_KEY'.",
  },
  {
    when: 'a value of one environment leads nowhere',
    changes: { [`${api}.A`]: perEnvironment({ staging: ref('x', 'Y'), production: '' }) },
    code: 'unknown-service',
    at: `${api}.A.values.staging`,
  },
  {
    when: 'a running service refers to a pending one',
    changes: { [`${api}.A`]: url(privateDomain('assistant')) },
    code: 'reference-to-pending',
    at: `${api}.A`,
  },
  {
    when: 'a url is wanted of a service without a domain',
    changes: { [`${api}.A`]: url(publicDomain('worker')) },
    code: 'no-public-domain',
    at: `${api}.A`,
    fix: 'Set services.worker.domain to true.',
  },
  {
    when: 'a private url is wanted of a service without a port',
    changes: { [`${api}.A`]: url(privateDomain('worker')) },
    code: 'private-url-without-port',
    at: `${api}.A`,
    fix: 'Set services.worker.port.',
  },
  {
    when: 'a reference has single braces',
    changes: { [`${api}.A`]: 'redis://${REDIS_HOST}:1' },
    code: 'single-braces',
    at: `${api}.A`,
    fix: "Write ref('redis', 'REDISHOST').",
  },
  {
    when: 'a secret has single braces',
    changes: { 'services.worker.variables.APP_KEY': '${APP_KEY}' },
    code: 'single-braces',
    at: 'services.worker.variables.APP_KEY',
    fix: "Write secret('APP_KEY').",
  },
  {
    when: 'the public domain has single braces',
    changes: { [`${api}.A`]: '${RAILWAY_PUBLIC_DOMAIN}' },
    code: 'single-braces',
    at: `${api}.A`,
    fix: "Write url(publicDomain('web')).",
  },
  {
    when: 'a secret is written out',
    changes: { [`${api}.APP_KEY`]: 'base64:abc', 'services.worker.variables.APP_KEY': 'base64:abc' },
    code: 'secret-in-config',
    at: `${api}.APP_KEY`,
  },
  {
    when: 'an environment has no value',
    changes: { [`${api}.A`]: perEnvironment({ staging: 'x' }) },
    code: 'environment-without-value',
    at: `${api}.A`,
  },
  {
    when: 'a value is for an environment that is not there',
    changes: { [`${api}.A`]: perEnvironment({ staging: 'x', production: 'y', prod: 'z' }) },
    code: 'unknown-environment',
    at: `${api}.A`,
  },
  {
    when: 'APP_URL has no scheme',
    changes: { [`${api}.APP_URL`]: publicDomain(), 'services.worker.variables.APP_URL': publicDomain('web') },
    code: 'app-url-without-https',
    at: `${api}.APP_URL`,
    fix: "Write url(publicDomain('web')).",
  },
  {
    when: "a variable has Railway's prefix",
    changes: { [`${api}.RAILWAY_PUBLIC_DOMAIN`]: 'x' },
    code: 'reserved-name',
    at: `${api}.RAILWAY_PUBLIC_DOMAIN`,
  },
  {
    when: "one of Railway's settings is misspelt",
    changes: { [`${api}.RAILWAY_RUN_UUID`]: '0' },
    code: 'reserved-name',
    at: `${api}.RAILWAY_RUN_UUID`,
    fix: "Write 'RAILWAY_RUN_UID'.",
  },
  {
    when: 'a variable has our prefix',
    changes: { [`${api}.FAKTURINO_LEASE`]: 'x' },
    code: 'reserved-name',
    at: `${api}.FAKTURINO_LEASE`,
  },
  {
    when: 'a service is called shared',
    changes: { 'services.shared': { kind: 'app', source: { image: 'x' } } },
    code: 'reserved-name',
    at: 'services.shared',
  },
  {
    when: 'two services of one codebase have different databases',
    changes: { 'services.worker.variables.DATABASE_URL': ref('redis', 'REDIS_URL') },
    code: 'variable-differs',
    at: 'services.worker.variables.DATABASE_URL',
  },
  {
    when: 'only one of two has the queue connection',
    changes: { [`${api}.QUEUE_CONNECTION`]: 'redis' },
    code: 'shared-variable-missing',
    at: 'services.worker.variables.QUEUE_CONNECTION',
  },
  {
    when: "each takes its own domain for the application's",
    changes: {
      'services.worker.domain': true,
      'services.worker.port': 80,
      [`${api}.APP_URL`]: url(publicDomain()),
      'services.worker.variables.APP_URL': url(publicDomain()),
    },
    code: 'variable-differs',
    at: 'services.worker.variables.APP_URL',
  },
  {
    when: 'one of two is not built',
    changes: { 'services.worker.build': undefined },
    code: 'build-missing',
    at: 'services.worker',
    severity: 'advisory',
  },
  {
    when: 'a domain is given to two services',
    changes: {
      'services.worker.domain': true,
      'services.worker.port': 80,
      'environments.production.domains.worker': 'Shop.example.com',
    },
    code: 'domain-taken',
    at: 'environments.production.domains.worker',
  },
  {
    when: 'a domain is given in two environments',
    changes: { 'environments.staging.domains': { web: 'shop.example.com' } },
    code: 'domain-taken',
    at: 'environments.production.domains.web',
  },
  {
    when: 'a domain is given to a service that is not there',
    changes: { 'environments.staging.domains': { wbe: 'a.example.com' } },
    code: 'unknown-service',
    at: 'environments.staging.domains.wbe',
  },
  {
    when: 'a domain is given to a service that wants none',
    changes: { 'environments.staging.domains': { worker: 'a.example.com' } },
    code: 'domain-without-service',
    at: 'environments.staging.domains.worker',
    fix: 'Set services.worker.domain to true.',
  },
  {
    when: 'a domain is given to a database',
    changes: { 'environments.staging.domains': { postgres: 'a.example.com' } },
    code: 'domain-without-service',
    at: 'environments.staging.domains.postgres',
  },
  {
    when: 'a service with a domain listens nowhere',
    changes: { 'services.web.port': undefined },
    code: 'domain-without-port',
    at: 'services.web.domain',
  },
  {
    when: 'a port is said twice',
    changes: { [`${api}.PORT`]: '8080' },
    code: 'port-twice',
    at: `${api}.PORT`,
  },
  {
    when: 'a volume is on a service with replicas',
    changes: { 'services.web.replicas': 3, 'services.web.volume': { mountPath: '/a', size: '1GB' } },
    code: 'volume-with-replicas',
    at: 'services.web.replicas',
  },
  {
    when: 'files are on a volume and in object storage',
    changes: { 'services.web.storage': 's3', 'services.web.volume': { mountPath: '/a', size: '1GB' } },
    code: 'volume-and-object-storage',
    at: 'services.web.storage',
  },
  {
    when: 'a queue is not in the command',
    changes: { 'services.worker.queues': ['default', 'mail', 'banking'] },
    code: 'queue-not-in-command',
    at: 'services.worker.queues',
    fix: "Write '--queue=default,mail,banking'.",
  },
  {
    when: 'Redis may throw queued jobs away',
    changes: { 'services.redis.eviction': 'allkeys-lru' },
    code: 'queues-may-be-evicted',
    at: 'services.redis.eviction',
    severity: 'advisory',
  },
  {
    when: 'a flag is read by a service that is not there',
    changes: { 'flags.mail.services': ['web', 'wroker'] },
    code: 'unknown-service',
    at: 'flags.mail.services',
    fix: "Write 'worker'.",
  },
  {
    when: 'a flag needs a section that is not there',
    changes: { 'flags.mail.sections': ['male'] },
    code: 'unknown-section',
    at: 'flags.mail.sections',
  },
  {
    when: 'a flag needs a queue that nobody consumes',
    changes: { 'flags.mail.requires.queues': ['mali'] },
    code: 'unknown-queue',
    at: 'flags.mail.requires.queues',
  },
  {
    when: 'a flag needs a secret that is not there',
    changes: { 'flags.mail.requires.secrets': ['KEY'] },
    code: 'unknown-secret',
    at: 'flags.mail.requires.secrets',
  },
  {
    when: "a flag's effect is looked for on a service that is not there",
    changes: { 'flags.mail.effect.service': 'site' },
    code: 'unknown-service',
    at: 'flags.mail.effect.service',
  },
  {
    when: 'two flags have one variable',
    changes: {
      'flags.post': { variable: 'FEATURE_MAIL', default: true, riskyValue: true, services: ['web'], sections: [] },
    },
    code: 'variable-of-two-flags',
    at: 'flags.post.variable',
  },
  {
    when: "a flag's variable is also a variable",
    changes: { [`${api}.FEATURE_MAIL`]: 'true' },
    code: 'flag-as-variable',
    at: `${api}.FEATURE_MAIL`,
  },
  {
    when: 'a secret is held by nobody',
    changes: { 'secrets.OTHER': {} },
    code: 'unused-secret',
    at: 'secrets.OTHER',
    severity: 'advisory',
  },
  {
    when: 'a secret is required by a service that does not hold it',
    changes: { 'secrets.APP_KEY.requiredBy': ['redis'] },
    code: 'secret-not-held',
    at: 'secrets.APP_KEY.requiredBy',
  },
  {
    when: 'a secret is required by a service that is not there',
    changes: { 'secrets.APP_KEY.requiredBy': ['webb'] },
    code: 'unknown-service',
    at: 'secrets.APP_KEY.requiredBy',
  },
  {
    when: 'a check asks a service that is not there',
    changes: { 'checks.up.service': 'site' },
    code: 'unknown-service',
    at: 'checks.up.service',
  },
  {
    when: 'a check depends on a flag that is not there',
    changes: { 'checks.up.flag': 'mial' },
    code: 'unknown-flag',
    at: 'checks.up.flag',
  },
  {
    when: 'the checklist names a check that is not there',
    changes: { 'validation.mail.items': ['x', { item: 'y', check: 'uo' }] },
    code: 'unknown-check',
    at: 'validation.mail.items.1.check',
  },
  {
    when: 'a schedule depends on a flag that is not there',
    changes: { 'services.web.schedule': [{ job: 'x', when: 'daily', flag: 'y' }] },
    code: 'unknown-flag',
    at: 'services.web.schedule.0.flag',
  },
  {
    when: 'migrations run on a service that is not there',
    changes: { 'migrations.service': 'wbe' },
    code: 'unknown-service',
    at: 'migrations.service',
  },
  {
    when: 'migrations run before a deployment that does not migrate',
    changes: { 'services.web.preDeploy': 'php artisan about' },
    code: 'migrations-nowhere',
    at: 'migrations.place',
  },
  {
    when: 'migrations run before a deployment that only looks what is pending',
    changes: { 'services.web.preDeploy': 'php artisan migrate:status --pending' },
    code: 'migrations-nowhere',
    at: 'migrations.place',
  },
  {
    when: 'a post-deploy step runs on a service that is not there',
    changes: { postDeploy: [{ command: 'x', service: 'y', place: 'start' }] },
    code: 'unknown-service',
    at: 'postDeploy.0.service',
  },
  {
    when: 'there is no environment',
    changes: { environments: {} },
    code: 'no-environment',
    at: 'environments',
  },
  {
    when: 'an environment validates itself',
    changes: { 'environments.staging.validates': 'staging' },
    code: 'validates-itself',
    at: 'environments.staging.validates',
  },
  {
    when: 'a pending service does not say why',
    changes: { 'services.assistant.reason': undefined },
    code: 'pending-without-reason',
    at: 'services.assistant',
  },
  {
    when: 'the connection is for another engine',
    changes: { [`${api}.DB_CONNECTION`]: 'mysql', 'services.worker.variables.DB_CONNECTION': 'mysql' },
    code: 'engine-differs',
    at: `${api}.DB_CONNECTION`,
    fix: "Write 'pgsql'.",
  },
  {
    when: "the repository is the example's",
    changes: { repository: 'your-organisation/fakturino' },
    code: 'unset-repository',
    at: 'repository',
    severity: 'advisory',
  },
  {
    when: 'a reachable service is not asked for its health',
    changes: { 'services.web.healthcheck': undefined },
    code: 'no-healthcheck',
    at: 'services.web',
    severity: 'advisory',
  },
  {
    when: 'the gate is a deep health answer',
    changes: { 'services.web.healthcheck.path': '/health' },
    code: 'deep-health-gate',
    at: 'services.web.healthcheck.path',
    severity: 'advisory',
  },
  {
    when: 'a service without a domain is to say over it which commit it runs',
    changes: { 'services.worker.revision': { path: '/version', field: 'commit' } },
    code: 'revision-without-domain',
    at: 'services.worker.revision',
    severity: 'advisory',
  },
  {
    when: 'a start command migrates',
    changes: { 'services.web.start': 'php artisan migrate --force && serve' },
    code: 'migration-at-start',
    at: 'services.web.start',
    severity: 'advisory',
  },
  {
    when: 'a start command puts its steps in the background',
    changes: { 'services.web.start': 'prepare && php-fpm & nginx' },
    code: 'server-in-background',
    at: 'services.web.start',
    severity: 'advisory',
  },
  {
    when: 'a start command caches the configuration',
    changes: { 'services.web.start': 'php artisan config:cache && serve' },
    code: 'caches-at-start',
    at: 'services.web.start',
    severity: 'advisory',
  },
  {
    when: 'php-fpm runs beside nginx',
    changes: { 'services.web.start': 'php-fpm -D && exec nginx' },
    code: 'php-fpm-unsupervised',
    at: 'services.web.start',
    severity: 'advisory',
  },
  {
    when: 'a known issue names no finding',
    changes: { knownIssues: [{ finding: 'no-helthcheck', subject: 'x', reason: 'y' }] },
    code: 'unknown-finding',
    at: 'knownIssues.0.finding',
    fix: "Write 'no-healthcheck'.",
  },
]

describe('it is found when', () => {
  test.each(cases)('$when', ({ changes, code, at, severity = 'critical', fix }) => {
    const { findings } = inspectConfig(altered(changes))
    const finding = findings.find((one) => one.code === code && one.subject === at)
    expect(finding, JSON.stringify(findings)).toMatchObject({ severity, ...(fix === undefined ? {} : { fix }) })
  })
})

describe('nothing is found when', () => {
  test.each<[when: string, changes: Record<string, unknown>]>([
    ["a service refers to another's flag", { 'services.worker.variables.A': ref('web', 'FEATURE_MAIL') }],
    ["a service refers to another's port", { 'services.worker.variables.A': ref('web', 'PORT') }],
    ['a pending service refers to a running one', { 'services.assistant.variables': { A: url(privateDomain('web')) } }],
    ['text holds shell syntax that is no reference', { [`${api}.A`]: 'costs $5 {x}' }],
    ["one of Railway's own settings is set", { [`${api}.RAILWAY_DEPLOYMENT_DRAINING_SECONDS`]: '30' }],
    ['output is redirected in a start command', { 'services.web.start': 'serve > log 2>&1 && tidy' }],
    [
      'a service of another language shares the repository',
      { 'services.assistant.status': undefined, 'services.assistant.reason': undefined },
    ],
    ['a volume is on a service that runs once', { 'services.web.volume': { mountPath: '/a', size: '1GB' } }],
  ])('%s', (_when, changes) => {
    expect(inspectConfig(altered(changes)).findings).toEqual([])
  })
})

describe('the list of rules', () => {
  test('holds the rule of every file of the folder, and nothing else', async () => {
    const folder = new URL('../../../src/config/rules/', import.meta.url)
    const files = readdirSync(folder).filter((file) => file !== 'index.ts')
    const listed = await Promise.all(
      files.map(async (file) => {
        const exported: unknown[] = Object.values(await import(new URL(file, folder).href))
        return rules.filter((rule) => exported.includes(rule)).map((rule) => [file, rule] as const)
      }),
    )
    expect(listed.flat().map(([file]) => file)).toEqual(files)
    expect(new Set(listed.flat().map(([, rule]) => rule))).toEqual(new Set(rules))
  })

  test('every code has a case here, or is about shape', () => {
    const shape = ['unknown-key', 'missing-key', 'wrong-type', 'wrong-choice', 'wrong-value']
    expect([...shape, ...cases.map(({ code }) => code)]).toEqual(expect.arrayContaining([...findingCodes]))
  })
})
