import { describe, expect, it, test } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import { aDesiredService, aDesiredState } from '../support/builders.ts'
import { aPlainEnvironment, changed, onApi } from './an-environment.ts'

describe('an environment that was changed by somebody else after it was planned', () => {
  test.each<[string, ReturnType<typeof onApi>, string]>([
    [
      'in what the plan changes',
      onApi({ deploy: { startCommand: 'theirs' } }),
      'staging was changed by somebody else since it was planned: api start command.',
    ],
    [
      'to what the plan wants',
      onApi({ deploy: { startCommand: 'serve --more' } }),
      'staging was changed by somebody else since it was planned: api start command.',
    ],
    [
      'in something that the plan would change now',
      onApi({ deploy: { healthcheckPath: '/up' } }),
      'staging was changed by somebody else since it was planned: api health check path.',
    ],
    [
      'in something that the plan does not care about',
      onApi({ variables: { STRANGE: { value: '1' } } }),
      'staging was changed by somebody else since it was planned: api variable STRANGE.',
    ],
  ])('%s, is refused with the places named, and nothing is written', async (_, stores, message) => {
    const world = await aPlainEnvironment()
    const planned = await world.plan(changed)
    await world.someone(stores)
    const before = await world.state()
    await expect(world.apply(changed, planned)).rejects.toMatchObject({
      kind: 'refused',
      code: 'moved',
      message,
      hint: expect.stringMatching(/^Nothing was deployed\. .*run: fakturino plan -e \w+$/),
    })
    expect(world.written).toEqual([])
    expect((await world.state()).patches).toEqual(before.patches)
  })

  it('is refused too after what needs an id was created, naming only what others did', async () => {
    const world = await aPlainEnvironment()
    const desired = aDesiredState({
      services: [
        aDesiredService('api', {
          settings: { startCommand: 'serve --more' },
          volume: { mountPath: '/data', sizeMB: 6_000 },
          domain: { targetPort: 8080 },
        }),
      ],
    })
    const planned = await world.plan(desired)
    await world.someone(onApi({ deploy: { startCommand: 'theirs' } }))
    await expect(world.apply(desired, planned)).rejects.toMatchObject({
      code: 'moved',
      message: 'staging was changed by somebody else since it was planned: api start command.',
    })
    expect(world.written).toEqual(['create-volume', 'create-domain'])
  })

  it('is refused where changes of others wait staged, which stay', async () => {
    const world = await aPlainEnvironment()
    const planned = await world.plan(changed)
    const [service] = planned.observed.services
    const theirs = { services: { [service?.id ?? '']: { variables: { B: { value: '1' } } } } }
    await world.platform.change('stage-changes', { ...world.target, config: new Secret(theirs) })
    await expect(world.apply(changed, planned)).rejects.toMatchObject({ code: 'staged-changes' })
    expect(world.written).toEqual([])
    expect((await world.platform.readStaged(world.target.environmentId)).config.reveal()).toEqual(theirs)
  })
})

test('what we created ourselves between plan and last reading is no surprise', async () => {
  const world = await aPlainEnvironment()
  // A new volume has the size of the platform, so that its size is a change that the approved plan did not name.
  const desired = aDesiredState({
    services: [
      aDesiredService('api', { settings: { startCommand: 'serve' }, volume: { mountPath: '/data', sizeMB: 60_000 } }),
    ],
  })
  const planned = await world.plan(desired)
  expect(planned.plan.changes.map(({ setting }) => setting)).toEqual(['volume'])
  await world.apply(desired, planned)
  expect((await world.state()).services[0]?.volumes).toMatchObject([{ mountPath: '/data', sizeMB: 60_000 }])
  expect((await world.plan(desired)).plan.changes).toEqual([])
})
