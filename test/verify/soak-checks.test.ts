import { describe, expect, it } from 'vitest'
import { nothingWatched } from '../../src/config/watched.ts'
import { id } from '../../src/platform/ids.ts'
import type { AnsweredRequests } from '../../src/platform/log-row.ts'
import { aside, type CheckResult, failed, passed, skipped, unknown } from '../../src/verify/check.ts'
import type { ProbeAnswer } from '../../src/verify/probe.ts'
import {
  countedWindow,
  deployedIn,
  judgeLatency,
  judgeShare,
  sampled,
  stillDeployed,
} from '../../src/verify/soak-checks.ts'
import { anAnswer, anObservedDeployment, anObservedService, anObservedState } from '../support/builders.ts'

const asked = { check: 'api-health', service: 'api' }
const told = { code: 'degraded', message: 'It is degraded.' }

describe('what a check of `check` says in a sample', () => {
  const check = {
    ...asked,
    name: 'api-health',
    path: '/health',
    statuses: [200],
    format: 'health' as const,
    advisory: [],
  }
  const metric = { name: 'depth', means: 'Depth', use: 'observed' as const }
  const watched = { ...nothingWatched, checks: [check], metrics: [metric] }

  it.each<[string, CheckResult, object | undefined]>([
    ['one that passed is good', passed(asked), { outcome: 'good', use: 'gating' }],
    ['one that failed is bad, and says why', failed(asked, told), { outcome: 'bad', message: 'It is degraded.' }],
    ['one that is only advisory is good', failed(asked, { ...told, severity: 'advisory' }), { outcome: 'good' }],
    ['one that could not be judged is unknown', unknown(asked, told), { outcome: 'unknown' }],
    ['one that had nothing to ask is none', skipped(asked, 'off'), undefined],
    ['one that is said aside is observed', aside(failed(asked, told)), { outcome: 'bad', use: 'observed' }],
    ['a metric that is observed is', failed({ check: 'depth', service: 'api' }, told), { use: 'observed' }],
  ])('%s', (_, result, wanted) => {
    const [found] = sampled(result, { watched })
    if (wanted === undefined) expect(found).toBeUndefined()
    else expect(found).toMatchObject(wanted)
  })

  it('a check that the config has only observed is observed', () => {
    const observed = { ...watched, checks: [{ ...check, use: 'observed' as const }] }
    expect(sampled(failed(asked, told), { watched: observed })).toMatchObject([{ use: 'observed' }])
  })
})

describe('how long an answer takes', () => {
  it.each<[string, ProbeAnswer, string]>([
    ['a second is good', anAnswer({ elapsedMs: 1_000 }), 'good'],
    ['more is bad', anAnswer({ elapsedMs: 1_001 }), 'bad'],
    ['a bad answer that is quick is good: how it is, is judged elsewhere', anAnswer({ status: 503 }), 'good'],
    ['waiting in vain is bad', { kind: 'unanswered', reason: 'timeout', elapsedMs: 2_000 }, 'bad'],
    ['being refused at once is no quick answer', { kind: 'unanswered', reason: 'refused', elapsedMs: 3 }, 'unknown'],
    ['what was not asked is not known', { kind: 'unasked', reason: 'no edge' }, 'unknown'],
  ])('%s', (_, answer, outcome) => {
    expect(judgeLatency('api', 'https://api.test/up', answer).outcome).toBe(outcome)
  })
})

describe('the share of requests that fail', () => {
  const window = { stepMs: 1000, since: 100_000, lately: 150_000, before: { from: 80_000, until: 95_000 } }
  const requests = (at: number, good: number, bad: number): AnsweredRequests[] => [
    { status: 200, at, requests: good },
    { status: 502, at, requests: bad },
  ]
  const earlier = (good: number, bad: number) => requests(90_000, good, bad)

  it.each<[string, AnsweredRequests[], AnsweredRequests[], string]>([
    ['is good where none fails', requests(120_000, 100, 0), [], 'good'],
    ['is good at 2 %', requests(120_000, 98, 2), [], 'good'],
    ['is bad above it', requests(120_000, 97, 3), [], 'bad'],
    ['is good where it was as bad before', [...earlier(90, 10), ...requests(120_000, 85, 15)], [], 'good'],
    ['is bad above twice the share before', [...earlier(90, 10), ...requests(120_000, 70, 30)], [], 'bad'],
    [
      'is bad where it began lately and drowns in the whole',
      [...requests(120_000, 5_000, 0), ...requests(160_000, 45, 55)],
      [],
      'bad',
    ],
    ['is not judged by few requests', requests(120_000, 20, 20), [], 'unknown'],
    ['nor lately by few of them', [...requests(120_000, 5_000, 0), ...requests(160_000, 5, 5)], [], 'good'],
    ['nor by those between the change and the watch', requests(97_000, 0, 100), [], 'unknown'],
    ['leaves out what we ask ourselves', requests(120_000, 100, 10), requests(120_000, 0, 10), 'good'],
    ['of which too few are left says nothing', requests(120_000, 100, 0), requests(120_000, 60, 0), 'unknown'],
  ])('%s', (_, all, ours, outcome) => {
    expect(judgeShare('api', all, ours, window, { minimumRequests: 50 }).outcome).toBe(outcome)
  })

  it('is good without any requests where the config wants none', () => {
    expect(judgeShare('api', [], [], window, { minimumRequests: 0 }).outcome).toBe('good')
  })

  it('is told with both shares', () => {
    const { message } = judgeShare('api', [...earlier(99, 1), ...requests(120_000, 90, 10)], [], window, {
      minimumRequests: 50,
    })
    expect(message).toBe('10.0 % of 100 requests were answered with 5xx since the change, and 1.0 % before the change.')
  })

  it.each([
    ['of minutes is counted by the minute, from the next whole one', 300_000, 100_001, 400_000, [120_000, 120_000]],
    ['of hours looks lately over the last minutes too', 300_000, 120_000, 3_600_000, [120_000, 3_300_000]],
    ['of seconds is counted by the second', 5_000, 100_001, 102_000, [101_000, 101_000]],
  ])('%s', (_, requestsMs, since, now, [begin, lately]) => {
    expect(countedWindow({ since, before: { from: 60_500, until: 90_500 } }, now, requestsMs)).toMatchObject({
      since: begin,
      lately,
    })
  })
})

describe('a deployment that stays', () => {
  const stateWith = (deployment: string | undefined) =>
    anObservedState({
      services: [
        anObservedService('api', {
          active: deployment === undefined ? [] : [anObservedDeployment({ id: id(deployment) })],
        }),
      ],
    })
  const first = deployedIn(stateWith('first'))

  it.each([
    ['is good', 'first', ['good']],
    ['leaves things undecided where another one is live', 'second', ['unknown']],
    ['is another check’s where nothing is', undefined, []],
  ])('%s', (_, deployment, outcomes) => {
    const found = stillDeployed({ state: stateWith(deployment), services: [{ name: 'api' }] }, first)
    expect(found.map(({ outcome }) => outcome)).toEqual(outcomes)
  })
})
