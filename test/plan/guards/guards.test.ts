import { readdirSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import type { DesiredFlag, DesiredState } from '../../../src/config/desired.ts'
import { guards, judgeGuards, passedGuards } from '../../../src/plan/guards/index.ts'
import type { Change, Plan } from '../../../src/plan/plan.ts'
import { aChange, aDesiredState, aPlan, aPlannedDeployment } from '../../support/builders.ts'

interface Case {
  plan?: Partial<Plan>
  desired?: Partial<DesiredState>
  confirmed?: string[]
  allowed?: string[]
}

function findings({ plan = {}, desired = {}, confirmed = [], allowed = [] }: Case) {
  return judgeGuards({ plan: aPlan(plan), desired: aDesiredState(desired), confirmed }, allowed)
}

const codes = (situation: Case) => findings(situation).map((finding) => finding.code)

const removal = (variable: string) =>
  aChange({ action: 'delete', variable, severity: 'destructive', act: { kind: 'remove-variable', variable } })

test('a plan that only adds is let through', () => {
  expect(findings({ plan: { changes: [aChange()], deployments: [aPlannedDeployment('api')] } })).toEqual([])
})

test('the list holds the guard of every file of the folder, and nothing else', async () => {
  const folder = new URL('../../../src/plan/guards/', import.meta.url)
  const files = readdirSync(folder).filter((file) => file !== 'index.ts' && file !== 'guard.ts')
  const listed = await Promise.all(
    files.map(async (file) => {
      const exported: unknown[] = Object.values(await import(new URL(file, folder).href))
      return guards.filter((guard) => exported.includes(guard)).map((guard) => [file, guard.name])
    }),
  )
  expect(listed.flat()).toEqual(files.map((file) => [file, expect.any(String)]))
  expect(new Set(listed.flat().map(([, name]) => name))).toEqual(new Set(guards.map(({ name }) => name)))
})

test('every guard says what it refuses in one line, under a name of its own', () => {
  expect(new Set(guards.map(({ name }) => name)).size).toBe(guards.length)
  for (const { refuses } of guards) expect(refuses).toMatch(/^\S.{10,150}[^.]$/)
})

describe('destructive', () => {
  const plan = { changes: [removal('OLD'), removal('OLDER'), aChange()] }

  it('refuses what would be removed and was not named, with the words that name it', () => {
    expect(findings({ plan })).toEqual([
      {
        code: 'destructive',
        severity: 'critical',
        subject: 'staging',
        message: 'The plan removes api variable OLD and api variable OLDER. What is removed cannot be read back.',
        fix: 'Name each: --confirm-destructive api.OLD --confirm-destructive api.OLDER',
      },
    ])
  })

  test.each<[string, Case, string[]]>([
    ['lets through what is all named', { plan, confirmed: ['api.OLD', 'api.OLDER'] }, []],
    ['refuses what is named in part', { plan, confirmed: ['api.OLD'] }, ['destructive']],
    ['refuses what is named on another service', { plan, confirmed: ['worker.OLD', 'worker.OLDER'] }, ['destructive']],
    ['cannot be allowed away', { plan, allowed: ['destructive'] }, ['destructive']],
  ])('%s', (_, situation, expected) => {
    expect(codes(situation)).toEqual(expected)
  })

  it('names only what is still to be named', () => {
    expect(findings({ plan, confirmed: ['api.OLD'] })[0]?.fix).toBe('Name each: --confirm-destructive api.OLDER')
  })
})

describe('risky-flag-default', () => {
  const flag = (overrides: Partial<DesiredFlag> = {}): DesiredFlag => ({
    name: 'x',
    variable: 'FEATURE_X',
    default: 'true',
    riskyValue: 'true',
    services: ['api'],
    ...overrides,
  })
  const created = { changes: [aChange({ variable: 'FEATURE_X' })] }
  const production = { environment: { name: 'production', protected: true } }
  const risky = { plan: created, desired: { ...production, flags: [flag()] } }

  it('refuses a flag that would start at its risky value in a protected environment', () => {
    expect(findings(risky)).toEqual([
      {
        code: 'risky-flag-default',
        severity: 'critical',
        subject: 'staging',
        message: 'FEATURE_X=true would come into being at the risky value, in staging, without any evidence.',
        fix: 'Set the default of x to the safe value in the config, or pass --allow risky-flag-default.',
      },
    ])
  })

  test.each<[string, Case, string[]]>([
    ['lets it through when allowed', { ...risky, allowed: ['risky-flag-default'] }, []],
    ['refuses it when another guard is allowed', { ...risky, allowed: ['split-revision'] }, ['risky-flag-default']],
    ['lets it through where nothing is protected', { plan: created, desired: { flags: [flag()] } }, []],
    [
      'lets a safe default through',
      { plan: created, desired: { ...production, flags: [flag({ default: 'false' })] } },
      [],
    ],
    [
      'knows that false may be the risky value',
      { plan: created, desired: { ...production, flags: [flag({ default: 'false', riskyValue: 'false' })] } },
      ['risky-flag-default'],
    ],
    [
      'lets a flag through that is not created',
      { plan: { changes: [aChange({ action: 'update', variable: 'FEATURE_X' }), aChange()] }, desired: risky.desired },
      [],
    ],
    [
      'lets a variable of that name through on a service that does not read the flag',
      { plan: { changes: [aChange({ service: 'docs', variable: 'FEATURE_X' })] }, desired: risky.desired },
      [],
    ],
  ])('%s', (_, situation, expected) => {
    expect(codes(situation)).toEqual(expected)
  })
})

describe('split-revision', () => {
  const split = { deployments: [aPlannedDeployment('worker')], leftOut: [aPlannedDeployment('api')] }

  it('refuses a deploy of some that share a codebase with others', () => {
    expect(findings({ plan: split })).toEqual([
      {
        code: 'split-revision',
        severity: 'critical',
        subject: 'staging',
        message: 'worker would get another commit than api, which share its codebase.',
        fix: 'Deploy without naming services, or pass --allow split-revision.',
      },
    ])
  })

  test.each<[string, Partial<Plan>, string[]]>([
    [
      'refuses the first deploy of one too',
      { ...split, deployments: [aPlannedDeployment('worker', { reasons: ['never-deployed'] })] },
      ['split-revision'],
    ],
    [
      'refuses the newest commit for some of them too',
      {
        deployments: [aPlannedDeployment('worker', { reasons: ['newest-commit'] })],
        leftOut: [aPlannedDeployment('api', { reasons: ['newest-commit'] })],
      },
      ['split-revision'],
    ],
    ['lets all of them through', { ...split, leftOut: [] }, []],
    [
      'lets the other codebase through',
      { ...split, deployments: [aPlannedDeployment('docs', { codebase: 'acme/docs#main' })] },
      [],
    ],
    ['lets images be deployed beside it', { ...split, deployments: [anImage('redis')] }, []],
    [
      'lets through what brings no other commit',
      { ...split, deployments: [aPlannedDeployment('worker', { reasons: ['settings-change'] })] },
      [],
    ],
    [
      'lets through what leaves out no other commit',
      { ...split, leftOut: [aPlannedDeployment('api', { reasons: ['settings-change'] })] },
      [],
    ],
    [
      'lets through what leaves out one that serves nothing yet',
      { ...split, leftOut: [aPlannedDeployment('api', { reasons: ['never-deployed'] })] },
      [],
    ],
    [
      'lets codebases go apart',
      { ...split, leftOut: [aPlannedDeployment('docs', { codebase: 'acme/docs#main' })] },
      [],
    ],
    [
      'does not hold two images for one codebase',
      { ...split, deployments: [anImage('redis')], leftOut: [anImage('postgres')] },
      [],
    ],
  ])('%s', (_, plan, expected) => {
    expect(codes({ plan })).toEqual(expected)
  })

  it('lets it through when allowed', () => {
    expect(codes({ plan: split, allowed: ['split-revision'] })).toEqual([])
  })
})

test('every guard that refuses is told, in their order', () => {
  const plan = {
    changes: [removal('OLD')],
    deployments: [aPlannedDeployment('worker')],
    leftOut: [aPlannedDeployment('api')],
  }
  expect(codes({ plan })).toEqual(['destructive', 'split-revision'])
})

function anImage(service: string) {
  const {
    codebase: _codebase,
    commit: _commit,
    ...image
  } = aPlannedDeployment(service, { reasons: ['never-deployed'] })
  return image
}

describe('split-secret', () => {
  const plan = { splitSecrets: [{ secret: 'APP_KEY', written: ['api'], leftOut: ['worker', 'scheduler'] }] }

  it('refuses a supplied secret that some of its services would not get', () => {
    expect(findings({ plan })).toEqual([
      {
        code: 'split-secret',
        severity: 'critical',
        subject: 'staging',
        message: 'APP_KEY would be new in api, and worker and scheduler would not get it.',
        fix: 'Name worker and scheduler too, or no services at all, or pass --allow split-secret.',
      },
    ])
  })

  it('lets it through when allowed', () => {
    expect(codes({ plan, allowed: ['split-secret'] })).toEqual([])
  })
})

/** One change that each of these guards refuses, and what it says. */
const refused: [guard: string, changes: Change[], message: string][] = [
  [
    'health-check-removed',
    [healthcheck({ action: 'delete', before: '/up' }), healthcheck({ service: 'web', action: 'delete', before: '/' })],
    'The plan takes the health check of api (/up) and web (/) away. Without one a deployment that answers nothing goes live all the same.',
  ],
  ['worker-to-zero', [replicas(0)], 'The plan scales api to 0 replicas: nothing of it would run.'],
  [
    'volume-shrink-or-detach',
    [movedVolume()],
    'The plan moves the volume of api from /old to /new. What is on it is not seen at the old path any more.',
  ],
  [
    'too-many-services',
    updatesOf('a', 'b', 'c', 'd', 'e'),
    'The plan changes what is there in 5 services, and more than 4 at once may be a mistake: a, b, c, d and e.',
  ],
]

describe.each(refused)('%s', (guard, changes, message) => {
  it('says what it refuses and how it is let through', () => {
    expect(findings({ plan: { changes } })).toEqual([
      {
        code: guard,
        severity: 'critical',
        subject: 'staging',
        message,
        fix: expect.stringMatching(new RegExp(`, or pass --allow ${guard}\\.$`)),
      },
    ])
  })

  it('lets it through when allowed, and is told as passed', () => {
    expect(codes({ plan: { changes }, allowed: [guard] })).toEqual([])
    const situation = { plan: aPlan({ changes }), desired: aDesiredState(), confirmed: [] }
    expect(passedGuards(situation, [guard, 'split-revision'])).toEqual([guard])
    expect(passedGuards(situation, [])).toEqual([])
  })
})

test.each<[string, Change[]]>([
  ['another health check path', [healthcheck({ action: 'update', before: '/up', after: '/health' })]],
  ['a new health check', [healthcheck({ action: 'create', after: '/health' })]],
  ['fewer replicas, but some', [replicas(1)]],
  ['a new service that starts with none', [aChange({ setting: 'service' }), replicas(0)]],
  ['a new volume', [aChange({ setting: 'volume', act: { kind: 'create-volume', mountPath: '/new' } })]],
  ['a larger volume', [aChange({ action: 'update', act: { kind: 'resize-volume', sizeMB: 2048 } })]],
  ['changes in 4 services, several each', [...updatesOf('a', 'b', 'c', 'd'), ...updatesOf('a', 'b', 'c', 'd')]],
  ['something new in 5 services', ['a', 'b', 'c', 'd', 'e'].map((service) => aChange({ service }))],
  [
    'changes in 4 services beside a new one',
    [...updatesOf('a', 'b', 'c', 'd', 'e'), aChange({ service: 'e', setting: 'service' })],
  ],
])('no guard refuses %s', (_, changes) => {
  expect(codes({ plan: { changes } })).toEqual([])
})

test('what cannot be allowed is never passed', () => {
  const situation = { plan: aPlan({ changes: [removal('OLD')] }), desired: aDesiredState(), confirmed: [] }
  expect(passedGuards(situation, ['destructive'])).toEqual([])
})

function healthcheck(overrides: Partial<Change>): Change {
  return aChange({ setting: 'healthcheckPath', ...overrides })
}

function replicas(value: number): Change {
  return aChange({
    action: 'update',
    setting: 'replicas',
    before: '2',
    act: { kind: 'set', setting: 'replicas', value },
  })
}

function movedVolume(): Change {
  const act = { kind: 'mount-volume', mountPath: '/new' } as const
  return aChange({ action: 'update', setting: 'volume', before: '/old', after: '/new', act })
}

function updatesOf(...services: string[]): Change[] {
  return services.map((service) => aChange({ action: 'update', service }))
}

describe('bad-release', () => {
  const commit = '2'.repeat(40)
  const plan = {
    deployments: [aPlannedDeployment('api', { commit, markedBad: { by: 'nina', reason: 'answers 500' } })],
  }

  it('refuses a commit that was marked bad, with who and why', () => {
    expect(findings({ plan })).toEqual([
      {
        code: 'bad-release',
        severity: 'critical',
        subject: 'staging',
        message: 'api would get 22222222, which nina marked bad when it was rolled back (answers 500).',
        fix: 'Deploy another commit, or pass --allow bad-release; where that deploy succeeds, the mark goes.',
      },
    ])
  })

  it('lets through what is allowed, and what is not marked', () => {
    expect(codes({ plan, allowed: ['bad-release'] })).toEqual([])
    expect(codes({ plan: { deployments: [aPlannedDeployment('api', { commit })] } })).toEqual([])
  })
})
