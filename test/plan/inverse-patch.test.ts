import { describe, expect, it } from 'vitest'
import type { EnvironmentConfig, ServiceConfig } from '../../src/contract/environment-config.ts'
import { inversePatch } from '../../src/plan/inverse-patch.ts'
import type { Change, PlannedAct } from '../../src/plan/plan.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedService, ObservedState } from '../../src/platform/observed-state.ts'
import { aChange, anObservedService, anObservedState, observedVariables, ref, serviceId } from '../support/builders.ts'

type Parts = Partial<ObservedService>

function stateWith(parts: Parts | undefined): ObservedState {
  return anObservedState({ services: parts === undefined ? [] : [anObservedService('api', parts)] })
}

function onApi(config: ServiceConfig): EnvironmentConfig {
  return { services: { [serviceId('api')]: config } }
}

function change(act: PlannedAct, parts: Partial<Change> = {}): Change {
  if (act.kind === 'set') return aChange({ setting: act.setting, act, ...parts })
  return aChange({ ...('variable' in act ? { variable: act.variable } : {}), act, ...parts })
}

const set = (variable: string, value: string) => change({ kind: 'set-variable', variable, value })
const start = (value: string | null) => change({ kind: 'set', setting: 'startCommand', value })
const values = (variables: Record<string, string | null>): Parts => ({ variables: observedVariables(variables) })
const stored = (variables: Record<string, string | null>) =>
  onApi({
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value === null ? null : { value }]),
    ),
  })

interface Case {
  changes: Change[]
  patch: EnvironmentConfig
  before: Parts | undefined
  now: Parts | undefined
  back?: EnvironmentConfig
  places?: string[]
  changedByOthers?: string[]
  hidden?: string[]
  stays?: string[]
}

const volume = { id: id<'volume'>('v'), instanceId: id<'volume-instance'>('v-here'), mountPath: '/old', sizeMB: 500 }
const domain = { domain: 'a.example', kind: 'generated', targetPort: 80 } as const
const secretAct: PlannedAct = {
  kind: 'set-secret',
  variable: 'KEY',
  secret: 'KEY',
  source: { from: 'generated' },
}

const cases: Record<string, Case> = {
  'a variable that had another value gets it back': {
    changes: [set('A', 'new')],
    patch: stored({ A: 'new' }),
    before: values({ A: 'old' }),
    now: values({ A: 'new' }),
    back: stored({ A: 'old' }),
    places: ['api variable A'],
  },
  'a reference comes back as a reference': {
    changes: [set('A', 'literal')],
    patch: stored({ A: 'literal' }),
    before: values({ A: ref('postgres.DATABASE_URL') }),
    now: values({ A: 'literal' }),
    back: stored({ A: ref('postgres.DATABASE_URL') }),
    places: ['api variable A'],
  },
  'an empty value is a value': {
    changes: [set('A', 'new')],
    patch: stored({ A: 'new' }),
    before: values({ A: '' }),
    now: values({ A: 'new' }),
    back: stored({ A: '' }),
    places: ['api variable A'],
  },
  'a variable that was not there is removed': {
    changes: [set('A', 'new')],
    patch: stored({ A: 'new' }),
    before: {},
    now: values({ A: 'new' }),
    back: stored({ A: null }),
    places: ['api variable A'],
  },
  'one that was removed comes back': {
    changes: [change({ kind: 'remove-variable', variable: 'A' })],
    patch: stored({ A: null }),
    before: values({ A: 'old' }),
    now: {},
    back: stored({ A: 'old' }),
    places: ['api variable A'],
  },
  'a secret gets back the one before': {
    changes: [change(secretAct)],
    patch: stored({ KEY: 'made now' }),
    before: values({ KEY: 'made then' }),
    now: values({ KEY: 'made now' }),
    back: stored({ KEY: 'made then' }),
    places: ['api variable KEY'],
  },
  'what has its old value already needs nothing': {
    changes: [set('A', 'new'), start('new')],
    patch: { ...stored({ A: 'new' }) },
    before: { ...values({ A: 'old' }), settings: { startCommand: 'old' } },
    now: { ...values({ A: 'old' }), settings: { startCommand: 'old' } },
  },
  'what somebody else changed since is theirs, what is ours is not': {
    changes: [set('A', 'new'), set('B', 'new')],
    patch: stored({ A: 'new', B: 'new' }),
    before: values({ A: 'old', B: 'old' }),
    now: values({ A: 'theirs', B: 'new' }),
    back: stored({ B: 'old' }),
    places: ['api variable B'],
    changedByOthers: ['api variable A'],
  },
  'what somebody else removed since is theirs': {
    changes: [set('A', 'new')],
    patch: stored({ A: 'new' }),
    before: values({ A: 'old' }),
    now: {},
    changedByOthers: ['api variable A'],
  },
  'what was removed and is there again is theirs': {
    changes: [change({ kind: 'remove-variable', variable: 'A' })],
    patch: stored({ A: null }),
    before: values({ A: 'old' }),
    now: values({ A: 'theirs' }),
    changedByOthers: ['api variable A'],
  },
  'a value that the platform did not show cannot come back': {
    changes: [set('A', 'new')],
    patch: stored({ A: 'new' }),
    before: values({ A: null }),
    now: values({ A: 'new' }),
    hidden: ['api variable A'],
  },
  'a value that it does not show now may be anything': {
    changes: [set('A', 'new')],
    patch: stored({ A: 'new' }),
    before: values({ A: 'old' }),
    now: values({ A: null }),
    hidden: ['api variable A'],
  },
  'a setting gets its old value back': {
    changes: [start('new')],
    patch: onApi({ deploy: { startCommand: 'new' } }),
    before: { settings: { startCommand: 'old' } },
    now: { settings: { startCommand: 'new' } },
    back: onApi({ deploy: { startCommand: 'old' } }),
    places: ['api start command'],
  },
  'a setting that nobody had set is reset': {
    changes: [start('new')],
    patch: onApi({ deploy: { startCommand: 'new' } }),
    before: {},
    now: { settings: { startCommand: 'new' } },
    back: onApi({ deploy: { startCommand: null } }),
    places: ['api start command'],
  },
  'a setting that was reset is set again': {
    changes: [start(null)],
    patch: onApi({ deploy: { startCommand: null } }),
    before: { settings: { startCommand: 'old' } },
    now: {},
    back: onApi({ deploy: { startCommand: 'old' } }),
    places: ['api start command'],
  },
  'a setting that somebody else changed since is theirs': {
    changes: [start('new')],
    patch: onApi({ deploy: { startCommand: 'new' } }),
    before: { settings: { startCommand: 'old' } },
    now: { settings: { startCommand: 'theirs' } },
    changedByOthers: ['api start command'],
  },
  'lists of commands are compared as lists': {
    changes: [change({ kind: 'set', setting: 'preDeploy', value: ['a', 'b'] })],
    patch: onApi({ deploy: { preDeployCommand: ['a', 'b'] } }),
    before: { settings: { preDeploy: ['a'] } },
    now: { settings: { preDeploy: ['a', 'b'] } },
    back: onApi({ deploy: { preDeployCommand: ['a'] } }),
    places: ['api pre-deploy command'],
  },
  'region and replicas share a place and go back together': {
    changes: [
      change({ kind: 'set', setting: 'region', value: 'eu' }),
      change({ kind: 'set', setting: 'replicas', value: 3 }),
    ],
    patch: onApi({ deploy: { multiRegionConfig: { us: null, eu: { numReplicas: 3 } } } }),
    before: { settings: { region: 'us', replicas: 2 } },
    now: { settings: { region: 'eu', replicas: 3 } },
    back: onApi({ deploy: { multiRegionConfig: { eu: null, us: { numReplicas: 2 } } } }),
    places: ['api region', 'api replicas'],
  },
  'a branch that nothing names is the one that pushes deploy': {
    changes: [change({ kind: 'set', setting: 'branch', value: null })],
    patch: onApi({ source: { branch: null } }),
    before: { settings: { repo: 'a/b', branch: 'old' } },
    now: { settings: { repo: 'a/b', branch: 'main' } },
    back: onApi({ source: { branch: 'old' } }),
    places: ['api branch'],
  },
  "a domain's port goes back": {
    changes: [
      change(
        { kind: 'set-domain-port', domain: 'a.example', domainKind: 'generated', targetPort: 8080 },
        { setting: 'domain-port' },
      ),
    ],
    patch: {},
    before: { domains: [domain] },
    now: { domains: [{ ...domain, targetPort: 8080 }] },
    back: onApi({ networking: { serviceDomains: { 'a.example': { port: 80 } } } }),
    places: ['api domain port'],
  },
  'the port of a domain that is new stays': {
    changes: [
      change(
        { kind: 'set-domain-port', domain: 'a.example', domainKind: 'generated', targetPort: 8080 },
        { setting: 'domain-port' },
      ),
    ],
    patch: {},
    before: {},
    now: { domains: [{ ...domain, targetPort: 8080 }] },
    stays: ['api domain port'],
  },
  'a volume goes back to its place, and keeps its size': {
    changes: [
      change({ kind: 'mount-volume', mountPath: '/new' }, { setting: 'volume' }),
      change({ kind: 'resize-volume', sizeMB: 1000 }, { setting: 'volume-size' }),
    ],
    patch: {},
    before: { volumes: [volume] },
    now: { volumes: [{ ...volume, mountPath: '/new', sizeMB: 1000 }] },
    back: onApi({ volumeMounts: { v: { mountPath: '/old' } } }),
    places: ['api volume'],
    stays: ['api volume size'],
  },
  'a volume or a domain that was created stays': {
    changes: [
      change({ kind: 'create-volume', mountPath: '/new' }, { setting: 'volume' }),
      change({ kind: 'create-domain', targetPort: 80 }, { setting: 'domain' }),
    ],
    patch: {},
    before: {},
    now: { volumes: [volume], domains: [domain] },
    stays: ['api volume', 'api domain'],
  },
  'what was stored for a service that had never run stays: a password may be in its volume by now': {
    changes: [set('A', 'new'), start('new')],
    patch: { ...stored({ A: 'new' }) },
    before: { active: [] },
    now: values({ A: 'new' }),
    stays: ['api variable A', 'api start command'],
  },
  'what was stored for a service that was created stays': {
    changes: [change({ kind: 'create-service' }, { setting: 'service' }), set('A', 'new')],
    patch: stored({ A: 'new' }),
    before: undefined,
    now: values({ A: 'new' }),
    stays: ['api', 'api variable A'],
  },
  'a service that somebody removed since is theirs': {
    changes: [set('A', 'new')],
    patch: stored({ A: 'new' }),
    before: values({ A: 'old' }),
    now: undefined,
    changedByOthers: ['api variable A'],
  },
  'deploys on push are not stored, and not part of it': {
    changes: [change({ kind: 'set-auto-deploy', enabled: false }, { setting: 'auto-deploy' })],
    patch: {},
    before: {},
    now: {},
  },
}

describe('the inverse of what was stored', () => {
  it.each(Object.entries(cases))('%s', (_, { changes, patch, before, now, back, ...lists }) => {
    expect(inversePatch({ changes, patch, before: stateWith(before), now: stateWith(now) })).toEqual({
      patch: back,
      places: [],
      changedByOthers: [],
      hidden: [],
      stays: [],
      ...lists,
    })
  })

  it('does not take a name that every object has for a variable', () => {
    const changes = [set('constructor', 'new')]
    const now = stateWith(values({ constructor: 'new' }))
    const { patch, places } = inversePatch({
      changes,
      patch: stored({ constructor: 'new' }),
      before: stateWith({}),
      now,
    })
    expect(places).toEqual(['api variable constructor'])
    expect(patch).toEqual(stored({ constructor: null }))
  })
})
