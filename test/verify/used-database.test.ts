import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedState } from '../../src/platform/observed-state.ts'
import { passwordHmac } from '../../src/verify/evidence.ts'
import { usedDatabase } from '../../src/verify/used-database.ts'
import { anObservedService, anObservedState, observedVariables, ref } from '../support/builders.ts'
import { key } from './some-evidence.ts'

const ownUrl = `postgresql://${ref('PGUSER')}:${ref('POSTGRES_PASSWORD')}@${ref('RAILWAY_PRIVATE_DOMAIN')}:5432/railway`

function state(urls: Record<string, string | null>, postgresUrl: string | null = ownUrl): ObservedState {
  const volume = {
    id: id<'volume'>('volume-1'),
    instanceId: id<'volume-instance'>('v-1'),
    mountPath: '/data',
    sizeMB: 1,
  }
  return anObservedState({
    services: [
      ...Object.entries(urls).map(([name, url]) =>
        anObservedService(name, { variables: observedVariables({ DATABASE_URL: url }) }),
      ),
      anObservedService('postgres', {
        volumes: [volume],
        variables: observedVariables({ DATABASE_URL: postgresUrl, POSTGRES_PASSWORD: 's3cret of it' }),
      }),
      anObservedService('clock'),
    ],
    sharedVariables: observedVariables({ DATABASE_URL: ref('postgres.DATABASE_URL') }),
  })
}

const both = ['api', 'worker', 'clock']

it('is the one that every service refers to, with its volume and what its password is compared by', () => {
  const used = usedDatabase(state({ api: ref('postgres.DATABASE_URL'), worker: ref('shared.DATABASE_URL') }), both, key)
  expect(used).toEqual({ volumeId: 'volume-1', passwordHmac: passwordHmac(new Secret('s3cret of it'), key) })
})

it('has nothing to compare its password by where there is no key', () => {
  expect(usedDatabase(state({ api: ref('postgres.DATABASE_URL') }), both, undefined)?.passwordHmac).toBeNull()
})

describe('an address leads to a service of this environment', () => {
  it.each([
    ['by its private domain', `postgresql://u:p@${ref('postgres.RAILWAY_PRIVATE_DOMAIN')}:5432/railway`],
    ['by its name in the private network', 'postgresql://u:p/w@r#d@postgres.railway.internal:5432/railway'],
  ])('%s', (_, url) => {
    expect(usedDatabase(state({ api: url }), both, key)).toMatchObject({ volumeId: 'volume-1' })
  })
})

it('is that of the environment where none of the services has an address', () => {
  expect(usedDatabase(state({ api: ref('postgres.DATABASE_URL') }), ['clock'], key)).toMatchObject({
    volumeId: 'volume-1',
  })
})

describe('is not seen', () => {
  it.each<[string, ObservedState]>([
    ['where nobody has an address', anObservedState()],
    [
      'where one leads elsewhere',
      state({ api: ref('postgres.DATABASE_URL'), worker: 'postgresql://u:p@db.example.com/x' }),
    ],
    [
      'through a proxy that anybody may be behind',
      state({ api: 'postgresql://u:p@shuttle.proxy.rlwy.net:1234/railway' }),
    ],
    ['where it is not shown', state({ api: null })],
    ['where that of the database is not shown', state({ api: ref('postgres.DATABASE_URL') }, null)],
    ['where it refers to a service that is not there', state({ api: ref('mysql.DATABASE_URL') })],
    ['where it refers to itself', state({ api: ref('api.DATABASE_URL') })],
    ['where it is no address', state({ api: 'postgres' })],
    ['where it has no volume', state({ api: 'postgresql://u:p@clock.railway.internal/railway' })],
    [
      'where two services use two of them',
      state({ api: ref('postgres.DATABASE_URL'), worker: 'pg://u:p@clock.railway.internal/x' }),
    ],
  ])('%s', (_, observed) => {
    expect(usedDatabase(observed, both, key)).toBeNull()
  })
})
