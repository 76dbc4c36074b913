import { describe, expect, it, test } from 'vitest'
import { compareSettings } from '../../src/plan/compare-settings.ts'
import type { ServiceSettings, SettingName } from '../../src/platform/service-settings.ts'

/** What one setting differs by, in one line: `update image redis:6 -> redis:7 risky redeploy`. */
function told(desired: ServiceSettings, observed: ServiceSettings): string[] {
  return compareSettings(desired, observed).map(
    ({ action, setting, before = '-', after = '-', severity, effect }) =>
      `${action} ${setting} ${before} -> ${after} ${severity} ${effect}`,
  )
}

interface Row {
  setting: SettingName
  one: ServiceSettings
  other: ServiceSettings
  /** `other` found, `one` wanted. */
  update: string
  /** Nothing found, `one` wanted. */
  create: string
  /** `one` found, nothing wanted; undefined where that is no difference. */
  reset: string | undefined
  path: string
}

const rows: Row[] = [
  {
    setting: 'repo',
    one: { repo: 'acme/shop' },
    other: { repo: 'acme/old' },
    update: 'update repo acme/old -> acme/shop safe redeploy',
    create: 'create repo - -> acme/shop safe redeploy',
    reset: 'delete repo acme/shop -> - safe redeploy',
    path: 'source.repo',
  },
  {
    setting: 'branch',
    one: { branch: 'main' },
    other: { branch: 'trunk' },
    update: 'update branch trunk -> main safe none',
    create: 'create branch - -> main safe none',
    reset: 'delete branch main -> - safe none',
    path: 'source.branch',
  },
  {
    setting: 'image',
    one: { image: 'redis:7' },
    other: { image: 'redis:6' },
    update: 'update image redis:6 -> redis:7 risky redeploy',
    create: 'create image - -> redis:7 safe redeploy',
    reset: 'delete image redis:7 -> - risky redeploy',
    path: 'source.image',
  },
  {
    setting: 'buildCommand',
    one: { buildCommand: 'npm ci' },
    other: { buildCommand: 'make' },
    update: 'update buildCommand make -> npm ci safe redeploy',
    create: 'create buildCommand - -> npm ci safe redeploy',
    reset: 'delete buildCommand (hidden) -> - safe redeploy',
    path: 'build.buildCommand',
  },
  {
    setting: 'preDeploy',
    one: { preDeploy: ['migrate', 'seed'] },
    other: { preDeploy: ['migrate'] },
    update: 'update preDeploy migrate -> migrate ; seed safe redeploy',
    create: 'create preDeploy - -> migrate ; seed safe redeploy',
    reset: 'delete preDeploy migrate ; seed -> - safe redeploy',
    path: 'deploy.preDeployCommand',
  },
  {
    setting: 'startCommand',
    one: { startCommand: 'serve' },
    other: { startCommand: 'run' },
    update: 'update startCommand run -> serve safe redeploy',
    create: 'create startCommand - -> serve safe redeploy',
    reset: 'delete startCommand serve -> - safe redeploy',
    path: 'deploy.startCommand',
  },
  {
    setting: 'healthcheckPath',
    one: { healthcheckPath: '/health' },
    other: { healthcheckPath: '/up' },
    update: 'update healthcheckPath /up -> /health safe redeploy',
    create: 'create healthcheckPath - -> /health safe redeploy',
    reset: 'delete healthcheckPath /health -> - risky redeploy',
    path: 'deploy.healthcheckPath',
  },
  {
    setting: 'restartPolicy',
    one: { restartPolicy: 'always' },
    other: { restartPolicy: 'never' },
    update: 'update restartPolicy never -> always safe redeploy',
    create: 'create restartPolicy - -> always safe redeploy',
    reset: 'update restartPolicy always -> on-failure safe redeploy',
    path: 'deploy.restartPolicyType',
  },
  {
    setting: 'restartRetries',
    one: { restartRetries: 3 },
    other: { restartRetries: 5 },
    update: 'update restartRetries 5 -> 3 safe redeploy',
    create: 'create restartRetries - -> 3 safe redeploy',
    reset: 'update restartRetries 3 -> 10 safe redeploy',
    path: 'deploy.restartPolicyMaxRetries',
  },
  {
    setting: 'replicas',
    one: { replicas: 3 },
    other: { replicas: 2 },
    update: 'update replicas 2 -> 3 safe none',
    create: 'create replicas - -> 3 safe none',
    reset: undefined,
    path: 'deploy.numReplicas',
  },
  {
    setting: 'region',
    one: { region: 'us-west2' },
    other: { region: 'europe-west4-drams3a' },
    update: 'update region europe-west4-drams3a -> us-west2 risky redeploy',
    create: 'create region - -> us-west2 risky redeploy',
    reset: undefined,
    path: 'deploy.multiRegionConfig',
  },
]

describe.each(rows)('$setting', ({ one, other, update, create, reset, path }) => {
  it('is no difference where what is wanted is there', () => {
    expect(told(one, { ...one })).toEqual([])
  })

  it('is an update where something else is there', () => {
    expect(told(one, other)).toEqual([update])
    expect(compareSettings(one, other)[0]?.path.join('.')).toBe(path)
  })

  it('is a creation where nothing is set', () => {
    expect(told(one, {})).toEqual([create])
  })

  it('goes back to what the platform does by itself where the config says nothing, if the config has a say', () => {
    expect(told({}, one)).toEqual(reset === undefined ? [] : [reset])
  })
})

test.each<[string, ServiceSettings, ServiceSettings]>([
  [
    'a wanted default is there when it is not set',
    { startCommand: 'run', restartPolicy: 'on-failure', restartRetries: 10 },
    { startCommand: 'run' },
  ],
  ['a default that is spelled out is as good as none', {}, { restartPolicy: 'on-failure', restartRetries: 10 }],
  ['one replica is what an unset number means', { startCommand: 'run', replicas: 1 }, { startCommand: 'run' }],
  [
    'a health check waits 300 s by itself',
    { healthcheckPath: '/', healthcheckTimeoutSeconds: 300 },
    { healthcheckPath: '/' },
  ],
  [
    'a timeout without a health check means nothing',
    { healthcheckTimeoutSeconds: 30 },
    { healthcheckTimeoutSeconds: 60 },
  ],
  ['only on-failure counts its tries', { restartPolicy: 'always', restartRetries: 3 }, { restartPolicy: 'always' }],
  ['never does not count tries either', { restartPolicy: 'never' }, { restartPolicy: 'never', restartRetries: 2 }],
  ['a config without replicas is content with any number', {}, { replicas: 7 }],
  ['a config without a region is content with any', {}, { region: 'us-west2' }],
  ['white space around a command is no difference', { startCommand: 'serve' }, { startCommand: ' serve\n' }],
  ['nor around a pre-deploy command', { preDeploy: ['migrate', 'seed'] }, { preDeploy: ['migrate ', '\nseed'] }],
])('%s', (_, desired, observed) => {
  expect(told(desired, observed)).toEqual([])
})

test.each<[string, ServiceSettings, ServiceSettings, string[]]>([
  [
    'white space inside a command is one',
    { startCommand: 'serve --all' },
    { startCommand: 'serve  --all' },
    ['update startCommand serve  --all -> serve --all safe redeploy'],
  ],
  [
    'the order of pre-deploy commands is one',
    { preDeploy: ['a', 'b'] },
    { preDeploy: ['b', 'a'] },
    ['update preDeploy b ; a -> a ; b safe redeploy'],
  ],
  [
    'what the config spells out is written first, defaults too, where nothing at all is stored',
    { startCommand: 'run', restartPolicy: 'on-failure', replicas: 1 },
    {},
    [
      'create startCommand - -> run safe redeploy',
      'create restartPolicy - -> on-failure safe redeploy',
      'create replicas - -> 1 safe none',
    ],
  ],
  ['fewer replicas are risky', { replicas: 1 }, { replicas: 3 }, ['update replicas 3 -> 1 risky none']],
  [
    'a wanted timeout of a health check is compared, in seconds',
    { healthcheckPath: '/', healthcheckTimeoutSeconds: 60 },
    { healthcheckPath: '/', healthcheckTimeoutSeconds: 30 },
    ['update healthcheckTimeoutSeconds 30 s -> 60 s safe redeploy'],
  ],
  [
    'an unset timeout shows no value before',
    { healthcheckPath: '/', healthcheckTimeoutSeconds: 60 },
    { healthcheckPath: '/' },
    ['create healthcheckTimeoutSeconds - -> 60 s safe redeploy'],
  ],
  [
    'an image in the place of a repository is two differences',
    { image: 'redis:7' },
    { repo: 'acme/shop' },
    ['delete repo acme/shop -> - safe redeploy', 'create image - -> redis:7 safe redeploy'],
  ],
])('%s', (_, desired, observed, expected) => {
  expect(told(desired, observed)).toEqual(expected)
})

test('what settles a reset is null, or the default where there is one', () => {
  const acts = compareSettings({}, { startCommand: 'run', restartPolicy: 'always' }).map(({ act }) => act)
  expect(acts).toEqual([
    { kind: 'set', setting: 'startCommand', value: null },
    { kind: 'set', setting: 'restartPolicy', value: 'on-failure' },
  ])
})

test('every setting has a row here', () => {
  const every = compareSettings(
    {
      region: 'a',
      replicas: 2,
      healthcheckPath: '/',
      healthcheckTimeoutSeconds: 1,
      ...Object.assign({}, ...rows.map(({ one }) => one)),
      restartPolicy: 'on-failure',
    },
    { restartPolicy: 'never' },
  ).map(({ setting }) => setting)
  expect(new Set(every)).toEqual(new Set([...rows.map(({ setting }) => setting), 'healthcheckTimeoutSeconds']))
})

describe('a command that may hold a secret', () => {
  const wanted: ServiceSettings = { startCommand: 'redis-server', buildCommand: 'make', preDeploy: ['migrate'] }
  const found: ServiceSettings = {
    startCommand: 'redis-server --requirepass hunter2',
    buildCommand: 'TOKEN=hunter2 make',
    preDeploy: ['migrate', 'seed hunter2'],
  }
  const shownBefore = (isOurs?: () => boolean) =>
    compareSettings(wanted, found, isOurs).map((difference) => `${difference.setting} ${difference.before}`)

  it('is hidden where somebody else wrote it', () => {
    expect(shownBefore()).toEqual(['buildCommand (hidden)', 'preDeploy (hidden)', 'startCommand (hidden)'])
  })

  it('is shown where we wrote it ourselves: then it is in the config of that day', () => {
    expect(shownBefore(() => true)).toEqual([
      'buildCommand TOKEN=hunter2 make',
      'preDeploy migrate ; seed hunter2',
      'startCommand redis-server --requirepass hunter2',
    ])
  })
})
