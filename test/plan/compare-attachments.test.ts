import { describe, expect, it, test } from 'vitest'
import type { DesiredService } from '../../src/config/desired.ts'
import { compareAttachments } from '../../src/plan/compare-attachments.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedDomain, ObservedService } from '../../src/platform/observed-state.ts'
import { aDesiredService, anObservedService } from '../support/builders.ts'

type Wanted = Partial<DesiredService>
type Found = Partial<ObservedService>

function compared(
  wanted: Wanted,
  found: Found | undefined,
  autoDeploy?: boolean,
): { differences: string[]; notes: string[] } {
  const observed = found === undefined ? undefined : anObservedService('api', found)
  const { differences, notes } = compareAttachments(aDesiredService('api', wanted), observed, autoDeploy)
  return {
    differences: differences.map(
      ({ action, setting, before = '-', after = '-', severity, effect }) =>
        `${action} ${setting} ${before} -> ${after} ${severity} ${effect}`,
    ),
    notes: notes.map(({ code, message }) => `${code}: ${message}`),
  }
}

const volume = (sizeMB: number, mountPath = '/data') => ({
  id: id<'volume'>('volume-1'),
  instanceId: id<'volume-instance'>('volume-1-here'),
  mountPath,
  sizeMB,
})
const generated = (targetPort: number | undefined): ObservedDomain => ({
  domain: 'api.up.railway.app',
  kind: 'generated',
  targetPort,
})
const custom = (targetPort: number | undefined, domain = 'api.example.com'): ObservedDomain => ({
  domain,
  kind: 'custom',
  targetPort,
})

test.each<[string, Wanted, Found | undefined, string[]]>([
  ['a volume as wanted is no difference', { volume: volume(1024) }, { volumes: [volume(1024)] }, []],
  [
    'a volume that is missing is created',
    { volume: volume(1024) },
    {},
    ['create volume - -> 1 GB at /data safe downtime'],
  ],
  [
    'so is one of a service that is missing',
    { volume: volume(500) },
    undefined,
    ['create volume - -> 500 MB at /data safe downtime'],
  ],
  [
    'a smaller volume grows, without a deployment',
    { volume: volume(10_240) },
    { volumes: [volume(1000)] },
    ['update volume-size 1000 MB -> 10 GB safe none'],
  ],
  [
    'a volume elsewhere moves, with downtime',
    { volume: volume(1024) },
    { volumes: [volume(1024, '/old')] },
    ['update volume /old -> /data risky downtime'],
  ],
  [
    'a volume may have to move and grow',
    { volume: volume(2048) },
    { volumes: [volume(1024, '/old')] },
    ['update volume /old -> /data risky downtime', 'update volume-size 1 GB -> 2 GB safe none'],
  ],
  ['a domain that nobody wants is left alone', {}, { domains: [generated(80)] }, []],
  ['a domain as wanted is no difference', { domain: { targetPort: 8080 } }, { domains: [generated(8080)] }, []],
  [
    'a domain that is missing is generated',
    { domain: { targetPort: 8080 } },
    {},
    ['create domain - -> a generated one, to port 8080 safe none'],
  ],
  [
    'a custom domain comes on top of a generated one',
    { domain: { targetPort: 8080, custom: 'api.example.com' } },
    undefined,
    [
      'create domain - -> a generated one, to port 8080 safe none',
      'create domain - -> api.example.com, to port 8080 safe none',
    ],
  ],
  [
    'another custom domain is not the wanted one, and is left alone with its port',
    { domain: { targetPort: 8080, custom: 'api.example.com' } },
    { domains: [generated(8080), custom(80, 'old.example.com')] },
    ['create domain - -> api.example.com, to port 8080 safe none'],
  ],
  [
    'a domain to another port is led to the wanted one',
    { domain: { targetPort: 8080, custom: 'api.example.com' } },
    { domains: [generated(80), custom(undefined)] },
    [
      'update domain-port api.up.railway.app to port 80 -> api.up.railway.app to port 8080 risky none',
      'update domain-port - -> api.example.com to port 8080 risky none',
    ],
  ],
])('%s', (_, wanted, found, differences) => {
  expect(compared(wanted, found)).toEqual({ differences, notes: [] })
})

test('a larger volume is information, never a change', () => {
  expect(compared({ volume: volume(1024) }, { volumes: [volume(2048)] })).toEqual({
    differences: [],
    notes: ['larger-volume: Its volume has 2 GB, the config asks for at least 1 GB.'],
  })
})

test.each<[string, boolean | undefined, boolean | undefined, string[]]>([
  ['an image has no say about pushes', undefined, true, []],
  ['pushes that should not deploy and do not are no difference', false, false, []],
  ['nor are those of a service that was never asked', false, undefined, []],
  ['pushes that deploy and should not are switched off', false, true, ['update auto-deploy on -> off safe none']],
  [
    'pushes that should deploy are switched on, which is risky',
    true,
    false,
    ['update auto-deploy off -> on risky none'],
  ],
  ['also where there is no service yet', true, undefined, ['update auto-deploy off -> on risky none']],
])('%s', (_, wanted, found, differences) => {
  expect(compared(wanted === undefined ? {} : { autoDeploy: wanted }, {}, found).differences).toEqual(differences)
})

test('a volume that nobody wants is left alone, and said', () => {
  expect(compared({}, { volumes: [volume(1024)] })).toEqual({
    differences: [],
    notes: ['unmanaged-volume: Its volume of 1 GB at /data is not in the config: left alone, with everything on it.'],
  })
})

test('every difference carries what settles it', () => {
  const { differences } = compareAttachments(
    aDesiredService('api', {
      volume: { mountPath: '/data', sizeMB: 2048 },
      domain: { targetPort: 8080, custom: 'api.example.com' },
      autoDeploy: false,
    }),
    anObservedService('api', { volumes: [volume(1024, '/old')], domains: [generated(80)] }),
    true,
  )
  expect(differences.map(({ act }) => act)).toEqual([
    { kind: 'mount-volume', mountPath: '/data' },
    { kind: 'resize-volume', sizeMB: 2048 },
    { kind: 'create-domain', targetPort: 8080, custom: 'api.example.com' },
    { kind: 'set-domain-port', domain: 'api.up.railway.app', domainKind: 'generated', targetPort: 8080 },
    { kind: 'set-auto-deploy', enabled: false },
  ])
})

describe('several generated domains', () => {
  const two = (one: number | undefined, other: number): ObservedDomain[] => [
    { domain: 'metrics.up.railway.app', kind: 'generated', targetPort: one },
    { domain: 'api.up.railway.app', kind: 'generated', targetPort: other },
  ]

  it('are left alone where one of them leads to the wanted port', () => {
    const found = { domains: two(9090, 8080) }
    expect(compared({ domain: { targetPort: 8080 } }, found)).toEqual({ differences: [], notes: [] })
  })

  it('are left alone and told where none does', () => {
    expect(compared({ domain: { targetPort: 8080 } }, { domains: two(undefined, 80) })).toEqual({
      differences: [],
      notes: [
        'unclear-domain: None of its generated domains leads to port 8080, and which one is meant would be a guess: metrics.up.railway.app and api.up.railway.app. Lead one of them to 8080 in the dashboard, or delete all but one there.',
      ],
    })
  })
})
