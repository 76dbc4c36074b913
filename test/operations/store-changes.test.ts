import { describe, expect, it, test } from 'vitest'
import { rehearsalTiming } from '../../src/config/timing.ts'
import type { EnvironmentConfig } from '../../src/contract/environment-config.ts'
import { OperatorError } from '../../src/kit/errors.ts'
import type { Secret } from '../../src/kit/secret.ts'
import { storeChanges } from '../../src/operations/store-changes.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedPatch } from '../../src/platform/observed-state.ts'
import { anObservedPatch, anObservedService, anObservedState } from '../support/builders.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aFakePlatform } from '../support/fake-platform.ts'

const ours: EnvironmentConfig = { services: { 'service-api': { variables: { A: { value: 'sentinel-ours' } } } } }
const theirs: EnvironmentConfig = { services: { 'service-api': { variables: { B: { value: 'sentinel-theirs' } } } } }
const both: EnvironmentConfig = {
  services: { 'service-api': { variables: { B: { value: 'sentinel-theirs' }, A: { value: 'sentinel-ours' } } } },
}

interface World {
  /** What is staged directly before ours. */
  staged?: EnvironmentConfig
  /** What somebody makes of the staged changes after ours went in and before they are read back. */
  meanwhile?: (staged: EnvironmentConfig) => EnvironmentConfig
  /** How often the platform says that it is still at it. */
  looksUntilCommitted?: number
  error?: string
  allowStaged?: boolean
  signal?: AbortSignal
}

function aStore(world: World) {
  const clock = new FakeClock()
  const startedAt = clock.now()
  const held: {
    staged: EnvironmentConfig
    committed: EnvironmentConfig | undefined
    message: string
    changes: string[]
  } = {
    staged: world.staged ?? {},
    committed: undefined,
    message: '',
    changes: [],
  }
  let looks = 0
  const stagedPatch = (): ObservedPatch => anObservedPatch(held.staged, { id: id('staged-1'), status: 'staged' })
  const platform = aFakePlatform(
    {
      readStaged: async () => {
        if (held.changes.length > 0) held.staged = world.meanwhile?.(held.staged) ?? held.staged
        return stagedPatch()
      },
      readPatch: async (patchId) => {
        looks += 1
        const isDone = looks > (world.looksUntilCommitted ?? 0)
        return anObservedPatch(held.committed ?? {}, {
          id: patchId,
          status: isDone ? 'committed' : 'applying',
          error: isDone ? world.error : undefined,
        })
      },
    },
    {
      'stage-changes': async ({ config }) => {
        held.changes.push('stage-changes')
        held.staged = merged(held.staged, config.reveal())
        return stagedPatch()
      },
      'replace-staged': async ({ config }) => {
        held.changes.push('replace-staged')
        held.staged = config.reveal()
        return stagedPatch()
      },
      'commit-staged': async ({ message }) => {
        held.changes.push('commit-staged')
        held.committed = held.staged
        held.staged = {}
        held.message = message
        return undefined
      },
    },
  )
  const state = anObservedState({
    services: [anObservedService('api')],
  })
  const store = () =>
    storeChanges(
      {
        state,
        patch: ours,
        author: { command: 'deploy', person: 'nina', reason: 'queue' },
        allowStaged: world.allowStaged ?? false,
      },
      { platform, clock, signal: world.signal ?? new AbortController().signal, timing: rehearsalTiming },
    )
  return { store, held, elapsedMs: () => clock.now() - startedAt, looks: () => looks }
}

/** As the platform adds to what is staged; only as deep as these patches go. */
function merged(one: EnvironmentConfig, other: EnvironmentConfig): EnvironmentConfig {
  const variables = { ...one.services?.['service-api']?.variables, ...other.services?.['service-api']?.variables }
  return { ...one, services: { ...one.services, 'service-api': { variables } } }
}

async function refusal(store: () => Promise<unknown>): Promise<OperatorError> {
  const error: unknown = await store().catch((reason: unknown) => reason)
  if (!(error instanceof OperatorError)) throw new Error(`not refused: ${String(error)}`)
  expect(`${error.message} ${error.hint}`).not.toContain('sentinel')
  return error
}

test('one patch is staged and committed, saying who and why, and its id is told', async () => {
  const { store, held } = aStore({})
  expect(await store()).toBe('staged-1')
  expect(held).toEqual({
    staged: {},
    committed: ours,
    message: 'fakturino deploy by nina: queue',
    changes: ['stage-changes', 'commit-staged'],
  })
})

test('what an earlier run of ours left staged is no obstacle', async () => {
  const { store, held } = aStore({ staged: ours })
  await store()
  expect(held.committed).toEqual(ours)
})

describe('what somebody else staged before', () => {
  it('is refused before anything is staged, and left as it is', async () => {
    const { store, held } = aStore({ staged: theirs })
    expect(await refusal(store)).toMatchObject({
      kind: 'refused',
      code: 'staged-changes',
      message:
        'Somebody staged changes in staging that a commit would carry along: api.variables.B. They were left as they are.',
    })
    expect(held).toMatchObject({ staged: theirs, committed: undefined, changes: [] })
  })

  it('is committed together with ours where that is allowed, never dropped', async () => {
    const { store, held } = aStore({ staged: theirs, allowStaged: true })
    await store()
    expect(held.committed).toEqual(both)
  })

  it('is refused too where it has another value for what we would set', async () => {
    const other = { services: { 'service-api': { variables: { A: { value: 'sentinel-other' } } } } }
    const { store, held } = aStore({ staged: other })
    expect((await refusal(store)).message).toContain('api.variables.A')
    expect(held).toMatchObject({ staged: other, changes: [] })
  })

  it('is refused there even where it is allowed, because one of both would be dropped', async () => {
    const other = { services: { 'service-api': { variables: { A: { value: 'sentinel-other' }, B: { value: '1' } } } } }
    const { store, held } = aStore({ staged: other, allowStaged: true })
    expect(await refusal(store)).toMatchObject({
      kind: 'refused',
      code: 'staged-changes',
      message:
        'Somebody staged changes in staging at places that this command sets to something else: api.variables.A. They were left as they are.',
    })
    expect(held).toMatchObject({ staged: other, committed: undefined, changes: [] })
  })
})

describe('what somebody else stages in between', () => {
  const adding = (staged: EnvironmentConfig) => merged(theirs, staged)

  it('is put back alone, and refused', async () => {
    const { store, held } = aStore({ meanwhile: adding })
    expect(await refusal(store)).toMatchObject({
      code: 'staged-changes',
      message: expect.stringContaining('api.variables.B'),
    })
    expect(held).toMatchObject({ staged: theirs, committed: undefined, changes: ['stage-changes', 'replace-staged'] })
  })

  it('is put back alone where it took the place of ours, even where that is allowed', async () => {
    const other = { services: { 'service-api': { variables: { A: { value: 'sentinel-other' } } } } }
    const { store, held } = aStore({ meanwhile: () => other, allowStaged: true })
    expect((await refusal(store)).message).toContain('sets to something else: api.variables.A')
    expect(held).toMatchObject({ staged: other, committed: undefined, changes: ['stage-changes', 'replace-staged'] })
  })

  it('is committed together with ours where that is allowed', async () => {
    const { store, held } = aStore({ meanwhile: adding, allowStaged: true })
    await store()
    expect(held.committed).toEqual(both)
  })
})

test.each<[string, (staged: EnvironmentConfig) => EnvironmentConfig, boolean]>([
  ['is discarded', () => ({}), false],
  ['is replaced, even where that is allowed', () => theirs, true],
])('what we staged and somebody %s is not committed in part', async (_, meanwhile, allowStaged) => {
  const { store, held } = aStore({ meanwhile, allowStaged })
  expect(await refusal(store)).toMatchObject({
    kind: 'refused',
    code: 'moved',
    message: 'What was staged in staging was changed before it could be committed: api.variables.A.',
    retryable: true,
  })
  expect(held.committed).toBeUndefined()
})

describe('a committed patch is followed', () => {
  it('until the platform has applied it, with longer and longer waits', async () => {
    const { store, looks, elapsedMs } = aStore({ looksUntilCommitted: 6 })
    await store()
    expect(looks()).toBe(7)
    expect(elapsedMs()).toBe(250 + 375 + 562.5 + 843.75 + 1_000 + 1_000)
  })

  it('until it cannot be applied, which is told in the words of the platform', async () => {
    const { store } = aStore({ looksUntilCommitted: 1, error: 'volume too small' })
    expect(await refusal(store)).toMatchObject({
      kind: 'failed',
      code: 'patch-failed',
      message: 'The platform could not apply the stored changes: volume too small',
    })
  })

  it('for two minutes at most', async () => {
    const { store, held, elapsedMs } = aStore({ looksUntilCommitted: 1_000 })
    expect(await refusal(store)).toMatchObject({ kind: 'unfinished', code: 'patch-unfinished', retryable: true })
    expect(elapsedMs()).toBeGreaterThan(110_000)
    expect(elapsedMs()).toBeLessThanOrEqual(120_000)
    expect(held.committed).toEqual(ours)
  })

  it('until the operator interrupts', async () => {
    const controller = new AbortController()
    const { store } = aStore({ looksUntilCommitted: 1_000, signal: controller.signal })
    const storing = store()
    controller.abort(new Error('interrupted'))
    await expect(storing).rejects.toThrow('interrupted')
  })
})

test('the values in a patch are out of sight on their way', async () => {
  const seen: Secret<EnvironmentConfig>[] = []
  const platform = aFakePlatform(
    {
      readStaged: async () => anObservedPatch(ours, { status: 'staged' }),
      readPatch: async () => anObservedPatch(ours),
    },
    {
      'stage-changes': async ({ config }) => {
        seen.push(config)
        return anObservedPatch(ours, { status: 'staged' })
      },
      'commit-staged': async () => undefined,
    },
  )
  await storeChanges(
    { state: anObservedState(), patch: ours, author: { command: 'init', person: 'nina' }, allowStaged: false },
    { platform, clock: new FakeClock(), signal: new AbortController().signal, timing: rehearsalTiming },
  )
  expect(seen).toHaveLength(1)
  expect(JSON.stringify(seen)).not.toContain('sentinel')
})
