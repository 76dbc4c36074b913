import { expect, it } from 'vitest'
import { servingNow, toldServing } from '../../src/operations/serving-now.ts'
import { waysBack } from '../../src/operations/ways-back.ts'
import { id } from '../../src/platform/ids.ts'
import type { DeploymentStatus, ObservedDeployment, ObservedState } from '../../src/platform/observed-state.ts'
import { anObservedDeployment, anObservedService, anObservedState } from '../support/builders.ts'

const ids = { old: id<'deployment'>('old'), ours: id<'deployment'>('ours'), theirs: id<'deployment'>('theirs') }

function deployment(name: keyof typeof ids, status: DeploymentStatus = 'live'): ObservedDeployment {
  return anObservedDeployment({ id: ids[name], status, commit: `c-${name}` })
}

function state(active: ObservedDeployment[], latest = active[0]): ObservedState {
  return anObservedState({ services: [anObservedService('api', { active, latest })] })
}

const started = [{ service: 'api', deploymentId: ids.ours }]
const before = state([deployment('old')])

it.each<[what: string, before: ObservedState, now: ObservedState, way: string]>([
  ['ours serves', before, state([deployment('ours')]), 'roll-back'],
  ['ours serves while the old one is still there', before, state([deployment('ours'), deployment('old')]), 'roll-back'],
  ['ours crashed', before, state([], deployment('ours', 'crashed')), 'roll-back'],
  ['ours failed', before, state([deployment('old')], deployment('ours', 'failed')), 'still-serves'],
  ['ours was skipped', before, state([deployment('old')], deployment('ours', 'skipped')), 'still-serves'],
  ['ours is gone', before, state([deployment('old')]), 'still-serves'],
  ['ours is still on its way', before, state([deployment('old')], deployment('ours', 'building')), 'roll-back'],
  ['theirs serves', before, state([deployment('theirs')]), 'not-ours'],
  ['theirs is on its way', before, state([deployment('ours')], deployment('theirs', 'building')), 'not-ours'],
  ['the service is gone', before, anObservedState({ services: [] }), 'not-ours'],
  ['nothing served before', state([]), state([deployment('ours')]), 'nothing-before'],
  ['the service is new', anObservedState({ services: [] }), state([deployment('ours')]), 'nothing-before'],
])('where %s', (_, then, now, way) => {
  expect(waysBack(started, then, now)).toMatchObject([{ service: 'api', way }])
})

it('a deployment that was never replaced is not waited for', () => {
  const onItsWay = state([deployment('old')], deployment('ours', 'building'))
  expect(waysBack(started, before, onItsWay)).toMatchObject([{ isReplaced: false }])
  expect(waysBack(started, before, state([deployment('ours')]))).toMatchObject([{ isReplaced: true }])
})

it.each<[active: ObservedDeployment[], told: string]>([
  [[deployment('old')], 'api c-old (as before)'],
  [[deployment('ours')], 'api c-ours (new)'],
  [[deployment('theirs')], "api c-theirs (somebody else's)"],
  [[], 'api nothing'],
  [[{ ...deployment('ours'), runningInstances: 0 }], 'api c-ours (new, but no instance of it runs)'],
  [[{ ...deployment('ours'), status: 'sleeping', runningInstances: 0 }], 'api c-ours (new)'],
  [[{ ...deployment('ours'), commit: undefined }], 'api (new)'],
])('what serves is told beside what served: %#', (active, told) => {
  expect(toldServing(servingNow(started, before, state(active)))).toBe(`What serves now: ${told}.`)
})

it('what was put back is told as that', () => {
  const touched = [{ service: 'api', deploymentId: ids.ours, putBackAs: ids.theirs }]
  expect(servingNow(touched, before, state([deployment('theirs')]))).toMatchObject([{ serves: 'put-back' }])
})
