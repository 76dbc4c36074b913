import { expect, test } from 'vitest'
import { rollbackStep } from '../../src/operations/rollback-steps.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedDeployment, ObservedService, PastDeployment } from '../../src/platform/observed-state.ts'
import { anObservedDeployment, anObservedService, deployedAt, serviceId } from '../support/builders.ts'

const old = (name: string, parts: Partial<PastDeployment> = {}): PastDeployment => ({
  ...anObservedDeployment({ id: id(name), status: 'removed', commit: 'a' }),
  serviceId: serviceId('api'),
  ...parts,
})
const now = (commit: string, parts: Partial<ObservedDeployment> = {}) =>
  anObservedDeployment({ id: id('now'), commit, createdAt: deployedAt + 1, ...parts })
const serving = (live: ObservedDeployment, latest: ObservedDeployment = live): ObservedService =>
  anObservedService('api', { active: [live], latest })
const coming = (commit: string, status: ObservedDeployment['status'] = 'building') =>
  anObservedDeployment({ id: id('coming'), commit, status, createdAt: deployedAt + 2 })

test.each<[string, ObservedService, PastDeployment[], string | undefined, string, string | undefined]>([
  ['another commit serves', serving(now('b')), [old('a2'), old('a1')], undefined, 'image', 'a2'],
  [
    'the newest image is gone',
    serving(now('b')),
    [old('a2', { canRollback: false }), old('a1')],
    undefined,
    'image',
    'a1',
  ],
  ['no image is kept', serving(now('b')), [old('a1', { canRollback: false })], undefined, 'image-gone', undefined],
  [
    'a deployment is going',
    serving(now('b')),
    [old('a1', { canRollback: false, status: 'removing' })],
    undefined,
    'image',
    'a1',
  ],
  ['it was never deployed', serving(now('b')), [], undefined, 'never-deployed', undefined],
  ['it serves the commit', serving(now('a')), [old('a1')], undefined, 'stays', 'now'],
  ['it is on its way', serving(now('b'), coming('a')), [old('a1')], undefined, 'follows', 'coming'],
  ['another one is on its way', serving(now('a'), coming('b')), [old('a1')], undefined, 'build', 'now'],
  [
    'another one waits for an approval',
    serving(now('a'), coming('b', 'needs-approval')),
    [],
    undefined,
    'stays',
    'now',
  ],
  [
    'it crashed',
    anObservedService('api', { active: [], latest: now('b', { status: 'crashed' }) }),
    [old('a1')],
    undefined,
    'image',
    'a1',
  ],
  ['one deployment is asked for', serving(now('b')), [old('a2'), old('a1')], 'a1', 'image', 'a1'],
  ['an earlier one of the same commit is asked for', serving(now('a')), [old('a1')], 'a1', 'image', 'a1'],
  ['one of another service is asked for', serving(now('b')), [old('a2')], 'w1', 'image', 'a2'],
])('%s', (_, service, deployments, exact, kind, to) => {
  const release = { commit: 'a', services: [{ service: 'api', ending: 'served' as const, deployments }] }
  const { way } = rollbackStep(service, release, exact === undefined ? undefined : id(exact))
  expect([way.kind, 'to' in way ? way.to.id : undefined]).toEqual([kind, to])
})
