import { expect, test } from 'vitest'
import { rollbackWindow } from '../../src/operations/rollback-window.ts'
import type { ReleaseNote } from '../../src/plan/operation-notes.ts'
import { id } from '../../src/platform/ids.ts'
import type { ObservedService, ObservedState, PastDeployment } from '../../src/platform/observed-state.ts'
import { anObservedDeployment, anObservedService, deployedAt, hour, serviceId } from '../support/builders.ts'

const live = anObservedDeployment({ id: id('d3') })
const api = anObservedService('api', { active: [live] })

function past(name: string, hoursBefore: number, parts: Partial<PastDeployment> = {}): PastDeployment {
  return {
    ...anObservedDeployment({
      id: id(name),
      status: 'removed',
      commit: name,
      createdAt: deployedAt - hoursBefore * hour,
    }),
    serviceId: serviceId('api'),
    ...parts,
  }
}

function release(deployment: string, verdict: ReleaseNote['verdict']): ReleaseNote {
  return {
    id: deployment,
    at: deployedAt - hour,
    by: 'nina',
    commit: 'c',
    verdict,
    deployments: { api: id(deployment) },
  }
}

const whole = (...deployments: PastDeployment[]) => ({ deployments, isWhole: true })
const part = (...deployments: PastDeployment[]) => ({ deployments, isWhole: false })

test.each<[string, string[], PastDeployment[], boolean, string | null, true | undefined]>([
  ['is passed over', ['d2'], [past('d2', 1), past('d1', 2)], true, 'd1', undefined],
  ['is no way back where there is no other', ['d2', 'd1'], [past('d2', 1), past('d1', 2)], false, null, true],
  ['makes no way of what serves', ['d2'], [past('d2', 1), past('d1', 2, { commit: live.commit })], false, null, true],
])('what is marked bad %s', (_, bad, deployments, possible, to, isOnlyBad) => {
  const window = rollbackWindow(api, whole(...deployments), [], new Set(bad))
  expect([window.possible, window.to?.id ?? null, window.isOnlyBad]).toEqual([possible, to, isOnlyBad])
})

test.each<[string, ObservedService, ObservedState['recent'], ReleaseNote[], boolean | null, string | null]>([
  ['the newest earlier one that is kept', api, whole(past('d2', 1), past('d1', 2)), [], true, 'd2'],
  ['not one that is not kept', api, whole(past('d2', 1, { canRollback: false }), past('d1', 2)), [], true, 'd1'],
  ['not one of another service', api, whole(past('d2', 1, { serviceId: serviceId('worker') })), [], false, null],
  ['not one that is newer', api, whole(past('d4', -1)), [], false, null],
  ['not itself', api, whole(past('d3', 0)), [], false, null],
  ['not one that a release found bad', api, whole(past('d2', 1), past('d1', 2)), [release('d2', 'fail')], true, 'd1'],
  ['a bad one where there is no other', api, whole(past('d2', 1)), [release('d2', 'fail')], true, 'd2'],
  ['not known where the list goes on', api, part(), [], null, null],
  ['not known where it was not read, with the release before', api, undefined, [release('d1', 'pass')], null, 'd1'],
  ['not known, and no release but the one that serves', api, undefined, [release('d3', 'pass')], null, null],
  ['nothing for one that never ran', anObservedService('api', { active: [] }), part(), [], false, null],
  [
    'from before a crash',
    anObservedService('api', { active: [], latest: { ...live, status: 'crashed' } }),
    whole(past('d2', 1)),
    [],
    true,
    'd2',
  ],
])('%s', (_, service, recent, releases, possible, to) => {
  const window = rollbackWindow(service, recent, releases)
  expect([window.possible, window.to?.id ?? null]).toEqual([possible, to])
})

test('says what it is, from when, and what its release found', () => {
  expect(rollbackWindow(api, whole(past('d2', 1)), [release('d2', 'pass')]).to).toEqual({
    id: 'd2',
    revision: 'd2',
    createdAt: new Date(deployedAt - hour).toISOString(),
    verdict: 'pass',
  })
})
