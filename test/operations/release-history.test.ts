import { describe, expect, it, test } from 'vitest'
import { lastKnownGood, type PastEnding, releaseHistory, unknownEnds } from '../../src/operations/release-history.ts'
import type { ReleaseNote } from '../../src/plan/operation-notes.ts'
import { id } from '../../src/platform/ids.ts'
import type { PastDeployment } from '../../src/platform/observed-state.ts'
import { anObservedDeployment, deployedAt, hour, serviceId } from '../support/builders.ts'

const names = ['api', 'worker', 'scheduler']
const members = names.map((name) => ({ name, id: serviceId(name) }))

/** A deployment of a service at a commit, so many hours after the first. */
function past(service: string, commit: string, hours: number, parts: Partial<PastDeployment> = {}): PastDeployment {
  const createdAt = deployedAt + hours * hour
  const status = 'removed'
  return {
    ...anObservedDeployment({ id: id(`${service}-${commit}-${hours}`), commit, createdAt, status }),
    serviceId: serviceId(service),
    ...parts,
  }
}

/** The same of all services. */
function everywhere(commit: string, hours: number, parts: Partial<PastDeployment> = {}): PastDeployment[] {
  return names.map((service) => past(service, commit, hours, parts))
}

function note(commit: string, hours: number, verdict: ReleaseNote['verdict']): ReleaseNote {
  const deployments = Object.fromEntries(names.map((name) => [name, id<'deployment'>(`${name}-${commit}-${hours}`)]))
  return { id: `${commit}-${hours}`, at: deployedAt + hours * hour, by: 'nina', commit, verdict, deployments }
}

const live = { status: 'live', canRollback: false } as const
const gone = { canRollback: false }

/** A at first, C live now; what came between them is the case. */
const around = (...between: PastDeployment[]) => [...everywhere('a', 0), ...between, ...everywhere('c', 9, live)]

describe('how a release ended', () => {
  it.each<[string, Partial<PastDeployment>, ReleaseNote[], PastEnding]>([
    ['live', live, [], 'serves'],
    ['asleep', { status: 'sleeping' }, [], 'serves'],
    ['removed, with its image', {}, [], 'served'],
    ['removed, and its image is gone', gone, [], 'removed'],
    ['removed, its image gone, and a release found it good', gone, [note('b', 1, 'pass')], 'served'],
    ['removed, and a release found it bad', {}, [note('b', 1, 'fail')], 'failed'],
    ['removed, its image gone, and by its steps it was live', { ...gone, wasLive: true }, [], 'served'],
    ['removed, and by its steps it never was live', { wasLive: false }, [], 'never-live'],
    ['crashed after it was live', { status: 'crashed' }, [], 'crashed'],
    ['failed', { status: 'failed' }, [], 'failed'],
    ['skipped', { status: 'skipped' }, [], 'skipped'],
    ['waiting for an approval', { status: 'needs-approval' }, [], 'held'],
    ['on its way', { status: 'building' }, [], 'on-its-way'],
  ])('%s', (_, parts, notes, ending) => {
    const [release] = releaseHistory([{ name: 'api', id: serviceId('api') }], [past('api', 'b', 1, parts)], notes)
    expect(release?.services).toEqual([expect.objectContaining({ service: 'api', ending })])
  })

  test('a service that it was never deployed to is told, and one of another codebase is not', () => {
    const [release] = releaseHistory(members, [past('api', 'b', 1), past('site', 'b', 1)], [])
    expect(release?.services.map(({ service, ending }) => [service, ending])).toEqual([
      ['api', 'served'],
      ['worker', 'absent'],
      ['scheduler', 'absent'],
    ])
  })

  test('what was deployed twice counts by the better of both, and by the newest word of a release', () => {
    const deployments = [...everywhere('b', 1), past('api', 'b', 2, { status: 'failed' })]
    const [release] = releaseHistory(members, deployments, [note('b', 2, 'pass'), note('b', 1, 'fail')])
    expect(release).toMatchObject({
      firstAt: deployedAt + hour,
      lastAt: deployedAt + 2 * hour,
      isBad: false,
    })
  })
})

describe('the last known good', () => {
  it.each<[string, PastDeployment[], ReleaseNote[], string[], string | undefined]>([
    ['is the newest before what serves', around(...everywhere('b', 1)), [], ['c'], 'b'],
    ['is not one that failed on a service', around(...everywhere('b', 1, { status: 'failed' })), [], ['c'], 'a'],
    [
      'is not one that crashed after it was live, by the word of its release',
      around(...everywhere('b', 1)),
      [note('b', 1, 'fail')],
      ['c'],
      'a',
    ],
    [
      'is not one that crashed and was never removed',
      around(past('api', 'b', 1, { status: 'crashed' })),
      [],
      ['c'],
      'a',
    ],
    [
      "is one that somebody else's superseded after it was live",
      around(...everywhere('b', 1), ...everywhere('x', 2, { status: 'skipped' })),
      [note('b', 1, 'unknown')],
      ['c'],
      'b',
    ],
    [
      'is not one that waits for an approval on one service',
      around(past('api', 'b', 1), past('worker', 'b', 1), past('scheduler', 'b', 1, { status: 'needs-approval' })),
      [],
      ['c'],
      'a',
    ],
    [
      'is not one that one service skipped',
      around(past('api', 'b', 1), past('worker', 'b', 1), past('scheduler', 'b', 1, { status: 'skipped' })),
      [],
      ['c'],
      'a',
    ],
    ['is not one that only some services had', around(past('api', 'b', 1), past('worker', 'b', 1)), [], ['c'], 'a'],
    [
      'is one whose image is gone only where all that were live for certain are none',
      around(past('api', 'b', 1), past('worker', 'b', 1, gone), past('scheduler', 'b', 1)),
      [],
      ['c'],
      'a',
    ],
    ['may be one whose images are all gone', everywhere('a', 0, gone).concat(everywhere('c', 9, live)), [], ['c'], 'a'],
    [
      'is the same while half of the services went back',
      [...around(), past('api', 'a', 10, live)],
      [],
      ['a', 'c'],
      'a',
    ],
    ['is nothing newer once all went back', [...around(), ...everywhere('a', 10, live)], [], ['a'], undefined],
    [
      'is what was gone back to, where something newer was deployed after that',
      [...around(...everywhere('b', 1)), ...everywhere('a', 2)],
      [],
      ['c'],
      'a',
    ],
    ['is nothing where there is no earlier one', everywhere('c', 9, live), [], ['c'], undefined],
    ['is the newest that was live where nothing serves', around(...everywhere('b', 1)).slice(0, 6), [], [], 'b'],
  ])('%s', (_, deployments, notes, serving, commit) => {
    const releases = releaseHistory(members, deployments, notes)
    expect(lastKnownGood(releases, new Set(serving))?.commit).toBe(commit)
  })
})

describe('the steps are asked for', () => {
  it.each<[string, PastDeployment[], ReleaseNote[], string[]]>([
    ['of nothing where the last known good is sure', around(...everywhere('b', 1)), [], []],
    [
      'of what may have been live and came after it',
      around(...everywhere('b', 1, gone)),
      [],
      ['api-b-1', 'worker-b-1', 'scheduler-b-1'],
    ],
    [
      'only of those services of which it is not known',
      around(past('api', 'b', 1), past('worker', 'b', 1, gone), past('scheduler', 'b', 1)),
      [],
      ['worker-b-1'],
    ],
    ['of nothing that a release found good', around(...everywhere('b', 1, gone)), [note('b', 1, 'pass')], []],
    ['of nothing that a release found bad', around(...everywhere('b', 1, gone)), [note('b', 1, 'fail')], []],
    [
      'of nothing that was never deployed on one of the services',
      around(past('api', 'b', 1, gone), past('worker', 'b', 1, gone)),
      [],
      [],
    ],
    [
      'of all that may have been live where none was for certain',
      [...everywhere('b', 1, gone), ...everywhere('c', 9, live)],
      [],
      ['api-b-1', 'worker-b-1', 'scheduler-b-1'],
    ],
  ])('%s', (_, deployments, notes, ids) => {
    expect(unknownEnds(releaseHistory(members, deployments, notes), new Set(['c']))).toEqual(ids)
  })
})
