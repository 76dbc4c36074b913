import { describe, expect, it } from 'vitest'
import { rehearsalTiming } from '../../src/config/timing.ts'
import { Secret } from '../../src/kit/secret.ts'
import { refuseUnmerged, storeDirectly } from '../../src/operations/store-directly.ts'
import type { DirectStore } from '../../src/plan/direct-store.ts'
import type { Change } from '../../src/plan/plan.ts'
import { id } from '../../src/platform/ids.ts'
import { aChange, anObservedService, anObservedState, observedVariables } from '../support/builders.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aFakePlatform } from '../support/fake-platform.ts'

const size = aChange({ setting: 'volume-size', act: { kind: 'resize-volume', sizeMB: 1024 } })
const variable = aChange()
const serviceId = id<'service'>('service-api')
const whole: DirectStore = {
  variables: [{ serviceId, variables: new Secret({ APP_ENV: 'staging' }) }],
  settings: [{ serviceId, settings: { startCommand: 'serve' }, before: {} }],
  branches: [{ serviceId, repository: 'acme/app', branch: 'main' }],
}

/** `reads`: what still differs, reading by reading; the last one stays. */
function aStore(reads: Change[][], writes: DirectStore = whole, state = anObservedState(), changes = [variable, size]) {
  const clock = new FakeClock()
  const done: string[] = []
  const act = (name: string) => async () => {
    done.push(name)
    return undefined
  }
  const platform = aFakePlatform(
    {
      observe: async () => {
        done.push('observe')
        return state
      },
    },
    {
      'store-variables': act('store-variables'),
      'store-settings': act('store-settings'),
      'follow-branches': act('follow-branches'),
    },
  )
  const outcome = storeDirectly(
    { state, changes, writes, changesIn: () => (reads.length > 1 ? reads.shift() : reads[0]) ?? [] },
    {
      platform,
      clock,
      signal: new AbortController().signal,
      timing: rehearsalTiming,
      checkpoint: () => done.push('checkpoint'),
    },
  )
  return { outcome, done, clock }
}

describe('storing without a patch', () => {
  it('writes each kind in one request, reads back, and says what only a patch stores', async () => {
    const { outcome, done } = aStore([[size]])
    expect(await outcome).toEqual([size])
    expect(done.filter((step) => step !== 'checkpoint')).toEqual([
      'store-variables',
      'store-settings',
      'follow-branches',
      'observe',
    ])
    expect(done.filter((step) => step === 'checkpoint')).toHaveLength(3)
  })

  it('sends nothing, and reads nothing, where there is nothing to write', async () => {
    const { outcome, done } = aStore([[size]], { variables: [], settings: [], branches: [] }, anObservedState(), [size])
    expect(await outcome).toEqual([size])
    expect(done).toEqual([])
  })

  it('reads again while the platform still shows the old', async () => {
    const { outcome, done } = aStore([[variable], [variable], []])
    await outcome
    expect(done.filter((step) => step === 'observe')).toHaveLength(3)
  })

  it('fails, naming it, where the platform never shows what was written', async () => {
    const { outcome } = aStore([[variable, size]])
    await expect(outcome).rejects.toMatchObject({
      kind: 'failed',
      code: 'not-stored',
      message: expect.stringMatching(/^What was written to staging reads otherwise: api variable APP_ENV\. /),
    })
  })

  it('judges no value that the platform does not show', async () => {
    const services = [anObservedService('api', { variables: observedVariables({ APP_ENV: null }) })]
    const { outcome } = aStore([[variable]], whole, anObservedState({ services }))
    expect(await outcome).toEqual([size])
  })
})

it.each([
  [0, false, false],
  [undefined, false, false],
  [2, false, true],
  [2, true, false],
])('%s staged changes that cannot be seen, allowed: %s, are refused: %s', (unmergedChanges, allowed, isRefused) => {
  const refuse = () => refuseUnmerged(anObservedState({ unmergedChanges }), allowed)
  if (isRefused) expect(refuse).toThrow('2 staged changes of somebody wait in staging')
  else expect(refuse).not.toThrow()
})
